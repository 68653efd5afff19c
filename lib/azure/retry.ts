/** The one place that waits before a read is sent again. */
import { type Reception, retryWaitMs } from '../core/retry.ts';
import type { Clock } from '../ports.ts';

export interface Retry {
  /** Times that the request was sent so far. */
  readonly attempts: number;
  /** After a failed attempt: waits, and says whether to send the request again. */
  again(reception: Reception, retryAfterMs: number | undefined, signal: AbortSignal): Promise<boolean>;
}

/** For one request, from its first attempt to its last. */
export function createRetry(clock: Clock, random: () => number = Math.random): Retry {
  let attempts = 1;
  let waitedMs = 0;
  return {
    get attempts() {
      return attempts;
    },
    async again(reception, retryAfterMs, signal) {
      const waitMs = retryWaitMs({ reception, retryAfterMs, attempts, waitedMs, random: random() });
      if (waitMs === undefined || signal.aborted) return false;
      await clock.sleep(waitMs, signal);
      if (signal.aborted) return false;
      attempts += 1;
      waitedMs += waitMs;
      return true;
    },
  };
}
