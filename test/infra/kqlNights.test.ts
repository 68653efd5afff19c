/**
 * What the workbook's queries return for five nights whose telemetry really went through Microsoft's SDK, over TLS,
 * to an ingestion endpoint, and became rows. What they must return is worked out here from the ledger's lines and
 * from the tenant itself, without any query.
 *
 * The queries are run by the evaluator in kql/ (no engine for KQL is published for Node): it walks the syntax tree of
 * Microsoft's parser, and knows what our queries use in the sense of the Kusto documentation. So this does not prove
 * that Azure's engine understands that documentation as we do, nor how long rows take to arrive there, nor how a
 * chart looks.
 */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { LedgerLine, RecordOf } from '../../lib/core/record.ts';
import { eventsOf } from '../../lib/telemetry/projection.ts';
import { sure } from '../core/people.ts';
import type { Company } from './kql/company.ts';
import { run } from './kql/evaluate.ts';
import { queryText } from './kql/files.ts';
import type { Row } from './kql/values.ts';
import { openWeek, type Week } from './kql/week.ts';
import { rowOfEvent } from './kql/workspace.ts';

// Loading and warming up the parser takes seconds on a busy machine.
jest.setTimeout(60_000);

let week: Week;
let company: Company;
beforeAll(async () => {
  week = await openWeek();
  company = week.company;
});
afterAll(() => week.close());

const lines = (): LedgerLine[] => week.nights.flatMap((one) => one.lines);
function recordsOf<Kind extends LedgerLine['record']['kind']>(
  kind: Kind,
  of: readonly LedgerLine[] = lines(),
) {
  return of.flatMap(({ record, night: id, at: when, seq }) =>
    record.kind === kind ? [{ ...(record as RecordOf<Kind>), night: id, at: when, seq }] : [],
  );
}
const only = <T>(values: readonly T[]) => {
  expect(values).toHaveLength(1);
  return sure(values[0]);
};
const moment = (text: string) => new Date(text);
const round = (value: number, places: number) => Math.round(value * 10 ** places) / 10 ** places;

/** What a query returns after the n-th night (from 1), or the last. */
function ask(
  name: string,
  parameters: Readonly<Record<string, string>> = {},
  after = week.ends.length,
): readonly Row[] {
  const text = Object.entries({ Tenant: '*', ...parameters }).reduce(
    (query, [parameter, value]) => query.replaceAll(`{${parameter}}`, value),
    queryText('workbook', name),
  );
  const now = sure(week.ends[after - 1]);
  return run(text, company.workspace.at(now), new Date(now)).rows;
}

test('the nights are what they are meant to be', () => {
  expect(week.nights.map(({ report }) => report.status)).toEqual([
    'completed',
    'refused',
    'completed',
    'completed',
    'completed',
  ]);
  expect(week.nights.map(({ report }) => report.outcomes)).toMatchObject([
    { purged: 4 },
    {},
    { purged: 1, denied: 1 },
    { purged: 2 },
    { purged: 1, alreadyGone: 1 },
  ]);
});

test('the rows are those that the events of the ledger’s lines give, which the alerts are tested with', () => {
  const { rows } = sure(company.workspace.at(sure(week.ends.at(-1))).get('AppEvents'));
  const told = lines().flatMap((line) => eventsOf(line, { spellOutKeeps: true }).map(rowOfEvent));
  const key = ({ TimeGenerated, AppRoleName, Name, OperationId, Properties, Measurements }: Row) =>
    JSON.stringify([TimeGenerated, AppRoleName, Name, OperationId, sorted(Properties), sorted(Measurements)]);
  expect(rows.map(key).sort()).toEqual(told.map(key).sort());
});
const sorted = (bag: unknown) => Object.entries(bag ?? {}).sort();

describe('last night', () => {
  test('lastNight', () => {
    const { measurements, counts, status, detail, night: NightId } = sure(recordsOf('nightEnded').at(-1));
    const BeganAt = moment(sure(recordsOf('nightStarted').at(-1)).at);
    expect(only(ask('lastNight'))).toMatchObject({
      InTime: 'yes',
      Status: status,
      Mode: 'purge',
      BeganAt,
      Minutes: round(measurements.durationMs / 60_000, 1),
      Purged: 1,
      WouldPurge: counts?.purge,
      Kept: counts?.keep,
      Detail: detail,
      NightId,
    });
    const late = sure(week.ends.at(-1)) + 27 * 3_600_000;
    const query = queryText('workbook', 'lastNight').replaceAll('{Tenant}', '*');
    expect(only(run(query, company.workspace.at(late), new Date(late)).rows)['InTime']).toBe(
      'no: a night is missing',
    );
  });

  test('lastNightKept', () => {
    const kept = sure(recordsOf('planned').at(-1)).counts.keptBy;
    expect(Object.fromEntries(ask('lastNightKept').map(({ Reason, Users }) => [Reason, Users]))).toEqual(
      kept,
    );
    expect(Object.keys(kept).length).toBeGreaterThan(0);
  });

  test('lastNightRefusals', () => {
    const { refusal, detail, limit, actual } = only(sure(week.nights[1]).report.refusals);
    expect(ask('lastNightRefusals', {}, 2)).toEqual([
      { Refusal: refusal, Limit: limit, Actual: actual, Detail: detail },
    ]);
    expect(ask('lastNightRefusals')).toEqual([]);
  });

  test('lastNightOutcomes', () => {
    const settled = recordsOf('settled', week.nights[2]?.lines);
    expect(
      ask('lastNightOutcomes', {}, 3)
        .map(({ Outcome, UserId }) => `${Outcome} ${UserId}`)
        .sort(),
    ).toEqual(settled.map(({ outcome, id }) => `${outcome} ${id}`).sort());
  });
});

describe('night by night', () => {
  const ended = () => recordsOf('nightEnded');

  test('nights, tenants, nightChoices and policies', () => {
    const { tenantId } = company.stage.world;
    expect(
      ask('nights').map(({ Status, Purged, Failed, Refusals, NightId }) => [
        NightId,
        Status,
        Purged,
        Failed,
        Refusals,
      ]),
    ).toEqual(
      ended()
        .map(({ night: id, status, outcomes, refusals }) => [
          id,
          status,
          outcomes.purged ?? 0,
          outcomes.denied ?? 0,
          refusals.map(({ refusal }) => refusal).join(),
        ])
        .reverse(),
    );
    expect(ask('tenants')).toEqual([{ value: tenantId, label: tenantId }]);
    expect(ask('nights', { Tenant: tenantId })).toEqual(ask('nights'));
    expect(ask('nights', { Tenant: 'another' })).toEqual([]);
    const choices = ask('nightChoices');
    expect(choices.map(({ value }) => value)).toEqual(
      ended()
        .map(({ night: id }) => id)
        .reverse(),
    );
    expect(choices[0]?.['label']).toMatch(/^2026-02-\d\d 02:00 · [0-9a-f]{8}$/);
    expect(
      ask('policies').map(({ GracePeriodDays, PerNightUsers, Since, Until }) => [
        GracePeriodDays,
        PerNightUsers,
        Number(Until) > Number(Since),
      ]),
    ).toEqual([
      [5, 100, false],
      [7, 0, false],
      [7, 100, true],
    ]);
  });

  test('trend and keptTrend', () => {
    expect(ask('trend')).toEqual(
      ended()
        .filter(({ counts }) => counts !== undefined)
        .map(({ at: when, counts, outcomes }) => ({
          EndedAt: moment(when),
          InRecycleBin: counts?.deletedUsers,
          Purged: outcomes.purged ?? 0,
          Kept: counts?.keep,
          Failed: outcomes.denied ?? 0,
        })),
    );
    const kept = recordsOf('planned').flatMap(({ at: when, counts }) =>
      Object.entries(counts.keptBy).map(([Reason, Users]) => ({ PlannedAt: moment(when), Reason, Users })),
    );
    expect(ask('keptTrend')).toEqual(
      kept.sort((a, b) => Number(a.PlannedAt) - Number(b.PlannedAt) || (a.Reason < b.Reason ? -1 : 1)),
    );
  });

  test('limits', () => {
    const purges = recordsOf('planned').map(({ counts, budgetSpent }) => [
      counts.purge,
      counts.purge + budgetSpent,
    ]);
    const of = (limit: string) => ask('limits').filter(({ LimitName }) => LimitName === limit);
    expect(of('perNight').map(({ Actual, Limit }) => [Actual, Limit])).toEqual(
      [0, 2, 3, 4].map((index) => [purges[index]?.[0], 100]),
    );
    expect(of('rollingBudget of 7 days').map(({ Actual, Share }) => [Actual, Share])).toEqual(
      purges.map(([, spent = 0]) => [spent, round(spent / 300, 3)]),
    );
    const syncAges = recordsOf('tenantRead').map(
      (one) => (Date.parse(one.at) - Date.parse(sure(one.lastSync))) / 3_600_000,
    );
    expect(of('maxSyncAgeHours').map(({ Actual }) => Actual)).toEqual(
      syncAges.map((hours) => round(hours, 2)),
    );
    expect(of('maxShrinkPercent')).toHaveLength(4);
  });

  test('sources and tenantHealth', () => {
    expect(
      ask('sources').map(({ Users, MostBefore, Source, Accepted }) => [Source, Users, MostBefore, Accepted]),
    ).toEqual(
      recordsOf('sourceRead')
        .map(({ source, total, baseline, accepted }) => [
          source,
          total,
          baseline?.total ?? null,
          String(accepted),
        ])
        .reverse(),
    );
    expect(
      ask('tenantHealth').map(({ LastSync, InRecycleBin, ExchangeRecipients }) => [
        LastSync,
        InRecycleBin,
        ExchangeRecipients,
      ]),
    ).toEqual(
      recordsOf('tenantRead')
        .map(({ lastSync }, index) => [
          moment(sure(lastSync)),
          recordsOf('deletedUsersRead')[index]?.users,
          recordsOf('exchangeRead')[index]?.recipients,
        ])
        .reverse(),
    );
  });

  test('effort, calls and answers', () => {
    expect(
      ask('effort').map(({ GraphCalls, Throttled, Retries }) => [GraphCalls, Throttled, Retries]),
    ).toEqual(
      ended().map(({ measurements: { graphCalls, throttled, retries } }) => [graphCalls, throttled, retries]),
    );
    expect(ask('effort').at(-1)?.['Throttled']).toBeGreaterThan(0);
    // Calls are not sent again: those of the night that telemetry missed are missing.
    const log = week.requests.flatMap((all, index) => (index === 3 ? [] : all));
    const calls = ask('calls');
    expect(calls.reduce((sum, { Calls }) => sum + Number(Calls), 0)).toBe(log.length);
    const organization = log.filter(({ path }) => path.startsWith('/organization'));
    expect(calls.find(({ Called }) => Called === 'GET /organization')).toMatchObject({
      Calls: organization.length,
      Failed: 0,
      AverageMs: 40,
    });
    const answered = recordsOf('answered');
    const answers = ask('answers');
    expect(answers.reduce((sum, { Answers }) => sum + Number(Answers), 0)).toBe(answered.length);
    expect(answers.filter(({ Answer }) => Answer === 'throttled').map(({ Answers }) => Answers)).toEqual([
      answered.filter(({ answer }) => answer === 'throttled').length,
    ]);
  });
});

describe('who bounces', () => {
  test('recycleBin: the tenant’s own recycle bin, oldest first', () => {
    const inBin = company.stage.world.entra.deletedUsers();
    const expected = inBin.map(({ id, deletedDateTime, mail }) => ({
      UserId: id,
      Mail: mail,
      DeletedAt: moment(sure(deletedDateTime ?? undefined)),
    }));
    const rows = ask('recycleBin');
    expect(rows.map(({ UserId }) => UserId).sort()).toEqual(expected.map(({ UserId }) => UserId).sort());
    expect(rows.length).toBeGreaterThan(0);
    for (const { UserId, Mail, DeletedAt, BouncesUntil, Verdict } of rows) {
      expect({ UserId, Mail, DeletedAt }).toEqual(expected.find((one) => one.UserId === UserId));
      expect(Number(BouncesUntil) - Number(DeletedAt)).toBe(30 * 86_400_000);
      expect(Verdict).toBe('keep');
    }
  });

  test('uncured: Exchange holds on to one', () => {
    expect(ask('uncured').map(({ UserId, State }) => [UserId, State])).toContainEqual([
      week.lingering,
      'lingering',
    ]);
    const held = new Set(company.stage.world.exchange.softDeletedMailUsers().map(({ id }) => id));
    const last = new Map(recordsOf('cureSeen').map(({ id, state }) => [id as string, state]));
    const waiting = [...last].filter(([, state]) => state !== 'gone').map(([id]) => id);
    expect(
      ask('uncured')
        .map(({ UserId }) => UserId)
        .sort(),
    ).toEqual(waiting.sort());
    expect(waiting.filter((id) => !held.has(id))).toEqual([]);
  });

  test('timeToPurge', () => {
    const purged = recordsOf('settled').filter(({ outcome }) => outcome === 'purged');
    const days = purged.map((one) => (Date.parse(one.at) - Date.parse(one.deletedDateTime)) / 86_400_000);
    const cures = recordsOf('cureSeen').filter(({ state }) => state === 'gone');
    const rows = ask('timeToPurge');
    const sum = (column: string) => rows.reduce((all, row) => all + Number(row[column]), 0);
    expect(sum('Purged')).toBe(purged.length);
    expect(sum('Cured')).toBe(cures.length);
    expect(Math.max(...rows.map(({ DaysToPurgeMost }) => Number(DaysToPurgeMost)))).toBe(
      round(Math.max(...days), 1),
    );
    expect(Math.max(...rows.map(({ SecondsToProofMost }) => Number(SecondsToProofMost)))).toBe(
      round(Math.max(...purged.map(({ verifiedAfterMs = 0 }) => verifiedAfterMs)) / 1000, 1),
    );
    for (const { Week } of rows) expect((Week as Date).getUTCDay()).toBe(0);
  });
});

describe('one night, one user, the record', () => {
  test('oneNight: every event of it, every fact of each', () => {
    for (const { report, lines: own } of week.nights) {
      const rows = ask('oneNight', { Night: report.night });
      const events = own.flatMap((line) => eventsOf(line, { spellOutKeeps: true }));
      expect(rows.map(({ Event }) => Event).sort()).toEqual(events.map(({ name }) => name).sort());
      const plan = rows.find(({ Event }) => Event === 'Planned');
      const numbers = JSON.parse(String(plan?.['Numbers'])) as Record<string, number>;
      expect(numbers['Keep']).toBe(only(recordsOf('planned', own)).counts.keep);
      expect(rows.map(({ LedgerLine: line }) => line)).toEqual(
        rows.map(({ LedgerLine: line }) => line).sort((a, b) => Number(a) - Number(b)),
      );
    }
  });

  test('oneUser and oneUserEvents, by id and by mail', () => {
    const { id, mail } = sure(recordsOf('decided').find((one) => one.id === week.lingering));
    const decided = recordsOf('decided').filter((one) => one.id === id);
    const rows = ask('oneUser', { User: id });
    expect(ask('oneUser', { User: sure(mail).toUpperCase() })).toEqual(rows);
    expect(rows.map(({ Verdict, OnPremises, NightsAbsent }) => [Verdict, OnPremises, NightsAbsent])).toEqual(
      decided
        .map(({ verdict, facts, nightsAbsent }) => [
          verdict,
          `no: ${sure(facts.onPremises).origin}`,
          nightsAbsent,
        ])
        .reverse(),
    );
    const events = ask('oneUserEvents', { User: id });
    expect(ask('oneUserEvents', { User: sure(mail) })).toEqual(events);
    expect(events.map(({ Event, What }) => [Event, What]).slice(0, 5)).toEqual([
      ['Decided', 'purge'],
      ['PurgeAnnounced', ''],
      ['PurgeAnswered', 'accepted'],
      ['PurgeSettled', 'purged'],
      ['CureSeen', 'waiting'],
    ]);
  });

  test('auditLog: our purges, all of them announced, and that of an administrator', () => {
    const purged = recordsOf('settled').filter(({ outcome }) => outcome === 'purged').length;
    const rows = ask('auditLog').map(({ Initiator, Purges, AnnouncedByUs }) => [
      Initiator,
      Purges,
      AnnouncedByUs,
    ]);
    expect(rows.sort()).toEqual([
      ['an administrator', 1, 0],
      ['id-mailuser-purge', purged, purged],
    ]);
  });
});
