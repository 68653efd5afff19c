/** Tonight's plan, and the brakes of accidental deletion prevention. */
import { createHash } from 'node:crypto';
import type { Decision, Generation, Plan, PlanCounts, PlannedPurge, Refusal } from './model.ts';
import type { KeepReason } from './names.ts';
import type { Policy } from './policy.ts';

export interface Brakes {
  readonly limits: Policy['accidentalDeletionPrevention'];
  /** Live synced users, as counted tonight. */
  readonly syncedUsers: number;
  /** Purges that earlier nights took out of the rolling budget. */
  readonly budgetSpent: number;
}

/** Every decision, sorted and counted; refused as a whole where a brake trips, never cut to fit. */
export function makePlan(decisions: readonly Decision[], brakes: Brakes): Plan {
  const purges = decisions.flatMap(toPurge).sort(byAge);
  const common = { fingerprint: fingerprint(purges), counts: count(decisions, purges.length) };
  const refusals = trippedBrakes(purges.length, brakes);
  return refusals.length > 0
    ? { ...common, state: 'refused', refusals }
    : { ...common, state: 'ready', purges };
}

function toPurge(decision: Decision): readonly PlannedPurge[] {
  const { id, deletedDateTime } = decision.user;
  return decision.verdict.verdict === 'purge' && deletedDateTime !== undefined
    ? [{ id, deletedDateTime, decision }]
    : [];
}

const byAge = (a: Generation, b: Generation) => (ageKey(a) < ageKey(b) ? -1 : 1);
const ageKey = ({ id, deletedDateTime }: Generation) => `${deletedDateTime} ${id}`;

/** Names this exact set of generations, whatever order it was read in. */
export function fingerprint(sorted: readonly Generation[]): string {
  const hash = createHash('sha256');
  for (const { id, deletedDateTime } of sorted) hash.update(`${id} ${deletedDateTime}\n`);
  return hash.digest('hex');
}

function count(decisions: readonly Decision[], purge: number): PlanCounts {
  const keptBy: Partial<Record<KeepReason, number>> = {};
  for (const { verdict } of decisions) {
    if (verdict.verdict === 'keep') keptBy[verdict.reason] = (keptBy[verdict.reason] ?? 0) + 1;
  }
  return { deletedUsers: decisions.length, purge, keep: decisions.length - purge, keptBy };
}

function trippedBrakes(purges: number, { limits, syncedUsers, budgetSpent }: Brakes): readonly Refusal[] {
  if (purges === 0) return [];
  const { maxPurgesPerNight, maxPercentOfSyncedUsers, rollingBudget } = limits;
  const percent = syncedUsers > 0 ? (purges * 100) / syncedUsers : 100;
  const afterTonight = budgetSpent + purges;
  const next = 'Look at the list; if it is right, raise the limit in the policy for a night.';
  const brakes = [
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
  return brakes.filter(({ limit, actual }) => actual > limit);
}
