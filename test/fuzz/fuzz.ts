/**
 * Seeded, bounded fuzzing. Each property runs on a fixed seed and on a fresh one, which its name tells.
 * `FUZZ_SEED=7` plays that seed alone, `FUZZ_RUNS=50` fifty times as many runs (`npm run fuzz`).
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { messageOf, NightRefused } from '../../lib/errors.ts';

const FIXED_SEED = 20_260_301;
const { FUZZ_SEED, FUZZ_RUNS } = process.env;
const seeds = FUZZ_SEED === undefined ? [FIXED_SEED, Date.now() % 2 ** 31] : [Number(FUZZ_SEED)];
const times = Number(FUZZ_RUNS ?? 1);

/** No run takes nearly so long: what has not ended by then hangs. */
const HANG_MS = 30_000;

export interface Fuzzed<T> {
  readonly runs: number;
  readonly of: fc.Arbitrary<T>;
  /** Throws where something is wrong. Says in a word what happened. */
  readonly run: (value: T) => string | Promise<string>;
  /**
   * Of a hundred runs on the fixed seed, so many at least must have come to this: a property that never gets there
   * shows nothing.
   */
  readonly atLeast: Readonly<Record<string, number>>;
}

/** Registers a property, to be played under each seed. */
export function fuzz<T>(name: string, { runs, of, run, atLeast }: Fuzzed<T>): void {
  const numRuns = runs * times;
  const play = async (seed: number) => {
    const tally: Record<string, number> = {};
    const property = fc.asyncProperty(of, async (value) => {
      const what = await run(value);
      tally[what] = (tally[what] ?? 0) + 1;
    });
    await fc.assert(property, { seed, numRuns, timeout: HANG_MS });
    if (seed !== FIXED_SEED) return;
    const rare = Object.entries(atLeast).filter(
      ([what, percent]) => (tally[what] ?? 0) * 100 < percent * numRuns,
    );
    expect({ rare, tally }).toEqual({ rare: [], tally });
  };
  test.each(seeds)(`${name}, seed %i`, play, HANG_MS + 60_000 * times);
}

/**
 * Words that an engine says when nobody foresaw what came, and marks of a stack. The failures that are let through
 * name their kind only under jest, whose tests have an `Error` of their own.
 */
const CRASH =
  /Cannot (?:read|set|convert|destructure|create|mix)|is not (?:a function|iterable|a constructor|defined)|Maximum call stack|Invalid (?:time value|array length|string length)|URI malformed|\[object |(?:Type|Range|Reference|URI|Eval)Error(?!: (?:fetch failed|terminated|The encoded data))|ERR_(?:INVALID_ARG|OUT_OF_RANGE)|\bat .{1,200}\.[cm]?[jt]s:\d+:\d+|node:internal/;
const NO_LONGER_THAN = 6_000;

/** One line for an operator: not empty, not endless, and neither a stack, a token nor one of `secrets` in it. */
export function expectClear(text: string, secrets: readonly string[] = []): void {
  expect(text.trim()).not.toBe('');
  expect(text).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
  expect(text).not.toMatch(CRASH);
  expect(text).not.toMatch(/\beyJ[\w-]{8}|Bearer (?!\(token\))/);
  expect(text.length).toBeLessThan(NO_LONGER_THAN);
  for (const secret of secrets) expect(text).not.toContain(secret);
}

/** The refusal that `work` ends with, once its words are clear; what it gives where it is not refused. */
export async function refusedOr<T>(
  work: () => T | Promise<T>,
  secrets?: readonly string[],
): Promise<NightRefused | { readonly value: T }> {
  try {
    return { value: await work() };
  } catch (error) {
    // Anything else is a crash, and fast-check shows it.
    if (!(error instanceof NightRefused)) throw error;
    for (const { detail } of error.refusals) expectClear(detail, secrets);
    expectClear(messageOf(error), secrets);
    expect(error.message).toMatch(/(?:Nobody|Nothing) (?:is|was) purged/);
    return error;
  }
}
