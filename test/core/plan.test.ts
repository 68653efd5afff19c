import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Decision, Verdict } from '../../lib/core/model.ts';
import { type Brakes, makePlan } from '../../lib/core/plan.ts';
import { deletedMailUser, FOUND, policyOf, purgeableEvidence } from './people.ts';

const purge: Verdict = { verdict: 'purge', grounds: 'a test' };
const keep: Verdict = { verdict: 'keep', reason: 'licensed', detail: 'a test' };
const decision = (n: number, verdict: Verdict): Decision => ({
  user: deletedMailUser(n),
  found: FOUND,
  evidence: purgeableEvidence,
  nightsAbsent: 3,
  verdict,
});
const purges = (count: number) => Array.from({ length: count }, (_, n) => decision(n, purge));
const brakes = (night: number, percent: number, budget: number, spent = 0, syncedUsers = 1000): Brakes => ({
  limits: {
    ...policyOf().accidentalDeletionPrevention,
    maxPurgesPerNight: night,
    maxPercentOfSyncedUsers: percent,
    rollingBudget: { days: 7, maxPurges: budget },
  },
  syncedUsers,
  budgetSpent: spent,
});
const refusals = (count: number, by: Brakes) => {
  const plan = makePlan(purges(count), by);
  return plan.state === 'refused' ? plan.refusals.map(({ refusal }) => refusal) : [];
};

describe('brakes', () => {
  test.each([
    [5, brakes(5, 1, 5), []],
    [6, brakes(5, 1, 99), ['tooManyPurges']],
    [11, brakes(99, 1, 99), ['tooLargeShare']],
    [5, brakes(99, 1, 9, 5), ['budgetExceeded']],
    [4, brakes(99, 1, 9, 5), []],
    [1, brakes(0, 0, 0), ['tooManyPurges', 'tooLargeShare', 'budgetExceeded']],
    [0, brakes(0, 0, 0), []],
    [1, brakes(5, 99, 5, 0, 0), ['tooLargeShare']],
  ] as const)('%i purges, case %#', (count, by, expected) => {
    expect(refusals(count, by)).toEqual(expected);
  });

  test('an exceeded limit refuses everything and says by how much', () => {
    const plan = makePlan([...purges(7), decision(8, keep)], brakes(5, 100, 99));
    expect(plan).toMatchObject({
      state: 'refused',
      counts: { deletedUsers: 8, purge: 7, keep: 1, keptBy: { licensed: 1 } },
      refusals: [{ refusal: 'tooManyPurges', limit: 5, actual: 7 }],
    });
    expect(plan).not.toHaveProperty('purges');
  });

  test('raising a limit never makes a ready plan refused', () => {
    const raise = fc.nat(20);
    fc.assert(
      fc.property(fc.nat(12), fc.nat(15), fc.nat(3), fc.nat(15), fc.nat(5), raise, raise, raise, (...n) => {
        const [count, night, percent, budget, spent, more, wider, longer] = n;
        const before = refusals(count, brakes(night, percent, budget, spent));
        const after = refusals(count, brakes(night + more, percent + wider, budget + longer, spent));
        expect(after.filter((refusal) => !before.includes(refusal))).toEqual([]);
      }),
    );
  });

  test('a ready plan is never over a limit and never cut short', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.nat(30), fc.nat(30), (count, night, budget, spent) => {
        const plan = makePlan(purges(count), brakes(night, 100, budget, spent));
        if (plan.state === 'refused') return;
        expect(plan.purges).toHaveLength(count);
        if (count > 0) expect(count <= night && count + spent <= budget).toBe(true);
      }),
    );
  });
});

test('the fingerprint names the set, not the order', () => {
  const shuffled = fc.shuffledSubarray(purges(6), { minLength: 6 });
  const by = brakes(99, 100, 99);
  const expected = makePlan(purges(6), by);
  fc.assert(
    fc.property(shuffled, (decisions) => {
      expect(makePlan(decisions, by)).toEqual(expected);
    }),
  );
  expect(makePlan(purges(5), by).fingerprint).not.toBe(expected.fingerprint);
});
