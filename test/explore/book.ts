/** What the raw lines and the wire say, kept by the checkers. It knows nothing of the state under test. */
import type { NightId } from '../../lib/core/ids.ts';
import { type Key, keyOf } from '../../lib/core/model.ts';
import type { LedgerLine } from '../../lib/core/record.ts';
import type { AnswerName, OutcomeName } from '../../lib/core/vocabulary.ts';

/** An announced DELETE without an end. */
interface Intent {
  readonly night: NightId;
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly readAt: number;
  readonly wasSent: boolean;
  readonly answer: AnswerName | undefined;
  /** Looked at since it was answered. */
  readonly wasLooked: boolean;
  readonly earlier: Intent | undefined;
}

export interface Book {
  night: NightId | undefined;
  readonly intents: Map<Key, Intent>;
  /** Users that failed by an answered DELETE, or could not be read: was anybody purged since, or in that instant? */
  readonly failed: Map<Key, 'nobody' | 'perhaps' | 'somebody'>;
  /** Milliseconds since 1970. */
  lastPurge: number;
  readonly purged: Set<Key>;
  /** Of tonight: */
  planned: readonly Key[];
  readonly verdicts: Map<Key, 'purge' | 'keep'>;
  /** When the plan was made. */
  readonly failedBefore: Set<Key>;
  readonly ends: Map<Key, OutcomeName>;
  readonly tried: Key[];
  /** DELETEs whose answer was not a used-up quota. */
  readonly sent: Map<Key, number>;
  knownEnds: number;
  /** Users that failed before, tried since one of them was purged. */
  readonly inVain: Set<Key>;
  /** Milliseconds since 1970. */
  silentUntil: number;
  isStopped: boolean;
}

export const emptyBook = (): Book => ({
  night: undefined,
  intents: new Map(),
  failed: new Map(),
  lastPurge: 0,
  purged: new Set(),
  planned: [],
  verdicts: new Map(),
  failedBefore: new Set(),
  ends: new Map(),
  tried: [],
  sent: new Map(),
  knownEnds: 0,
  inVain: new Set(),
  silentUntil: 0,
  isStopped: false,
});

const FAILED: ReadonlySet<OutcomeName> = new Set(['denied', 'notPurged', 'unread']);
export const isFailure = (outcome: OutcomeName | undefined) => outcome !== undefined && FAILED.has(outcome);

/** Enters a durable line. */
export function enter(book: Book, { night, record, at }: LedgerLine): void {
  switch (record.kind) {
    case 'nightStarted':
      beginNight(book, night);
      return;
    case 'decided':
      if (record.deletedDateTime !== undefined) {
        book.verdicts.set(keyOf({ ...record, deletedDateTime: record.deletedDateTime }), record.verdict);
      }
      return;
    case 'unchanged':
      for (const key of book.verdicts.keys()) {
        if (record.left.some((id) => key.startsWith(id))) book.verdicts.delete(key);
      }
      return;
    case 'planned':
      book.planned = [...book.verdicts].flatMap(([key, verdict]) => (verdict === 'purge' ? [key] : []));
      for (const key of book.failed.keys()) book.failedBefore.add(key);
      return;
    case 'announced': {
      const key = keyOf(record);
      const earlier = book.intents.get(key);
      const { attempt, readAt } = record;
      book.intents.set(key, {
        night,
        attempt,
        readAt: Date.parse(readAt ?? ''),
        wasSent: false,
        answer: undefined,
        wasLooked: false,
        earlier,
      });
      if (earlier === undefined) tryUser(book, key);
      return;
    }
    case 'withdrawn': {
      const key = keyOf(record);
      const earlier = book.intents.get(key)?.earlier;
      if (earlier === undefined) book.intents.delete(key);
      else book.intents.set(key, earlier);
      return;
    }
    case 'answered': {
      const key = keyOf(record);
      const intent = book.intents.get(key);
      if (intent !== undefined) book.intents.set(key, { ...intent, answer: record.answer });
      return;
    }
    case 'settled': {
      const isLate = record.announcedBy !== undefined && record.announcedBy !== night;
      settle(book, keyOf(record), record.outcome, { isLate, at: Date.parse(at) });
      return;
    }
    default:
      return;
  }
}

function beginNight(book: Book, night: NightId): void {
  book.night = night;
  book.planned = [];
  book.failedBefore.clear();
  book.ends.clear();
  book.tried.length = 0;
  book.sent.clear();
  book.knownEnds = 0;
  book.inVain.clear();
  book.silentUntil = 0;
  book.isStopped = false;
}

function tryUser(book: Book, key: Key): void {
  if (book.tried.includes(key) || book.ends.has(key)) return;
  if (book.failedBefore.has(key)) book.inVain.add(key);
  else book.tried.push(key);
}

function settle(
  book: Book,
  key: Key,
  outcome: OutcomeName,
  { isLate, at }: { readonly isLate: boolean; readonly at: number },
): void {
  const intent = book.intents.get(key);
  if (outcome === 'unread' && intent === undefined) tryUser(book, key);
  if (!isLate) {
    book.ends.set(key, outcome);
    if (intent !== undefined) book.knownEnds += 1;
  }
  book.intents.delete(key);
  if (outcome === 'purged') {
    book.purged.add(key);
    book.inVain.clear();
    book.lastPurge = at;
    for (const other of book.failed.keys()) book.failed.set(other, 'somebody');
  }
  const isOurs = intent !== undefined && intent.answer === undefined;
  const since = book.lastPurge === at ? 'perhaps' : 'nobody';
  if (isFailure(outcome) && !isOurs) book.failed.set(key, book.failed.get(key) ?? since);
  else if (!isFailure(outcome) && outcome !== 'kept') book.failed.delete(key);
}

/** Tonight's DELETEs of users that may be under way: on the wire, or answered unclearly and not looked at since. */
export const unclear = ({ intents, night }: Book): readonly Key[] =>
  [...intents].flatMap(([key, one]) => {
    const isOpen = one.answer === undefined || (one.answer !== 'accepted' && !one.wasLooked);
    return one.night === night && one.wasSent && isOpen ? [key] : [];
  });

export const accepted = ({ intents, night }: Book): readonly Key[] =>
  [...intents].flatMap(([key, one]) => (one.night === night && one.answer === 'accepted' ? [key] : []));

/** Of the last tried, those that are known to have failed, and those that nobody answered for. */
export function failures({ tried, ends, intents, night }: Book, window: number) {
  const recent = tried.slice(-window);
  const failed = recent.filter((key) => {
    const { answer, night: of } = intents.get(key) ?? {};
    return isFailure(ends.get(key)) || (of === night && (answer === 'unclear' || answer === 'rejected'));
  });
  return { tried: recent.length, failed: failed.length };
}
