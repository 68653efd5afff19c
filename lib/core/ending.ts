/** How a night ends: its status and its headline, from counts. */
import type { GraphUsage } from './answers.ts';
import { isTripped } from './breaker.ts';
import { elapsedMs, type Timestamp } from './ids.ts';
import { type Key, keyOf } from './model.ts';
import { isUnsent } from './next.ts';
import type { Pace } from './pace.ts';
import type { LedgerRecord, RecordOf } from './record.ts';
import type { Open, State, Stop, Tonight } from './state.ts';
import { endsCounted, type NightStatus, type OutcomeName } from './vocabulary.ts';

interface When {
  readonly pace: Pace;
  readonly now: Timestamp;
}

/** What was announced and not sent is withdrawn, then the night ends. */
export function endingLines(state: State, usage: GraphUsage, when: When): readonly LedgerRecord[] {
  const { tonight } = state;
  if (tonight === undefined) return [];
  const unsent = [...state.open.values()].filter((one) => isUnsent(tonight, one));
  const withdrawn = withdrawnLines(unsent, 'the night ended before it was sent');
  const given = new Set(unsent.filter(({ earlier }) => earlier === undefined).map(keyOf));
  return [...withdrawn, nightEnded(state, tonight, usage, { ...when, given })];
}

export const withdrawnLines = (open: readonly Open[], why: string): readonly LedgerRecord[] =>
  open.map(({ id, deletedDateTime, attempt }) => ({ kind: 'withdrawn', id, deletedDateTime, attempt, why }));

/** The last line, or what it would be where the ledger cannot take it. `given`: open users who are withdrawn with it. */
export function nightEnded(
  state: State,
  tonight: Tonight,
  usage: GraphUsage,
  { pace, now, given = new Set() }: When & { readonly given?: ReadonlySet<Key> },
): RecordOf<'nightEnded'> {
  const { planned, notes } = tonight;
  const { stop } = notes;
  const counts = countsOf(state, tonight, given);
  const [status, why] = statusOf(state, tonight, counts, pace);
  const refusals = stop?.refusals ?? (tonight.started.mode === 'report' ? (planned?.refusals ?? []) : []);
  const { calls, resourceUnits, throttled, retries } = usage;
  return {
    kind: 'nightEnded',
    status,
    detail: detailOf(tonight, status, why, counts),
    refusals: [...refusals],
    ...(planned && { counts: planned.counts }),
    outcomes: { ...tonight.outcomes },
    open: counts.open,
    notAttempted: counts.notAttempted,
    measurements: {
      durationMs: Math.max(elapsedMs(tonight.startedAt, now), 0),
      graphCalls: calls,
      resourceUnits,
      throttled,
      retries,
    },
    ...(stop?.stack !== undefined && { stack: stop.stack }),
  };
}

interface Counts {
  readonly planned: number;
  /** Of tonight's plan and of earlier nights. */
  readonly open: number;
  readonly notAttempted: number;
}

function countsOf({ open }: State, { plan, ends }: Tonight, given: ReadonlySet<Key>): Counts {
  const isOpen = (key: Key) => open.has(key) && !given.has(key);
  return {
    planned: plan.length,
    open: [...open.keys()].filter(isOpen).length,
    notAttempted: plan.filter((key) => !ends.has(key) && !isOpen(key)).length,
  };
}

function statusOf(
  state: State,
  tonight: Tonight,
  counts: Counts,
  pace: Pace,
): readonly [NightStatus, string | undefined] {
  const { stop } = tonight.notes;
  if (stop !== undefined) return [stop.how, stop.why];
  if (isTripped(state, pace)) {
    return ['failed', 'too many of the purges tried were denied, had no effect or were not answered'];
  }
  const why = counts.planned === 0 ? undefined : whyInVain(state, tonight);
  return why === undefined ? ['completed', undefined] : ['failed', why];
}

/** More users than this gone before any DELETE, and a larger share: list and item disagree. */
const MANY_GONE = 3;
const GONE_SHARE = 0.2;

/**
 * A night that purged none of its planned users, and did not rightly keep all of them after a full re-read, failed:
 * unless only stubborn users are left, and another user was purged since they first failed.
 */
function whyInVain(state: State, { plan, outcomes, ends, stubborn }: Tonight): string | undefined {
  const { alreadyGone = 0, purged = 0 } = outcomes;
  if (alreadyGone > MANY_GONE && alreadyGone > plan.length * GONE_SHARE) {
    return `${alreadyGone} of ${plan.length} planned users were listed as deleted, and each of them was not found when it was read by its id`;
  }
  if (purged > 0) return undefined;
  const inVain = plan.filter((key) => !RIGHTLY.has(ends.get(key)?.record.outcome));
  const isExcused = (key: Key) => {
    const since = state.stubborn.get(key);
    return stubborn.has(key) && since !== undefined && (state.lastPurgeAt ?? '') >= since;
  };
  return inVain.every(isExcused) ? undefined : 'none of the planned users was purged';
}

const RIGHTLY: ReadonlySet<OutcomeName | undefined> = new Set(['restored', 'kept', 'alreadyGone']);

function detailOf(tonight: Tonight, status: NightStatus, why: string | undefined, counts: Counts): string {
  const { planned, started } = tonight;
  if (status === 'refused') return why ?? '';
  const counted = headline(tonight, counts);
  if (status === 'stopped') return `Stopped: ${why}. ${counted} The next night goes on.`;
  if (status === 'failed') {
    return `The night failed: ${why}. ${counted} Read the ledger's lines of each user; the next night looks again at every open one.`;
  }
  if (started.mode === 'purge') return counted;
  if (planned?.state === 'overLimit') return planned.refusals.map(({ detail }) => detail).join(' ');
  return `Report mode: ${planned?.counts.purge ?? 0} would be purged, ${planned?.counts.keep ?? 0} kept. Nobody was purged.`;
}

/** `7 planned: 5 purged, 1 denied, 1 open.` */
function headline({ outcomes, planned }: Tonight, { planned: purges, ...rest }: Counts): string {
  const all = endsCounted({ outcomes, ...rest })
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  if (planned === undefined) return all === '' ? 'Nothing was planned yet.' : `${all}.`;
  if (purges === 0 && all === '') return 'Nobody was to be purged.';
  return `${purges} planned: ${all}.`;
}

/** Why the night cannot go on, for {@link Stop}. */
export const failedBy = (why: string, stack?: string): Stop => ({
  how: 'failed',
  why,
  refusals: [],
  ...(stack !== undefined && { stack }),
});
