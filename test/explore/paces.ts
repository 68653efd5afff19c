/** Steps, bounds, waits and windows so small that a few users reach each of them. */
import type { Pace } from '../../lib/core/pace.ts';

const SECOND = 1_000;

/** How the abstract tenant takes its time; each fits into what {@link STRICT} waits for. */
export const WAITS = {
  /** A late effect comes so long after its DELETE. */
  late: 2 * SECOND,
  /** The same where the process that sent it has died. */
  lateAfterCrash: 4 * SECOND,
  /** A silent DELETE is given up, or is looked at in vain, for so long. */
  silent: 6 * SECOND,
  blind: 2 * SECOND,
  throttled: 2 * SECOND,
  /** Stands for the 120 seconds of a service that is away. */
  outer: 5 * SECOND,
} as const;

/** One after another, and the first failure stops the night. */
export const STRICT: Pace = {
  firstSteps: [1],
  batch: 1,
  maxUnclear: 1,
  maxAccepted: 1,
  looksAtOnce: 2,
  window: 3,
  toleratedFailures: 0,
  toleratedShare: 0.2,
  stubbornInVain: 1,
  attempts: 2,
  attemptsThrottled: 3,
  withdrawals: 2,
  showMs: 4 * SECOND,
  unansweredMs: 8 * SECOND,
  freshMs: 2 * SECOND,
  shortestLookMs: 2 * SECOND,
  longestLookMs: 2 * SECOND,
  tellEveryMs: 3_600 * SECOND,
};

/** Several under way at once, each in a request of its own; one failure is tolerated. */
export const OVERLAPPING: Pace = {
  ...STRICT,
  firstSteps: [],
  maxUnclear: 2,
  maxAccepted: 2,
  toleratedFailures: 1,
};

/** Two in one request. */
export const BATCHES: Pace = { ...OVERLAPPING, batch: 2 };
