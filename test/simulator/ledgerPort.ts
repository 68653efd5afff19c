/** The tool's own ledger over a storage in memory, which loses, tears and does not acknowledge. */
import { LedgerFailed } from '../../lib/errors.ts';
import { createLedger } from '../../lib/ledger/ledger.ts';
import type { Lease, LogStore } from '../../lib/ledger/store.ts';
import type { Ledger } from '../../lib/ports.ts';
import { checkLine } from './checkLine.ts';
import { type Company, holdsLease, violate } from './company.ts';
import type { Fault } from './faults.ts';
import type { Runner } from './runner.ts';

export function ledgerPort(runner: Runner): Ledger {
  return createLedger(memoryStore(runner));
}

function memoryStore(runner: Runner): LogStore {
  const { company, told, point, fault } = runner;
  const { files } = company;
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
      if (!files.has(name)) files.set(name, Buffer.alloc(0));
      await point('ledger.begin', 'after');
    },
    async attach() {},
    lease: leasing(runner),
  };
}

/** A process that holds a lease keeps it as long as it lives, and up to a minute longer. Storage takes nothing without it. */
function leasing(runner: Runner) {
  const { company, told, skewMs, point, fault } = runner;
  const { chance, clock, leases } = company;
  const fails = (name: Fault) => {
    const failed = fault(name);
    if (failed) told.ledgerFailed = true;
    return failed;
  };
  const othersUntil = fault('lease: another has it') ? clock.now() + chance.int('lease', 1, 200) * 1_000 : 0;
  return async (name: string): Promise<Lease | undefined> => {
    await point('ledger.lease', 'before');
    if (fault('lease: cannot be taken')) throw new Error('the storage does not answer');
    const lease = leases.get(name);
    const isFree = lease === undefined || clock.now() >= (lease.freeAt ?? Number.POSITIVE_INFINITY);
    if (!isFree || clock.now() < othersUntil) return undefined;
    leases.set(name, { night: told.night, freeAt: undefined });
    company.latest = { night: told.night, startedAt: clock.now() + skewMs, skewMs };
    await point('ledger.lease', 'after');
    let isLost = false;
    return {
      appends: 0,
      append: appending(runner, name, fails),
      async stillOurs() {
        isLost ||= fails('lease: lost') || !holdsLease(company, name, told.night);
        if (isLost) {
          told.failedReads.push('the lease');
          told.ledgerFailed = true;
          throw new Error('the lease of the ledger is lost');
        }
        const held = leases.get(name);
        if (held !== undefined) held.freeAt = undefined;
      },
      async release() {
        if (holdsLease(company, name, told.night)) leases.delete(name);
      },
    };
  };
}

function appending({ company, told, point }: Runner, name: string, fails: (name: Fault) => boolean) {
  const { chance, files } = company;
  const contentAt = (offset: number) => {
    const content = files.get(name) ?? Buffer.alloc(0);
    if (!holdsLease(company, name, told.night)) {
      told.ledgerFailed = true;
      throw new Error('412 LeaseIdMismatchWithBlobOperation');
    }
    if (content.length !== offset) throw new Error(`it holds ${content.length} bytes instead of ${offset}`);
    return content;
  };
  return async (offset: number, texts: readonly string[]) => {
    await point('ledger.append', 'before');
    if (fails('ledger: append lost')) throw new LedgerFailed('the storage does not answer');
    const before = contentAt(offset);
    const bytes = Buffer.from(texts.join(''));
    const torn = chance.int('torn', 0, bytes.length);
    const tear = () => write(company, name, Buffer.concat([before, bytes.subarray(0, torn)]));
    if (fails('ledger: append torn')) {
      tear();
      throw new LedgerFailed('the disk is full');
    }
    await point('ledger.append', 'midway', tear);
    write(company, name, Buffer.concat([contentAt(offset), bytes]));
    if (fails('ledger: append unacknowledged')) throw new LedgerFailed('no answer');
    await point('ledger.append', 'after');
  };
}

function write(company: Company, name: string, bytes: Buffer): void {
  company.files.set(name, bytes);
  const { lines, wrong } = company.book.grown(name, bytes);
  for (const problem of wrong) violate(company, `ledger: ${problem}`);
  for (const line of lines) checkLine(company, line);
}
