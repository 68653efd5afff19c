/** Every closed name has a meaning of its own. */
import { describe, expect, test } from '@jest/globals';
import {
  ANSWER,
  CURE,
  FACT_NAMES,
  FACTS,
  factMeaning,
  KEEP,
  KEEP_REASONS,
  NIGHT,
  OUTCOME,
  REFUSAL,
  REFUSALS,
  SOURCE,
  UNKNOWN_REASONS,
} from '../../lib/core/vocabulary.ts';

test.each([
  ['keep reasons', Object.values(KEEP)],
  ['facts', Object.values(FACTS).map(({ asked }) => asked)],
  ['outcomes', Object.values(OUTCOME)],
  ['answers', Object.values(ANSWER)],
  ['cure states', Object.values(CURE)],
  ['sources', Object.values(SOURCE)],
  ['night statuses', Object.values(NIGHT)],
  ['refusals', Object.values(REFUSAL).map(({ what }) => what)],
] as const)('each of the %s has words, and no two the same', (_, texts) => {
  for (const text of texts) expect(text).toMatch(/^\w+/);
  expect(new Set(texts).size).toBe(texts.length);
});

test('each fact has reasons of its own to keep, one where it is otherwise and one where it is unknown', () => {
  const reasons = FACT_NAMES.map(factMeaning).flatMap(({ otherwise, unknown }) => [
    otherwise,
    ...(unknown === undefined ? [] : [unknown]),
  ]);
  expect(new Set(reasons).size).toBe(reasons.length);
  expect(KEEP_REASONS).toEqual(expect.arrayContaining(reasons));
});

test('the reasons that say "not known" are known as such', () => {
  const named = KEEP_REASONS.filter((reason) => /Unknown|Unproven/.test(reason));
  expect([...UNKNOWN_REASONS].toSorted()).toEqual(named.toSorted());
});

describe('what refuses a night', () => {
  test.each(REFUSALS)('%s: what happened, and what to do next, in sentences', (refusal) => {
    const { what, next } = REFUSAL[refusal];
    expect([what, next]).toStrictEqual([
      expect.stringMatching(/^[A-Z].*\.$/),
      expect.stringMatching(/^[A-Z].*\.$/),
    ]);
  });
  test.each([
    ['tooManyPurges', 'perNight'],
    ['budgetExceeded', 'rollingBudget'],
    ['sourceShrank', 'onPremises.maxShrinkPercent'],
    ['wrongTenant', 'tenantId'],
    ['halted', 'NIGHTLY_PURGE_HALT'],
    ['accessDenied', '24 hours'],
  ] as const)('%s names what to look at: %s', (refusal, setting) => {
    expect(REFUSAL[refusal].next).toContain(setting);
  });
});
