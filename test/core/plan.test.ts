import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
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
const LIMITS = policyOf().accidentalDeletionPrevention;
const given = (changes: Partial<Limits> = {}): Limits => ({
  limits: LIMITS,
  syncedUsers: 1000,
  budgetSpent: 0,
  ...changes,
});

test('an exceeded limit refuses everything, and the plan says what was allowed', () => {
  const limits = { ...LIMITS, perNight: { users: 5, percent: 0 } };
  const plan = makePlan([...purges(7), decision(8, keep)], given({ limits, budgetSpent: 3 }));
  expect(plan).toMatchObject({
    state: 'overLimit',
    counts: { deletedUsers: 8, purge: 7, keep: 1, keptBy: { licensed: 1 } },
    refusals: [{ refusal: 'tooManyPurges', limit: 5, actual: 7 }],
    budgetSpent: 3,
    allowed: { perNight: 5, rollingBudget: 300 },
  });
  expect(makePlan(purges(5), given({ limits }))).toMatchObject({ state: 'ready', refusals: [] });
});

test('a user whose deletion has no date is never among the purges', () => {
  const undated = { ...decision(1, purge), user: deletedMailUser(1, { deletedDateTime: undefined }) };
  const plan = makePlan([undated, decision(2, keep)], given());
  expect(plan.fingerprint).toBe(makePlan([decision(2, keep)], given()).fingerprint);
});

test('the counts add up, with every reason to keep', () => {
  const onHold: Verdict = { verdict: 'keep', reason: 'onHold', detail: 'a test' };
  const all = [decision(1, purge), decision(2, keep), decision(3, onHold), decision(4, onHold)];
  expect(makePlan(all, given()).counts).toStrictEqual({
    deletedUsers: 4,
    purge: 1,
    keep: 3,
    keptBy: { licensed: 1, onHold: 2 },
  });
});

test('the fingerprint names the set, not the order', () => {
  const shuffled = fc.shuffledSubarray(purges(6), { minLength: 6 });
  const by = given();
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
  expect(makePlan([decision(2, purge), decision(1, purge)], given()).fingerprint).toBe(expected);
});
