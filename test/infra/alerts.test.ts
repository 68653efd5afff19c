/**
 * No alert in a healthy fortnight, and each where its fault is. The nights are real ones in a simulated tenant; the
 * rows are the events of their ledger lines (that these are what Application Insights receives is shown in
 * kqlNights.test.ts, over the wire). The queries are run by the evaluator in kql/, not by Azure: see there. What
 * rules see is respected: two days back at most, and nothing before it has arrived.
 */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { NightRefused } from '../../lib/errors.ts';
import type { Telemetry } from '../../lib/ports.ts';
import { sure } from '../core/people.ts';
import { DAY_MS, HOUR_MS } from '../tenant/clock.ts';
import { arriving, type Company, lost, OUR_IDENTITY, openCompany } from './kql/company.ts';
import { run } from './kql/evaluate.ts';
import { QUERIES } from './kql/files.ts';
import { filled } from './kql/filled.ts';
import type { Row } from './kql/values.ts';
import { auditRow } from './kql/workspace.ts';

// Loading and warming up the parser takes seconds on a busy machine.
jest.setTimeout(60_000);

const rulesOf = (tenantId: string) =>
  QUERIES.filter(({ folder, name }) => folder === 'alerts' && name !== 'nightSummary').map(
    ({ name, text }) => ({
      name,
      query: filled(text, {
        principalId: OUR_IDENTITY,
        tenantId,
        hostAccount: 'sthost1',
        ledgerAccount: 'stledger1',
        knownInitiators: ['dirsync@domain.com'],
      }),
    }),
  );

let company: Company;
afterEach(() => company.close());

/** Every rule that fires within `hours` of `from`, asked every hour, with the rows of its first time. */
function fired(from: number, hours: number, step = 1): Readonly<Record<string, readonly Row[]>> {
  const all: Record<string, readonly Row[]> = {};
  const rules = rulesOf(company.stage.world.tenantId);
  for (let now = from; now <= from + hours * HOUR_MS; now += step * HOUR_MS) {
    const tables = company.workspace.at(now, 48);
    for (const { name, query } of rules) {
      const { rows } = run(query, tables, new Date(now));
      if (rows.length > 0) all[name] ??= rows;
    }
  }
  return all;
}

test('a healthy fortnight: nights purge, and no alert fires', async () => {
  company = await openCompany([9, 8, 7, 6, 5, 4, 3, 2, 1]);
  let purged = 0;
  for (let day = 0; day < 14; day += 1) {
    const { report } = await company.night();
    expect(report.status).toBe('completed');
    purged += report.outcomes.purged ?? 0;
    expect(fired(company.now() + HOUR_MS / 4, 23, 2)).toEqual({});
    company.leaver();
  }
  expect(purged).toBeGreaterThanOrEqual(14);
});

/** Ten have been gone for longer than the grace period. */
const TEN = [9, 9, 9, 9, 9, 8, 8, 8, 8, 8];
const PURGE = /^DELETE /;
const limits = (perNight: number, rolling = 300) => ({
  accidentalDeletionPrevention: {
    perNight: { users: perNight },
    rollingBudget: { days: 7, users: rolling },
  },
});

describe('each fires where its fault is, and no other does', () => {
  test('nightFailed: a purge is never proven', async () => {
    company = await openCompany(TEN);
    company.stage.servers.faults.add({ match: PURGE, kind: 'latePurge', delay: HOUR_MS, times: 99 });
    const { report } = await company.night();
    expect(report.status).toBe('failed');
    const alerts = fired(company.now(), 22);
    expect(alerts).toMatchObject({
      nightFailed: [{ NightId: report.night, How: 'failed', Detail: report.detail }],
    });
    expect(Object.keys(alerts)).toEqual(['nightFailed']);
  });

  test('nightFailed: a night that was cut off, but not one that is under way', async () => {
    company = await openCompany(TEN);
    const { report } = await company.night();
    company.workspace.lose('AppEvents', ({ Name }) => ['NightEnded', 'PurgeSettled'].includes(String(Name)));
    expect(fired(company.now(), 0)).toEqual({});
    const alerts = fired(company.now() + HOUR_MS / 2, 19);
    expect(alerts).toMatchObject({ nightFailed: [{ NightId: report.night, How: 'cut off' }] });
    expect(Object.keys(alerts)).toEqual(['nightFailed']);
  });

  test.each(['purge', 'report'])('nightRefused: a limit was exceeded, in %s mode', async (mode) => {
    company = await openCompany(TEN);
    const { report } = await company.night({ mode, ...limits(5, 6) });
    const alerts = fired(company.now(), 23);
    expect(alerts).toMatchObject({
      nightRefused: [
        { NightId: report.night, Refusal: 'tooManyPurges', Limit: 5, Actual: 10 },
        { NightId: report.night, Refusal: 'budgetExceeded', Limit: 6, Actual: 10 },
      ],
    });
    expect(Object.keys(alerts)).toEqual(['nightRefused']);
  });

  test('nightRefused: the ledger cannot be used, so that only telemetry can tell', async () => {
    company = await openCompany([]);
    await company.night();
    const broken = {
      location: 'nowhere',
      open: () =>
        Promise.reject(
          new NightRefused('ledgerUnusable', 'The ledger cannot be read. Nobody is purged. Look at it.'),
        ),
    };
    const { report } = await company.night({}, { ledger: broken });
    expect(report.status).toBe('refused');
    const alerts = fired(company.now(), 23);
    expect(alerts).toMatchObject({ nightRefused: [{ NightId: report.night, Refusal: 'ledgerUnusable' }] });
    expect(Object.keys(alerts)).toEqual(['nightRefused']);
  });

  test('syncStale: refused for the sync alone', async () => {
    company = await openCompany(TEN);
    company.stage.world.sync.pause();
    company.stage.world.advance(5 * HOUR_MS);
    const { report } = await company.night();
    expect(report.refusals.map(({ refusal }) => refusal)).toEqual(['syncStale']);
    const alerts = fired(company.now(), 23);
    expect(alerts).toMatchObject({ syncStale: [{ NightId: report.night, Detail: report.detail }] });
    expect(alerts['syncStale']?.[0]?.['SyncAgeHours']).toBeGreaterThan(3);
    expect(Object.keys(alerts)).toEqual(['syncStale']);
  });

  test('noNight: 26 hours after the last, and where none ever was', async () => {
    company = await openCompany([]);
    expect(fired(company.now(), 1)).toMatchObject({
      noNight: [{ TenantId: company.stage.world.tenantId, LastSeen: null }],
    });
    const { report } = await company.night();
    const began = company.now();
    expect(report.status).toBe('completed');
    expect(fired(began, 25)).toEqual({});
    expect(Object.keys(fired(began + 26.5 * HOUR_MS, 1))).toEqual(['noNight']);
  });

  test('noNight: nights run, and telemetry does not arrive', async () => {
    company = await openCompany([]);
    await company.night();
    const { report } = await company.night({}, { telemetry: lost() });
    expect(report.status).toBe('completed');
    expect(Object.keys(fired(company.now() + 3 * HOUR_MS, 20))).toEqual(['noNight']);
  });

  test('notBegun: the function failed, and there was no night', async () => {
    company = await openCompany([]);
    await company.night();
    const at = company.now() + HOUR_MS;
    const [TimeGenerated, OperationId] = [new Date(at), 'd'.repeat(32)];
    const run = {
      TimeGenerated,
      OperationId,
      Id: 'e'.repeat(16),
      Name: 'nightlyPurge',
      DurationMs: 800,
      Success: false,
    };
    company.workspace.add('AppRequests', run, at);
    const InnermostMessage = 'The policy file policy.json is wrong: tenantId must be a GUID.';
    const OuterMessage = 'Exception while executing function: Functions.nightlyPurge';
    company.workspace.add(
      'AppExceptions',
      { TimeGenerated, OperationId, OuterMessage, InnermostMessage },
      at,
    );
    const alerts = fired(company.now(), 20);
    expect(alerts).toMatchObject({ notBegun: [{ RunId: 'e'.repeat(16), Detail: InnermostMessage }] });
    expect(Object.keys(alerts)).toEqual(['notBegun']);
  });

  test('notBegun: not for a refused night, whose function fails as well', async () => {
    company = await openCompany(TEN);
    await company.night(limits(5));
    const TimeGenerated = new Date(company.now() - 60_000);
    const run = {
      TimeGenerated,
      Id: 'e'.repeat(16),
      Name: 'nightlyPurge',
      DurationMs: 61_000,
      Success: false,
    };
    company.workspace.add('AppRequests', run, company.now());
    expect(Object.keys(fired(company.now(), 23))).toEqual(['nightRefused']);
  });

  test('purgeUnverified: the next night could not look again', async () => {
    company = await openCompany(TEN);
    company.stage.servers.faults.add({ match: PURGE, kind: 'latePurge', delay: 5 * DAY_MS, times: 99 });
    const { lines } = await company.night();
    const [intended] = lines.flatMap(({ record }) => (record.kind === 'announced' ? [record] : []));
    expect(Object.keys(fired(company.now(), 20))).toEqual(['nightFailed']);
    company.stage.servers.roles.clear();
    company.stage.servers.faults.add({
      match: /^GET /,
      kind: 'status',
      status: 403,
      times: 99,
    });
    const { report } = await company.night();
    expect(report.status).toBe('refused');
    const alerts = fired(company.now(), 20);
    // The newest night counts it as well.
    expect(alerts['purgeUnverified']).toMatchObject([
      { UserId: intended?.id, DeletedDateTime: intended?.deletedDateTime },
      { UserId: '', NightId: report.night, Purges: 1 },
    ]);
    expect(Object.keys(alerts).sort()).toEqual(['nightFailed', 'nightRefused', 'purgeUnverified']);
  });

  test('purgeUnverified: not where the next night settled it', async () => {
    company = await openCompany(TEN);
    company.stage.servers.faults.add({ match: PURGE, kind: 'latePurge', delay: HOUR_MS, times: 1 });
    const first = await company.night();
    expect(first.report.open).toBe(1);
    const second = await company.night();
    expect(second.report.status).toBe('completed');
    expect(Object.keys(fired(company.now() + HOUR_MS, 20))).toEqual(['nightFailed']);
  });

  test('limitNear: eight of ten, and not seven', async () => {
    company = await openCompany([9, 9, 9, 9, 8, 8, 8]);
    await company.night(limits(10, 100));
    expect(fired(company.now(), 23)).toEqual({});
    await company.close();
    company = await openCompany([9, 9, 9, 9, 8, 8, 8, 8]);
    const { report } = await company.night(limits(10, 9));
    const alerts = fired(company.now(), 23);
    expect(alerts).toMatchObject({
      limitNear: [
        { NightId: report.night, LimitName: 'perNight', Actual: 8, Limit: 10 },
        { NightId: report.night, LimitName: 'rollingBudget', Actual: 8, Limit: 9 },
      ],
    });
    expect(Object.keys(alerts)).toEqual(['limitNear']);
  });

  test('foreignPurge: somebody else, but not who is known to', async () => {
    company = await openCompany(TEN);
    const deleted = () => sure(company.stage.world.entra.deletedUsers()[0]).id;
    company.stage.world.entra.hardDelete(deleted(), 'dirsync@domain.com');
    await company.night();
    expect(fired(company.now(), 23)).toEqual({});
    const victim = company.leaver();
    company.stage.world.sync.syncNow();
    company.stage.world.entra.hardDelete(victim, 'mallory@domain.com');
    await company.night();
    const alerts = fired(company.now(), 12);
    expect(alerts).toMatchObject({
      foreignPurge: [{ UserId: victim, Initiator: 'mallory@domain.com', IsOurs: 'false' }],
    });
    expect(Object.keys(alerts)).toEqual(['foreignPurge']);
  });

  test('foreignPurge: at once, and also where it was quicker than a purge that was announced', async () => {
    company = await openCompany(TEN);
    const { lines } = await company.night();
    const [announced] = lines.flatMap(({ record }) => (record.kind === 'announced' ? [record.id] : []));
    const row = auditRow(company.now(), sure(announced), { person: 'mallory@domain.com' });
    company.workspace.add('AuditLogs', row, company.now());
    expect(Object.keys(fired(company.now(), 1))).toEqual(['foreignPurge']);
  });

  test('foreignPurge: our identity, without an announcement', async () => {
    company = await openCompany([]);
    await company.night();
    const at = company.now() + HOUR_MS;
    company.workspace.add(
      'AuditLogs',
      auditRow(at, 'c0ffee00-0000-4000-8000-000000000001', { app: OUR_IDENTITY }),
      at,
    );
    expect(fired(at, 2)).toEqual({});
    const alerts = fired(at + 4 * HOUR_MS, 12);
    expect(alerts).toMatchObject({ foreignPurge: [{ IsOurs: 'true' }] });
    expect(Object.keys(alerts)).toEqual(['foreignPurge']);
  });

  test.each(['Delete user', 'Restore user'])(
    'foreignPurge: our identity does what this tool never does: %s',
    async (operation) => {
      company = await openCompany([]);
      const { lines } = await company.night();
      expect(lines).not.toEqual([]);
      const user = 'c0ffee00-0000-4000-8000-000000000002';
      const add = (by: Parameters<typeof auditRow>[2]) =>
        company?.workspace.add('AuditLogs', auditRow(company.now(), user, by, operation), company.now());
      add({ person: 'helpdesk@domain.com' });
      expect(fired(company.now(), 1)).toEqual({});
      add({ app: OUR_IDENTITY });
      const alerts = fired(company.now(), 1);
      expect(alerts).toMatchObject({
        foreignPurge: [{ UserId: user, Operation: operation, IsOurs: 'true' }],
      });
      expect(Object.keys(alerts)).toEqual(['foreignPurge']);
    },
  );

  test.each<readonly [string, string, Row, string[]?]>([
    ['a line', 'TenantRead', { EventsMissing: 1, OutcomesMissing: 0 }],
    ['an outcome', 'PurgeSettled', { EventsMissing: 0, OutcomesMissing: 1 }, ['purgeUnverified']],
    ['the beginning', 'NightStarted', { EventsMissing: 1, OutcomesMissing: 0 }],
    ['the plan', 'Planned', { EventsMissing: 1, OutcomesMissing: 0 }],
    ['an announcement', 'PurgeAnnounced', { EventsMissing: 1, OutcomesMissing: 0 }, ['foreignPurge']],
  ])('ledgerDisagrees: %s was lost after it was acknowledged', async (_, name, expected, others = []) => {
    company = await openCompany([9, 1]);
    const { report } = await company.night();
    const ended = company.now();
    company.workspace.lose('AppEvents', ({ Name }) => Name === name);
    await company.night();
    const alerts = fired(ended + 26 * HOUR_MS + HOUR_MS / 2, 15);
    expect(alerts).toMatchObject({ ledgerDisagrees: [{ NightId: report.night, ...expected }] });
    expect(Object.keys(alerts).sort()).toEqual(['ledgerDisagrees', ...others].sort());
  });

  test('ledgerDisagrees: not where the next night made up for it, twice even', async () => {
    company = await openCompany([9, 1]);
    const partial = arriving(company.workspace, company.now);
    const undelivered: Telemetry = {
      record: partial.record,
      flush: async () => ({ ...(await partial.flush()), delivered: false }),
    };
    const first = await company.night({}, { telemetry: undelivered });
    const ended = company.now();
    company.workspace.lose('AppEvents', ({ Name }) => Name === 'TenantRead');
    const second = await company.night();
    expect(
      second.lines.filter(
        ({ record }) => record.kind === 'telemetrySent' && record.of === first.report.night,
      ),
    ).toHaveLength(1);
    expect(fired(ended, 45)).toEqual({});
  });
});
