/** Deleted users, evidence and policies for tests: one plain case, varied where a test says so. */
import fc from 'fast-check';
import { at, immutableId, nightId, objectId, tenantId, timestamp } from '../../lib/core/ids.ts';
import type { DeletedUser, Evidence, Fact, Found, Organization, TenantFacts } from '../../lib/core/model.ts';
import { type Policy, parsePolicy } from '../../lib/core/policy.ts';
import type { FactName } from '../../lib/core/vocabulary.ts';

/** The value, where a test knows that there is one. */
export function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test data are wrong');
  return value;
}

export const NOW = sure(timestamp('2026-03-01T02:00:00Z'));
export const TENANT = sure(tenantId('aaaaaaaa-0000-4000-8000-000000000001'));
export const NIGHT = sure(nightId('0123456789abcdef0123456789abcdef'));
export const VERIFIED = ['domain.com', 'domain2.com', 'contoso.onmicrosoft.com'];

export const TENANT_FACTS: TenantFacts = { verifiedDomains: VERIFIED, syncFlag: 'told' };

export const organization: Organization = {
  tenantId: TENANT,
  onPremisesSyncEnabled: true,
  lastSync: sure(timestamp('2026-03-01T01:40:00Z')),
  verifiedDomains: VERIFIED,
  serverTime: NOW,
};

/** The object id whose last digits are `n`. */
export const idOf = (n: number) => sure(objectId(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`));

/** A mail user of user@partner<n>.com, deleted twenty days before {@link NOW}, that nothing speaks for keeping. */
export function deletedMailUser(n: number, changes: Partial<DeletedUser> = {}): DeletedUser {
  const id = idOf(n);
  return {
    id,
    deletedDateTime: at(Date.parse(NOW) - 20 * 86_400_000),
    displayName: `Person ${n}`,
    userPrincipalName: `${id.replaceAll('-', '')}person${n}@domain.com`,
    userType: 'Member',
    mail: `user@partner${n}.com`,
    proxyAddresses: [`SMTP:user@partner${n}.com`, `smtp:person${n}@domain.com`],
    immutableId: sure(immutableId(Buffer.from(String(n).padStart(16, '0')).toString('base64'))),
    onPremisesSyncEnabled: true,
    onPremisesDomainName: 'domain.com',
    onPremisesSecurityIdentifier: `S-1-5-21-1-2-3-${n}`,
    onPremisesDistinguishedName: `CN=Person ${n},OU=Contractors,DC=domain,DC=com`,
    extensionAttributes: {},
    assignedLicenses: [],
    assignedPlans: [],
    provisionedPlans: [],
    directoryExtensions: {},
    snapshot: { id },
    ...changes,
  };
}

const fact = (value: Fact['value']): Fact => ({ value, origin: 'a test' });

/** Evidence that speaks for a purge in every respect; Exchange's part is there only where it is asked. */
export const purgeableEvidence: Readonly<Record<FactName, Fact>> = {
  onHold: fact('no'),
  highVolumeEmail: fact('no'),
  onPremisesSynced: fact('yes'),
  cloudManaged: fact('no'),
  onPremises: fact('no'),
  reappeared: fact('no'),
  mailUser: fact('yes'),
  hadMailbox: fact('no'),
  licensed: fact('no'),
};

/** What the diff found of somebody who is gone. */
export const FOUND: Found = {
  presence: { state: 'absent', kind: 'entra', origin: 'a test' },
  reappeared: fact('no'),
};

export const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  onPremisesSynced: anyFact(),
  cloudManaged: anyFact(),
  onPremises: anyFact(),
  reappeared: anyFact(),
  mailUser: anyFact(),
  hadMailbox: anyFact(),
  licensed: anyFact(),
  onHold: anyFact(),
  highVolumeEmail: anyFact(),
});

function anyFact(): fc.Arbitrary<Fact> {
  return fc.constantFrom<Fact['value'][]>('yes', 'no', 'unknown').map(fact);
}

/** A policy in JSON that purges, with room; `changes` replace whole sections. */
export function policyJson(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    mode: 'purge',
    tenantId: TENANT,
    gracePeriodDays: 7,
    nightsAbsent: 1,
    maxSyncAgeHours: 3,
    onPremises: { source: 'entra', maxShrinkPercent: 10, maxSliceShrinkUsers: 5 },
    mailUserEvidence: {},
    protect: {},
    accidentalDeletionPrevention: {
      perNight: { users: 100 },
      rollingBudget: { days: 7, users: 300 },
    },
    telemetry: { spellOutKeeps: false },
    ...changes,
  };
}

export function policyOf(changes: Readonly<Record<string, unknown>> = {}): Policy {
  const result = parsePolicy(policyJson(changes));
  if ('problems' in result) throw new Error(result.problems.join('; '));
  return result.policy;
}
