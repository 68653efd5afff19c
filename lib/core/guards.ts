/** What must be right about tenant and sources before anybody is even considered. */
import type { Baseline } from './baselines.ts';
import { elapsedMs, HOUR_MS, type Timestamp } from './ids.ts';
import type { Organization, Refusal, SourceSummary } from './model.ts';
import type { Policy } from './policy.ts';

/** Without this application permission of Microsoft Graph every permanent deletion is denied. */
export const PURGE_ROLE = 'User.DeleteRestore.All';

/** Our clock and the service's may differ by this much; grace periods are counted in days. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** Why tonight is refused on account of the tenant; empty where all is well. */
export function tenantRefusals(
  organization: Organization,
  policy: Pick<Policy, 'tenantId' | 'maxSyncAgeHours'>,
  now: Timestamp,
): readonly Refusal[] {
  return [
    wrongTenant(organization, policy),
    clockSkewed(organization, now),
    syncStale(organization, policy, now),
  ].filter((refusal) => refusal !== undefined);
}

function wrongTenant(organization: Organization, policy: Pick<Policy, 'tenantId'>): Refusal | undefined {
  if (organization.tenantId === policy.tenantId) return undefined;
  return {
    refusal: 'wrongTenant',
    detail: `This is tenant ${organization.tenantId}, and the policy is for ${policy.tenantId}. Nobody is purged. Write the right tenantId into the policy, or deploy it where it belongs.`,
  };
}

function clockSkewed({ serverTime }: Organization, now: Timestamp): Refusal | undefined {
  if (serverTime === undefined) {
    return {
      refusal: 'clockSkewed',
      detail: 'Graph did not say what time it is, so that ages cannot be trusted. Nobody is purged.',
    };
  }
  const skewMs = elapsedMs(serverTime, now);
  if (Math.abs(skewMs) <= MAX_CLOCK_SKEW_MS) return undefined;
  return {
    refusal: 'clockSkewed',
    limit: MAX_CLOCK_SKEW_MS / 1000,
    actual: Math.abs(skewMs) / 1000,
    detail: `This machine's clock is ${Math.round(skewMs / 1000)} s off Graph's (${now} here, ${serverTime} there). Nobody is purged, since ages cannot be trusted. Set the clock.`,
  };
}

function syncStale(
  { lastSync, onPremisesSyncEnabled }: Organization,
  policy: Pick<Policy, 'maxSyncAgeHours'>,
  now: Timestamp,
): Refusal | undefined {
  const next = 'Nobody is purged, since Entra ID may not know who is back. Look at Entra Connect.';
  if (onPremisesSyncEnabled !== true) {
    return { refusal: 'syncStale', detail: `Directory sync is not switched on in this tenant. ${next}` };
  }
  if (lastSync === undefined) {
    return { refusal: 'syncStale', detail: `Graph did not say when the directory was last synced. ${next}` };
  }
  const hours = elapsedMs(lastSync, now) / HOUR_MS;
  if (hours <= policy.maxSyncAgeHours) return undefined;
  return {
    refusal: 'syncStale',
    limit: policy.maxSyncAgeHours,
    actual: hours,
    detail: `The last directory sync was ${hours.toFixed(1)} hours ago, at ${lastSync}; the policy allows ${policy.maxSyncAgeHours}. ${next}`,
  };
}

/** Why tonight is refused because a source, or a part of it, is older than what an earlier night saw. */
export function agedRefusals(
  source: SourceSummary,
  lastSeen: Readonly<Record<string, Timestamp>>,
): readonly Refusal[] {
  return Object.entries(source.parts ?? {})
    .map(([part, asOf]) => ({ part, asOf, seen: lastSeen[part] }))
    .filter(({ asOf, seen }) => seen !== undefined && asOf < seen)
    .map(({ part, asOf, seen }) => ({
      refusal: 'sourceStale',
      detail: `The ${source.kind} of ${part} is of ${asOf}, older than that of ${seen} which an earlier night read. Nobody is purged, since it may not know who is back. Find out what put the old one back.`,
    }));
}

/** Why tonight is refused on account of how many users a source holds; empty where all is well. */
export function shrinkRefusals(
  source: SourceSummary,
  baseline: Baseline | undefined,
  limits: Policy['onPremises'],
): readonly Refusal[] {
  if (source.total === 0) {
    return [
      {
        refusal: 'sourceEmpty',
        detail: `${source.kind} holds not one user. Nobody is purged, since an empty source proves nobody's absence. Check what the source can read.`,
      },
    ];
  }
  // Where deleted objects are to be seen, each user's own tombstone is asked for, and no count.
  const showsDeleted = Object.values(source.coverage ?? {}).every(({ tombstones }) => tombstones);
  if (baseline === undefined || (source.coverage !== undefined && showsDeleted)) return [];
  const now = new Map(Object.entries(source.slices));
  const slices = Object.entries(baseline.slices).map(([slice, before]) => ({
    name: ` in ${slice}`,
    before,
    after: now.get(slice) ?? 0,
  }));
  return [{ name: '', before: baseline.total, after: source.total }, ...slices]
    .filter(({ before, after }) => before - after > limits.maxSliceShrinkUsers)
    .filter(({ before, after }) => shrinkPercent(before, after) > limits.maxShrinkPercent)
    .map(({ name, before, after }) => ({
      refusal: 'sourceShrank',
      limit: limits.maxShrinkPercent,
      actual: shrinkPercent(before, after),
      detail: `${source.kind} holds ${after} users${name}, ${shrinkPercent(before, after).toFixed(1)} % fewer than the ${before} of the past week; the policy allows ${limits.maxShrinkPercent} % or ${limits.maxSliceShrinkUsers} users. Nobody is purged, since a source that lost sight of users shows nobody's absence. If they are really gone, raise onPremises.maxShrinkPercent for a week, or wait: after a week without an accepted reading this one becomes the measure.`,
    }));
}

const shrinkPercent = (before: number, after: number) =>
  before === 0 ? 0 : ((before - after) * 100) / before;
