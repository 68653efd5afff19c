import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Decision, Verdict } from '../../lib/core/model.ts';
import { type Limits, makePlan } from '../../lib/core/plan.ts';
import { deletedMailUser, FOUND, policyOf, purgeableEvidence } from './people.ts';

const purge: Verdict = { verdict: 'purge', grounds: 'a test' };
const keep: Verdict = { verdict: 'keep', reason: 'licensed', detail: 'a test' };
const decision = (n: number, verdict: Verdict): Decision => ({
  user: deletedMailUser(n),
  found: FOUND,
  onPremises: {},
  evidence: purgeableEvidence,
  nightsAbsent: 3,
  verdict,
});
const purges = (count: number) => Array.from({ length: count }, (_, n) => decision(n, purge));
const limitsOf = (night: number, percent: number, budget: number, spent = 0, syncedUsers = 1000): Limits => ({
  limits: {
    ...policyOf().accidentalDeletionPrevention,
    maxPurgesPerNight: night,
    maxPercentOfSyncedUsers: percent,
    rollingBudget: { days: 7, maxPurges: budget },
  },
  syncedUsers,
  budgetSpent: spent,
});
const refusals = (count: number, by: Limits) => {
  const plan = makePlan(purges(count), by);
  return plan.state === 'overLimit' ? plan.refusals.map(({ refusal }) => refusal) : [];
};

describe('limits', () => {
  test.each([
    [5, limitsOf(5, 1, 5), []],
    [6, limitsOf(5, 1, 99), ['tooManyPurges']],
    [11, limitsOf(99, 1, 99), ['tooLargeShare']],
    [5, limitsOf(99, 1, 9, 5), ['budgetExceeded']],
    [4, limitsOf(99, 1, 9, 5), []],
    [1, limitsOf(0, 0, 0), ['tooManyPurges', 'tooLargeShare', 'budgetExceeded']],
    [0, limitsOf(0, 0, 0), []],
    [1, limitsOf(5, 99, 5, 0, 0), ['tooLargeShare']],
  ] as const)('%i purges, case %#', (count, by, expected) => {
    expect(refusals(count, by)).toStrictEqual(expected);
  });

  test('an exceeded limit refuses everything and says by how much', () => {
    const plan = makePlan([...purges(7), decision(8, keep)], limitsOf(5, 100, 99));
    expect(plan).toMatchObject({
      state: 'overLimit',
      counts: { deletedUsers: 8, purge: 7, keep: 1, keptBy: { licensed: 1 } },
      refusals: [{ refusal: 'tooManyPurges', limit: 5, actual: 7 }],
    });
  });

  test('raising a limit never makes a ready plan refused', () => {
    const raise = fc.nat(20);
    fc.assert(
      fc.property(fc.nat(12), fc.nat(15), fc.nat(3), fc.nat(15), fc.nat(5), raise, raise, raise, (...n) => {
        const [count, night, percent, budget, spent, more, wider, longer] = n;
        const before = refusals(count, limitsOf(night, percent, budget, spent));
        const after = refusals(count, limitsOf(night + more, percent + wider, budget + longer, spent));
        expect(after.filter((refusal) => !before.includes(refusal))).toStrictEqual([]);
      }),
    );
  });

  test('a ready plan is never over a limit and never cut short', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.nat(30), fc.nat(30), (count, night, budget, spent) => {
        const plan = makePlan(purges(count), limitsOf(night, 100, budget, spent));
        if (plan.state === 'overLimit') return;
        expect(plan.counts.purge).toBe(count);
        if (count > 0) expect(count <= night && count + spent <= budget).toBe(true);
      }),
    );
  });
});

describe('a refusal tells an operator', () => {
  const details = (count: number, by: Limits) => {
    const plan = makePlan(purges(count), by);
    return plan.state === 'overLimit' ? plan.refusals : [];
  };
  test.each([
    [
      'tooManyPurges',
      limitsOf(5, 100, 99),
      ['7 users', ', 2 more', 'the 5 allowed', 'maxPurgesPerNight'],
      5,
      7,
    ],
    [
      'tooLargeShare',
      limitsOf(99, 0.5, 99),
      ['7 users', '0.70 %', '1000 synced', 'the 0.5 % allowed', 'maxPercentOfSyncedUsers'],
      0.5,
      0.7,
    ],
    [
      'budgetExceeded',
      limitsOf(99, 100, 9, 5),
      ['7 purges tonight', '5 before', '12 in 7 days', ' 3 more', 'the 9 allowed', 'rollingBudget'],
      9,
      12,
    ],
  ] as const)(
    '%s: how much, how much is allowed, and that nobody is purged',
    (refusal, by, facts, limit, actual) => {
      const [told, ...others] = details(7, by);
      expect([told?.refusal, told?.limit, told?.actual, others]).toStrictEqual([refusal, limit, actual, []]);
      for (const fact of [...facts, 'Nobody is purged.', 'raise the limit in the policy']) {
        expect(told?.detail).toContain(fact);
      }
    },
  );

  test('nothing, where nobody would be purged, however few users there are', () => {
    expect(details(0, limitsOf(0, 0, 0, 5, 0))).toStrictEqual([]);
  });

  test('that any purge is too large a share of no users at all', () => {
    expect(details(1, limitsOf(9, 99, 9, 0, 0))).toMatchObject([{ refusal: 'tooLargeShare', actual: 100 }]);
    expect(details(1, limitsOf(9, 100, 9, 0, 0))).toStrictEqual([]);
  });
});

test('a user whose deletion has no date is never among the purges', () => {
  const undated = { ...decision(1, purge), user: deletedMailUser(1, { deletedDateTime: undefined }) };
  const plan = makePlan([undated, decision(2, keep)], limitsOf(99, 100, 99));
  expect(plan.fingerprint).toBe(makePlan([decision(2, keep)], limitsOf(99, 100, 99)).fingerprint);
});

test('the counts add up, with every reason to keep', () => {
  const onHold: Verdict = { verdict: 'keep', reason: 'onHold', detail: 'a test' };
  const all = [decision(1, purge), decision(2, keep), decision(3, onHold), decision(4, onHold)];
  expect(makePlan(all, limitsOf(9, 100, 9)).counts).toStrictEqual({
    deletedUsers: 4,
    purge: 1,
    keep: 3,
    keptBy: { licensed: 1, onHold: 2 },
  });
});

test('the fingerprint names the set, not the order', () => {
  const shuffled = fc.shuffledSubarray(purges(6), { minLength: 6 });
  const by = limitsOf(99, 100, 99);
  const expected = makePlan(purges(6), by);
  fc.assert(
    fc.property(shuffled, (decisions) => {
      expect(makePlan(decisions, by)).toStrictEqual(expected);
    }),
  );
  expect(makePlan(purges(5), by).fingerprint).not.toBe(expected.fingerprint);
});

test('the fingerprint is the SHA-256 of a line for each generation, so that anybody can check it', () => {
  const [first, second] = [deletedMailUser(1), deletedMailUser(2)];
  const text = [first, second].map(({ id, deletedDateTime }) => `${id} ${deletedDateTime}\n`).join('');
  const expected = createHash('sha256').update(text).digest('hex');
  expect(makePlan([decision(2, purge), decision(1, purge)], limitsOf(9, 100, 9)).fingerprint).toBe(expected);
});
