/** The fold: what one line adds to the state. The same for lines of earlier nights and of tonight; it judges nothing. */
import { withReading } from './baselines.ts';
import { isTripped } from './breaker.ts';
import { DAY_MS, elapsedMs, type ObjectId, type Timestamp } from './ids.ts';
import { type Key, keyOf } from './model.ts';
import { PACE, type Pace } from './pace.ts';
import { byAge, purgeOf } from './plan.ts';
import type { LedgerLine, RecordOf } from './record.ts';
import {
  idOf,
  keysOf,
  type Note,
  type Open,
  PAST_NIGHTS,
  type Standing,
  type State,
  type Tonight,
} from './state.ts';

const SHOW_TIMES = 50;
/** Longer than the longest rolling budget. */
const SPENT_DAYS = 91;

/** Changes `state`, which it owns: copying it for each line took 46 s a night. */
export function apply(state: State, line: LedgerLine, pace: Pace = PACE): void {
  const { record, at } = line;
  if (record.kind === 'nightStarted') begin(state, line, record);
  else if (record.kind === 'telemetrySent') told(state, record, at);
  const { tonight } = state;
  // Before the first night there are only the ledger's own lines.
  if (tonight === undefined) return;
  switch (record.kind) {
    case 'tenantRead':
      tonight.tenant = { at, record };
      return;
    case 'deletedUsersRead':
      tonight.deletedUsers = record.users;
      return;
    case 'sourceRead':
      tonight.sourcesRead.push({ at, record });
      state.sources.set(record.source, withReading(state.sources.get(record.source), record, at));
      return;
    case 'exchangeRead':
      tonight.exchange = record;
      return;
    case 'decided':
      tonight.decided.add(record.id);
      state.evidence.set(
        record.id,
        standing(state.evidence.get(record.id), record, at, absence(tonight, at)),
      );
      return;
    case 'unchanged':
      standOn(state, tonight, record, at);
      return;
    case 'planned':
      plan(state, tonight, record);
      return;
    case 'announced':
      announce(state, tonight, line, record);
      return;
    case 'withdrawn':
      withdraw(state, tonight, record);
      return;
    case 'answered':
      answer(state, tonight, record, at, pace);
      return;
    case 'settled':
      settle(state, tonight, record, at, pace);
      return;
    case 'cureSeen':
      tonight.cures.push(record);
      if (record.state === 'gone') state.uncured.delete(keyOf(record));
      return;
    case 'nightEnded':
      end(state, tonight, record, at);
      return;
    case 'nightStarted':
    case 'telemetrySent':
    case 'logBegun':
    case 'rolledOver':
    case 'tornLine':
      return;
  }
}

function begin(state: State, { night, at }: LedgerLine, started: RecordOf<'nightStarted'>): void {
  for (const [key, spentAt] of state.spent) {
    if (elapsedMs(spentAt, at) > SPENT_DAYS * DAY_MS) state.spent.delete(key);
  }
  state.telemetryOwed.add(night);
  state.nights.push({
    night,
    startedAt: at,
    mode: started.mode,
    status: undefined,
    counts: undefined,
    purged: 0,
  });
  if (state.nights.length > PAST_NIGHTS) state.nights.shift();
  state.tonight = {
    night,
    startedAt: at,
    started,
    tenant: undefined,
    deletedUsers: undefined,
    sourcesRead: [],
    exchange: undefined,
    cures: [],
    decided: new Set(),
    planned: undefined,
    plan: [],
    stubbornAtStart: new Set(state.stubborn.keys()),
    cursor: 0,
    again: [],
    withdrawals: new Map(),
    ends: new Map(),
    outcomes: {},
    late: [],
    tried: [],
    earned: 0,
    stubbornInVain: 0,
    showTimes: [],
    toldAt: undefined,
    isToldInPart: false,
    ended: undefined,
    endedAt: undefined,
    notes: {
      busy: new Set(),
      underWay: new Set(),
      looked: new Map(),
      notBefore: 0,
      stop: undefined,
      known: undefined,
      isClosing: false,
    },
  };
}

function told({ telemetryOwed, tonight }: State, record: RecordOf<'telemetrySent'>, at: Timestamp): void {
  if (record.of !== tonight?.night) {
    if (record.delivered) telemetryOwed.delete(record.of);
    return;
  }
  tonight.toldAt = at;
  // What was sent on the way is not the whole night; and what did not arrive then is sent again after the end.
  if (tonight.ended === undefined) {
    tonight.isToldInPart ||= !record.delivered;
    return;
  }
  if (record.delivered && !tonight.isToldInPart) telemetryOwed.delete(record.of);
  tonight.isToldInPart = false;
}

/** On which date, and as of when, a night sees somebody absent. */
export interface Absence {
  readonly date: string;
  readonly parts: Readonly<Record<string, Timestamp>>;
}

export function absence({ sourcesRead }: Tonight, at: Timestamp): Absence {
  const parts = sourcesRead.flatMap(({ record }) => Object.entries(record.parts ?? {}));
  return { date: at.slice(0, 10), parts: Object.fromEntries(parts) };
}

/** A night counts once a UTC date, and only if every part of the sources is newer than at the last one that counted. */
export function absentNights(before: Standing | undefined, { date, parts }: Absence): number {
  if (before === undefined || before.absentNights === 0) return 1;
  const known = Object.entries(before.absentParts);
  const isNew = before.absentOn !== date && known.every(([part, asOf]) => (parts[part] ?? '9') > asOf);
  return before.absentNights + (isNew ? 1 : 0);
}

/** The same deletion of the same user? Streaks of another one do not count. */
export const sameDeletion = (
  before: Standing | undefined,
  { deletedDateTime }: { readonly deletedDateTime?: Timestamp | undefined },
) => (before !== undefined && before.decided.deletedDateTime === deletedDateTime ? before : undefined);

function standing(
  last: Standing | undefined,
  decided: RecordOf<'decided'>,
  at: Timestamp,
  here: Absence,
): Standing {
  const base = { decided, at };
  const isAbsent = decided.facts.onPremises?.value === 'no' && decided.deletedDateTime !== undefined;
  if (!isAbsent) return { ...base, absentNights: 0, absentOn: '', absentParts: {} };
  const before = sameDeletion(last, decided);
  const nights = absentNights(before, here);
  return nights === before?.absentNights
    ? { ...base, absentNights: nights, absentOn: before.absentOn, absentParts: before.absentParts }
    : { ...base, absentNights: nights, absentOn: here.date, absentParts: here.parts };
}

/** Everybody else stands as before. Where the line does not agree on who that is, their streaks begin anew. */
function standOn(state: State, tonight: Tonight, record: RecordOf<'unchanged'>, at: Timestamp): void {
  for (const id of record.left) {
    state.evidence.delete(id);
    for (const key of state.stubborn.keys()) if (idOf(key) === id) state.stubborn.delete(key);
  }
  const others = unchangedUsers(state, tonight.decided);
  const agrees = others.length === record.users;
  const here = absence(tonight, at);
  for (const id of others) {
    const last = state.evidence.get(id);
    if (last === undefined) continue;
    const next = standing(agrees ? last : undefined, last.decided, at, here);
    state.evidence.set(id, { ...next, at: last.at });
  }
}

export const unchangedUsers = ({ evidence }: State, decided: ReadonlySet<ObjectId>) =>
  [...evidence.keys()].filter((id) => !decided.has(id));

function plan({ evidence }: State, tonight: Tonight, record: RecordOf<'planned'>): void {
  tonight.planned = record;
  if (record.state !== 'ready' || tonight.started.mode !== 'purge') return;
  const purges = [...evidence.values()]
    .flatMap(({ decided }) => purgeOf(decided, decided.verdict))
    .sort(byAge);
  const keys = purges.map(keyOf);
  const isStubborn = (key: Key) => tonight.stubbornAtStart.has(key);
  tonight.plan.push(...keys.filter((key) => !isStubborn(key)), ...keys.filter(isStubborn));
}

function announce(
  state: State,
  tonight: Tonight,
  { night, at }: LedgerLine,
  record: RecordOf<'announced'>,
): void {
  const { open, spent } = state;
  const key = keyOf(record);
  const { id, deletedDateTime, attempt, readAt } = record;
  const earlier = open.get(key);
  const one: Open = {
    id,
    deletedDateTime,
    night,
    announcedAt: at,
    readAt,
    attempt,
    answer: undefined,
    earlier,
  };
  open.set(key, one);
  spent.set(key, at);
  tonight.notes.looked.delete(key);
  if (earlier === undefined) takeTurn(state, tonight, key, !tonight.withdrawals.has(key));
}

/** The user has had its turn. The stubborn judge nobody, and have a stop of their own. */
function takeTurn(state: State, tonight: Tonight, key: Key, isTried: boolean): void {
  const again = tonight.again.indexOf(key);
  if (again >= 0) tonight.again.splice(again, 1);
  while (hasHadItsTurn(state, tonight, tonight.plan[tonight.cursor])) tonight.cursor += 1;
  if (!isTried) return;
  if (tonight.stubbornAtStart.has(key)) tonight.stubbornInVain += 1;
  else tonight.tried.push(key);
}

export const hasHadItsTurn = ({ open }: State, { ends, withdrawals }: Tonight, key: Key | undefined) =>
  key !== undefined && (ends.has(key) || open.has(key) || withdrawals.has(key));

function withdraw({ open, spent }: State, tonight: Tonight, record: RecordOf<'withdrawn'>): void {
  const key = keyOf(record);
  const earlier = open.get(key)?.earlier;
  if (earlier !== undefined) {
    open.set(key, earlier);
    tonight.notes.looked.set(key, { again: undefined, retry: true });
    return;
  }
  open.delete(key);
  spent.delete(key);
  tonight.again.push(key);
  tonight.withdrawals.set(key, (tonight.withdrawals.get(key) ?? 0) + 1);
}

function answer(
  state: State,
  tonight: Tonight,
  record: RecordOf<'answered'>,
  at: Timestamp,
  pace: Pace,
): void {
  const one = state.open.get(keyOf(record));
  if (one === undefined || one.attempt !== record.attempt) return;
  const { answer: name, detail, retryAfterMs = 0 } = record;
  state.open.set(keyOf(record), { ...one, answer: { answer: name, at, retryAfterMs, detail } });
  if (isTripped(state, pace)) tonight.earned = 0;
}

const STUBBORN = new Set(['denied', 'notPurged', 'unread']);

function settle(
  state: State,
  tonight: Tonight,
  record: RecordOf<'settled'>,
  at: Timestamp,
  pace: Pace,
): void {
  const { outcome } = record;
  const key = keyOf(record);
  const sent = state.open.get(key);
  state.open.delete(key);
  if (outcome !== 'purged') state.spent.delete(key);
  if (outcome === 'purged') {
    const { id, deletedDateTime } = record;
    state.uncured.set(key, { id, deletedDateTime, purgedAt: at });
    state.lastPurgeAt = at;
  }
  const makesStubborn = STUBBORN.has(outcome) && (sent === undefined || sent.answer !== undefined);
  if (makesStubborn) state.stubborn.set(key, state.stubborn.get(key) ?? at);
  else if (!STUBBORN.has(outcome) && outcome !== 'kept') state.stubborn.delete(key);
  if (record.announcedBy !== undefined && record.announcedBy !== tonight.night) {
    tonight.late.push(record);
    return;
  }
  if (record.verifiedAfterMs !== undefined) tonight.showTimes.push(record.verifiedAfterMs);
  if (tonight.showTimes.length > SHOW_TIMES) tonight.showTimes.shift();
  tonight.ends.set(key, { at, record, sent });
  tonight.outcomes[outcome] = (tonight.outcomes[outcome] ?? 0) + 1;
  // Users who are kept do not dilute the stop rule.
  if (sent === undefined) takeTurn(state, tonight, key, outcome === 'unread');
  else tonight.earned += 1;
  if (outcome === 'purged' && tonight.stubbornAtStart.has(key)) tonight.stubbornInVain = 0;
  if (isTripped(state, pace)) tonight.earned = 0;
}

function end({ nights }: State, tonight: Tonight, record: RecordOf<'nightEnded'>, at: Timestamp): void {
  tonight.ended = record;
  tonight.endedAt = at;
  const index = nights.findLastIndex(({ night }) => night === tonight.night);
  const past = nights[index];
  if (past === undefined) return;
  const { status, counts, outcomes } = record;
  nights[index] = { ...past, status, counts, purged: outcomes.purged ?? 0 };
}

/** What the process knows now. Nothing here lets it send or count. */
export function note({ tonight }: State, one: Note): void {
  if (tonight === undefined) return;
  const { notes } = tonight;
  switch (one.kind) {
    case 'begun':
      notes.busy.add(one.action);
      for (const key of keysOf(one.action)) notes.underWay.add(key);
      return;
    case 'done':
      notes.busy.delete(one.action);
      for (const key of keysOf(one.action)) notes.underWay.delete(key);
      return;
    case 'looked':
      notes.looked.set(one.key, { again: one.again, retry: one.retry });
      return;
    case 'notBefore':
      notes.notBefore = Math.max(notes.notBefore, one.until);
      return;
    case 'stop':
      // The first reason is the one that counts.
      notes.stop ??= one;
      return;
    case 'known':
      notes.known = one.known;
      return;
    case 'closing':
      notes.isClosing = true;
      return;
  }
}
