/** Whether a read of Exchange is worth sending again, and the wait before it is. */
import type { Clock } from '../ports.ts';

/** A status, or how the answer failed to come: no connection, no end in time, or no JSON. */
export type Reception = number | 'dropped' | 'timeout' | 'malformed';

const MAX_ATTEMPTS = 5;
const BASE_MS = 2_000;
/** Waits of one request together. A longer Retry-After ends the attempts: never sooner than asked for. */
const MAX_TOTAL_WAIT_MS = 300_000;

const PASSING: ReadonlySet<Reception> = new Set([
  408,
  429,
  500,
  502,
  503,
  504,
  'dropped',
  'timeout',
  'malformed',
]);

export interface Patience {
  /** Times that the request was sent so far. */
  readonly attempts: number;
  /** After a failed attempt: waits, and says whether to send the request again. */
  again(reception: Reception, retryAfter: string | undefined, signal: AbortSignal): Promise<boolean>;
}

/** For one request, from its first attempt to its last. */
export function createPatience(clock: Clock): Patience {
  let attempts = 1;
  let waitedMs = 0;
  return {
    get attempts() {
      return attempts;
    },
    async again(reception, retryAfter, signal) {
      if (!PASSING.has(reception) || attempts >= MAX_ATTEMPTS) return false;
      const asked = retryAfterMs(retryAfter, Date.parse(clock.now()));
      const waitMs = Math.max(BASE_MS * 2 ** (attempts - 1), asked ?? 0);
      if (waitedMs + waitMs > MAX_TOTAL_WAIT_MS) return false;
      await clock.sleep(waitMs, signal);
      attempts += 1;
      waitedMs += waitMs;
      return !signal.aborted;
    },
  };
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3). `undefined` where there is none, or none that makes sense. */
function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const moment = /GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - nowMs);
}
