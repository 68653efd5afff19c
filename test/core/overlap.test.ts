import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ImmutableId, immutableId } from '../../lib/core/ids.ts';
import type { OnPremUser } from '../../lib/core/model.ts';
import { overlapRefusals, startSample } from '../../lib/core/overlap.ts';
import { sure } from './people.ts';

const id = (n: number): ImmutableId => sure(immutableId(`anchor ${n}`));
const user = (n: number): OnPremUser => ({
  immutableIds: [id(n)],
  sidHistory: [],
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
  expect(overlapRefusals('export', ids, found).map(({ refusal }) => refusal)).toStrictEqual(expected);
});

test('a refusal tells how many of whom the source lacks', () => {
  const ids = users(40).map(({ immutableIds: [own] }) => sure(own));
  const [refusal, ...others] = overlapRefusals('activeDirectory', ids, new Set(ids.slice(0, 30)));
  expect(others).toStrictEqual([]);
  expect(refusal).toMatchObject({ limit: 10, actual: 25 });
  const facts = ['Of 40 live synced users', 'activeDirectory', 'does not have 10', 'Nobody is purged'];
  for (const fact of facts) expect(refusal?.detail).toContain(fact);
});

describe('the sample', () => {
  test('is everybody, in order, as long as they are few', () => {
    const sample = startSample();
    sample.note(users(399));
    expect(sample.finish()).toStrictEqual(users(399).map(({ immutableIds: [own] }) => own));
  });

  test('is thinned out by half whenever it reaches four hundred', () => {
    for (const [count, stride] of [
      [400, 2],
      [798, 2],
      [799, 4],
      [5000, 16],
    ] as const) {
      const sample = startSample();
      sample.note(users(count));
      const expected = users(count).filter((_, n) => n % stride === 0);
      expect(sample.finish()).toStrictEqual(expected.map(({ immutableIds: [own] }) => own));
    }
  });

  test('leaves out whoever has no immutable id, and is the same however the users are paged', () => {
    const nameless = { ...user(0), immutableIds: [] };
    const everybody = users(1000).flatMap((one, n) => (n % 3 === 0 ? [nameless, one] : [one]));
    const whole = startSample();
    whole.note(everybody);
    const paged = startSample();
    for (let from = 0; from < everybody.length; from += 37) paged.note(everybody.slice(from, from + 37));
    const plain = startSample();
    plain.note(users(1000));
    expect(whole.finish()).toStrictEqual(plain.finish());
    expect(paged.finish()).toStrictEqual(plain.finish());
  });
});
