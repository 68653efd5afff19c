/** Policies, and who they protect, told by other means than the tool's own. */
import { type Policy, parsePolicy } from '../../lib/core/policy.ts';
import { DAY_MS } from '../tenant/clock.ts';
import type { EntraUser } from '../tenant/directory.ts';
import { unmangled } from '../tenant/entraUser.ts';
import type { World } from '../tenant/world.ts';
import type { Chance } from './chance.ts';
import { ON_PREM_DOMAINS } from './exports.ts';

/** What a company has, whatever its policy of the day. */
export interface Family {
  readonly source: 'entra' | 'activeDirectory' | 'export';
  /** Active Directory shows deleted objects; without them a covered place tells. */
  readonly tombstones: boolean;
  readonly exchange: 'off' | 'whenAvailable' | 'required';
  /** Directory extension attributes carry the target address and the recipient type. */
  readonly extension: boolean;
}

export const pickFamily = (chance: Chance): Family => ({
  source: chance.pick('family', ['entra', 'activeDirectory', 'export']),
  tombstones: chance.pick('family', [true, true, false]),
  exchange: chance.pick('family', ['off', 'whenAvailable', 'required']),
  extension: chance.pick('family', [true, false, false]),
});

/** What the policy asks of a user who is absent as this company's source can show it. */
export function delaysOf(policy: Policy, { source, tombstones }: Family) {
  const kind =
    source === 'entra' ? source : source === 'activeDirectory' && tombstones ? 'tombstone' : 'covered';
  return { graceDays: policy.gracePeriodDays[kind] ?? Infinity, nightsAbsent: policy.nightsAbsent[kind] };
}

/** The app that owns the directory extension attributes. */
export const EXTENSION_APP = '5d41402abc4b2a76b9719d911017c592';
export const BOARD_OU = 'OU=Board,OU=Partners,DC=domain,DC=com';

export const AMPLE = {
  perNight: { users: 1_000, percent: 0 },
  rollingBudget: { days: 7, users: 1_000, percent: 0 },
};

/** A limit that tonight may just meet, or just exceed. `purged` is how many were purged in the last `days`. */
export function tightLimits(chance: Chance, days: number, purged: number): typeof AMPLE {
  const int = (most: number) => chance.int('limits', 0, most);
  const budget = { ...AMPLE, rollingBudget: { days, users: purged + int(4), percent: 0 } };
  return chance.pick('limits', [
    budget,
    { ...AMPLE, rollingBudget: { days, users: int(2), percent: int(12) } },
    { ...AMPLE, perNight: { users: int(6), percent: 0 } },
    { ...budget, perNight: { users: int(2), percent: int(12) } },
  ]);
}

/** A policy such as an operator might write, with limits that nobody meets. */
export function inventPolicy(
  chance: Chance,
  family: Family,
  world: World,
  changes: Readonly<Record<string, unknown>> = {},
): Policy {
  const { source } = family;
  const pick = <T>(choices: readonly T[]) => chance.pick('policy', choices);
  const result = parsePolicy({
    mode: pick([...Array.from({ length: 6 }, () => 'purge'), 'report']),
    tenantId: world.tenantId,
    gracePeriodDays: pick([0, 1, 3, 7, 14, { tombstone: 1, covered: 5, entra: 9 }, { parked: 3, entra: 5 }]),
    nightsAbsent: pick([1, 2, 3, { tombstone: 1, covered: 3 }]),
    maxSyncAgeHours: pick([3, 6, 24]),
    onPremises: {
      source,
      maxShrinkPercent: pick([5, 20, 40, 40, 40]),
      maxSliceShrinkUsers: pick([2, 8]),
      ...(source === 'export' && { domains: [...ON_PREM_DOMAINS], maxAgeHours: pick([26, 80]) }),
      ...(source === 'activeDirectory' && {
        domains: ON_PREM_DOMAINS.map((domain) => ({ domain, domainControllers: [`ldaps://dc1.${domain}`] })),
      }),
    },
    mailUserEvidence: family.extension
      ? {
          targetAddressAttribute: `extension_${EXTENSION_APP}_targetAddress`,
          recipientTypeAttribute: `extension_${EXTENSION_APP}_msExchRecipientTypeDetails`,
        }
      : {},
    exchange: { use: family.exchange, lingeringAfterHours: 24 },
    protect: protect(chance, world),
    accidentalDeletionPrevention: AMPLE,
    telemetry: { spellOutKeeps: false },
    ...changes,
  });
  if ('problems' in result) throw new Error(result.problems.join('; '));
  return result.policy;
}

function protect(chance: Chance, world: World): Record<string, unknown> {
  const some = <T>(value: T): T[] => (chance.happens('world: a protect rule', 0.3) ? [value] : []);
  const ids = world.entra.deletedUsers().map(({ id }) => id);
  const until = (days: number) => new Date(world.clock.now() + days * DAY_MS).toISOString().slice(0, 10);
  const days = chance.int('protect', -2, 12);
  return {
    domains: some('fabrikam.com'),
    userPrincipalNames: some('*.admin@domain.com'),
    addresses: some('vip*'),
    organizationalUnits: some(BOARD_OU),
    extensionAttributes: some({ attribute: 'extensionAttribute3', value: 'keep*' }),
    users: ids.length === 0 ? [] : some({ ...named, id: chance.pick('protect', ids), until: until(days) }),
  };
}
const named = { requestedBy: 'the helpdesk', why: 'a dispute' };

/** Does `policy` protect `user` on that day? Knows only the rules that {@link inventPolicy} writes. */
export function isProtected(user: EntraUser, { protect: rules }: Policy, day: string): boolean {
  const upn = unmangled(user).toLowerCase();
  const addresses = [user.mail ?? '', ...user.proxyAddresses].map((text) =>
    text.toLowerCase().replace(/^smtp:/, ''),
  );
  const names = [upn, ...addresses];
  const has = (list: readonly unknown[]) => list.length > 0;
  return (
    (has(rules.domains) && names.some((name) => name.endsWith('@fabrikam.com'))) ||
    (has(rules.userPrincipalNames) && upn.endsWith('.admin@domain.com')) ||
    (has(rules.addresses) && names.some((name) => name.startsWith('vip'))) ||
    (has(rules.organizationalUnits) && inBoard(user)) ||
    (has(rules.extensionAttributes) &&
      user.onPremisesExtensionAttributes['extensionAttribute3']?.startsWith('keep') === true) ||
    rules.users.some(({ id, until }) => id === user.id && day <= until)
  );
}

const inBoard = ({ onPremisesDistinguishedName }: EntraUser) =>
  onPremisesDistinguishedName?.toLowerCase().endsWith(`,${BOARD_OU.toLowerCase()}`) === true;
