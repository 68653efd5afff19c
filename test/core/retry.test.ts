import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Attempted,
  isPassing,
  RETRY_LIMITS,
  type Reception,
  retryAfterMs,
  retryWaitMs,
} from '../../lib/core/retry.ts';

const PASSING: readonly Reception[] = [
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
];
const FINAL = [200, 204, 301, 400, 403, 404, 405, 410, 412, 422, 501];

const attempted = (change: Partial<Attempted> = {}): Attempted => ({
  reception: 503,
  retryAfterMs: undefined,
  attempts: 1,
  waitedMs: 0,
  random: 0,
  ...change,
});
const anyAttempt = fc.record({
  reception: fc.constantFrom(...PASSING),
  retryAfterMs: fc.option(fc.nat(400_000), { nil: undefined }),
  attempts: fc.integer({ min: 1, max: 8 }),
  waitedMs: fc.nat(400_000),
  random: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('whether to send a read again', () => {
  test.each(PASSING)('%s passes', (reception) => {
    expect(isPassing(reception, 1)).toBe(true);
    expect(retryWaitMs(attempted({ reception }))).toBe(500);
  });

  test.each(FINAL)('%d does not', (reception) => {
    expect(isPassing(reception, 1)).toBe(false);
    expect(retryWaitMs(attempted({ reception, retryAfterMs: 1 }))).toBeUndefined();
  });

  test('one 401 passes, a second one does not', () => {
    expect(isPassing(401, 1)).toBe(true);
    expect(isPassing(401, 2)).toBe(false);
    expect(retryWaitMs(attempted({ reception: 401, attempts: 1 }))).toBe(500);
    expect(retryWaitMs(attempted({ reception: 401, attempts: 2 }))).toBeUndefined();
  });

  test('the backoff doubles up to its limit, half of it by chance', () => {
    const waits = (random: number) =>
      [1, 2, 3, 4, 5].map((attempts) => retryWaitMs(attempted({ attempts, random })));
    expect(waits(0)).toStrictEqual([500, 1_000, 2_000, 4_000, 8_000]);
    expect(waits(1)).toStrictEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    const many = { ...RETRY_LIMITS, maxAttempts: 99 };
    expect(retryWaitMs(attempted({ attempts: 40, random: 1 }), many)).toBe(60_000);
  });

  test('never sooner than Retry-After, never beyond the limits', () => {
    fc.assert(
      fc.property(anyAttempt, (attempt) => {
        const waitMs = retryWaitMs(attempt);
        if (waitMs === undefined) return;
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(Math.max(500, attempt.retryAfterMs ?? 0));
        expect(attempt.waitedMs + waitMs).toBeLessThanOrEqual(RETRY_LIMITS.maxTotalWaitMs);
        expect(attempt.attempts).toBeLessThan(RETRY_LIMITS.maxAttempts);
      }),
    );
  });

  test('may wait as long as is allowed in all, and no longer', () => {
    const waitedMs = RETRY_LIMITS.maxTotalWaitMs - 500;
    expect(retryWaitMs(attempted({ waitedMs }))).toBe(500);
    expect(retryWaitMs(attempted({ waitedMs: waitedMs + 1 }))).toBeUndefined();
  });

  test('gives up only for a reason', () => {
    fc.assert(
      fc.property(anyAttempt, (attempt) => {
        if (retryWaitMs(attempt) !== undefined) return;
        const longestMs = Math.max(RETRY_LIMITS.maxBackoffMs, attempt.retryAfterMs ?? 0);
        const exhausted = attempt.attempts >= RETRY_LIMITS.maxAttempts;
        expect(exhausted || attempt.waitedMs + longestMs > RETRY_LIMITS.maxTotalWaitMs).toBe(true);
      }),
    );
  });

  test('whatever the service answers, a request ends, after a bounded wait', () => {
    const answers = fc.array(fc.tuple(fc.constantFrom(...PASSING), fc.nat(200_000)), { minLength: 10 });
    fc.assert(
      fc.property(answers, (list) => {
        let attempts = 1;
        let waitedMs = 0;
        for (const [reception, afterMs] of list) {
          const waitMs = retryWaitMs(
            attempted({ reception, retryAfterMs: afterMs, attempts, waitedMs, random: 0.5 }),
          );
          if (waitMs === undefined) break;
          attempts += 1;
          waitedMs += waitMs;
        }
        expect(attempts).toBeLessThanOrEqual(RETRY_LIMITS.maxAttempts);
        expect(waitedMs).toBeLessThanOrEqual(RETRY_LIMITS.maxTotalWaitMs);
      }),
    );
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-05T02:00:00Z');
  test.each([
    ['7', 7_000],
    [' 0 ', 0],
    ['0.1234', 124],
    ['2.5', 2_500],
    ['Mon, 05 Jan 2026 02:00:30 GMT', 30_000],
    ['Mon, 05 Jan 2026 01:00:00 GMT', 0],
    ['', undefined],
    ['-3', undefined],
    ['soon', undefined],
    ['1e9', undefined],
    ['Infinity', undefined],
    ['9'.repeat(40), undefined],
    ['Mon, 99 Jan 2026 99:00:00 GMT', undefined],
    ['2026-01-05T02:00:30Z', undefined],
    ['not before Mon, 05 Jan 2026 02:00:30 GMT', undefined],
    ['Mon, 05 Jan 2026 02:00:30 GMT+0100', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('%p is %p ms', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });

  test('seconds are never rounded down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (hundredths) => {
        const text = (hundredths / 100).toFixed(2);
        const milliseconds = retryAfterMs(text, now) ?? Number.NaN;
        expect(milliseconds).toBeGreaterThanOrEqual(hundredths * 10);
        expect(milliseconds).toBeLessThanOrEqual(hundredths * 10 + 1);
      }),
    );
  });

  test('any text gives whole, non-negative milliseconds or nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const milliseconds = retryAfterMs(text, now);
        expect(milliseconds === undefined || (Number.isSafeInteger(milliseconds) && milliseconds >= 0)).toBe(
          true,
        );
      }),
    );
  });
});
