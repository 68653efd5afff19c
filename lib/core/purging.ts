/** The part of the fold that follows a planned purge from its announcement to its end. */
import { isTripped } from './breaker.ts';
import type { Timestamp } from './ids.ts';
import { type Key, keyOf } from './model.ts';
import type { Pace } from './pace.ts';
import type { LedgerLine, RecordOf } from './record.ts';
import type { Open, State, Tonight } from './state.ts';

const SHOW_TIMES = 50;

/** A DELETE is about to be sent. */
export function announce(
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
  if (tonight.stubborn.has(key)) tonight.stubbornInVain += 1;
  else tonight.tried.push(key);
}

export const hasHadItsTurn = ({ open }: State, { ends, withdrawals }: Tonight, key: Key | undefined) =>
  key !== undefined && (ends.has(key) || open.has(key) || withdrawals.has(key));

/** It was not sent: what stood before it stands again. */
export function withdraw({ open, spent }: State, tonight: Tonight, record: RecordOf<'withdrawn'>): void {
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

/** The answer to the DELETE that is open, not to one before it. */
export function answer(
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

/** What became of a planned purge. */
export function settle(
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
  const since = state.stubborn.get(key);
  if (makesStubborn || (outcome !== 'kept' && !STUBBORN.has(outcome))) state.stubborn.delete(key);
  if (makesStubborn) state.stubborn.set(key, since ?? at);
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
  if (outcome === 'purged' && tonight.stubborn.has(key)) tonight.stubbornInVain = 0;
  if (isTripped(state, pace)) tonight.earned = 0;
}
