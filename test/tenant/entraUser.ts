import { graphTime } from './clock.ts';
import type { EntraUser } from './directory.ts';
import { distinguishedName, immutableIdOf, type OnPremUser, sidOf } from './onPrem.ts';

/** What a user cannot be without; the rest may be empty. */
export type NewUser = Pick<EntraUser, 'displayName' | 'userPrincipalName'> & Partial<EntraUser>;

/** A user with every property, those not given empty. What is empty is shared, so that 200,000 weigh little. */
export function entraUser(id: string, createdAt: number, given: NewUser): EntraUser {
  return {
    id,
    userType: 'Member',
    accountEnabled: true,
    mail: null,
    mailNickname: null,
    proxyAddresses: NO_TEXTS,
    otherMails: NO_TEXTS,
    createdDateTime: graphTime(createdAt),
    deletedDateTime: null,
    onPremisesSyncEnabled: null,
    onPremisesImmutableId: null,
    onPremisesLastSyncDateTime: null,
    onPremisesSecurityIdentifier: null,
    onPremisesDistinguishedName: null,
    onPremisesSamAccountName: null,
    onPremisesDomainName: null,
    onPremisesUserPrincipalName: null,
    onPremisesExtensionAttributes: NO_EXTENSION_ATTRIBUTES,
    assignedLicenses: NO_LICENSES,
    assignedPlans: NO_PLANS,
    provisionedPlans: NO_PROVISIONED,
    ...given,
  };
}

/** `user_partner.com#EXT#@<initial domain>` */
export const guestUser = (displayName: string, address: string, initialDomain: string): NewUser => ({
  displayName,
  userPrincipalName: `${address.replace('@', '_')}#EXT#@${initialDomain}`,
  userType: 'Guest',
  mail: address,
  proxyAddresses: [`SMTP:${address}`],
  otherMails: [address],
});

/** What directory sync writes of an on-prem user. */
export function syncedAttributes(
  user: OnPremUser,
  at: number,
  domainName: string,
  extensionAppId: string | undefined,
): NewUser {
  const attributes = {
    displayName: user.displayName,
    userPrincipalName: user.userPrincipalName,
    mail: user.mail,
    mailNickname: user.mailNickname,
    proxyAddresses: user.proxyAddresses,
    onPremisesSyncEnabled: true,
    onPremisesImmutableId: immutableIdOf(user),
    onPremisesLastSyncDateTime: graphTime(at),
    onPremisesSecurityIdentifier: sidOf(user),
    onPremisesDistinguishedName: distinguishedName(user),
    onPremisesSamAccountName: user.samAccountName,
    onPremisesDomainName: domainName,
    onPremisesUserPrincipalName: user.userPrincipalName,
    onPremisesExtensionAttributes:
      Object.keys(user.extensionAttributes).length === 0
        ? NO_EXTENSION_ATTRIBUTES
        : { ...NO_EXTENSION_ATTRIBUTES, ...user.extensionAttributes },
  };
  if (extensionAppId === undefined) return attributes;
  // Exchange's type numbers go beyond 32 bits, so that the attribute is synced as text.
  const recipientType = user.msExchRecipientTypeDetails;
  return {
    ...attributes,
    [`extension_${extensionAppId}_targetAddress` as const]: user.targetAddress,
    [`extension_${extensionAppId}_msExchRecipientTypeDetails` as const]:
      recipientType === null ? null : String(recipientType),
  };
}

/** Entra ID puts the object id, without dashes, before the name of a deleted user, so that the name is free. */
export const mangled = (user: EntraUser) => `${user.id.replaceAll('-', '')}${user.userPrincipalName}`;

export function unmangled(user: EntraUser): string {
  const prefix = user.id.replaceAll('-', '');
  const name = user.userPrincipalName;
  return user.deletedDateTime !== null && name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

export type ServiceName = 'exchange' | 'SharePoint' | 'foundation';
/** Exchange Foundation is a plan of the service `exchange` without a mailbox. */
export const FOUNDATION_PLAN = '113feb6c-3fe4-4440-bddc-54d774bf0318';
const SERVICE_PLANS: Readonly<Record<ServiceName, { skuId: string; servicePlanId: string }>> = {
  /** Microsoft Entra ID P2 */
  foundation: { skuId: '84a661c4-e949-4bd2-a560-ed7766fcaf2b', servicePlanId: FOUNDATION_PLAN },
  /** Exchange Online (Plan 1) */
  exchange: {
    skuId: '4b9405b0-7788-4568-add1-99614e613b69',
    servicePlanId: '9aaf7827-d63c-4b61-89c3-182f06f82e5c',
  },
  /** SharePoint Online (Plan 1) */
  SharePoint: {
    skuId: '1fc08a02-8b3d-43b9-831e-f76859e04e1a',
    servicePlanId: 'c7699d2e-19aa-44de-8edf-1736da088ca1',
  },
};

/** With a licence for one service: the licence, its plan assigned, the plan provisioned. */
export function licensed(user: EntraUser, name: ServiceName, at: number): Partial<EntraUser> {
  const { skuId, servicePlanId } = SERVICE_PLANS[name];
  const service = name === 'foundation' ? 'exchange' : name;
  const assignedDateTime = graphTime(at);
  return {
    assignedLicenses: [...user.assignedLicenses, { skuId, disabledPlans: [] }],
    assignedPlans: [
      ...user.assignedPlans.filter((plan) => plan.servicePlanId !== servicePlanId),
      { service, servicePlanId, capabilityStatus: 'Enabled', assignedDateTime },
    ],
    provisionedPlans: [
      ...user.provisionedPlans.filter((plan) => plan.service !== service),
      { service, capabilityStatus: 'Enabled', provisioningStatus: 'Success' },
    ],
  };
}

/** Without any licence: the plans stay, as deleted. */
export function unlicensed(user: EntraUser): Partial<EntraUser> {
  return {
    assignedLicenses: [],
    assignedPlans: user.assignedPlans.map((plan) => ({ ...plan, capabilityStatus: 'Deleted' })),
    provisionedPlans: user.provisionedPlans.map((plan) => ({ ...plan, capabilityStatus: 'Deleted' })),
  };
}

const NO_TEXTS: string[] = [];
const NO_LICENSES: EntraUser['assignedLicenses'] = [];
const NO_PLANS: EntraUser['assignedPlans'] = [];
const NO_PROVISIONED: EntraUser['provisionedPlans'] = [];
const NO_EXTENSION_ATTRIBUTES: EntraUser['onPremisesExtensionAttributes'] = Object.fromEntries(
  Array.from({ length: 15 }, (_, index) => [`extensionAttribute${index + 1}`, null]),
);
for (const shared of [NO_TEXTS, NO_LICENSES, NO_PLANS, NO_PROVISIONED, NO_EXTENSION_ATTRIBUTES]) {
  Object.freeze(shared);
}
