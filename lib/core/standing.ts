/** How each user of the recycle bin stands: the last verdict, and on how many nights it was seen absent. */
import type { Before } from './decide.ts';
import type { ObjectId, Timestamp } from './ids.ts';
import type { RecordOf } from './record.ts';
import { idOf, type Standing, type State, type Tonight } from './state.ts';
import type { AbsenceKind } from './vocabulary.ts';

/** On which date, and as of when, a night sees somebody absent; and what shows it. */
export interface Absence {
  readonly date: string;
  readonly kind: AbsenceKind | undefined;
  /** By source and part. */
  readonly parts: Readonly<Record<string, Timestamp>>;
}

/** What a night at that moment adds to a count: its date, and when each part of each source was as it was read. */
export function seenBy({ sourcesRead }: Tonight, at: Timestamp): Omit<Absence, 'kind'> {
  const parts = sourcesRead.flatMap(({ record: { source, asOf, parts: told } }) =>
    Object.entries(told ?? { '': asOf }).map(([part, moment]) => [`${source} ${part}`, moment] as const),
  );
  return { date: at.slice(0, 10), parts: Object.fromEntries(parts) };
}

type Streak = Pick<Standing, 'absentNights' | 'absentOn' | 'absentParts'>;

/**
 * A night counts once a UTC date, and only if every part of the sources is newer than at the last one that counted. With
 * another source, or by another kind of evidence, the count begins anew.
 */
export function absentStreak(before: Standing | undefined, { date, kind, parts }: Absence): Streak {
  const here = { absentOn: date, absentParts: parts };
  if (before === undefined || before.absentNights === 0) return { absentNights: 1, ...here };
  const { absentNights, absentOn, absentParts, decided } = before;
  const known = Object.entries(absentParts);
  const isSame =
    decided.onPremises?.kind === kind &&
    known.length === Object.keys(parts).length &&
    known.every(([part]) => parts[part] !== undefined);
  if (!isSame) return { absentNights: 1, ...here };
  const isNew = absentOn !== date && known.every(([part, asOf]) => (parts[part] ?? asOf) > asOf);
  return isNew ? { absentNights: absentNights + 1, ...here } : { absentNights, absentOn, absentParts };
}

/** The same deletion of the same user? Streaks of another one do not count. */
export const sameDeletion = (
  before: Standing | undefined,
  { deletedDateTime }: { readonly deletedDateTime?: Timestamp | undefined },
) => (before !== undefined && before.decided.deletedDateTime === deletedDateTime ? before : undefined);

/** What the decision needs to know of earlier nights. */
export const beforeOf = (before: Standing | undefined): Before | undefined =>
  before && {
    wasLive: before.wasLive,
    parked: before.decided.onPremises?.parked,
    facts: before.decided.facts,
  };

/** The user's standing after a verdict. */
export function standing(
  last: Standing | undefined,
  decided: RecordOf<'decided'>,
  at: Timestamp,
  here: Omit<Absence, 'kind'>,
): Standing {
  const before = sameDeletion(last, decided);
  const wasLive = before?.wasLive === true || decided.onPremises?.live === true;
  const base = { decided, at, wasLive };
  const isAbsent = decided.facts.onPremises?.value === 'no' && decided.deletedDateTime !== undefined;
  if (!isAbsent) return { ...base, absentNights: 0, absentOn: '', absentParts: {} };
  return { ...base, ...absentStreak(before, { ...here, kind: decided.onPremises?.kind }) };
}

/** Everybody else stands as before. Where the line does not agree on who that is, their streaks begin anew. */
export function standOn(state: State, tonight: Tonight, record: RecordOf<'unchanged'>, at: Timestamp): void {
  for (const id of record.left) {
    state.evidence.delete(id);
    for (const key of state.stubborn.keys()) if (idOf(key) === id) state.stubborn.delete(key);
  }
  const others = unchangedUsers(state, tonight.decided);
  const agrees = others.length === record.users;
  const here = seenBy(tonight, at);
  for (const id of others) {
    const last = state.evidence.get(id);
    if (last === undefined) continue;
    const next = standing(agrees ? last : undefined, last.decided, at, here);
    state.evidence.set(id, { ...next, at: last.at });
  }
}

export const unchangedUsers = ({ evidence }: State, decided: ReadonlySet<ObjectId>) =>
  [...evidence.keys()].filter((id) => !decided.has(id));
