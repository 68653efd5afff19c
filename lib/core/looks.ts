/** What a look at an object tells, when to look, and what follows for a DELETE whose end is not known. */
import { elapsedMs, type Timestamp } from './ids.ts';
import { type Generation, keyOf } from './model.ts';
import type { Pace } from './pace.ts';
import type { LedgerRecord } from './record.ts';
import type { Note, Open, Tonight } from './state.ts';
import type { OutcomeName } from './vocabulary.ts';

/** What a look at an object tells of one generation of it. */
export type Look = 'gone' | 'restored' | 'still' | 'unclear';

/** Where an object was seen: in the recycle bin (as of which deletion), among the live users. */
export interface Seen {
  readonly deleted: { readonly deletedDateTime: Timestamp | undefined } | 'absent' | 'unclear';
  readonly live: 'present' | 'absent' | 'unclear';
}

/** Gone means absent from both places. An object deleted anew is another generation, so this one was restored. */
export function lookAt(generation: Generation, seen: Seen | undefined): Look {
  if (seen === undefined) return 'unclear';
  const { deleted, live } = seen;
  if (live === 'present') return 'restored';
  if (deleted === 'unclear') return 'unclear';
  if (deleted === 'absent') return live === 'absent' ? 'gone' : 'unclear';
  if (deleted.deletedDateTime === undefined) return 'unclear';
  return secondOf(deleted.deletedDateTime) === secondOf(generation.deletedDateTime) ? 'still' : 'restored';
}

/** List and item need not agree in the fractions. */
const secondOf = (moment: Timestamp) => moment.slice(0, 19);

/** Is a look at it still to come tonight, or is it under way? */
export function isWaitedFor({ notes }: Tonight, one: Open): boolean {
  const looked = notes.looked.get(keyOf(one));
  return looked === undefined || looked.again !== undefined || notes.underWay.has(keyOf(one));
}

/** Milliseconds since 1970; `undefined` where no look is due tonight, or one is under way. */
export function lookDueAt({ night, notes, showTimes }: Tonight, one: Open, pace: Pace): number | undefined {
  const key = keyOf(one);
  if (notes.underWay.has(key)) return undefined;
  const looked = notes.looked.get(key);
  if (looked !== undefined) return looked.again;
  if (one.night !== night) return 0;
  if (one.answer === undefined) return undefined;
  const { answer, at, retryAfterMs } = one.answer;
  const showMs = answer === 'accepted' ? Math.min(median(showTimes), pace.longestLookMs) : 0;
  return Date.parse(at) + (answer === 'rejected' ? 0 : retryAfterMs) + showMs;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/**
 * From when on "still there" says that the DELETE had no effect, in milliseconds since 1970. Counted from the later of
 * the answer (with what it asks to wait for) and tonight's start, and not from the intent: an answer can take long.
 */
function decisiveAt(one: Open, startedAt: Timestamp, pace: Pace): number {
  const earlier = one.earlier === undefined ? 0 : decisiveAt(one.earlier, startedAt, pace);
  if (one.answer === undefined) return Math.max(earlier, Date.parse(one.announcedAt) + pace.unansweredMs);
  const { answer, at, retryAfterMs } = one.answer;
  if (answer === 'rejected' || answer === 'denied') return Math.max(earlier, Date.parse(at));
  return Math.max(earlier, Date.parse(at) + retryAfterMs + pace.showMs, Date.parse(startedAt) + pace.showMs);
}

const END_OF_STILL = 'still in deletedItems when its DELETE could have no effect any more';

export interface Looked {
  readonly look: Look;
  /** An answer is as old as its question: about what happened while it was on its way it says nothing. */
  readonly askedAt: Timestamp;
  readonly now: Timestamp;
}

/** What a look means for a DELETE: its end, or when to look again, or that the user may be tried again. */
export function judgeLook(
  tonight: Tonight,
  one: Open,
  { look, askedAt, now }: Looked,
  pace: Pace,
): { readonly lines: readonly LedgerRecord[]; readonly notes: readonly Note[] } {
  const asked = Date.parse(askedAt);
  const decisive = decisiveAt(one, tonight.startedAt, pace);
  const settled = (outcome: OutcomeName, detail: string) => ({
    lines: [settledRecord(tonight, one, outcome, detail, outcome === 'purged' ? askedAt : undefined)],
    notes: [],
  });
  const noted = (again: number | undefined, retry = false) => ({
    lines: [],
    notes: [{ kind: 'looked', key: keyOf(one), again, retry } as const],
  });
  if (look === 'gone') return settled('purged', 'absent from deletedItems and from /users');
  if (look === 'restored') return settled('restored', 'a live user again, or deleted anew, since the DELETE');
  const isThrottled = one.answer?.answer === 'throttled' && look === 'still' && one.night === tonight.night;
  if (asked < decisive && !isThrottled) return noted(nextLookAt(one, tonight, now, pace));
  if (look === 'unclear') {
    const giveUpAt = Math.max(decisive, Date.parse(tonight.startedAt) + pace.showMs);
    return noted(asked < giveUpAt ? nextLookAt(one, tonight, now, pace) : undefined);
  }
  if (one.answer?.answer === 'denied') return settled('denied', one.answer.detail);
  if (one.night !== tonight.night)
    return settled('notPurged', `${END_OF_STILL} (announced ${one.announcedAt})`);
  switch (one.answer?.answer) {
    case 'throttled':
    case 'unclear':
    case 'notFound': {
      // Who failed on an earlier night is tried once a night.
      const attempts = tonight.stubborn.has(keyOf(one)) ? 1 : pace.attempts;
      const most = isThrottled ? pace.attemptsThrottled : attempts;
      return one.attempt < most
        ? noted(undefined, true)
        : settled('notPurged', `still in deletedItems after ${one.attempt} DELETEs`);
    }
    case 'rejected':
      return settled('notPurged', one.answer.detail);
    case 'accepted':
    case undefined:
      // It was accepted, and nothing shows it. The next night looks again.
      return noted(undefined);
  }
}

/** Half as long again as it has taken so far. */
function nextLookAt(one: Open, tonight: Tonight, now: Timestamp, pace: Pace): number {
  const since = one.night === tonight.night ? (one.answer?.at ?? one.announcedAt) : tonight.startedAt;
  const waited = elapsedMs(since, now) / 2;
  return Date.parse(now) + Math.min(Math.max(waited, pace.shortestLookMs), pace.longestLookMs);
}

export function settledRecord(
  tonight: Tonight,
  one: Generation & Partial<Pick<Open, 'night' | 'announcedAt'>>,
  outcome: OutcomeName,
  detail: string,
  seenAt?: Timestamp,
): LedgerRecord {
  const { id, deletedDateTime, night = tonight.night, announcedAt } = one;
  return {
    kind: 'settled',
    id,
    deletedDateTime,
    outcome,
    detail,
    ...(seenAt && announcedAt && { verifiedAfterMs: Math.max(elapsedMs(announcedAt, seenAt), 0) }),
    ...(night !== tonight.night && { announcedBy: night }),
  };
}
