/** The tool's own ledger over a storage in memory, which loses, tears and does not acknowledge. */
import { LedgerFailed } from '../../lib/errors.ts';
import { createLedger } from '../../lib/ledger/ledger.ts';
import type { NightStore } from '../../lib/ledger/store.ts';
import type { Ledger } from '../../lib/ports.ts';
import { checkLine } from './checkLine.ts';
import { type Company, violate } from './company.ts';
import type { Fault } from './faults.ts';
import type { Runner } from './runner.ts';

export function ledgerPort(runner: Runner): Ledger {
  return createLedger(memoryStore(runner));
}

function memoryStore(runner: Runner): NightStore {
  const { company, told, point, fault } = runner;
  const { files, chance } = company;
  const fails = (name: Fault) => {
    const failed = fault(name);
    if (failed) told.ledgerFailed = true;
    return failed;
  };
  const contentAt = (name: string, offset: number) => {
    const content = files.get(name) ?? Buffer.alloc(0);
    told.ledgerFailed ||= company.lease?.night !== told.night;
    if (content.length !== offset) throw new Error(`it holds ${content.length} bytes instead of ${offset}`);
    return content;
  };
  const isOurs = (name: string) => name.includes(told.night) || !name.endsWith('.ndjson');
  return {
    location: 'memory',
    async names() {
      await point('ledger.read', 'before');
      if (fault('ledger: unreadable')) {
        told.failedReads.push('ledger');
        throw new Error('the storage does not answer');
      }
      const names = [...files.keys()];
      await point('ledger.read', 'after');
      return names;
    },
    async *read(name) {
      const bytes = files.get(name);
      if (bytes === undefined) throw new Error(`${name} is not there any more`);
      yield bytes;
    },
    async create(name) {
      await point('ledger.begin', 'before');
      if (fault('ledger: cannot begin')) throw new Error('permission denied');
      if ((files.get(name)?.length ?? 0) > 0) throw new Error('it exists already');
      files.set(name, Buffer.alloc(0));
      await point('ledger.begin', 'after');
    },
    async append(name, offset, texts) {
      await point('ledger.append', 'before');
      if (fails('ledger: append lost')) throw new LedgerFailed('the storage does not answer');
      const before = contentAt(name, offset);
      const bytes = Buffer.from(texts.join(''));
      const torn = isOurs(name) ? chance.int('torn', 0, bytes.length) : 0;
      const tear = () => write(company, name, Buffer.concat([before, bytes.subarray(0, torn)]));
      if (fails('ledger: append torn')) {
        tear();
        throw new LedgerFailed('the disk is full');
      }
      await point('ledger.append', 'midway', tear);
      write(company, name, Buffer.concat([contentAt(name, offset), bytes]));
      if (fails('ledger: append unacknowledged')) throw new LedgerFailed('no answer');
      await point('ledger.append', 'after');
    },
    async attach() {},
    lease: leasing(runner, fails),
  };
}

/** Whoever has the lease keeps it as long as its process lives, and up to a minute longer. */
function leasing({ company, told, skewMs, point, fault }: Runner, fails: (name: Fault) => boolean) {
  const { chance, clock } = company;
  const othersUntil = fault('lease: another has it') ? clock.now() + chance.int('lease', 1, 200) * 1_000 : 0;
  return async () => {
    await point('ledger.lease', 'before');
    if (fault('lease: cannot be taken')) throw new Error('the storage does not answer');
    const { lease } = company;
    const isFree = lease === undefined || clock.now() >= (lease.freeAt ?? Number.POSITIVE_INFINITY);
    if (!isFree || clock.now() < othersUntil) return undefined;
    company.lease = { night: told.night, freeAt: undefined };
    company.latest = { night: told.night, startedAt: clock.now() + skewMs, skewMs };
    await point('ledger.lease', 'after');
    let isLost = false;
    return {
      async stillOurs() {
        isLost ||= fails('lease: lost') || company.lease?.night !== told.night;
        if (isLost) {
          told.failedReads.push('the lease');
          told.ledgerFailed = true;
          throw new Error('the lease of the ledger is lost');
        }
        if (company.lease !== undefined) company.lease.freeAt = undefined;
      },
      async release() {
        if (company.lease?.night === told.night) company.lease = undefined;
      },
    };
  };
}

function write(company: Company, name: string, bytes: Buffer): void {
  company.files.set(name, bytes);
  if (!name.endsWith('.ndjson')) return;
  const { lines, wrong } = company.book.grown(name, bytes);
  for (const problem of wrong) violate(company, `ledger: ${problem}`);
  for (const line of lines) checkLine(company, line);
}
