/**
 * The same companies with the real edges in front of them: Graph's SDK, Exchange's admin API and the storage SDK, over TLS,
 * with what goes wrong there going wrong on the wire. Active Directory, exports and telemetry stay in memory, and no
 * process dies: those have tests of their own.
 */
import { tenantId } from '../../lib/core/ids.ts';
import { createEntra } from '../../lib/entra/entra.ts';
import { createExchange } from '../../lib/exchange/exchange.ts';
import { createBlobLedger } from '../../lib/ledger/blob.ts';
import type { Clock, Entra, Exchange, Ledger, OnPremSource, Ports } from '../../lib/ports.ts';
import { credential } from '../edges/exchangeKit.ts';
import { ledgerWith } from '../night/stage.ts';
import { DAY_MS, MINUTE_MS } from '../tenant/clock.ts';
import { startExchangeAdmin } from '../tenant/exchangeAdmin.ts';
import { directoryOf } from '../tenant/exchangeCmdlets.ts';
import type { Fault, Kind, Programme } from '../tenant/faults.ts';
import { startTenantServers } from '../tenant/server.ts';
import { tokenOf } from '../tenant/tiny.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import type { Storage } from './account.ts';
import { checkLine } from './checkLine.ts';
import { checkStep } from './checkStep.ts';
import { type Company, TOOL } from './company.ts';
import { noteLooks, noteOrganization, noteSilence, UNFIT } from './entraPort.ts';
import { EXTENSION_APP } from './policies.ts';
import type { Runner } from './runner.ts';
import { note } from './sourcePorts.ts';
import { beginRead, noteHolders } from './told.ts';

export interface Wire {
  ports(runner: Runner, clock: Clock, memory: Ports): Ports;
  close(): Promise<void>;
}

/** What only ports in memory can do. */
export const NOT_ON_THE_WIRE: ReadonlySet<string> = new Set([
  'platform: crash',
  'platform: paused while another runs',
  'platform: two begin at once',
  'ledger: tampered with',
]);

export async function startWire(company: Company, storage: Storage): Promise<Wire> {
  const { world, family, chance, highVolume } = company;
  const certificates = await trustedCertificates();
  const servers = await startTenantServers({
    directory: world.entra,
    certificates,
    throttle: 'off',
    clientId: TOOL,
    readLag: chance.int('read lag', 0, 60) * 1000,
    seed: chance.int('wire', 1, 1e9),
  });
  const recipients = () =>
    [...world.exchange.recipients()].map((one) => ({ ...one, highVolumeEmail: highVolume.has(one.id) }));
  const admin = await startExchangeAdmin({
    certificates,
    directory: directoryOf({ recipients }),
    tenantId: world.tenantId,
    now: () => world.clock.now(),
    seed: chance.int('wire', 1, 1e9),
  });
  const containerUrl = await storage.newContainer();
  const token = await tokenOf(servers);
  const graphToken = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + DAY_MS }) };
  const tenant = tenantId(world.tenantId);
  if (tenant === undefined) throw new Error('no tenant id');

  return {
    ports(runner, clock, memory) {
      servers.settle();
      spoil(runner, servers.faults, GRAPH);
      spoil(runner, admin.faults, EXCHANGE);
      const { entra, source } = createEntra({
        graphRoot: servers.graphRoot,
        credential: graphToken,
        clock,
        timeoutMs: 2_000,
        directoryExtensions: family.extension
          ? ['targetAddress', 'msExchRecipientTypeDetails'].map(
              (name) => `extension_${EXTENSION_APP}_${name}`,
            )
          : [],
      });
      const exchange = createExchange({ root: admin.root, tenantId: tenant, credential, clock });
      const ledger = createBlobLedger({ containerUrl, credential: storage.credential });
      return {
        ...memory,
        entra: watchedEntra(runner, entra),
        sources: [watchedSource(runner, source), ...memory.sources.slice(1)],
        ledger: watchedLedger(runner, ledger),
        ...(memory.exchange && { exchange: watchedExchange(runner, exchange) }),
      };
    },
    async close() {
      for (const { request, kind } of [...servers.faults.happened, ...admin.faults.happened]) {
        company.coverage.hit('wire', `${kind}: ${request.replace(/[/?(].*/s, '').trim()}`);
      }
      await servers.close();
      await admin.close();
    },
  };
}

type Spoil = readonly [match: RegExp, probability: number, kind: Kind];
const status = (code: number, effect = false, headers = {}): Kind => ({
  kind: 'status',
  status: code,
  effect,
  headers,
});
const GRAPH: readonly Spoil[] = [
  [/^GET \/organization/, 0.02, status(503)],
  [/^GET \/organization/, 0.004, status(403)],
  [/^GET \/(users|directory)/, 0.03, status(429, false, { 'Retry-After': '7' })],
  [/^GET \/(users|directory)/, 0.02, status(503)],
  [/^GET \/(users|directory)/, 0.02, { kind: 'drop' }],
  [/^GET \/(users|directory)/, 0.01, { kind: 'cutOff' }],
  [/^GET \/(users|directory)/, 0.005, { kind: 'cutShort' }],
  [/^GET \/users\?/, 0.02, { kind: 'losePage' }],
  [/^GET \/users\?/, 0.01, { kind: 'repeatPage' }],
  [/^GET \/directory\/deletedItems\/microsoft/, 0.01, { kind: 'count', count: 3 }],
  [/^GET \/directory\/deletedItems\/microsoft/, 0.005, { kind: 'count', count: 'missing' }],
  [/^DELETE /, 0.08, { kind: 'latePurge', delay: 2 * MINUTE_MS }],
  [/^DELETE /, 0.04, status(503)],
  [/^DELETE /, 0.04, status(503, true)],
  [/^DELETE /, 0.05, status(429, false, { 'Retry-After': '12' })],
  [/^DELETE /, 0.01, status(404)],
  [/^POST \/\$batch/, 0.02, { kind: 'drop' }],
  [/^POST \/\$batch/, 0.02, { kind: 'drop', effect: true }],
  [/^POST \/\$batch/, 0.01, status(503, true)],
  [/^POST \/\$batch/, 0.01, { kind: 'cutShort' }],
];
const EXCHANGE: readonly Spoil[] = [
  [/^POST /, 0.02, status(503)],
  [/^POST /, 0.01, status(403)],
  [/^POST /, 0.01, { kind: 'cutShort' }],
  [/^POST /, 0.02, { kind: 'drop' }],
];

function spoil({ company }: Runner, programme: Programme, spoils: readonly Spoil[]): void {
  programme.clear();
  if (company.weather === 0) return;
  programme.add(
    ...spoils.map(
      ([match, probability, kind]): Fault => ({
        match,
        times: Number.POSITIVE_INFINITY,
        probability: Math.min(probability * company.weather, 0.2),
        ...kind,
      }),
    ),
  );
}

/** A read that does not come to its end is one without which nobody may be purged. */
async function reading<T>({ told }: Runner, what: string, read: () => Promise<T>): Promise<T> {
  beginRead(told, what);
  try {
    return await read();
  } catch (error) {
    told.failedReads.push(what);
    throw error;
  }
}

function watchedEntra(runner: Runner, entra: Entra): Entra {
  const { company, told, point } = runner;
  return {
    async organization(signal) {
      await point('entra.organization', 'before');
      beginRead(told, UNFIT);
      const organization = await reading(runner, 'organization', () => entra.organization(signal));
      await point('entra.organization', 'after');
      noteOrganization(runner, organization);
      return organization;
    },
    async deletedUsers(signal) {
      await point('entra.deletedUsers', 'before');
      const users = await reading(runner, 'deleted users', () => entra.deletedUsers(signal));
      told.deleted = new Map(users.map((user) => [user.id, user]));
      await point('entra.deletedUsers', 'after');
      return users;
    },
    async sightings(ids, signal) {
      await point('entra.sightings', 'before');
      const answers = await entra.sightings(ids, signal);
      noteLooks(told, ids, answers);
      await point('entra.sightings', 'after');
      return answers;
    },
    async purge(ids, signal) {
      await point('entra.purge', 'before');
      checkStep(company, told, ids);
      const answers = await entra.purge(ids, signal);
      for (const id of ids) {
        const answer = answers.get(id);
        company.coverage.hit('answer', answer?.answer ?? 'unclear');
        company.trace?.(`DELETE ${id}: ${answer?.answer ?? 'no answer'} ${answer?.detail ?? ''}`);
        noteSilence(company, told, answer);
      }
      await point('entra.purge', 'after');
      return answers;
    },
    async holders(users, signal) {
      const answers = await entra.holders(users, signal);
      noteHolders(told, answers);
      return answers;
    },
    roles: (signal) => entra.roles(signal),
    lastServerTime: () => entra.lastServerTime(),
    usage: () => entra.usage(),
  };
}

function watchedSource(runner: Runner, source: OnPremSource): OnPremSource {
  const { told, point } = runner;
  const { kind } = source;
  return {
    kind,
    async *read(wanted, signal) {
      await point('source.read', 'before');
      const ids = new Set<string>();
      const names = new Set<string>();
      const pages = source.read(wanted, signal);
      let page = await reading(runner, kind, () => pages.next());
      while (!page.done) {
        for (const user of page.value) note(user, ids, names);
        yield page.value;
        page = await reading(runner, kind, () => pages.next());
      }
      const { total, slices, parts } = page.value;
      told.sources.set(kind, { ids, names, total, slices, parts, disagrees: false });
      await point('source.read', 'after');
      return page.value;
    },
    async recheck(wanted, signal) {
      await point('source.recheck', 'before');
      const answers = await source.recheck(wanted, signal);
      for (const id of wanted) {
        if (answers.get(id)?.state === 'absent') told.rechecks.add(`${kind} ${id}`);
        else told.rechecks.delete(`${kind} ${id}`);
      }
      await point('source.recheck', 'after');
      return answers;
    },
  };
}

function watchedExchange(runner: Runner, exchange: Exchange): Exchange {
  const { told, point } = runner;
  return {
    async softDeletedRecipients(signal) {
      await point('exchange.read', 'before');
      const isNeeded = told.policy.exchange.use === 'required';
      const ask = () => exchange.softDeletedRecipients(signal);
      const word = await (isNeeded ? reading(runner, 'exchange', ask) : ask());
      told.word = word.byId;
      await point('exchange.read', 'after');
      return word;
    },
  };
}

function watchedLedger({ company, told, point }: Runner, ledger: Ledger): Ledger {
  return ledgerWith(ledger, (open) => {
    told.stubborn = new Map(company.stubborn);
    return {
      async append(at, records) {
        await point('ledger.append', 'before');
        const lines = await open.append(at, records);
        for (const line of lines) {
          company.book.lines.push(line);
          checkLine(company, line);
        }
        await point('ledger.append', 'after');
        return lines;
      },
    };
  });
}
