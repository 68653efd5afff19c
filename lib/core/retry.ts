/**
 * Whether a read is worth sending again, and when. Pure. The SDK's own RetryHandler is not used: it sleeps in real
 * time, sends POST again, and knows neither 500 and 502 nor dropped connections nor a 429 inside a batch.
 */

/**
 * A status, or why no usable answer came: the connection was lost, nothing in time, no JSON as expected, no token to
 * send it with, or the night was stopped.
 */
export type Reception = number | 'dropped' | 'timeout' | 'malformed' | 'noToken' | 'stopped';

export interface RetryLimits {
  /** Times that one request is sent in all. */
  readonly maxAttempts: number;
  /** First backoff; doubles with every attempt. */
  readonly baseMs: number;
  readonly maxBackoffMs: number;
  /** Waits of one request together. A longer Retry-After ends the attempts: never sooner than asked for. */
  readonly maxTotalWaitMs: number;
}

export const RETRY_LIMITS: RetryLimits = {
  maxAttempts: 6,
  baseMs: 1_000,
  maxBackoffMs: 60_000,
  maxTotalWaitMs: 300_000,
};

export interface Attempted {
  readonly reception: Reception;
  /** What the service asked for, where it did. */
  readonly retryAfterMs: number | undefined;
  /** Times that the request was sent so far; at least 1. */
  readonly attempts: number;
  readonly waitedMs: number;
  /** From 0 to 1. */
  readonly random: number;
}

/**
 * Passing by their documentation ("Microsoft Graph error responses and resource types"); 424 is what a request in a
 * batch gets when another one was throttled ("Microsoft Graph throttling guidance").
 */
const PASSING: ReadonlySet<Reception> = new Set([
  408,
  424,
  429,
  500,
  502,
  503,
  504,
  509,
  'dropped',
  'timeout',
  'malformed',
]);

/**
 * Not so a refusal, which would only be repeated; but one 401 may ask for another token (continuous access evaluation).
 * `attempts`: times that the request was sent so far.
 */
export const isPassing = (reception: Reception, attempts: number) =>
  PASSING.has(reception) || (reception === 401 && attempts === 1);

/** Milliseconds to wait before the request is sent again, or `undefined` where it is not to be sent again. */
export function retryWaitMs(attempted: Attempted, limits = RETRY_LIMITS): number | undefined {
  const { reception, retryAfterMs, attempts, waitedMs, random } = attempted;
  if (!isPassing(reception, attempts) || attempts >= limits.maxAttempts) return undefined;
  const backoffMs = Math.min(limits.maxBackoffMs, limits.baseMs * 2 ** (attempts - 1));
  // Half of it is left to chance, so that requests that failed together do not come back together.
  const jitteredMs = Math.ceil(backoffMs * (0.5 + random / 2));
  const waitMs = Math.max(jitteredMs, retryAfterMs ?? 0);
  return waitedMs + waitMs > limits.maxTotalWaitMs ? undefined : waitMs;
}

/**
 * The wait that a `Retry-After` asks for: seconds, in a batch also fractional, or an HTTP date (RFC 9110, 10.2.3).
 * Rounded up. `undefined` where there is none, or none that makes sense.
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return safe(Math.ceil(Number(text) * 1_000));
  if (!/^[A-Z][a-z]{2}, .* GMT$/.test(text)) return undefined;
  return safe(Math.max(0, Date.parse(text) - nowMs));
}

const safe = (milliseconds: number) => (Number.isSafeInteger(milliseconds) ? milliseconds : undefined);
