/** The fold: what one line adds to the state. The same for lines of earlier nights and of tonight; it judges nothing. */
import { hostName } from './addresses.ts';
import { withReading } from './baselines.ts';
import { DAY_MS, elapsedMs, type Timestamp } from './ids.ts';
import { keyOf } from './model.ts';
import { PACE, type Pace } from './pace.ts';
import { byAge, purgeOf } from './plan.ts';
import { announce, answer, settle, withdraw } from './purging.ts';
import type { LedgerLine, RecordOf } from './record.ts';
import { seenBy, standing, standOn } from './standing.ts';
import { keysOf, type Note, PAST_NIGHTS, type State, type Tonight } from './state.ts';

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
      knowDomains(state, tonight, record, at);
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
      state.evidence.set(record.id, standing(state.evidence.get(record.id), record, at, seenBy(tonight, at)));
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
    stubborn: new Set(),
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

function knowDomains(
  { domains }: State,
  { started }: Tonight,
  record: RecordOf<'tenantRead'>,
  at: Timestamp,
): void {
  if (record.tenantId !== started.tenantId) return;
  for (const domain of record.verifiedDomains) domains.set(hostName(domain) ?? domain, at);
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

function plan({ evidence, stubborn }: State, tonight: Tonight, record: RecordOf<'planned'>): void {
  tonight.planned = record;
  if (record.state !== 'ready' || tonight.started.mode !== 'purge') return;
  const purges = [...evidence.values()]
    .flatMap(({ decided }) => purgeOf(decided, decided.verdict))
    .sort(byAge);
  const keys = new Set(purges.map(keyOf));
  // Whoever was tried longest ago goes first, so that each of them has its turn however many others are hopeless.
  for (const key of stubborn.keys()) if (keys.delete(key)) tonight.stubborn.add(key);
  tonight.plan.push(...keys, ...tonight.stubborn);
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
      // A DELETE that has left, and whose answer comes too late to be recorded, is not one that was not sent.
      if (notes.isClosing && one.action.kind === 'send') return;
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
