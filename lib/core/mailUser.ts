/**
 * Is a deleted user a mail user, and what proves it?
 *
 * Graph has no recipient type. What is asked here is the strongest that Graph alone can show (property meanings:
 * Microsoft Graph, user resource type): a member whose one primary SMTP address is its `mail` and lies outside
 * the tenant's own domains. A mail user with an internal primary address looks like a mailbox user from here;
 * only its on-premises attributes can prove that one, as a directory extension or a tombstone carries them.
 */
import { domainOf, formerUpn, isWithin, smtpAddress } from './addresses.ts';
import type { DeletedUser, Fact, OnPremMail, ServicePlan, TenantFacts } from './model.ts';

/** `msExchRecipientTypeDetails` of a mail user (Exchange Server documentation, recipient types). */
const MAIL_USER = '128';
/** User, linked, shared, legacy, room and equipment mailbox; and the remote ones. */
const MAILBOXES: ReadonlySet<string> = new Set([
  '1',
  '2',
  '4',
  '8',
  '16',
  '32',
  '2147483648',
  '8589934592',
  '17179869184',
  '34359738368',
]);

/** Which directory extension attributes carry on-premises facts, if any. */
export interface ExtensionNames {
  readonly targetAddressAttribute?: string | undefined;
  readonly recipientTypeAttribute?: string | undefined;
}

const fact = (value: Fact['value'], origin: string): Fact => ({ value, origin });

/** Is it a mail user? A purge needs `yes`. */
export function mailUserFact(
  user: DeletedUser,
  verifiedDomains: readonly string[],
  names: ExtensionNames,
  mail?: OnPremMail,
): Fact {
  const membership = memberFact(user);
  if (membership.value !== 'yes') return membership;
  const told = [
    ...extensionFacts(user, verifiedDomains, names),
    recipientTypeFact(mail?.recipientTypeDetails, mail?.where ?? ''),
    targetAddressFact(mail?.targetAddress, verifiedDomains, mail?.where ?? ''),
  ].filter((one) => one !== undefined);
  const origin = told.map((one) => one.origin).join('; ');
  const [first] = told;
  if (first === undefined) return primaryAddressFact(user, verifiedDomains);
  return fact(told.every((one) => one.value === first.value) ? first.value : 'unknown', origin);
}

function memberFact(user: DeletedUser): Fact {
  if (user.userType === undefined) return fact('unknown', 'Graph gave no userType');
  if (user.userType.toLowerCase() === 'guest') return fact('no', 'userType is Guest');
  if (user.userType.toLowerCase() !== 'member') return fact('unknown', `userType is ${user.userType}`);
  const upn = formerUpn(user);
  if (upn === undefined) return fact('unknown', 'Graph gave no userPrincipalName');
  return upn.toUpperCase().includes('#EXT#')
    ? fact('no', 'the UPN is that of an external user (#EXT#)')
    : fact('yes', 'userType is Member');
}

function extensionFacts(user: DeletedUser, verifiedDomains: readonly string[], names: ExtensionNames) {
  const { recipientTypeAttribute = '', targetAddressAttribute = '' } = names;
  const { directoryExtensions } = user;
  return [
    recipientTypeFact(directoryExtensions[recipientTypeAttribute], recipientTypeAttribute),
    targetAddressFact(directoryExtensions[targetAddressAttribute], verifiedDomains, targetAddressAttribute),
  ];
}

function recipientTypeFact(value: string | undefined, where: string): Fact | undefined {
  if (value === undefined) return undefined;
  const origin = `msExchRecipientTypeDetails is ${value} (${where})`;
  if (value === MAIL_USER) return fact('yes', origin);
  return fact(MAILBOXES.has(value) ? 'no' : 'unknown', origin);
}

function targetAddressFact(
  value: string | undefined,
  verifiedDomains: readonly string[],
  where: string,
): Fact | undefined {
  if (value === undefined) return undefined;
  const domain = domainOf(smtpAddress(value) ?? '');
  if (domain === undefined) return fact('unknown', `targetAddress is no SMTP address (${where})`);
  return isWithin(domain, verifiedDomains)
    ? fact('no', `targetAddress is in the tenant's own domain ${domain} (${where})`)
    : fact('yes', `targetAddress is outside the tenant, in ${domain} (${where})`);
}

function primaryAddressFact(user: DeletedUser, verifiedDomains: readonly string[]): Fact {
  if (user.proxyAddresses === undefined) return fact('unknown', 'Graph gave no proxyAddresses');
  const primaries = user.proxyAddresses.filter((proxy) => proxy.startsWith('SMTP:'));
  const [primary] = primaries;
  if (primary === undefined || primaries.length > 1) {
    return fact('unknown', `${primaries.length} primary SMTP addresses, where one is needed`);
  }
  const address = smtpAddress(primary);
  const domain = domainOf(address ?? '');
  if (address === undefined || domain === undefined) {
    return fact('unknown', 'the primary SMTP address is malformed');
  }
  if (user.mail === undefined) return fact('unknown', 'Graph gave no mail');
  if (smtpAddress(user.mail) !== address) {
    return fact('unknown', 'mail differs from the primary SMTP address');
  }
  return isWithin(domain, verifiedDomains)
    ? fact('unknown', `the primary address is in the tenant's own domain ${domain}: Graph alone cannot tell`)
    : fact('yes', `the primary address is outside the tenant, in ${domain}`);
}

/**
 * Exchange Foundation comes with Entra ID P1, P2 and EMS: its service is called `exchange` too, and it is no mailbox
 * ("Product names and service plan identifiers for licensing").
 */
const FOUNDATION = '113feb6c-3fe4-4440-bddc-54d774bf0318';

/**
 * Did it have an Exchange Online mailbox? A purge needs `no`. Any exchange plan counts, in any status, but Exchange
 * Foundation. Of a plan without an id Exchange's answer decides: `isMailUser`.
 */
export function hadMailboxFact(user: DeletedUser, isMailUser: boolean): Fact {
  const { assignedPlans, provisionedPlans } = user;
  const known = [...(assignedPlans ?? []), ...(provisionedPlans ?? [])];
  const assigned = (assignedPlans ?? []).filter(isExchange);
  const foundation = assigned.filter(isFoundation).length;
  const provisioned = (provisionedPlans ?? []).filter(isExchange);
  // Provisioned plans have no id: those that the assigned Foundation plans account for are theirs.
  const exchange = assigned.find((plan) => !isFoundation(plan)) ?? provisioned[foundation];
  const isDecided = exchange?.servicePlanId === undefined && isMailUser;
  if (exchange !== undefined && !isDecided) {
    return fact(
      'yes',
      `an exchange plan (${[exchange.status ?? 'no status', exchange.servicePlanId].filter((text) => text !== undefined).join(', ')})`,
    );
  }
  if (assignedPlans === undefined) return fact('unknown', 'Graph gave no assignedPlans');
  if (provisionedPlans === undefined) return fact('unknown', 'Graph gave no provisionedPlans');
  return known.some((plan) => plan.service === undefined)
    ? fact('unknown', 'a plan without a service name')
    : fact(
        'no',
        foundation > 0
          ? 'no exchange plan but Exchange Foundation, which is no mailbox'
          : 'no exchange plan, assigned or provisioned',
      );
}

const isFoundation = (plan: ServicePlan) => plan.servicePlanId?.toLowerCase() === FOUNDATION;
const isExchange = (plan: ServicePlan) => plan.service?.toLowerCase().startsWith('exchange') === true;

/** Is a licence assigned? A purge needs `no`. */
export function licensedFact(user: DeletedUser): Fact {
  if (user.assignedLicenses === undefined) return fact('unknown', 'Graph gave no assignedLicenses');
  return user.assignedLicenses.length > 0
    ? fact('yes', `${user.assignedLicenses.length} licence(s) assigned`)
    : fact('no', 'no licence assigned');
}

/**
 * Did directory sync make it? A purge needs `yes`: an immutable id, and either the sync flag or another
 * on-premises attribute. A cloud-only user with an immutable id (federation) has neither. **Unproven** by any
 * captured answer is that the flag stays true after a soft delete, hence the attributes.
 */
export function onPremisesSyncedFact(user: DeletedUser): Fact {
  const attributes = onPremisesAttributes(user);
  const synced = user.onPremisesSyncEnabled === true;
  if (user.immutableId === undefined) {
    const nothing = !synced && attributes.length === 0 && user.userType !== undefined;
    return nothing
      ? fact('no', 'no immutable id and no on-premises attribute')
      : fact('unknown', 'Graph gave no onPremisesImmutableId');
  }
  if (synced) return fact('yes', 'immutable id, and onPremisesSyncEnabled is true');
  if (attributes.length > 0) return fact('yes', 'immutable id, and other on-premises attributes');
  return fact('no', 'an immutable id alone, as federated cloud-only users have');
}

const onPremisesAttributes = (user: DeletedUser) =>
  [user.onPremisesDomainName, user.onPremisesSecurityIdentifier, user.onPremisesDistinguishedName].filter(
    (value) => value !== undefined && value !== '',
  );

/** Does onPremisesSyncEnabled say anything of deleted users in this tenant? It does if it is true for one of them. */
export const syncFlagOf = (deleted: readonly DeletedUser[]): TenantFacts['syncFlag'] =>
  deleted.some((user) => user.onPremisesSyncEnabled === true && onPremisesAttributes(user).length > 0)
    ? 'told'
    : 'silent';

/** Its flag says that it is not synced any more, and everything else that it was. */
export const looksCloudManaged = (user: DeletedUser): boolean =>
  user.onPremisesSyncEnabled === false && onPremisesAttributes(user).length > 0;

/**
 * Was it moved to cloud management (source of authority)? A purge needs `no`. Its on-premises object is then removed
 * on purpose, and the cloud user lives on.
 */
export function cloudManagedFact(user: DeletedUser, syncFlag: TenantFacts['syncFlag']): Fact {
  if (!looksCloudManaged(user)) {
    const flag = user.onPremisesSyncEnabled ?? 'not told';
    return fact('no', `onPremisesSyncEnabled is ${flag}`);
  }
  return syncFlag === 'told'
    ? fact('yes', 'onPremisesSyncEnabled is false, with on-premises attributes')
    : fact(
        'no',
        'onPremisesSyncEnabled is true for no deleted user of the tenant, so that false says nothing',
      );
}
