/** The built bundle under the host: what it registers, and what it says when something is wrong. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readConfig } from '../../lib/config.ts';
import { seedBlogTest } from '../tenant/blogTest.ts';
import { offsetClock } from '../tenant/clock.ts';
import { type Ingestion, startIngestion } from '../tenant/ingestion.ts';
import { seedPopulation } from '../tenant/population.ts';
import { startTenantServers, type TenantServers } from '../tenant/server.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { createWorld, type World } from '../tenant/world.ts';
import { type JobEnd, type Settings, startJob } from './job.ts';

/** A process is started for each test; a busy machine takes its time. */
jest.setTimeout(30_000);

const SECRET = 'c2VjcmV0LXRoYXQtbm9ib2R5LXNob3VsZC1zZWU';
const OTHER_TENANT = '11111111-2222-4333-8444-555555555555';

let world: World;
let servers: TenantServers;
let ingestion: Ingestion;
let folder: string;

beforeAll(async () => {
  world = createWorld({ clock: offsetClock() });
  seedPopulation(world, {
    users: 60,
    deleted: 0,
    steps: [
      { daysAgo: 40, run: () => seedBlogTest(world) },
      {
        daysAgo: 20,
        run: () => {
          const user = world.onPrem.byUserPrincipalName('BlogTest@domain.com');
          if (user !== undefined) world.onPrem.delete(user);
        },
      },
    ],
  });
  const certificates = await trustedCertificates();
  servers = await startTenantServers({ directory: world.entra, certificates });
  ingestion = await startIngestion({ certificates });
  folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  write('ca.pem', certificates.ca);
  write('policy.json', JSON.stringify(policy()));
});
afterAll(async () => {
  await Promise.all([servers.close(), ingestion.close()]);
  rmSync(folder, { recursive: true });
});

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const policy = (changes: Readonly<Record<string, unknown>> = {}) => ({
  mode: 'purge',
  tenantId: world.tenantId,
  gracePeriodDays: 14,
  nightsAbsent: 1,
  maxSyncAgeHours: 3,
  onPremises: { source: 'entra', maxShrinkPercent: 3, maxSliceShrinkUsers: 20 },
  mailUserEvidence: {},
  protect: {},
  accidentalDeletionPrevention: {
    perNight: { users: 5 },
    rollingBudget: { days: 7, users: 5 },
  },
  telemetry: { spellOutKeeps: false },
  ...changes,
});

const settings = (): Settings => ({
  GRAPH_ROOT: servers.graphRoot,
  IDENTITY_ENDPOINT: servers.identityEndpoint,
  IDENTITY_HEADER: servers.identityHeader,
  MANAGED_IDENTITY_CLIENT_ID: servers.clientId,
  APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString,
  LEDGER_DIRECTORY: join(folder, 'ledger'),
  POLICY_FILE: join(folder, 'policy.json'),
  NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
});

const run = (changes: Settings = {}, ...args: string[]): Promise<JobEnd> =>
  startJob({ ...settings(), ...changes }, args).ended;

const deletes = () =>
  servers.log.flatMap((entry) => [entry, ...entry.requests]).filter(({ method }) => method === 'DELETE');

test.each([
  ['by default', {}, '0 0 2 * * *'],
  ['as the setting says', { NIGHTLY_SCHEDULE: '0 30 3 * * 1-5' }, '0 30 3 * * 1-5'],
  ['by default where the setting is wrong', { NIGHTLY_SCHEDULE: 'at night' }, '0 0 2 * * *'],
])('registers one function, a timer, %s', async (_, environment, schedule) => {
  const { stdout, stderr, code } = await startJob(environment, ['--list']).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const functions = JSON.parse(stdout) as { name: string; bindings: Record<string, unknown> }[];
  expect(functions.map(({ name, bindings }) => [name, Object.values(bindings)])).toEqual([
    [
      'nightlyPurge',
      [
        expect.objectContaining({
          type: 'timerTrigger',
          direction: 'in',
          schedule,
          runOnStartup: false,
          useMonitor: true,
        }),
      ],
    ],
  ]);
});

/** What is wrong, the settings or policy that make it so, and what is to be said. */
const MISTAKES: readonly (readonly [string, () => Settings, RegExp])[] = [
  ['no setting at all', () => ({ LEDGER_DIRECTORY: '' }), /LEDGER_CONTAINER_URL or LEDGER_DIRECTORY must be/],
  [
    'several at once',
    () => ({
      GRAPH_ROOT: 'graph',
      APPLICATIONINSIGHTS_CONNECTION_STRING: SECRET,
      NIGHT_TIME_LIMIT_MINUTES: 'x',
    }),
    /GRAPH_ROOT must be an https URL.*CONNECTION_STRING must be.*NIGHT_TIME_LIMIT_MINUTES must be/,
  ],
  ['a wrong schedule', () => ({ NIGHTLY_SCHEDULE: 'at night' }), /NIGHTLY_SCHEDULE must be an NCRONTAB/],
  ['halted', () => ({ NIGHTLY_PURGE_HALT: 'true' }), /NIGHTLY_PURGE_HALT halts this tool/],
  [
    'a wrong identity',
    () => ({ MANAGED_IDENTITY_CLIENT_ID: OTHER_TENANT, IDENTITY_HEADER: SECRET }),
    /the managed identity gave no token/,
  ],
  ['no policy', () => ({ POLICY_FILE: join(folder, 'none.json') }), /none\.json cannot be read/],
  ['an empty policy', () => ({ POLICY_FILE: write('empty.json', '') }), /empty\.json cannot be read/],
  [
    'half a policy',
    () => ({ POLICY_FILE: write('half.json', '{"mode": "pur') }),
    /half\.json cannot be read/,
  ],
  [
    'a policy with a slip of the pen',
    () => ({ POLICY_FILE: write('slip.json', JSON.stringify(policy({ protekt: {} }))) }),
    /protekt/,
  ],
  [
    'a policy of another tenant',
    () => ({ POLICY_FILE: write('other.json', JSON.stringify(policy({ tenantId: OTHER_TENANT }))) }),
    /This is tenant .*, and the policy is for 11111111/,
  ],
];

test.each(MISTAKES)('%s: one clear message, a failed invocation, not one purge', async (_, make, message) => {
  const { code, stderr, stdout } = await run(make());
  const said = stderr.trim().split('\n');
  expect(code).toBe(1);
  expect(said.at(-1)).toMatch(message);
  expect(said.at(-1)).toMatch(/(Nobody|Nothing) (is|was) purged/);
  expect(`${stdout}${stderr}`).not.toMatch(/\n\s+at |\.cjs:\d|node:internal/);
  expect(`${stdout}${stderr}`).not.toContain(SECRET);
  expect(deletes()).toEqual([]);
});

test.each([true, false])('personal data is told: %s', async (personalData) => {
  const telemetry = { spellOutKeeps: true, personalData };
  const quiet = policy({ mode: 'report', telemetry });
  const before = ingestion.envelopes.length;
  const { code, stdout } = await run({
    POLICY_FILE: write('privacy.json', JSON.stringify(quiet)),
    LEDGER_DIRECTORY: join(folder, `private-${personalData}`),
  });
  expect(code).toBe(0);
  const report = /The report of this night: (.*\.html)/.exec(stdout)?.[1] ?? '';
  const told = [readFileSync(report, 'utf8'), stdout, JSON.stringify(ingestion.envelopes.slice(before))];
  expect(told.map((text) => /blogtest|user@microsoft/i.test(text))).toEqual(told.map(() => personalData));
  expect(deletes()).toEqual([]);
});

test('past due: a warning, and the night runs', async () => {
  const { code, stdout, stderr } = await run({}, '--past-due');
  expect(stderr).toBe('The timer is past due: last night did not run on time. Running now.\n');
  expect(code).toBe(0);
  expect(stdout).toContain('The night is complete. 1 planned: 1 purged.');
  expect(deletes()).toHaveLength(1);
  expect(world.truth.hardDeletes.map(({ truth }) => truth.tag)).toEqual(['blogTest']);
  expect(ingestion.envelopes.filter(({ data }) => data.baseType === 'EventData').length).toBeGreaterThan(3);
});

test('the night’s own time limit ends before the host’s, with minutes to spare', () => {
  const { functionTimeout } = JSON.parse(readFileSync('host.json', 'utf8')) as { functionTimeout: string };
  const [hours = 0, minutes = 0] = functionTimeout.split(':').map(Number);
  const { timeLimitMs } = readConfig({ LEDGER_DIRECTORY: 'ledger' });
  expect((hours * 60 + minutes) * 60_000 - timeLimitMs).toBeGreaterThanOrEqual(5 * 60_000);
});
