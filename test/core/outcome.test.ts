import { describe, expect, test } from '@jest/globals';
import { at } from '../../lib/core/ids.ts';
import { OUTCOMES } from '../../lib/core/names.ts';
import { isFailure, type Look, lookAt, nextStep, type Progress, type Seen } from '../../lib/core/outcome.ts';
import { deletedMailUser, NOW, sure } from './people.ts';

const user = deletedMailUser(1);
const generation = { id: user.id, deletedDateTime: sure(user.deletedDateTime) };
const earlier = { ...user, deletedDateTime: at(Date.parse(NOW) - 1) };

test.each<readonly [Seen['deleted'], Seen['live'], Look]>([
  ['absent', 'absent', 'gone'],
  ['absent', 'present', 'restored'],
  ['absent', 'unclear', 'unclear'],
  [user, 'absent', 'still'],
  [user, 'unclear', 'still'],
  [user, 'present', 'restored'],
  [earlier, 'absent', 'restored'],
  [{ ...user, deletedDateTime: undefined }, 'absent', 'unclear'],
  ['unclear', 'absent', 'unclear'],
  ['unclear', 'unclear', 'unclear'],
  ['unclear', 'present', 'restored'],
])('deleted %#, live %s → %s', (deleted, live, look) => {
  expect(lookAt(generation, { deleted, live })).toBe(look);
});

describe('the next step', () => {
  const step = (changes: Partial<Progress>) =>
    nextStep({ steps: 0, tried: 0, refused: 0, failed: 0, ...changes });
  test('one, then five, then batches; the first two wait for proof', () => {
    expect([0, 1, 2, 9].map((steps) => step({ steps }))).toStrictEqual([
      { step: 'purge', size: 1, waitForProof: true },
      { step: 'purge', size: 5, waitForProof: true },
      { step: 'purge', size: 20, waitForProof: false },
      { step: 'purge', size: 20, waitForProof: false },
    ]);
  });
  test.each<readonly [string, Partial<Progress>, 'purge' | 'stop']>([
    ['the first fails', { steps: 1, tried: 1, failed: 1 }, 'stop'],
    ['the first is privileged', { steps: 1, tried: 1, refused: 1 }, 'purge'],
    ['two fail', { steps: 2, tried: 6, failed: 2 }, 'purge'],
    ['three of six fail', { steps: 2, tried: 6, failed: 3 }, 'stop'],
    ['all of six are refused', { steps: 2, tried: 6, refused: 6 }, 'stop'],
    ['three of a hundred fail', { steps: 7, tried: 100, failed: 3 }, 'purge'],
    ['refused and failed together', { steps: 7, tried: 20, failed: 3, refused: 2 }, 'stop'],
    ['exactly a fifth of fifteen fail', { steps: 4, tried: 15, failed: 3 }, 'purge'],
    ['more than a fifth of fourteen fail', { steps: 4, tried: 14, failed: 3 }, 'stop'],
    ['nothing was tried yet', {}, 'purge'],
  ])('%s', (_name, progress, expected) => {
    expect(step(progress).step).toBe(expected);
  });

  test('a stop says why', () => {
    expect(step({ steps: 1, tried: 1, failed: 1 })).toMatchObject({ why: expect.stringContaining('first') });
    expect(step({ steps: 3, tried: 9, failed: 3, refused: 2 })).toMatchObject({
      why: expect.stringMatching(/\b9 purges tried, 2 .*refused.* 3 failed/),
    });
  });
});

test('a night fails for what was not purged or not proven, and for nothing else', () => {
  expect(OUTCOMES.filter((outcome) => isFailure(outcome) === true)).toStrictEqual([
    'notPurged',
    'unverified',
  ]);
  expect(OUTCOMES.filter((outcome) => isFailure(outcome) === false)).toHaveLength(OUTCOMES.length - 2);
});
