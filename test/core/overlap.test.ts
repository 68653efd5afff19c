import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ImmutableId, immutableId } from '../../lib/core/ids.ts';
import type { OnPremUser } from '../../lib/core/model.ts';
import { overlapRefusals, startSample } from '../../lib/core/overlap.ts';
import { sure } from './people.ts';

const id = (n: number): ImmutableId => sure(immutableId(`anchor ${n}`));
const user = (n: number): OnPremUser => ({
  immutableId: id(n),
  userPrincipalName: undefined,
  addresses: [],
});
const users = (count: number) => Array.from({ length: count }, (_, n) => user(n));

test('the sample is spread over all, and never large', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20_000 }), (count) => {
      const sample = startSample();
      sample.note(users(count));
      const taken = sample.finish();
      expect(taken.length).toBeLessThan(400);
      expect(taken.length).toBeGreaterThanOrEqual(Math.min(count, 200));
      expect(new Set(taken).size).toBe(taken.length);
      const last = Number(sure(taken.at(-1)).slice('anchor '.length));
      expect(last).toBeGreaterThanOrEqual(count - Math.ceil(count / 100));
    }),
    { numRuns: 20 },
  );
});

test.each([
  [100, 90, []],
  [100, 89, ['sourceDisagrees']],
  [5, 3, []],
  [5, 2, ['sourceDisagrees']],
  [0, 0, []],
] as const)('of %i sampled, %i found', (sampled, present, expected) => {
  const ids = users(sampled).map((_, n) => id(n));
  const found = new Set(ids.slice(0, present));
  expect(overlapRefusals('export', ids, found).map(({ refusal }) => refusal)).toEqual(expected);
});
