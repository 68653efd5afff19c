/** How each user of the recycle bin stands: the last verdict, and on how many nights it was seen absent. */
import type { ObjectId, Timestamp } from './ids.ts';
import type { RecordOf } from './record.ts';
import { idOf, type Standing, type State, type Tonight } from './state.ts';

/** On which date, and as of when, a night sees somebody absent. */
export interface Absence {
  readonly date: string;
  readonly parts: Readonly<Record<string, Timestamp>>;
}

export function absence({ sourcesRead }: Tonight, at: Timestamp): Absence {
  const parts = sourcesRead.flatMap(({ record }) => Object.entries(record.parts ?? {}));
  return { date: at.slice(0, 10), parts: Object.fromEntries(parts) };
}

/** A night counts once a UTC date, and only if every part of the sources is newer than at the last one that counted. */
export function absentNights(before: Standing | undefined, { date, parts }: Absence): number {
  if (before === undefined || before.absentNights === 0) return 1;
  const known = Object.entries(before.absentParts);
  const isNew = before.absentOn !== date && known.every(([part, asOf]) => (parts[part] ?? '9') > asOf);
  return before.absentNights + (isNew ? 1 : 0);
}

/** The same deletion of the same user? Streaks of another one do not count. */
export const sameDeletion = (
  before: Standing | undefined,
  { deletedDateTime }: { readonly deletedDateTime?: Timestamp | undefined },
) => (before !== undefined && before.decided.deletedDateTime === deletedDateTime ? before : undefined);

/** The user's standing after a verdict. */
export function standing(
  last: Standing | undefined,
  decided: RecordOf<'decided'>,
  at: Timestamp,
  here: Absence,
): Standing {
  const base = { decided, at };
  const isAbsent = decided.facts.onPremises?.value === 'no' && decided.deletedDateTime !== undefined;
  if (!isAbsent) return { ...base, absentNights: 0, absentOn: '', absentParts: {} };
  const before = sameDeletion(last, decided);
  const nights = absentNights(before, here);
  return nights === before?.absentNights
    ? { ...base, absentNights: nights, absentOn: before.absentOn, absentParts: before.absentParts }
    : { ...base, absentNights: nights, absentOn: here.date, absentParts: here.parts };
}

/** Everybody else stands as before. Where the line does not agree on who that is, their streaks begin anew. */
export function standOn(state: State, tonight: Tonight, record: RecordOf<'unchanged'>, at: Timestamp): void {
  for (const id of record.left) {
    state.evidence.delete(id);
    for (const key of state.stubborn.keys()) if (idOf(key) === id) state.stubborn.delete(key);
  }
  const others = unchangedUsers(state, tonight.decided);
  const agrees = others.length === record.users;
  const here = absence(tonight, at);
  for (const id of others) {
    const last = state.evidence.get(id);
    if (last === undefined) continue;
    const next = standing(agrees ? last : undefined, last.decided, at, here);
    state.evidence.set(id, { ...next, at: last.at });
  }
}

export const unchangedUsers = ({ evidence }: State, decided: ReadonlySet<ObjectId>) =>
  [...evidence.keys()].filter((id) => !decided.has(id));
