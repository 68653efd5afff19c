/** Steps, bounds, waits and windows of a night, in one object: tests make them small. */
export interface Pace {
  /** Users in the first steps; each is earned by DELETEs whose end is known. Afterwards the bounds hold alone. */
  readonly firstSteps: readonly number[];
  /** DELETEs in one request (Graph takes 20 in a batch). */
  readonly batch: number;
  /** Users sent, or about to be, without a clear answer. */
  readonly maxUnclear: number;
  /** Users whose DELETE was accepted and who have not been seen gone. */
  readonly maxAccepted: number;
  readonly looksAtOnce: number;
  /** The stop rule: of the last so many users tried, more failed than are tolerated, by number and by share. */
  readonly window: number;
  readonly toleratedFailures: number;
  readonly toleratedShare: number;
  /** After so many stubborn users without one purge, no more tonight. */
  readonly stubbornInVain: number;
  /** DELETEs for one user in one night, where the answer was not clear; and where the quota was used up. */
  readonly attempts: number;
  readonly attemptsThrottled: number;
  /** How often one user may be announced and withdrawn in one night. */
  readonly withdrawals: number;
  /** A purge may take a minute to show (Microsoft Graph, "Permanently delete item"). */
  readonly showMs: number;
  /** A DELETE without an answer: as long as it may have waited, may take to show, and clocks may differ. */
  readonly unansweredMs: number;
  /** No DELETE leaves longer after its re-read. */
  readonly freshMs: number;
  readonly shortestLookMs: number;
  readonly longestLookMs: number;
  readonly tellEveryMs: number;
}

const MINUTE_MS = 60_000;

export const PACE: Pace = {
  firstSteps: [1, 5],
  batch: 20,
  maxUnclear: 20,
  maxAccepted: 20,
  looksAtOnce: 100,
  window: 50,
  toleratedFailures: 2,
  toleratedShare: 0.2,
  stubbornInVain: 20,
  attempts: 4,
  attemptsThrottled: 100,
  withdrawals: 10,
  showMs: 4 * MINUTE_MS,
  unansweredMs: 11 * MINUTE_MS,
  freshMs: MINUTE_MS,
  shortestLookMs: 1_000,
  longestLookMs: MINUTE_MS,
  tellEveryMs: MINUTE_MS,
};
