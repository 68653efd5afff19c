/** The limits of accidental deletion prevention: how many users may be purged tonight, and with the days before. */
import type { Allowed, Refusal } from './model.ts';
import type { Policy } from './policy.ts';

type Limits = Policy['accidentalDeletionPrevention'];

/** Each limit in users: the larger of its number and its percentage of the live synced users. */
export const allowedPurges = (limits: Limits, syncedUsers: number): Allowed => ({
  perNight: larger(limits.perNight, syncedUsers),
  rollingBudget: larger(limits.rollingBudget, syncedUsers),
});

/** Without synced users there is nothing to measure by, and nothing is allowed. */
function larger({ users, percent }: Limits['perNight'], syncedUsers: number): number {
  // A percentage that makes a whole number must not fall below it by a rounding error.
  return syncedUsers === 0 ? 0 : Math.max(users, Math.floor((percent * syncedUsers) / 100 + 1e-9));
}

export interface Purges {
  readonly tonight: number;
  /** What earlier nights took out of the rolling budget. */
  readonly before: number;
  readonly syncedUsers: number;
}

/** Every limit that tonight's purges exceed. */
export function exceededLimits(purges: Purges, limits: Limits, allowed: Allowed): readonly Refusal[] {
  const { tonight, before, syncedUsers } = purges;
  if (tonight === 0) return [];
  const said = ({ users, percent }: Limits['perNight']) =>
    `the larger of ${users} users and ${percent} % of the ${syncedUsers} synced users`;
  const next = 'Look at the list; if it is right, raise the limit in the policy for a night.';
  const afterTonight = before + tonight;
  const all = [
    {
      refusal: 'tooManyPurges',
      limit: allowed.perNight,
      actual: tonight,
      detail: `${tonight} users would be purged, ${tonight - allowed.perNight} more than the ${allowed.perNight} allowed in a night (perNight: ${said(limits.perNight)}). Nobody is purged. ${next}`,
    },
    {
      refusal: 'budgetExceeded',
      limit: allowed.rollingBudget,
      actual: afterTonight,
      detail: `${tonight} purges tonight and ${before} before make ${afterTonight} in ${limits.rollingBudget.days} days, ${afterTonight - allowed.rollingBudget} more than the ${allowed.rollingBudget} allowed (rollingBudget: ${said(limits.rollingBudget)}). Nobody is purged. ${next}`,
    },
  ] as const satisfies readonly Refusal[];
  return all.filter(({ limit, actual }) => actual > limit);
}
