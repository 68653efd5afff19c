/** Tonight's plan, and the limits of accidental deletion prevention. */
import { createHash } from 'node:crypto';
import type { ObjectId, Timestamp } from './ids.ts';
import {
  type Decision,
  type Generation,
  keyOf,
  type Plan,
  type PlanCounts,
  type Refusal,
  type Verdict,
} from './model.ts';
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
export function makePlan(decisions: readonly Decision[], limits: Limits): Plan {
  const purges = decisions.flatMap(({ user, verdict }) => purgeOf(user, verdict.verdict)).sort(byAge);
  const refusals = exceededLimits(purges.length, limits);
  return {
    state: refusals.length > 0 ? 'overLimit' : 'ready',
    fingerprint: fingerprint(purges.map(keyOf)),
    counts: count(decisions, purges.length),
    budgetSpent: limits.budgetSpent,
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

function exceededLimits(purges: number, { limits, syncedUsers, budgetSpent }: Limits): readonly Refusal[] {
  if (purges === 0) return [];
  const { maxPurgesPerNight, maxPercentOfSyncedUsers, rollingBudget } = limits;
  const percent = syncedUsers > 0 ? (purges * 100) / syncedUsers : 100;
  const afterTonight = budgetSpent + purges;
  const next = 'Look at the list; if it is right, raise the limit in the policy for a night.';
  const all = [
    {
      refusal: 'tooManyPurges',
      limit: maxPurgesPerNight,
      actual: purges,
      detail: `${purges} users would be purged, ${purges - maxPurgesPerNight} more than the ${maxPurgesPerNight} allowed in a night (maxPurgesPerNight). Nobody is purged. ${next}`,
    },
    {
      refusal: 'tooLargeShare',
      limit: maxPercentOfSyncedUsers,
      actual: percent,
      detail: `${purges} users are ${percent.toFixed(2)} % of the ${syncedUsers} synced users, more than the ${maxPercentOfSyncedUsers} % allowed (maxPercentOfSyncedUsers). Nobody is purged. ${next}`,
    },
    {
      refusal: 'budgetExceeded',
      limit: rollingBudget.maxPurges,
      actual: afterTonight,
      detail: `${purges} purges tonight and ${budgetSpent} before make ${afterTonight} in ${rollingBudget.days} days, ${afterTonight - rollingBudget.maxPurges} more than the ${rollingBudget.maxPurges} allowed (rollingBudget). Nobody is purged. ${next}`,
    },
  ] as const satisfies readonly Refusal[];
  return all.filter(({ limit, actual }) => actual > limit);
}
