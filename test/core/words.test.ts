/** Every closed name has words of its own: nobody is told nothing, and no two things are told alike. */
import { describe, expect, test } from '@jest/globals';
import { CURE_STATES, KEEP_REASONS, NIGHT_STATUSES, OUTCOMES, REFUSALS } from '../../lib/core/names.ts';
import { ASKED, CURE, countedInWords, ENDED, KEPT, NIGHT, REFUSED, SOURCE } from '../../lib/core/words.ts';
import { purgeableEvidence } from './people.ts';

describe.each([
  ['why a user is kept', KEPT, KEEP_REASONS],
  ['what a fact is about', ASKED, Object.keys(purgeableEvidence)],
  ['how a purge ended', ENDED, OUTCOMES],
  ['what Exchange still holds', CURE, CURE_STATES],
  ['who a source is', SOURCE, ['entra', 'activeDirectory', 'export']],
  ['how a night ended', NIGHT, NIGHT_STATUSES],
] as const)('%s', (_, words, names) => {
  test('is said of each name, and of nothing else', () => {
    expect(Object.keys(words).toSorted()).toStrictEqual([...names].toSorted());
  });
  test('is said in words, and differently of each', () => {
    const texts: readonly string[] = Object.values(words);
    for (const text of texts) expect(text).toMatch(/^\w+/);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('what refuses a night', () => {
  test('is said of each refusal, differently', () => {
    expect(Object.keys(REFUSED).toSorted()).toStrictEqual([...REFUSALS].toSorted());
    const told = Object.values(REFUSED).map(({ what }) => what);
    expect(new Set(told).size).toBe(told.length);
  });
  test.each(REFUSALS)('%s: what happened, and what to do next, in sentences', (refusal) => {
    const { what, next } = REFUSED[refusal];
    expect([what, next]).toStrictEqual([
      expect.stringMatching(/^[A-Z].*\.$/),
      expect.stringMatching(/^[A-Z].*\.$/),
    ]);
  });
  test.each([
    ['tooManyPurges', 'maxPurgesPerNight'],
    ['tooLargeShare', 'maxPercentOfSyncedUsers'],
    ['budgetExceeded', 'rollingBudget'],
    ['sourceShrank', 'onPremises.maxShrinkPercent'],
    ['wrongTenant', 'tenantId'],
    ['halted', 'NIGHTLY_PURGE_HALT'],
  ] as const)('%s names the setting to look at: %s', (refusal, setting) => {
    expect(REFUSED[refusal].next).toContain(setting);
  });
});

test('counts are told in the order they came in', () => {
  expect(countedInWords({ purged: 2, refused: 1 })).toBe('2 purged, 1 refused');
  expect(countedInWords({ notAttempted: 1 })).toBe('1 notAttempted');
  expect(countedInWords({})).toBe('');
});
