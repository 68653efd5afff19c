/** How one HTTP request ended: with an answer, or without. */

import type { Json } from '../core/model.ts';
import { type Reception, retryAfterMs } from '../core/retry.ts';

/** An answer of any status that came in whole. */
export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: Headers;
  /** `undefined` where the body is no JSON. */
  readonly body: Json | undefined;
  /** What `Retry-After` asks for, counted from the arrival. */
  readonly retryAfterMs: number | undefined;
}

/** No usable answer. Only `noToken` was certainly not sent; whether the others took effect is not known. */
export interface Failed {
  readonly kind: 'failed';
  readonly reception: Reception;
  /** Why, for the operator. */
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
}

export const answered = (
  status: number,
  headers: Headers,
  body: Json | undefined,
  nowMs: number,
): Answered => ({
  kind: 'answered',
  status,
  headers,
  body,
  retryAfterMs: retryAfterMs(headers.get('retry-after'), nowMs),
});

export const failed = (reception: Reception, detail: string, waitMs?: number): Failed => ({
  kind: 'failed',
  reception,
  detail,
  retryAfterMs: waitMs,
});
