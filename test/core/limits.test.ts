/** Limits: the larger of a number and a percentage, from a company of 30 to one of 100,000. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allowedPurges, exceededLimits } from '../../lib/core/limits.ts';
import { parsePolicy } from '../../lib/core/policy.ts';
import { policyOf } from './people.ts';

const limitsOf = (limits: Readonly<Record<string, unknown>>) =>
  policyOf({ accidentalDeletionPrevention: limits }).accidentalDeletionPrevention;
type Numbers = readonly [users: number, percent: number];
const both = ([users, percent]: Numbers, [most, share]: Numbers = [1e6, 0], days = 7) =>
  limitsOf({ perNight: { users, percent }, rollingBudget: { days, users: most, percent: share } });

function refusals(limits: ReturnType<typeof limitsOf>, tonight: number, before = 0, syncedUsers = 1000) {
  return exceededLimits({ tonight, before, syncedUsers }, limits, allowedPurges(limits, syncedUsers));
}
const names = (...given: Parameters<typeof refusals>) => refusals(...given).map(({ refusal }) => refusal);

describe('a limit is the larger of a number and a percentage', () => {
  test.each([
    [5, 1, 30, 5],
    [5, 1, 499, 5],
    [5, 1, 599, 5],
    [5, 1, 600, 6],
    [5, 1, 100_000, 1_000],
    [5, 0, 100_000, 5],
    [0, 1, 99, 0],
    [0, 1, 100, 1],
    [0, 1.1, 1_000, 11],
    [0, 0.07, 10_000, 7],
    [0, 100, 30, 30],
    [5, 100, 0, 0],
    [0, 0, 100_000, 0],
  ])('%i users or %f %% of %i: %i', (users, percent, synced, allowed) => {
    expect(allowedPurges(both([users, percent], [users, percent]), synced)).toEqual({
      perNight: allowed,
      rollingBudget: allowed,
    });
  });
});

test('at the limit is allowed, one more is not', () => {
  expect(names(both([5, 0]), 5)).toEqual([]);
  expect(names(both([5, 0]), 6)).toEqual(['tooManyPurges']);
  expect(names(both([0, 1]), 10)).toEqual([]);
  expect(names(both([0, 1]), 11)).toEqual(['tooManyPurges']);
  expect(names(both([9, 0], [9, 0]), 4, 5)).toEqual([]);
  expect(names(both([9, 0], [9, 0]), 5, 5)).toEqual(['budgetExceeded']);
  expect(names(both([9, 0], [0, 1]), 5, 6)).toEqual(['budgetExceeded']);
});

test('a limit that is absent allows nobody; where nobody would be purged, none is exceeded', () => {
  expect(names(limitsOf({}), 1)).toEqual(['tooManyPurges', 'budgetExceeded']);
  expect(names(limitsOf({ rollingBudget: { users: 9 } }), 1)).toEqual(['tooManyPurges']);
  expect(names(limitsOf({ perNight: { users: 9 } }), 1)).toEqual(['budgetExceeded']);
  expect(names(limitsOf({}), 0, 5, 0)).toEqual([]);
});

describe('a refusal tells an operator how much, how much is allowed, and that nobody is purged', () => {
  test.each([
    [
      refusals(both([5, 0.5]), 7),
      ['7 users', ' 2 more', 'the 5 allowed', '5 users and 0.5 % of the 1000'],
      5,
      7,
    ],
    [
      refusals(both([9, 0], [9, 0.1]), 7, 5),
      ['7 purges tonight', '5 before', '12 in 7 days', ' 3 more', 'the 9 allowed', '9 users and 0.1 % of'],
      9,
      12,
    ],
  ] as const)('case %#', ([told, ...others], facts, limit, actual) => {
    expect([told?.limit, told?.actual, others]).toStrictEqual([limit, actual, []]);
    for (const fact of [...facts, 'Nobody is purged.', 'raise the limit in the policy']) {
      expect(told?.detail).toContain(fact);
    }
  });
});

test('a higher limit never refuses what a lower one allowed', () => {
  const n = fc.nat(20);
  fc.assert(
    fc.property(
      n,
      n,
      n,
      n,
      n,
      n,
      n,
      n,
      n,
      (tonight, before, synced, users, percent, most, share, more, wider) => {
        const now = names(both([users, percent], [most, share]), tonight, before, synced * 50);
        const then = names(
          both([users + more, percent + wider], [most + wider, share + more]),
          tonight,
          before,
          synced * 50,
        );
        expect(then.filter((name) => !now.includes(name))).toEqual([]);
      },
    ),
  );
});

const SIZES = [30, 60, 99, 300, 1_000, 3_000, 10_000, 30_000, 100_000];
const shipped = parsePolicy({
  ...(JSON.parse(readFileSync('policy.json', 'utf8')) as object),
  tenantId: 'aaaaaaaa-0000-4000-8000-000000000001',
});
const LIMITS = 'policy' in shipped ? shipped.policy.accidentalDeletionPrevention : limitsOf({});

/** Nights of a company that `leaversOn` each day: how many are purged, and how many nights are refused. */
function live(syncedUsers: number, nights: number, leaversOn: (day: number) => number) {
  const purged: number[] = [];
  let due = 0;
  let refused = 0;
  for (let day = 0; day < nights; day++) {
    due += leaversOn(day);
    const before = purged.slice(-(LIMITS.rollingBudget.days - 1)).reduce((sum, one) => sum + one, 0);
    const isOver = names(LIMITS, due, day === 0 ? 0 : before, syncedUsers).length > 0;
    purged.push(isOver ? 0 : due);
    if (isOver) refused += 1;
    else due = 0;
  }
  return { purged: purged.reduce((sum, one) => sum + one, 0), refused, due };
}

/** The most for which no night is refused. */
function most(fits: (users: number) => boolean): number {
  let users = 0;
  while (fits(users + 1)) users += 1;
  return users;
}

describe('under the shipped policy', () => {
  test.each([30, 60, 99])('a company of %i purges its leaver', (synced) => {
    expect(live(synced, 30, (day) => (day === 3 ? 1 : 0))).toEqual({ purged: 1, refused: 0, due: 0 });
  });

  test('one of 3,000 keeps up with two a day', () => {
    expect(live(3_000, 365, () => 2)).toEqual({ purged: 730, refused: 0, due: 0 });
  });

  test('the README shows what the limits allow, from 30 to 100,000 users', () => {
    const readme = readFileSync('README.md', 'utf8');
    const number = (value: number) => value.toLocaleString('en-US');
    for (const synced of SIZES) {
      const { perNight, rollingBudget } = allowedPurges(LIMITS, synced);
      const everyDay = most((users) => live(synced, 60, () => users).refused === 0);
      const atOnce = most((users) => live(synced, 1, () => users).refused === 0);
      expect(atOnce).toBe(Math.min(perNight, rollingBudget));
      const row = [synced, atOnce, rollingBudget, everyDay].map(number).join(' | ');
      expect(readme).toContain(`| ${row} |\n`);
    }
  });
});
