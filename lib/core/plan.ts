/** Tonight's plan, and the limits of accidental deletion prevention. */
import { createHash } from 'node:crypto';
import type { ObjectId, Timestamp } from './ids.ts';
import { allowedPurges, exceededLimits } from './limits.ts';
import { type Decision, type Generation, keyOf, type Plan, type PlanCounts, type Verdict } from './model.ts';
import type { Policy } from './policy.ts';
import type { KeepReason } from './vocabulary.ts';

export interface Limits {
  readonly limits: Policy['accidentalDeletionPrevention'];
  /** Live synced users, as counted tonight. */
  readonly syncedUsers: number;
  /** Purges that earlier nights took out of the rolling budget. */
  readonly budgetSpent: number;
}

/** Every decision, counted. A limit that is exceeded stops the whole plan; it never cuts the list short. */
export function makePlan(decisions: readonly Decision[], given: Limits): Plan {
  const purges = decisions.flatMap(({ user, verdict }) => purgeOf(user, verdict.verdict)).sort(byAge);
  const { limits, syncedUsers, budgetSpent } = given;
  const allowed = allowedPurges(limits, syncedUsers);
  const refusals = exceededLimits(
    { tonight: purges.length, before: budgetSpent, syncedUsers },
    limits,
    allowed,
  );
  return {
    state: refusals.length > 0 ? 'overLimit' : 'ready',
    fingerprint: fingerprint(purges.map(keyOf)),
    counts: count(decisions, purges.length),
    budgetSpent,
    allowed,
    refusals,
  };
}

/** The deletion to be purged, where the verdict is that. */
export const purgeOf = (
  { id, deletedDateTime }: { readonly id: ObjectId; readonly deletedDateTime?: Timestamp | undefined },
  verdict: Verdict['verdict'],
): readonly Generation[] =>
  verdict === 'purge' && deletedDateTime !== undefined ? [{ id, deletedDateTime }] : [];

/** Oldest first. */
export const byAge = (a: Generation, b: Generation) => (ageOf(a) < ageOf(b) ? -1 : 1);
const ageOf = ({ id, deletedDateTime }: Generation) => `${deletedDateTime} ${id}`;

/** Names this exact set of keys or ids, which must be sorted. */
export function fingerprint(sorted: readonly string[]): string {
  const hash = createHash('sha256');
  for (const name of sorted) hash.update(`${name}\n`);
  return hash.digest('hex');
}

function count(decisions: readonly Decision[], purge: number): PlanCounts {
  const keptBy: Partial<Record<KeepReason, number>> = {};
  for (const { verdict } of decisions) {
    if (verdict.verdict === 'keep') keptBy[verdict.reason] = (keptBy[verdict.reason] ?? 0) + 1;
  }
  return { deletedUsers: decisions.length, purge, keep: decisions.length - purge, keptBy };
}
