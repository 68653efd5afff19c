import type { ExchangeWord } from '../core/exchangeWord.ts';
import type { Timestamp } from '../core/ids.ts';
import type { Organization, PlannedPurge } from '../core/model.ts';
import type { OutcomeName } from '../core/names.ts';
import { isFailure, type Progress } from '../core/outcome.ts';
import type { Policy } from '../core/policy.ts';
import type { RecordOf } from '../core/record.ts';
import type { PurgeAnswer } from '../ports.ts';
import type { Night } from './record.ts';

/** A step that has begun is finished: aborting between intent and answer would leave more unknown than known. */
export const UNHURRIED = new AbortController().signal;

/**
 * A DELETE leaves this soon after its intent was written, or not at all: more is no slow storage but a machine that
 * stood still, and later nights count from the intent how long its purge may take to show.
 */
export const SENT_WITHIN_MS = 2 * 60_000;

export const REFUSED = 'The service does not let this app purge this user';

/** One planned purge and how often its DELETE has been tried, this time included. */
export interface Task {
  readonly purge: PlannedPurge;
  readonly attempt: number;
}

/** A user whose DELETE was sent, until it is known what became of it. */
export interface Proving {
  readonly task: Task;
  readonly answer: PurgeAnswer['answer'];
  readonly sentAt: Timestamp;
  readonly looks: number;
  /** Milliseconds since 1970. */
  readonly lookAt: number;
}

/** What every judgement of tonight rests on. */
export interface Known {
  readonly night: Night;
  readonly policy: Policy;
  readonly organization: Organization;
  readonly word: ExchangeWord;
}

/** The state of tonight's purging. */
export interface Run extends Known {
  /** Yet to be tried, or to be tried again. */
  readonly queue: Task[];
  readonly proving: Map<string, Proving>;
  readonly outcomes: Partial<Record<OutcomeName, number>>;
  progress: Progress;
  /** Throttled: no DELETE before this moment (milliseconds since 1970). */
  notBefore: number;
}

export function startRun(known: Known, purges: readonly PlannedPurge[]): Run {
  return {
    ...known,
    queue: purges.map((purge) => ({ purge, attempt: 1 })),
    proving: new Map(),
    outcomes: {},
    progress: { steps: 0, tried: 0, refused: 0, failed: 0 },
    notBefore: 0,
  };
}

/** The end of whoever is not tried (again). While a DELETE of tonight may be under way, nobody knows it yet. */
export const leftRecord = (
  run: Run,
  task: Task,
  outcome: 'keptOnReread' | 'notAttempted',
  why: string,
): RecordOf<'settled'> =>
  task.attempt > 1
    ? settledRecord(run, task, 'unverified', `not tried again (${why}); the next night looks again`)
    : settledRecord(run, task, outcome, why);

/** Counts how a task ended, and gives the line that says so. */
export function settledRecord(
  run: Run,
  { purge: { id, deletedDateTime }, attempt }: Task,
  outcome: OutcomeName,
  detail: string,
  verifiedAfterMs?: number,
): RecordOf<'settled'> {
  run.outcomes[outcome] = (run.outcomes[outcome] ?? 0) + 1;
  const { tried, refused, failed, steps } = run.progress;
  const sent = attempt > 1 || ['purged', 'refused', 'notPurged', 'unverified'].includes(outcome);
  run.progress = {
    steps,
    tried: tried + (sent ? 1 : 0),
    refused: refused + (outcome === 'refused' ? 1 : 0),
    failed: failed + (isFailure(outcome) ? 1 : 0),
  };
  return {
    kind: 'settled',
    id,
    deletedDateTime,
    outcome,
    detail,
    ...(verifiedAfterMs !== undefined && { verifiedAfterMs: Math.max(verifiedAfterMs, 0) }),
  };
}
