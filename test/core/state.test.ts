import { describe, expect, test } from '@jest/globals';
import { apply, note } from '../../lib/core/apply.ts';
import { baselineOf } from '../../lib/core/baselines.ts';
import { endingLines } from '../../lib/core/ending.ts';
import { at, DAY_MS, type NightId, nightId, type ObjectId, tenantId } from '../../lib/core/ids.ts';
import { keyOf } from '../../lib/core/model.ts';
import { whyNotSend } from '../../lib/core/next.ts';
import { PACE } from '../../lib/core/pace.ts';
import type { LedgerRecord, RecordOf } from '../../lib/core/record.ts';
import { absentStreak, sameDeletion, seenBy } from '../../lib/core/standing.ts';
import { budgetSpent, emptyState, ownDomains, PAST_NIGHTS, type State } from '../../lib/core/state.ts';
import type { OutcomeName } from '../../lib/core/vocabulary.ts';
import { deletedMailUser, idOf, NIGHT, NOW, purgeableEvidence, sure, TENANT } from './people.ts';

const user = deletedMailUser(1);
const generation = { id: user.id, deletedDateTime: sure(user.deletedDateTime) };
const key = keyOf(generation);
const daysAgo = (days: number) => at(Date.parse(NOW) - days * DAY_MS);
const night = (n: number): NightId => sure(nightId(String(n).padStart(32, '0')));
const started: RecordOf<'nightStarted'> = {
  kind: 'nightStarted',
  mode: 'purge',
  tenantId: TENANT,
  policy: {},
};

/** So many days ago, in which night. */
type Entry = readonly [days: number, record: LedgerRecord, night?: NightId];

/** A night begins by itself wherever another one goes on. */
function stateOf(...entries: readonly Entry[]): State {
  const state = emptyState();
  const see = (days: number, record: LedgerRecord, of: NightId) =>
    apply(state, { night: of, seq: 0, at: daysAgo(days), prev: '0'.repeat(64), record });
  for (const [days, record, of = NIGHT] of entries) {
    const isOfTonight = state.tonight?.night === of && state.tonight.startedAt === daysAgo(days);
    if (!isOfTonight && record.kind !== 'nightStarted') see(days, started, of);
    see(days, record, of);
  }
  return state;
}

const decided = (
  value: 'yes' | 'no' | 'unknown' = 'no',
  verdict: Partial<RecordOf<'decided'>> = { verdict: 'keep', reason: 'withinGracePeriod' },
): RecordOf<'decided'> => ({
  kind: 'decided',
  ...generation,
  detail: 'a test',
  nightsAbsent: 0,
  facts: { ...purgeableEvidence, onPremises: { value, origin: 'a test' } },
  onPremises: value === 'no' ? { kind: 'tombstone' } : {},
  verdict: 'keep',
  ...verdict,
});
const unchanged = (users: number, left: readonly ObjectId[] = []): LedgerRecord => ({
  kind: 'unchanged',
  users,
  fingerprint: 'a'.repeat(64),
  left: [...left],
});
const announced = (attempt = 1): RecordOf<'announced'> => ({
  kind: 'announced',
  ...generation,
  attempt,
  snapshot: {},
});
const answered = (answer: RecordOf<'answered'>['answer'] = 'accepted', attempt = 1): LedgerRecord => ({
  kind: 'answered',
  ...generation,
  attempt,
  answer,
  detail: 'a test',
});
const withdrawn = (attempt = 1): LedgerRecord => ({
  kind: 'withdrawn',
  ...generation,
  attempt,
  why: 'a test',
});
const settled = (outcome: OutcomeName, of = generation): LedgerRecord => ({
  kind: 'settled',
  ...of,
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
  /** As many as tonight's decision would count. */
  function nights(...entries: readonly Entry[]): number {
    const state = stateOf(...entries, [0, started, night(99)]);
    const tonight = sure(state.tonight);
    const before = sameDeletion(state.evidence.get(generation.id), generation);
    const here = { ...seenBy(tonight, NOW), kind: 'tombstone' } as const;
    return absentStreak(before, here).absentNights;
  }
  test('the first night is the first', () => expect(nights()).toBe(1));
  test('each night adds one', () => expect(nights([2, decided()], [1, decided()])).toBe(3));
  test('a second run on the same day adds none', () =>
    expect(nights([1, decided()], [0, decided()])).toBe(2));
  test('nor does one at another hour of that day', () =>
    expect(nights([1, decided()], [0.05, decided()])).toBe(2));
  test('seen present starts anew', () => expect(nights([2, decided()], [1, decided('yes')])).toBe(1));
  test('unknown starts anew', () => expect(nights([2, decided()], [1, decided('unknown')])).toBe(1));
  test('a night in which nothing changed counts without a line of its own', () =>
    expect(nights([3, decided()], [2, unchanged(1)], [1, unchanged(1)])).toBe(4));
  test('a night that does not agree on who is unchanged starts everybody anew', () =>
    expect(nights([3, decided()], [2, unchanged(2)])).toBe(2));
  test('another deletion of the same object is counted on its own', () => {
    const other = { ...generation, deletedDateTime: daysAgo(1) };
    const state = stateOf([1, decided()]);
    expect(sameDeletion(state.evidence.get(generation.id), other)).toBeUndefined();
  });
  test('a source that is no newer than on the last night that counted adds none', () => {
    const read = (days: number): LedgerRecord => ({ ...readOf(1), parts: { 'a.com': daysAgo(days) } });
    const state = stateOf([2, read(2)], [2, decided()], [1, read(2)], [1, unchanged(1)]);
    expect(state.evidence.get(generation.id)?.absentNights).toBe(1);
    const newer = stateOf([2, read(2)], [2, decided()], [1, read(1)], [1, unchanged(1)]);
    expect(newer.evidence.get(generation.id)?.absentNights).toBe(2);
  });
  test('another source begins the count anew', () => {
    const read = (days: number, part: string): LedgerRecord => ({
      ...readOf(1),
      parts: { [part]: daysAgo(days) },
    });
    const state = stateOf([2, read(2, 'a.com')], [2, decided()], [1, read(1, 'b.com')], [1, unchanged(1)]);
    expect(state.evidence.get(generation.id)?.absentNights).toBe(1);
  });
  test('another kind of evidence begins the count anew', () => {
    const covered = { ...decided(), onPremises: { kind: 'covered' } } as const;
    expect(nights([3, decided()], [2, decided()], [1, covered])).toBe(1);
    expect(nights([3, covered], [2, covered], [1, decided()])).toBe(2);
  });
  test('that a live object was seen is remembered as long as the deletion', () => {
    const seen = { ...decided('yes'), onPremises: { live: true } } as const;
    const state = stateOf([3, seen], [2, decided('unknown')], [1, unchanged(1)]);
    expect(state.evidence.get(generation.id)?.wasLive).toBe(true);
    const again = { ...decided(), deletedDateTime: daysAgo(1) };
    expect(stateOf([3, seen], [1, again]).evidence.get(generation.id)?.wasLive).toBe(false);
  });
  test('a user who left the recycle bin is forgotten', () => {
    expect(stateOf([2, decided()], [1, unchanged(0, [generation.id])]).evidence.size).toBe(0);
  });
});

describe('the rolling budget', () => {
  test.each<readonly [OutcomeName | 'open', number]>([
    ['open', 1],
    ['purged', 1],
    ['notPurged', 0],
    ['restored', 0],
    ['denied', 0],
    ['kept', 0],
  ])('a DELETE that is %s counts %i', (outcome, spent) => {
    const ends = outcome === 'open' ? [] : [[1, settled(outcome)] as const];
    expect(budgetSpent(stateOf([1, announced()], ...ends), 7, NOW)).toBe(spent);
  });
  test('one that was withdrawn counts nothing, unless an earlier attempt may have had an effect', () => {
    expect(budgetSpent(stateOf([1, announced()], [1, withdrawn()]), 7, NOW)).toBe(0);
    const twice = stateOf([1, announced()], [1, answered('unclear')], [1, announced(2)], [1, withdrawn(2)]);
    expect(budgetSpent(twice, 7, NOW)).toBe(1);
  });
  test('several attempts at one user count once', () => {
    const state = stateOf([1, announced()], [1, announced(2)], [1, settled('purged')]);
    expect(budgetSpent(state, 7, NOW)).toBe(1);
  });
  test('what is older than the window no longer counts', () => {
    expect(budgetSpent(stateOf([7, announced()]), 7, NOW)).toBe(0);
    expect(budgetSpent(stateOf([6.99, announced()]), 7, NOW)).toBe(1);
  });
  test('what is older than any window is forgotten', () => {
    expect(stateOf([95, announced()], [1, started, night(2)]).spent.size).toBe(0);
  });
});

describe('open', () => {
  test('a DELETE is open until it is settled or withdrawn', () => {
    expect([...stateOf([1, announced()]).open.keys()]).toEqual([key]);
    expect(stateOf([1, announced()], [1, settled('purged')]).open.size).toBe(0);
    expect(stateOf([1, announced()], [1, withdrawn()]).open.size).toBe(0);
  });
  test('it says which night announced it, when, and what was answered', () => {
    const { open } = stateOf([3, announced(), night(1)], [3, answered('unclear'), night(1)]);
    expect(open.get(key)).toMatchObject({
      night: night(1),
      announcedAt: daysAgo(3),
      answer: { answer: 'unclear' },
    });
  });
  test('an attempt that is withdrawn leaves the one before it open', () => {
    const { open, tonight } = stateOf(
      [1, announced()],
      [1, answered('unclear')],
      [1, announced(2)],
      [1, withdrawn(2)],
    );
    expect(open.get(key)).toMatchObject({ attempt: 1, answer: { answer: 'unclear' } });
    expect(tonight?.again).toEqual([]);
  });
  test('a user who was withdrawn is due again tonight', () => {
    expect(stateOf([1, announced()], [1, withdrawn()]).tonight?.again).toEqual([key]);
  });
  test('a late answer to an earlier attempt says nothing of the one under way', () => {
    const { open } = stateOf([1, announced()], [1, announced(2)], [1, answered('denied', 1)]);
    expect(open.get(key)?.answer).toBeUndefined();
  });
});

describe('stubborn', () => {
  const isStubborn = (...entries: readonly Entry[]) => stateOf(...entries).stubborn.has(key);
  test.each(['denied', 'notPurged'] as const)('a user whose DELETE was answered and who is %s', (outcome) => {
    expect(isStubborn([1, announced()], [1, answered('rejected')], [1, settled(outcome)])).toBe(true);
  });
  test('a user who could not be read', () => expect(isStubborn([1, settled('unread')])).toBe(true));
  test('not one whose DELETE was never answered: our own crash makes nobody stubborn', () => {
    expect(isStubborn([1, announced()], [1, settled('notPurged')])).toBe(false);
  });
  test('since the first time, until it is purged', () => {
    const state = stateOf([3, settled('unread'), night(1)], [1, settled('unread'), night(2)]);
    expect(state.stubborn.get(key)).toBe(daysAgo(3));
    expect(isStubborn([3, settled('unread'), night(1)], [1, settled('purged'), night(2)])).toBe(false);
  });
  test('until it has left the recycle bin', () => {
    expect(isStubborn([3, settled('unread'), night(1)], [1, unchanged(0, [generation.id]), night(2)])).toBe(
      false,
    );
  });
});

describe('the plan', () => {
  const other = { ...generation, id: idOf(2) };
  const plan: LedgerRecord = {
    kind: 'planned',
    state: 'ready',
    fingerprint: 'a'.repeat(64),
    counts: { deletedUsers: 2, purge: 2, keep: 0, keptBy: {} },
    refusals: [],
    budgetSpent: 0,
  };
  const purge = (of = generation): LedgerRecord => ({ ...decided('no', { verdict: 'purge' }), ...of });
  const older = { ...other, deletedDateTime: daysAgo(25) };

  test('holds everybody with the verdict, the oldest first, also those decided on an earlier night', () => {
    const { tonight } = stateOf(
      [2, purge(), night(1)],
      [1, purge(older), night(2)],
      [1, unchanged(1), night(2)],
      [1, plan, night(2)],
    );
    expect(tonight?.plan).toEqual([keyOf(older), key]);
  });
  test('has the stubborn last', () => {
    const { tonight } = stateOf(
      [2, settled('denied', older), night(1)],
      [2, settled('unread', older), night(1)],
      [1, purge(), night(2)],
      [1, purge(older), night(2)],
      [1, plan, night(2)],
    );
    expect(tonight?.plan).toEqual([key, keyOf(older)]);
  });
  test('has the stubborn last who became so tonight, and of them first whoever failed longest ago', () => {
    const third = { ...generation, id: idOf(3) };
    const { tonight } = stateOf(
      [3, settled('unread'), night(1)],
      [3, settled('unread', other), night(1)],
      [2, settled('unread'), night(2)],
      [1, purge(), night(3)],
      [1, purge(other), night(3)],
      [1, purge(third), night(3)],
      [1, settled('unread', third), night(3)],
      [1, plan, night(3)],
    );
    expect(tonight?.plan).toEqual([keyOf(other), key, keyOf(third)]);
  });
  test('is empty where it is over a limit, or in report mode', () => {
    expect(stateOf([1, purge()], [1, { ...plan, state: 'overLimit' }]).tonight?.plan).toEqual([]);
    const report = stateOf([1, { ...started, mode: 'report' }], [1, purge()], [1, plan]);
    expect(report.tonight?.plan).toEqual([]);
  });
});

test('a purge is uncured until Exchange has been seen to hold nothing', () => {
  const seen = (state: 'gone' | 'waiting'): LedgerRecord => ({
    kind: 'cureSeen',
    ...generation,
    state,
    purgedAt: daysAgo(2),
    afterMs: 1,
    detail: 'a test',
  });
  const uncured = (...entries: readonly Entry[]) => [...stateOf(...entries).uncured.values()];
  expect(uncured([2, settled('purged')], [1, seen('waiting')])).toStrictEqual([
    { ...generation, purgedAt: daysAgo(2) },
  ]);
  expect(uncured([2, settled('purged')], [1, seen('gone')])).toStrictEqual([]);
  expect(uncured([2, settled('alreadyGone')])).toStrictEqual([]);
});

describe('the baseline of a source', () => {
  const total = (...entries: Entry[]) => baselineOf(stateOf(...entries).sources.get('entra'), NOW)?.total;
  test('none on the first night', () => expect(total()).toBeUndefined());
  test('the most of the past week', () =>
    expect(total([5, read(100)], [3, read(120)], [1, read(90)])).toBe(120));
  test('the most of each slice, whichever night had it', () => {
    const sliced = (slices: Record<string, number>): LedgerRecord => ({ ...readOf(9), slices });
    const nights = stateOf([3, sliced({ a: 5, b: 1 })], [2, sliced({ a: 3, b: 7 })], [1, sliced({ c: 2 })]);
    expect(baselineOf(nights.sources.get('entra'), NOW)).toStrictEqual({
      total: 9,
      slices: { a: 5, b: 7, c: 2 },
    });
  });
  test('of one source says nothing of another', () => {
    expect(baselineOf(stateOf([1, read(100)]).sources.get('export'), NOW)).toBeUndefined();
  });
  test('a refused reading on the first night leaves none', () => {
    expect(baselineOf(stateOf([1, read(10, false)]).sources.get('entra'), NOW)).toBeUndefined();
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
    expect(baselineOf(stateOf([2, one], [1, one]).sources.get('entra'), NOW)).toStrictEqual({
      total: 7,
      slices,
    });
  });
  test('a refused reading does not become the measure, and what it was held against ages', () => {
    const nights = [6, 5, 1].map((days) => [days, read(10, false, 100)] as const);
    expect(total([30, read(100)], ...nights)).toBe(100);
    expect(total([30, read(100)], [7, read(10, false)], ...nights)).toBeUndefined();
    expect(total([30, read(100)], [7, read(10, false)], [6, read(99)], [1, read(10, false)])).toBe(99);
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
  expect(stateOf([3, of(3)], [2, of(2)], [1, of(5)]).sources.get('export')?.lastSeen).toStrictEqual({
    'domain.com': daysAgo(2),
  });
});

test('parts are remembered by source, and each by itself', () => {
  const of = (source: 'export' | 'activeDirectory', parts?: Record<string, typeof NOW>): LedgerRecord => ({
    ...readOf(1),
    source,
    ...(parts && { parts }),
  });
  const { sources } = stateOf(
    [3, of('export', { a: daysAgo(3) })],
    [2, of('export', { b: daysAgo(2) })],
    [1, of('export')],
    [1, of('activeDirectory')],
  );
  expect(sources.get('export')?.lastSeen).toStrictEqual({ a: daysAgo(3), b: daysAgo(2) });
  expect([sources.get('activeDirectory')?.lastSeen, sources.get('entra')]).toStrictEqual([{}, undefined]);
});

describe('telemetry that is owed', () => {
  const sent = (of: NightId, delivered: boolean): LedgerRecord => ({
    kind: 'telemetrySent',
    of,
    events: 1,
    delivered,
    detail: 'a test',
  });
  const end: LedgerRecord = {
    kind: 'nightEnded',
    status: 'stopped',
    detail: 'a test',
    refusals: [],
    counts: { deletedUsers: 9, purge: 4, keep: 5, keptBy: { licensed: 5 } },
    outcomes: { purged: 3 },
    open: 0,
    notAttempted: 1,
    measurements: { durationMs: 1, graphCalls: 1, resourceUnits: 1, throttled: 0, retries: 0 },
  };

  test('by nights whose telemetry did not arrive, oldest first', () => {
    const { telemetryOwed } = stateOf(
      [4, end, night(1)],
      [4, sent(night(1), false), night(1)],
      [3, end, night(2)],
      [3, sent(night(2), true), night(2)],
      [2, end, night(3)],
      [1, end, night(4)],
      [1, sent(night(3), true), night(4)],
    );
    expect([...telemetryOwed]).toStrictEqual([night(1), night(4)]);
  });
  test('by a night that was cut off after it had sent some on the way', () => {
    const { telemetryOwed } = stateOf([2, sent(night(1), true), night(1)], [1, started, night(2)]);
    expect([...telemetryOwed]).toStrictEqual([night(1), night(2)]);
  });

  test('the nights before, oldest first, with how each ended; one without an end was cut off', () => {
    const { nights } = stateOf([2, end, night(1)], [1, { ...started, mode: 'report' }, night(2)]);
    expect(nights).toMatchObject([
      { night: night(1), startedAt: daysAgo(2), mode: 'purge', status: 'stopped', purged: 3 },
      { night: night(2), startedAt: daysAgo(1), mode: 'report', status: undefined, purged: 0 },
    ]);
  });
  test('as many nights as are shown, however long the ledger', () => {
    const many = Array.from({ length: 700 }, (_, n): Entry => [1, started, night(n + 1)]);
    const { nights } = stateOf(...many);
    expect(nights).toHaveLength(PAST_NIGHTS);
    expect(nights.at(-1)?.night).toBe(night(700));
  });
});

test('a DELETE whose answer comes after the last line was begun is not taken for one that was not sent', () => {
  const state = stateOf([1, announced()]);
  const action = { kind: 'send', keys: [key] } as const;
  note(state, { kind: 'begun', action });
  note(state, { kind: 'closing' });
  note(state, { kind: 'done', action });
  const usage = { calls: 0, resourceUnits: 0, throttled: 0, retries: 0 };
  const lines = endingLines(state, usage, { pace: PACE, now: NOW });
  expect(lines).toMatchObject([{ kind: 'nightEnded', open: 1 }]);
});

describe('directly before the wire', () => {
  const fresh = () => stateOf([0, { ...announced(), readAt: NOW }]);
  const why = (state: State) => whyNotSend(state, [...state.open.values()], PACE, NOW);
  test('a DELETE leaves where nothing came in meanwhile', () => expect(why(fresh())).toBeUndefined());
  test('it does not where another batch was answered with a Retry-After', () => {
    const state = fresh();
    note(state, { kind: 'notBefore', until: Date.parse(NOW) + 1 });
    expect(why(state)).toBe('the service asked for silence');
  });
  test('nor where the night is to end', () => {
    const state = fresh();
    note(state, { kind: 'stop', how: 'stopped', why: 'a test', refusals: [] });
    expect(why(state)).toBe('the night is to end');
  });
});

describe('the company’s own domains', () => {
  const read = (domains: readonly string[], tenantId = TENANT): LedgerRecord => ({
    kind: 'tenantRead',
    tenantId,
    verifiedDomains: [...domains],
  });

  test('are those verified on a night of the last 30 days, each once', () => {
    const state = stateOf(
      [31, read(['long-gone.com'])],
      [30, read(['sold.com', 'contoso.com'])],
      [1, read(['Contoso.com', 'müller.de'])],
    );
    expect(ownDomains(state, NOW)).toEqual(['sold.com', 'contoso.com', 'xn--mller-kva.de']);
    expect(ownDomains(state, daysAgo(-1))).toEqual(['contoso.com', 'xn--mller-kva.de']);
  });

  test('are not those of another tenant', () => {
    const other = sure(tenantId('bbbbbbbb-0000-4000-8000-000000000001'));
    expect(ownDomains(stateOf([1, read(['contoso.com'], other)]), NOW)).toEqual([]);
  });

  test('stay the company’s own when the clock was once ahead', () => {
    expect(ownDomains(stateOf([-3, read(['contoso.com'])]), NOW)).toEqual(['contoso.com']);
  });
});
