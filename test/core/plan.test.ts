import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at, DAY_MS } from '../../lib/core/ids.ts';
import type { Decision, Verdict } from '../../lib/core/model.ts';
import { type Brakes, makePlan } from '../../lib/core/plan.ts';
import { deletedMailUser, FOUND, idOf, NOW, policyOf, purgeableEvidence } from './people.ts';

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
    expect(refusals(count, by)).toStrictEqual(expected);
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
        expect(after.filter((refusal) => !before.includes(refusal))).toStrictEqual([]);
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

describe('a refusal tells an operator', () => {
  const details = (count: number, by: Brakes) => {
    const plan = makePlan(purges(count), by);
    return plan.state === 'refused' ? plan.refusals : [];
  };
  test.each([
    [
      'tooManyPurges',
      brakes(5, 100, 99),
      ['7 users', ', 2 more', 'the 5 allowed', 'maxPurgesPerNight'],
      5,
      7,
    ],
    [
      'tooLargeShare',
      brakes(99, 0.5, 99),
      ['7 users', '0.70 %', '1000 synced', 'the 0.5 % allowed', 'maxPercentOfSyncedUsers'],
      0.5,
      0.7,
    ],
    [
      'budgetExceeded',
      brakes(99, 100, 9, 5),
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
    expect(details(0, brakes(0, 0, 0, 5, 0))).toStrictEqual([]);
  });

  test('that any purge is too large a share of no users at all', () => {
    expect(details(1, brakes(9, 99, 9, 0, 0))).toMatchObject([{ refusal: 'tooLargeShare', actual: 100 }]);
    expect(details(1, brakes(9, 100, 9, 0, 0))).toStrictEqual([]);
  });
});

describe('the purges of a ready plan', () => {
  const ready = (decisions: readonly Decision[]) => {
    const plan = makePlan(decisions, brakes(99, 100, 99));
    return plan.state === 'ready' ? plan.purges : [];
  };
  const deleted = (n: number, daysAgo: number): Decision => ({
    ...decision(n, purge),
    user: deletedMailUser(n, { deletedDateTime: at(Date.parse(NOW) - daysAgo * DAY_MS) }),
  });

  test('are in the order of their deletion, the oldest first, then by id', () => {
    const ids = ready([deleted(1, 10), deleted(4, 20), deleted(2, 30), deleted(3, 20)]).map(({ id }) => id);
    expect(ids).toStrictEqual([2, 3, 4, 1].map(idOf));
  });

  test('carry the decision and the generation that it was on', () => {
    const one = deleted(1, 10);
    expect(ready([one])).toStrictEqual([
      { id: one.user.id, deletedDateTime: one.user.deletedDateTime, decision: one },
    ]);
  });

  test('are never of a user whose deletion has no date, or who is kept', () => {
    const undated = { ...decision(1, purge), user: deletedMailUser(1, { deletedDateTime: undefined }) };
    expect(ready([undated, decision(2, keep)])).toStrictEqual([]);
  });
});

test('the counts add up, with every reason to keep', () => {
  const onHold: Verdict = { verdict: 'keep', reason: 'onHold', detail: 'a test' };
  const all = [decision(1, purge), decision(2, keep), decision(3, onHold), decision(4, onHold)];
  expect(makePlan(all, brakes(9, 100, 9)).counts).toStrictEqual({
    deletedUsers: 4,
    purge: 1,
    keep: 3,
    keptBy: { licensed: 1, onHold: 2 },
  });
});

test('the fingerprint names the set, not the order', () => {
  const shuffled = fc.shuffledSubarray(purges(6), { minLength: 6 });
  const by = brakes(99, 100, 99);
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
  expect(makePlan([decision(2, purge), decision(1, purge)], brakes(9, 100, 9)).fingerprint).toBe(expected);
});
