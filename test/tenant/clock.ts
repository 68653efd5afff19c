import type { TenantClock } from './directory.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A clock that can be moved forward by hand. It never goes back. */
export interface SteerableClock extends TenantClock {
  /** @throws RangeError for a negative or infinite number */
  advance(milliseconds: number): void;
}

/** Stands still until it is advanced. */
export function manualClock(startsAt: number | string): SteerableClock {
  let now = typeof startsAt === 'string' ? Date.parse(startsAt) : startsAt;
  if (!Number.isFinite(now)) throw new RangeError(`${startsAt} is no moment to start a clock at`);
  return {
    now: () => now,
    advance(milliseconds) {
      now += forward(milliseconds);
    },
  };
}

/** Real time plus an offset, which advancing adds to. */
export function offsetClock(offsetMs = 0): SteerableClock {
  let offset = offsetMs;
  return {
    now: () => Date.now() + offset,
    advance(milliseconds) {
      offset += forward(milliseconds);
    },
  };
}

function forward(milliseconds: number): number {
  if (milliseconds >= 0 && Number.isFinite(milliseconds)) return milliseconds;
  throw new RangeError(`a clock cannot be advanced by ${milliseconds} ms`);
}

/** As Graph writes a date: whole seconds, UTC. Many in a row are of the same moment. */
export function graphTime(milliseconds: number): string {
  if (milliseconds !== last.milliseconds) {
    last = { milliseconds, text: `${new Date(milliseconds).toISOString().slice(0, 19)}Z` };
  }
  return last.text;
}
let last = { milliseconds: Number.NaN, text: '' };
