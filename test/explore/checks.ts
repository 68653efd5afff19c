/** What must hold whatever happens: asked of the tenant's truth, the wire and the raw lines, never of the state. */

import { type Key, keyOf } from '../../lib/core/model.ts';
import type { Pace } from '../../lib/core/pace.ts';
import type { LedgerLine, RecordOf } from '../../lib/core/record.ts';
import type { Action } from '../../lib/core/state.ts';
import { keysOf } from '../../lib/core/state.ts';
import { OUTCOMES } from '../../lib/core/vocabulary.ts';
import { accepted, type Book, failures, isFailure, unclear } from './book.ts';
import { fateOf } from './fates.ts';
import type { User } from './tenant.ts';

export class Violation extends Error {}

/** @throws Violation */
export function must(holds: boolean, rule: string): void {
  if (!holds) throw new Violation(rule);
}

export interface Truth {
  readonly users: readonly User[];
  readonly now: number;
  readonly pace: Pace;
}

export function userOf(users: readonly User[], key: Key): User {
  const user = users.find((one) => one.key === key);
  if (user === undefined) throw new Violation(`nobody has the key ${key}`);
  return user;
}

/** While the stop rule holds, and while another action has the user, nothing starts. */
export function checkStart(book: Book, action: Action, others: readonly Action[], { pace }: Truth): void {
  const held = new Set(others.flatMap(keysOf));
  must(
    keysOf(action).every((key) => !held.has(key)),
    `${action.kind} takes a user that another action has`,
  );
  const isOnce = ['read', 'tell', 'end'].includes(action.kind);
  must(!isOnce || others.every(({ kind }) => kind !== action.kind), `${action.kind} starts twice`);
  if (action.kind !== 'send' && action.kind !== 'reread') return;
  must(!book.isStopped, `${action.kind} starts after the night was asked to end`);
  const { tried, failed } = failures(book, pace.window);
  must(
    failed <= pace.toleratedFailures || failed <= tried * pace.toleratedShare,
    `${action.kind} starts although ${failed} of the last ${tried} failed`,
  );
  if (action.kind !== 'reread') return;
  const again = action.keys.filter((key) => book.ends.has(key));
  must(again.length === 0, 'a user is tried again after its end');
  const isStubborn = (key: Key) => book.failedBefore.has(key) && !book.inVain.has(key);
  must(
    book.inVain.size < pace.stubbornInVain || !action.keys.some(isStubborn),
    'more stubborn users are tried although so many were tried in vain',
  );
}

/** A DELETE leaves. `readRightful`: what its last re-read saw. */
export function checkDelete(
  book: Book,
  key: Key,
  { users, now, pace }: Truth,
  readRightful: ReadonlySet<Key>,
  onTheWire: readonly Key[],
): void {
  const intent = book.intents.get(key);
  const user = userOf(users, key);
  must(intent?.night === book.night, 'a DELETE leaves without a durable intent of tonight');
  must(intent?.wasSent === false, 'a DELETE leaves twice on one intent');
  must(now - (intent?.readAt ?? 0) <= pace.freshMs, 'a DELETE leaves long after its re-read');
  must(readRightful.has(key), 'a DELETE leaves for a user who was not to be purged on re-read');
  must(!onTheWire.includes(key) && user.landsAt === undefined, 'two DELETEs are under way for one user');
  must(now >= book.silentUntil, 'a DELETE leaves while the service asked for silence');
  must(!book.isStopped, 'a DELETE leaves after the night was asked to end');
  const isUnclear = new Set([...unclear(book), key]);
  const isAccepted = accepted(book).filter((one) => one !== key);
  must(isUnclear.size <= pace.maxUnclear, `${isUnclear.size} DELETEs without a clear answer`);
  must(isAccepted.length <= pace.maxAccepted, `${isAccepted.length} accepted and not seen gone`);
  const [step = Number.POSITIVE_INFINITY] = pace.firstSteps;
  const isFirst = book.knownEnds < step;
  must(!isFirst || isUnclear.size + isAccepted.length <= step, 'a larger step than was earned');
  must(
    !book.failedBefore.has(key) || (book.sent.get(key) ?? 0) === 0,
    'a stubborn user is tried twice a night',
  );
}

/** A line is durable. */
export function checkLine(book: Book, { record }: LedgerLine, truth: Truth, othersWait: boolean): void {
  if (record.kind === 'announced') {
    const key = keyOf(record);
    const { attempt = 0, answer } = book.intents.get(key) ?? {};
    must(record.attempt === attempt + 1, `attempt ${record.attempt} is announced after attempt ${attempt}`);
    must(attempt === 0 || answer !== undefined, 'an intent is announced over one that has no answer');
    must(!book.ends.has(key), 'an intent is announced after its end');
    must(book.planned.includes(key), 'an intent of a user who is not planned');
  }
  if (record.kind === 'withdrawn') {
    must(book.intents.get(keyOf(record))?.wasSent === false, 'a DELETE that left is withdrawn');
  }
  if (record.kind === 'planned') must(book.planned.length === 0, 'the plan is written twice');
  if (record.kind === 'settled') checkSettled(book, record, truth);
  if (record.kind === 'nightEnded') {
    checkCounts(book, record);
    if (!book.isStopped && !othersWait) checkStatus(book, record, truth.pace);
  }
}

function checkSettled(book: Book, record: RecordOf<'settled'>, { users }: Truth): void {
  const key = keyOf(record);
  const { outcome } = record;
  const { place, held, landsAt, fate } = userOf(users, key);
  const intent = book.intents.get(key);
  const of = record.announcedBy ?? book.night;
  must(intent === undefined || intent.night === of, 'an end names another night than announced it');
  must(!book.ends.has(key), 'a user has two ends in a night');
  const isTrue = {
    purged: place === 'gone' && intent !== undefined && !book.purged.has(key),
    alreadyGone: place === 'gone' && intent === undefined && !book.purged.has(key),
    restored: place === 'live',
    kept: held,
    denied: place !== 'gone' && landsAt === undefined && fate === 'denied',
    notPurged: place !== 'gone' && landsAt === undefined && intent !== undefined,
    unread: intent === undefined && fateOf(fate).unread !== undefined,
  }[outcome];
  must(isTrue, `${outcome} is not true of a user who is ${held ? 'held' : place} (${fate})`);
  must(outcome !== 'alreadyGone', 'a purge of this tool is taken for another’s');
}

function checkCounts(book: Book, { outcomes, open, notAttempted }: RecordOf<'nightEnded'>): void {
  const ends = [...book.ends.values()];
  for (const name of OUTCOMES) {
    const count = ends.filter((end) => end === name).length;
    must((outcomes[name] ?? 0) === count, `the night counts ${outcomes[name] ?? 0} ${name} and has ${count}`);
  }
  must(open === book.intents.size, `the night counts ${open} open and has ${book.intents.size}`);
  const left = book.planned.filter((key) => !book.ends.has(key) && !book.intents.has(key));
  must(notAttempted === left.length, `the night counts ${notAttempted} not attempted and has ${left.length}`);
}

/** A night that purged nobody is complete only if it rightly kept all, or only the excused are left. */
function checkStatus(
  { ends, planned, failedBefore, failed, intents }: Book,
  record: RecordOf<'nightEnded'>,
  pace: Pace,
) {
  const purged = [...ends.values()].includes('purged');
  const inVain = planned.filter((key) => !RIGHTLY.has(ends.get(key) ?? ''));
  const isExcused = (key: Key) => failedBefore.has(key) && (failed.get(key) ?? 'nobody') !== 'nobody';
  const mayComplete = purged || inVain.every(isExcused);
  must(mayComplete || record.status === 'failed', `a night in vain ends ${record.status}`);
  const isCalm = pace.toleratedFailures > 0 && inVain.length === 0 && intents.size === 0;
  const isOk = isCalm && ![...ends.values()].some(isFailure);
  must(
    !isOk || record.status === 'completed',
    `a night without a failure ends ${record.status}: ${record.detail}`,
  );
}

const RIGHTLY: ReadonlySet<string> = new Set(['restored', 'kept', 'alreadyGone']);
