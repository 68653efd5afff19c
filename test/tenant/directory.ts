/** The seam between the simulated world and the servers in front of it. Imports nothing of the tool. */

/** Milliseconds since 1970 UTC. Everything in the tenant reads this clock and no other. */
export interface TenantClock {
  now(): number;
}

/** A user as Entra ID holds it: Graph's own property names, every property present, dates as ISO text. */
export interface EntraUser {
  id: string;
  displayName: string;
  userPrincipalName: string;
  userType: 'Member' | 'Guest';
  accountEnabled: boolean;
  mail: string | null;
  mailNickname: string | null;
  proxyAddresses: string[];
  otherMails: string[];
  createdDateTime: string;
  deletedDateTime: string | null;
  onPremisesSyncEnabled: boolean | null;
  onPremisesImmutableId: string | null;
  onPremisesLastSyncDateTime: string | null;
  onPremisesSecurityIdentifier: string | null;
  onPremisesDistinguishedName: string | null;
  onPremisesSamAccountName: string | null;
  onPremisesDomainName: string | null;
  onPremisesUserPrincipalName: string | null;
  onPremisesExtensionAttributes: Record<string, string | null>;
  assignedLicenses: { skuId: string; disabledPlans: string[] }[];
  assignedPlans: {
    service: string;
    servicePlanId: string;
    capabilityStatus: string;
    assignedDateTime: string;
  }[];
  provisionedPlans: {
    service: string;
    capabilityStatus: string;
    provisioningStatus: string;
  }[];
  /** Directory extension attributes, by their full name `extension_<appId>_<name>`. */
  [extension: `extension_${string}`]: string | number | null;
}

export interface OrganizationObject {
  id: string;
  displayName: string;
  onPremisesSyncEnabled: boolean | null;
  onPremisesLastSyncDateTime: string | null;
  verifiedDomains: {
    name: string;
    isDefault: boolean;
    isInitial: boolean;
    type: string;
    capabilities: string;
  }[];
}

/** Entra ID behind Graph. The server asks; the world answers. */
export interface EntraDirectory {
  readonly clock: TenantClock;
  organization(): OrganizationObject;
  /** In a stable order of the directory's own. */
  liveUsers(): readonly EntraUser[];
  deletedUsers(): readonly EntraUser[];
  liveUser(id: string): EntraUser | undefined;
  deletedUser(id: string): EntraUser | undefined;
  /** Held a privileged role: Graph answers 403 to a permanent delete. */
  isPrivileged(id: string): boolean;
  softDelete(id: string): void;
  /** Permanently; `by` is the app's id, for the audit trail. */
  hardDelete(id: string, by: string): void;
  restore(id: string): void;
}
