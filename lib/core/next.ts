/** What may start now. Pure, and cheap because of the bounds: it walks what is open, a cursor into the plan, the last tried. */
import { isTripped } from './breaker.ts';
import { elapsedMs, type Timestamp } from './ids.ts';
import { isWaitedFor, lookDueAt } from './looks.ts';
import { type Key, keyOf } from './model.ts';
import type { Pace } from './pace.ts';
import { hasHadItsTurn } from './purging.ts';
import type { Action, Open, State, Tonight } from './state.ts';

export interface Next {
  /** All of these may start together. */
  readonly start: readonly Action[];
  /** Milliseconds since 1970: when there may be something to start although nothing has ended by then. */
  readonly wakeAt: number | undefined;
}

const NOTHING: Next = { start: [], wakeAt: undefined };

export function next(state: State, pace: Pace, now: Timestamp): Next {
  const { tonight } = state;
  if (tonight === undefined || tonight.ended !== undefined || isBusy(tonight, 'end')) return NOTHING;
  const { notes } = tonight;
  if (notes.stop !== undefined) return stopping(tonight);
  if (isBusy(tonight, 'read')) return NOTHING;
  const looks = looksDue(state, tonight, pace, now);
  const wakes = [nextLook(state, tonight, pace)];
  const start: Action[] = looks.length > 0 ? [{ kind: 'verify', keys: looks }] : [];
  if (tonight.planned === undefined) {
    // Reading waits until each DELETE of earlier nights is settled, or no look can settle it tonight.
    const isWaiting = [...state.open.values()].some((one) => isWaitedFor(tonight, one));
    if (!isWaiting && notes.busy.size === 0 && start.length === 0) start.push({ kind: 'read' });
  } else {
    const purging = purge(state, tonight, pace, now);
    start.push(...purging.start);
    wakes.push(purging.wakeAt);
  }
  const wakeAt = earliest(wakes);
  const isOver = start.length === 0 && notes.busy.size === 0 && wakeAt === undefined;
  return isOver ? { start: [{ kind: 'end' }], wakeAt } : { start, wakeAt };
}

/** Asked to end, the platform leaves seconds: the night ends while DELETEs are under way, and the next one looks. */
function stopping({ notes }: Tonight): Next {
  const mayEnd = notes.stop?.how === 'stopped' || notes.busy.size === 0;
  return mayEnd ? { start: [{ kind: 'end' }], wakeAt: undefined } : NOTHING;
}

const isBusy = ({ notes }: Tonight, kind: Action['kind']) => [...notes.busy].some((one) => one.kind === kind);

function looksDue(state: State, tonight: Tonight, pace: Pace, now: Timestamp): readonly Key[] {
  if (isBusy(tonight, 'verify')) return [];
  const due = [...state.open.values()].filter((one) => {
    const at = lookDueAt(tonight, one, pace);
    return at !== undefined && at <= Date.parse(now) && !tonight.notes.underWay.has(keyOf(one));
  });
  return due.slice(0, pace.looksAtOnce).map(keyOf);
}

function nextLook(state: State, tonight: Tonight, pace: Pace): number | undefined {
  return earliest([...state.open.values()].map((one) => lookDueAt(tonight, one, pace)));
}

function earliest(moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function purge(state: State, tonight: Tonight, pace: Pace, now: Timestamp): Next {
  const { notes } = tonight;
  const unsent = [...state.open.values()].filter((one) => isUnsent(tonight, one));
  if (unsent.length > 0) return { start: [sendOrWithdraw(state, unsent, pace, now)], wakeAt: undefined };
  const candidates = dueUsers(state, tonight, pace);
  if (candidates.length === 0 || isTripped(state, pace)) return NOTHING;
  // Telemetry of the night's start leaves before the first DELETE, and then every minute.
  const { toldAt } = tonight;
  if (toldAt === undefined)
    return { start: isBusy(tonight, 'tell') ? [] : [{ kind: 'tell' }], wakeAt: undefined };
  const start: Action[] = [];
  if (elapsedMs(toldAt, now) >= pace.tellEveryMs && !isBusy(tonight, 'tell')) start.push({ kind: 'tell' });
  if (notes.notBefore > Date.parse(now)) return { start, wakeAt: notes.notBefore };
  const { size, room, isAlone } = roomFor(state, tonight, pace);
  if (room >= size || isAlone) {
    const keys = candidates.slice(0, Math.min(size, room));
    if (keys.length > 0) start.push({ kind: 'reread', keys });
  }
  return { start, wakeAt: undefined };
}

/** Announced by tonight, its line durable, and not handed to the service. */
export const isUnsent = ({ night, notes }: Tonight, one: Open) =>
  one.night === night && one.answer === undefined && !notes.underWay.has(keyOf(one));

/** What was read again longer ago may be back by now. */
const isFresh = ({ readAt }: Open, pace: Pace, now: Timestamp) =>
  readAt !== undefined && elapsedMs(readAt, now) <= pace.freshMs;

/** Why these DELETEs may not leave; asked again directly before the wire, for what came in meanwhile. */
export function whyNotSend(
  state: State,
  announced: readonly (Open | undefined)[],
  pace: Pace,
  now: Timestamp,
): string | undefined {
  const { stop, notBefore = 0 } = state.tonight?.notes ?? {};
  if (stop !== undefined) return 'the night is to end';
  if (isTripped(state, pace)) return 'too many of the purges before it failed';
  if (notBefore > Date.parse(now)) return 'the service asked for silence';
  const areFresh = announced.every((one) => one !== undefined && isFresh(one, pace, now));
  return areFresh ? undefined : 'its re-read was too old when it was to be sent';
}

function sendOrWithdraw(state: State, unsent: readonly Open[], pace: Pace, now: Timestamp): Action {
  const why = whyNotSend(state, unsent, pace, now);
  return why === undefined
    ? { kind: 'send', keys: unsent.slice(0, pace.batch).map(keyOf) }
    : { kind: 'withdraw', keys: unsent.map(keyOf), why };
}

/** Those to be tried again first, then the rest of the plan in its order, the stubborn last. */
function dueUsers(state: State, tonight: Tonight, pace: Pace): readonly Key[] {
  const { notes, plan, withdrawals } = tonight;
  const isFree = (key: Key) => !notes.underWay.has(key);
  const retries = [...state.open.keys()].filter(
    (key) => notes.looked.get(key)?.retry === true && isFree(key),
  );
  if (retries.length > 0) return retries;
  const again = tonight.again.filter((key) => (withdrawals.get(key) ?? 0) < pace.withdrawals && isFree(key));
  const rest: Key[] = [];
  for (let at = tonight.cursor; at < plan.length && rest.length < pace.batch; at += 1) {
    const key = plan[at];
    if (key === undefined || hasHadItsTurn(state, tonight, key) || !isFree(key)) continue;
    if (tonight.stubborn.has(key) && tonight.stubbornInVain >= pace.stubbornInVain) break;
    rest.push(key);
  }
  return [...again, ...rest];
}

interface Room {
  /** Users of one step. */
  readonly size: number;
  /** How many more may be under way. */
  readonly room: number;
  readonly isAlone: boolean;
}

/** A batch is filled when a whole one has room, or nothing else is under way. */
function roomFor(state: State, { night, earned, notes }: Tonight, pace: Pace): Room {
  const ours = [...state.open.values()].filter((one) => one.night === night);
  const accepted = ours.filter(({ answer }) => answer?.answer === 'accepted').length;
  // A user who waits for another attempt takes up no room; one who is read again for it does.
  const retries = ours.filter(
    (one) => notes.looked.get(keyOf(one))?.retry === true && !notes.underWay.has(keyOf(one)),
  ).length;
  const rereading = [...notes.underWay].filter((key) => !state.open.has(key)).length;
  const unclear = ours.length - accepted - retries + rereading;
  let steps = 0;
  let bound = Number.POSITIVE_INFINITY;
  for (const size of pace.firstSteps) {
    steps += size;
    if (earned < steps) {
      bound = size;
      break;
    }
  }
  const size = Math.min(pace.batch, bound);
  const room = Math.min(bound - accepted - unclear, pace.maxUnclear - unclear, pace.maxAccepted - accepted);
  return { size, room, isAlone: accepted + unclear === 0 };
}
