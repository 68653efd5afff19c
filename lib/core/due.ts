/** When the waiting of a kept user is over. */
import { at, DAY_MS, type Timestamp } from './ids.ts';
import type { Policy } from './policy.ts';
import type { RecordOf } from './record.ts';
import type { KeepReason } from './vocabulary.ts';

/** Entra ID itself purges a deleted user after so many days ("Recover from deletions"). */
export const RECYCLE_BIN_DAYS = 30;

/** Reasons that pass by themselves. */
const WAITING: ReadonlySet<KeepReason> = new Set(['withinGracePeriod', 'notAbsentLongEnough']);

export const removedAt = (deletedDateTime: Timestamp): Timestamp =>
  at(Date.parse(deletedDateTime) + RECYCLE_BIN_DAYS * DAY_MS);

/**
 * From when on a night may purge the user, if nothing else about it changes. `nightsAbsent`: counted with the UTC date of
 * `now`. `undefined` where it is kept for something that waiting does not change.
 */
export function dueAt(
  {
    verdict,
    reason,
    deletedDateTime,
    onPremises,
  }: Pick<RecordOf<'decided'>, 'verdict' | 'reason' | 'deletedDateTime' | 'onPremises'>,
  nightsAbsent: number,
  policy: Pick<Policy, 'gracePeriodDays' | 'nightsAbsent'>,
  now: Timestamp,
): Timestamp | undefined {
  if (verdict === 'purge') return now;
  if (deletedDateTime === undefined || reason === undefined || !WAITING.has(reason)) return undefined;
  const kind = onPremises?.kind;
  const graceDays = kind && policy.gracePeriodDays[kind];
  if (kind === undefined || graceDays === undefined) return undefined;
  const graceEnds = Date.parse(deletedDateTime) + graceDays * DAY_MS;
  const nightsLeft = Math.max(policy.nightsAbsent[kind] - nightsAbsent, 0);
  const today = Date.parse(now.slice(0, 10));
  return at(Math.max(graceEnds, nightsLeft === 0 ? 0 : today + nightsLeft * DAY_MS, Date.parse(now)));
}
