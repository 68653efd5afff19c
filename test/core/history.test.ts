import { describe, expect, test } from '@jest/globals';
import { PAST_NIGHTS, startHistory } from '../../lib/core/history.ts';
import { at, DAY_MS, type NightId, nightId } from '../../lib/core/ids.ts';
import type { Presence } from '../../lib/core/model.ts';
import type { OutcomeName } from '../../lib/core/names.ts';
import type { LedgerRecord, RecordOf } from '../../lib/core/record.ts';
import { deletedMailUser, idOf, NIGHT, NOW, purgeableEvidence, sure, TENANT } from './people.ts';

const user = deletedMailUser(1);
const generation = { id: user.id, deletedDateTime: sure(user.deletedDateTime) };
const absent: Presence = { state: 'absent', origin: 'a test' };
const daysAgo = (days: number) => at(Date.parse(NOW) - days * DAY_MS);
const night = (n: number): NightId => sure(nightId(String(n).padStart(32, '0')));

/** So many days ago, in which night. */
type Entry = readonly [days: number, record: LedgerRecord, night?: NightId];

function history(...entries: Entry[]) {
  const reading = startHistory();
  entries.forEach(([days, record, of = NIGHT], seq) => {
    reading.see({ night: of, seq, fence: 1, at: daysAgo(days), prev: '0'.repeat(64), record });
  });
  return reading.finish();
}

const decided = (nightsAbsent: number, value: 'yes' | 'no' | 'unknown' = 'no'): LedgerRecord => ({
  kind: 'decided',
  ...generation,
  verdict: 'keep',
  reason: 'withinGracePeriod',
  detail: 'a test',
  nightsAbsent,
  facts: { ...purgeableEvidence, onPremises: { value, origin: 'a test' } },
});
const intended = (attempt = 1): LedgerRecord => ({ kind: 'intended', ...generation, attempt, snapshot: {} });
const settled = (outcome: OutcomeName): LedgerRecord => ({
  kind: 'settled',
  ...generation,
  outcome,
  detail: 'a test',
});
const readOf = (total: number): RecordOf<'sourceRead'> => ({
  kind: 'sourceRead',
  source: 'entra',
  total,
  slices: { 'domain.com': total },
  asOf: NOW,
  accepted: true,
});
const read = (total: number, accepted = true, baseline?: number): LedgerRecord => ({
  ...readOf(total),
  accepted,
  ...(baseline !== undefined && { baseline: { total: baseline, slices: {} } }),
});

describe('nights absent', () => {
  const nights = (...entries: Entry[]) => history(...entries).nightsAbsent(generation, absent, NOW);
  test('the first night is the first', () => expect(nights()).toBe(1));
  test('each night adds one', () => expect(nights([2, decided(1)], [1, decided(2)])).toBe(3));
  test('a second run on the same day adds none', () =>
    expect(nights([1, decided(1)], [0, decided(2)])).toBe(2));
  test('nor does one at another hour of that day', () =>
    expect(nights([1, decided(1)], [0.05, decided(2)])).toBe(2));
  test('seen present earlier today, absent now: the first night', () =>
    expect(nights([1, decided(5)], [0.05, decided(0, 'yes')])).toBe(1));
  test('seen present starts anew', () => expect(nights([2, decided(5)], [1, decided(0, 'yes')])).toBe(1));
  test('unknown starts anew', () => expect(nights([2, decided(5)], [1, decided(0, 'unknown')])).toBe(1));
  test('present tonight is none', () => {
    expect(history([1, decided(5)]).nightsAbsent(generation, { ...absent, state: 'present' }, NOW)).toBe(0);
  });
  test('unknown tonight is none', () => {
    expect(history([1, decided(5)]).nightsAbsent(generation, { ...absent, state: 'unknown' }, NOW)).toBe(0);
  });
  test('another deletion of the same object is counted on its own', () => {
    const other = { ...generation, deletedDateTime: daysAgo(1) };
    expect(history([1, decided(5)]).nightsAbsent(other, absent, NOW)).toBe(1);
  });
});

describe('the rolling budget', () => {
  test.each<readonly [OutcomeName | 'open', number]>([
    ['open', 1],
    ['purged', 1],
    ['unverified', 1],
    ['notPurged', 0],
    ['restoredMeanwhile', 0],
    ['refused', 0],
    ['keptOnReread', 0],
  ])('an intent that is %s counts %i', (outcome, spent) => {
    const entries = [
      [1, intended()] as const,
      ...(outcome === 'open' ? [] : [[1, settled(outcome)] as const]),
    ];
    expect(history(...entries).budgetSpent(7, NOW)).toBe(spent);
  });
  test('several attempts at one user count once', () => {
    expect(history([1, intended(1)], [1, intended(2)], [1, settled('purged')]).budgetSpent(7, NOW)).toBe(1);
  });
  test('users count one by one, and a settled one that nobody intended not at all', () => {
    const other = { ...intended(), ...generation, id: idOf(2) };
    expect(history([1, intended()], [1, other], [1, settled('refused')]).budgetSpent(7, NOW)).toBe(1);
    expect(history([1, settled('purged')]).budgetSpent(7, NOW)).toBe(0);
  });
  test('what is older than the window no longer counts', () => {
    expect(history([7, intended()]).budgetSpent(7, NOW)).toBe(0);
    expect(history([6.99, intended()]).budgetSpent(7, NOW)).toBe(1);
  });
});

test('an intent stays open until it is settled, and again while unverified', () => {
  expect(history([1, intended()]).openIntents).toMatchObject([{ ...generation, night: NIGHT }]);
  expect(history([1, intended()], [1, settled('unverified')]).openIntents).toHaveLength(1);
  expect(
    history([2, intended()], [2, settled('unverified')], [1, settled('purged')]).openIntents,
  ).toStrictEqual([]);
});

test('an open intent says which night announced it, and when', () => {
  expect(history([3, intended(), night(1)], [2, intended(2), night(2)]).openIntents).toStrictEqual([
    expect.objectContaining({ ...generation, night: night(2), at: daysAgo(2) }),
  ]);
});

test.each<OutcomeName>(['alreadyGone', 'restoredMeanwhile', 'keptOnReread', 'refused', 'notPurged'])(
  'an intent that came to %s is settled, and leaves nothing to be cured',
  (outcome) => {
    const { openIntents, uncured } = history([1, intended()], [1, settled(outcome)]);
    expect([openIntents, uncured]).toStrictEqual([[], []]);
  },
);

test('a purge is uncured until Exchange has been seen to hold nothing', () => {
  const seen = (state: 'gone' | 'waiting'): LedgerRecord => ({
    kind: 'cureSeen',
    ...generation,
    state,
    purgedAt: daysAgo(2),
    afterMs: 1,
    detail: 'a test',
  });
  expect(history([2, settled('purged')], [1, seen('waiting')]).uncured).toStrictEqual([
    { ...generation, purgedAt: daysAgo(2) },
  ]);
  expect(history([2, settled('purged')], [1, seen('gone')]).uncured).toStrictEqual([]);
});

describe('the baseline of a source', () => {
  const total = (...entries: Entry[]) => history(...entries).baseline('entra')?.total;
  test('none on the first night', () => expect(total()).toBeUndefined());
  test('the most of the past week', () =>
    expect(total([5, read(100)], [3, read(120)], [1, read(90)])).toBe(120));
  test('the most of each slice, whichever night had it', () => {
    const sliced = (slices: Record<string, number>): LedgerRecord => ({ ...readOf(9), slices });
    const nights = history([3, sliced({ a: 5, b: 1 })], [2, sliced({ a: 3, b: 7 })], [1, sliced({ c: 2 })]);
    expect(nights.baseline('entra')).toStrictEqual({ total: 9, slices: { a: 5, b: 7, c: 2 } });
  });
  test('of one source says nothing of another', () => {
    expect(history([1, read(100)]).baseline('export')).toBeUndefined();
  });
  test('a refused reading on the first night leaves none', () => {
    expect(history([1, read(10, false)]).baseline('entra')).toBeUndefined();
  });
  test('a week is seven days, to the moment', () => {
    expect(total([8, read(500)], [1, read(90)])).toBe(90);
    expect(total([7.99, read(500)], [1, read(90)])).toBe(500);
  });
  test('what is older than a week is forgotten', () => expect(total([9, read(500)], [1, read(90)])).toBe(90));
  test('the last reading counts however old', () => expect(total([30, read(100)])).toBe(100));
  test('a slice may be called as what every object has', () => {
    const slices = { constructor: 3, toString: 4 };
    const one: LedgerRecord = {
      kind: 'sourceRead',
      source: 'entra',
      total: 7,
      slices,
      asOf: NOW,
      accepted: true,
    };
    expect(history([2, one], [1, one]).baseline('entra')).toStrictEqual({ total: 7, slices });
  });
  test('a refused reading never becomes the measure', () => {
    const nights = [20, 15, 10, 5, 1].map((days) => [days, read(10, false, 100)] as const);
    expect(total([25, read(100)], ...nights)).toBe(100);
  });
});

test('the newest state of each part is remembered, whatever came after', () => {
  const of = (days: number): LedgerRecord => ({
    kind: 'sourceRead',
    source: 'export',
    total: 1,
    slices: {},
    asOf: NOW,
    accepted: true,
    parts: { 'domain.com': daysAgo(days) },
  });
  expect(history([3, of(3)], [2, of(2)], [1, of(5)]).lastSeen('export')).toStrictEqual({
    'domain.com': daysAgo(2),
  });
});

test('parts are remembered by source, and each by itself', () => {
  const of = (source: 'export' | 'activeDirectory', parts?: Record<string, typeof NOW>): LedgerRecord => ({
    ...readOf(1),
    source,
    ...(parts && { parts }),
  });
  const { lastSeen } = history(
    [3, of('export', { a: daysAgo(3) })],
    [2, of('export', { b: daysAgo(2) })],
    [1, of('export')],
    [1, of('activeDirectory')],
  );
  expect(lastSeen('export')).toStrictEqual({ a: daysAgo(3), b: daysAgo(2) });
  expect([lastSeen('activeDirectory'), lastSeen('entra')]).toStrictEqual([{}, {}]);
});

test('a night that a later one took over is owed, even where all that it had written was told', () => {
  const sent: LedgerRecord = {
    kind: 'telemetrySent',
    of: night(1),
    events: 1,
    delivered: true,
    detail: 'a test',
  };
  const takenOver: LedgerRecord = { kind: 'takenOver', by: night(2) };
  expect(history([2, sent, night(1)], [1, takenOver, night(1)]).untold).toStrictEqual([night(1)]);
});

test('nights whose telemetry did not arrive are owed, oldest first', () => {
  const started: LedgerRecord = { kind: 'nightStarted', mode: 'report', tenantId: TENANT, policy: {} };
  const sent = (of: NightId, delivered: boolean): LedgerRecord => ({
    kind: 'telemetrySent',
    of,
    events: 1,
    delivered,
    detail: 'a test',
  });
  const { untold } = history(
    [4, started, night(1)],
    [4, sent(night(1), false), night(1)],
    [3, started, night(2)],
    [3, sent(night(2), true), night(2)],
    [2, started, night(3)],
    [1, started, night(4)],
    [1, sent(night(3), true), night(4)],
  );
  expect(untold).toStrictEqual([night(1), night(4)]);
});

describe('the nights before, for the trend', () => {
  const begin = (mode: 'report' | 'purge'): LedgerRecord => ({
    kind: 'nightStarted',
    mode,
    tenantId: TENANT,
    policy: {},
  });
  const counts = { deletedUsers: 9, purge: 4, keep: 5, keptBy: { licensed: 5 } };
  const end: LedgerRecord = {
    kind: 'nightEnded',
    status: 'stopped',
    detail: 'a test',
    refusals: [],
    counts,
    outcomes: { purged: 3, notAttempted: 1 },
    measurements: { durationMs: 1, graphCalls: 1, resourceUnits: 1, throttled: 0, retries: 0 },
  };

  test('oldest first, with how each ended; one without an end was cut off', () => {
    const { pastNights } = history(
      [2, begin('purge'), night(1)],
      [2, end, night(1)],
      [1, begin('report'), night(2)],
    );
    expect(pastNights).toStrictEqual([
      {
        night: night(1),
        startedAt: daysAgo(2),
        mode: 'purge',
        status: 'stopped',
        counts,
        purged: 3,
      },
      {
        night: night(2),
        startedAt: daysAgo(1),
        mode: 'report',
        status: undefined,
        counts: undefined,
        purged: 0,
      },
    ]);
  });

  test('an end of a night that did not begin here is nobody’s, and one that purged nobody counts none', () => {
    expect(history([1, end, night(1)]).pastNights).toStrictEqual([]);
    const idle = { ...end, outcomes: {} };
    const { pastNights } = history([1, begin('report'), night(1)], [1, idle, night(1)], [1, end, night(9)]);
    expect(pastNights).toMatchObject([{ night: night(1), purged: 0 }]);
  });

  test('as many as are shown, however long the ledger', () => {
    const many = Array.from({ length: 700 }, (_, n): Entry => [1, begin('purge'), night(n + 1)]);
    const { pastNights } = history(...many);
    expect(pastNights).toHaveLength(PAST_NIGHTS);
    expect(pastNights[0]?.night).toBe(night(700 - PAST_NIGHTS + 1));
    expect(pastNights.at(-1)?.night).toBe(night(700));
  });
});
