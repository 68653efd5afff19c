/** The hosted function cut short, politely and not: what the night after it finds, and makes good. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { checkLiveness, checkSafety, type Observation, observe } from '../tenant/checkers.ts';
import { offsetClock } from '../tenant/clock.ts';
import { factsOfLedger } from '../tenant/facts.ts';
import type { OnPremUser } from '../tenant/onPrem.ts';
import { seedPopulation } from '../tenant/population.ts';
import { startTenantServers, type TenantServers } from '../tenant/server.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { createWorld, PEOPLE_OU, type World } from '../tenant/world.ts';
import { ledgerLines } from './followLedger.ts';
import { type Settings, startJob } from './job.ts';

/** Processes are started; a busy machine takes its time. */
jest.setTimeout(60_000);

const GONE = 30;
let world: World;
let servers: TenantServers;
let folder: string;
let before: Observation;

beforeEach(async () => {
  world = createWorld({ clock: offsetClock() });
  const leavers: OnPremUser[] = [];
  seedPopulation(world, {
    users: 150,
    deleted: 0,
    steps: [
      {
        daysAgo: 40,
        run: () => {
          for (let n = 0; n < GONE; n++) {
            const user = world.onPrem.create({
              displayName: `Partner ${n}`,
              userPrincipalName: `partner${n}@domain.com`,
              ou: PEOPLE_OU,
            });
            leavers.push(world.onPrem.mailEnable(user, { externalAddress: `p${n}@partner.com` }));
          }
        },
      },
      {
        daysAgo: 20,
        run: () => {
          for (const user of leavers) world.onPrem.delete(user);
        },
      },
    ],
  });
  const certificates = await trustedCertificates();
  servers = await startTenantServers({ directory: world.entra, certificates });
  folder = mkdtempSync(join(tmpdir(), 'cut-short-'));
  writeFileSync(join(folder, 'ca.pem'), certificates.ca);
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy()));
  before = observe(world);
});
afterEach(async () => {
  await servers.close();
  rmSync(folder, { recursive: true, force: true });
});

const policy = () => ({
  mode: 'purge',
  tenantId: world.tenantId,
  gracePeriodDays: 14,
  nightsAbsent: 1,
  maxSyncAgeHours: 3,
  onPremises: { source: 'entra', maxShrinkPercent: 3, maxSliceShrinkUsers: 20 },
  mailUserEvidence: {},
  protect: {},
  accidentalDeletionPrevention: {
    perNight: { users: GONE },
    rollingBudget: { days: 7, users: GONE },
  },
  telemetry: { spellOutKeeps: false },
});

const job = (settings: Settings = {}) =>
  startJob({
    GRAPH_ROOT: servers.graphRoot,
    IDENTITY_ENDPOINT: servers.identityEndpoint,
    IDENTITY_HEADER: servers.identityHeader,
    MANAGED_IDENTITY_CLIENT_ID: servers.clientId,
    LEDGER_DIRECTORY: join(folder, 'ledger'),
    POLICY_FILE: join(folder, 'policy.json'),
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    ...settings,
  });

/** Starts the job, and sends it the signal when the n-th DELETE is under way. */
async function cutShort(signal: 'SIGTERM' | 'SIGKILL', n: number) {
  const { child, ended } = job();
  servers.faults.add({
    match: /^DELETE /,
    kind: 'none',
    after: n - 1,
    before: () => void child.kill(signal),
  });
  const end = await ended;
  servers.faults.clear();
  return end;
}

function findings() {
  const options = {
    by: servers.clientId,
    graceDays: 14,
    maxPurges: GONE,
    sourceKnowsOnPrem: false,
    mailUserProof: 'graph',
    holdsKnown: false,
  } as const;
  const facts = factsOfLedger(ledgerLines(join(folder, 'ledger')));
  return {
    violations: checkSafety(world, before, facts, options).violations,
    missed: checkLiveness(world, before, options),
    purged: facts.purged.length,
  };
}

const linesOf = (kind: string) =>
  ledgerLines(join(folder, 'ledger')).filter(({ record }) => record.kind === kind).length;

test('asked to end, it ends within the seconds that the platform leaves, and the next night goes on', async () => {
  const { code, stderr } = await cutShort('SIGTERM', 8);
  expect(code).toBe(0);
  expect(stderr).toMatch(/The night was stopped on its way/);
  expect(linesOf('nightEnded')).toBe(1);
  expect(world.truth.hardDeletes.length).toBeLessThan(GONE);

  expect((await job().ended).code).toBe(0);
  expect(findings()).toEqual({ violations: [], missed: [], purged: GONE });
});

test('out of time by its own limit, it does the same, before the platform does worse', async () => {
  const { ended } = job({ NIGHT_TIME_LIMIT_MINUTES: '0.05' });
  servers.faults.add({ match: /^DELETE /, kind: 'none', after: 7, before: () => delay(3_000) });
  const { code, stderr } = await ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(/The night was stopped on its way/);
  expect(linesOf('nightEnded')).toBe(1);
  expect(world.truth.hardDeletes.length).toBeLessThan(GONE);

  expect((await job().ended).code).toBe(0);
  expect(findings()).toEqual({ violations: [], missed: [], purged: GONE });
});

test('cut by the platform, which asks and does not wait: the next night settles what was left open', async () => {
  const { child, ended } = job();
  const before = () => {
    child.kill('SIGTERM');
    child.kill('SIGKILL');
  };
  servers.faults.add({ match: /^DELETE /, kind: 'none', after: 7, before });
  expect((await ended).code).toBeNull();
  expect(linesOf('nightEnded')).toBe(0);

  expect((await job().ended).code).toBe(0);
  expect(findings()).toEqual({ violations: [], missed: [], purged: GONE });
});

test.each([1, 3, 7, 20])('killed at DELETE %i, the next night settles what was left open', async (n) => {
  await cutShort('SIGKILL', n);
  expect(linesOf('nightEnded')).toBe(0);
  expect(findings().violations).toEqual([]);

  expect((await job().ended).code).toBe(0);
  expect(findings()).toEqual({ violations: [], missed: [], purged: GONE });
});
