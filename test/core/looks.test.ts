import { describe, expect, test } from '@jest/globals';
import { apply } from '../../lib/core/apply.ts';
import { at, nightId, type Timestamp } from '../../lib/core/ids.ts';
import { judgeLook, type Look, lookAt, type Seen } from '../../lib/core/looks.ts';
import { PACE } from '../../lib/core/pace.ts';
import { emptyState, type Open, type Tonight } from '../../lib/core/state.ts';
import type { AnswerName } from '../../lib/core/vocabulary.ts';
import { deletedMailUser, NIGHT, NOW, sure, TENANT } from './people.ts';

const user = deletedMailUser(1);
const generation = { id: user.id, deletedDateTime: sure(user.deletedDateTime) };
const shifted = (milliseconds: number) => ({
  ...user,
  deletedDateTime: at(Date.parse(generation.deletedDateTime) + milliseconds),
});

test.each<readonly [Seen['deleted'], Seen['live'], Look]>([
  ['absent', 'absent', 'gone'],
  ['absent', 'present', 'restored'],
  ['absent', 'unclear', 'unclear'],
  [user, 'absent', 'still'],
  [user, 'unclear', 'still'],
  [user, 'present', 'restored'],
  [shifted(-1_000), 'absent', 'restored'],
  [shifted(1_000), 'absent', 'restored'],
  [shifted(7), 'absent', 'still'],
  [{ ...user, deletedDateTime: undefined }, 'absent', 'unclear'],
  ['unclear', 'absent', 'unclear'],
  ['unclear', 'unclear', 'unclear'],
  ['unclear', 'present', 'restored'],
])('deleted %#, live %s → %s', (deleted, live, look) => {
  expect(lookAt(generation, { deleted, live })).toBe(look);
});

test('no answer at all is unclear', () => expect(lookAt(generation, undefined)).toBe('unclear'));

const later = (milliseconds: number): Timestamp => at(Date.parse(NOW) + milliseconds);
const MINUTE = 60_000;

function tonightOf(startedAt: Timestamp): Tonight {
  const state = emptyState();
  const record = { kind: 'nightStarted', mode: 'purge', tenantId: TENANT, policy: {} } as const;
  apply(state, { night: NIGHT, seq: 0, at: startedAt, prev: '0'.repeat(64), record });
  return sure(state.tonight);
}

/** Announced and answered at {@link NOW}, by tonight unless told otherwise. */
function openAs(answer: AnswerName | undefined, changes: Partial<Open> = {}): Open {
  return {
    ...generation,
    night: NIGHT,
    announcedAt: NOW,
    readAt: NOW,
    attempt: 1,
    answer: answer && { answer, at: NOW, retryAfterMs: 0, detail: 'the answer' },
    earlier: undefined,
    ...changes,
  };
}

/** What a look so many milliseconds after the answer comes to. */
function outcome(one: Open, look: Look, askedAfter: number, startedAt = NOW): string {
  const tonight = tonightOf(startedAt);
  const seen = { look, askedAt: later(askedAfter), now: later(askedAfter + 100) };
  const { lines, notes } = judgeLook(tonight, one, seen, PACE);
  const [line] = lines;
  if (line?.kind === 'settled') return line.outcome;
  const [note] = notes;
  if (note?.kind !== 'looked') return 'nothing';
  if (note.retry) return 'retry';
  return note.again === undefined ? 'given up' : 'again';
}

describe('a look at a DELETE of tonight', () => {
  test.each<readonly [AnswerName, Look, number, string]>([
    ['accepted', 'gone', 0, 'purged'],
    ['unclear', 'gone', 0, 'purged'],
    ['accepted', 'restored', 0, 'restored'],
    ['accepted', 'still', 0, 'again'],
    ['accepted', 'still', 4 * MINUTE - 1, 'again'],
    ['accepted', 'still', 4 * MINUTE, 'given up'],
    ['accepted', 'unclear', 4 * MINUTE, 'given up'],
    ['unclear', 'still', 4 * MINUTE - 1, 'again'],
    ['unclear', 'still', 4 * MINUTE, 'retry'],
    ['notFound', 'still', 4 * MINUTE, 'retry'],
    ['throttled', 'still', 0, 'retry'],
    ['throttled', 'unclear', 0, 'again'],
    ['rejected', 'still', 0, 'notPurged'],
    ['rejected', 'unclear', 0, 'again'],
  ])('%s, then %s after %i ms: %s', (answer, look, asked, expected) => {
    expect(outcome(openAs(answer), look, asked)).toBe(expected);
  });

  test.each<readonly [AnswerName, number, string]>([
    ['unclear', 3, 'retry'],
    ['unclear', 4, 'notPurged'],
    ['throttled', 99, 'retry'],
    ['throttled', 100, 'notPurged'],
  ])('%s, still there after attempt %i: %s', (answer, attempt, expected) => {
    expect(outcome(openAs(answer, { attempt }), 'still', 4 * MINUTE)).toBe(expected);
  });

  test('what the service asks to wait for comes on top', () => {
    const answer = { answer: 'unclear', at: NOW, retryAfterMs: 2 * MINUTE, detail: '' } as const;
    expect(outcome(openAs('unclear', { answer }), 'still', 5 * MINUTE)).toBe('again');
    expect(outcome(openAs('unclear', { answer }), 'still', 6 * MINUTE)).toBe('retry');
  });

  test('a denial is no end while an earlier attempt may have an effect', () => {
    const earlier = openAs('unclear');
    expect(outcome(openAs('denied', { attempt: 2, earlier }), 'still', 4 * MINUTE - 1)).toBe('again');
    expect(outcome(openAs('denied', { attempt: 2, earlier }), 'still', 4 * MINUTE)).toBe('denied');
  });
});

describe('a look at a DELETE of an earlier night', () => {
  const night = sure(nightId('e'.repeat(32)));
  const old = (answer: AnswerName | undefined) => openAs(answer, { night });
  test.each<readonly [AnswerName | undefined, Look, number, number, string]>([
    // Without an answer it may have left late, on a machine with another clock.
    [undefined, 'still', 11 * MINUTE - 1, 0, 'again'],
    [undefined, 'still', 11 * MINUTE, 0, 'notPurged'],
    [undefined, 'unclear', 11 * MINUTE, 0, 'given up'],
    [undefined, 'gone', 0, 0, 'purged'],
    // From tonight's start, never from the age of the intent.
    ['accepted', 'still', 64 * MINUTE - 1, 60 * MINUTE, 'again'],
    ['accepted', 'still', 64 * MINUTE, 60 * MINUTE, 'notPurged'],
    ['accepted', 'unclear', 64 * MINUTE - 1, 60 * MINUTE, 'again'],
    ['accepted', 'unclear', 64 * MINUTE, 60 * MINUTE, 'given up'],
    ['throttled', 'still', 64 * MINUTE, 60 * MINUTE, 'notPurged'],
    ['denied', 'still', 60 * MINUTE, 60 * MINUTE, 'denied'],
  ])(
    '%s, then %s after %i ms, in a night that began after %i ms: %s',
    (answer, look, asked, began, expected) => {
      expect(outcome(old(answer), look, asked, later(began))).toBe(expected);
    },
  );

  test('says which night announced it', () => {
    const seen = { look: 'gone', askedAt: later(MINUTE), now: later(MINUTE) } as const;
    const { lines } = judgeLook(tonightOf(NOW), old('accepted'), seen, PACE);
    expect(lines).toMatchObject([{ outcome: 'purged', announcedBy: night, verifiedAfterMs: MINUTE }]);
  });
});

test('looks become rarer, and never further apart than a minute', () => {
  const againIn = (askedAfter: number) => {
    const seen = { look: 'still', askedAt: later(askedAfter), now: later(askedAfter) } as const;
    const { notes } = judgeLook(tonightOf(NOW), openAs('accepted'), seen, PACE);
    const [note] = notes;
    return note?.kind === 'looked' && note.again !== undefined
      ? note.again - Date.parse(seen.now)
      : undefined;
  };
  expect([0, 4_000, 60_000, 200_000].map(againIn)).toEqual([1_000, 2_000, 30_000, 60_000]);
});
