/** The words of the house, as types. Nothing here does anything but parse an id or a time. */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** An Entra object id: a GUID in lower case. Graph compares GUIDs without regard to case. */
export type ObjectId = Brand<string, 'ObjectId'>;
/** An Entra tenant id: a GUID in lower case. */
export type TenantId = Brand<string, 'TenantId'>;
/** `onPremisesImmutableId`, exactly as given: base64 of 16 bytes or a plain anchor. Case matters. */
export type ImmutableId = Brand<string, 'ImmutableId'>;
/** One run. 32 lower-case hexadecimal digits, so that it also serves as the telemetry's operation id. */
export type NightId = Brand<string, 'NightId'>;
/** ISO 8601, UTC, milliseconds: `2026-01-05T02:11:09.000Z`. Compares correctly as text. */
export type Timestamp = Brand<string, 'Timestamp'>;

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The object id in `text`, or `undefined` where it is not a GUID. */
export function objectId(text: string): ObjectId | undefined {
  return GUID.test(text) ? (text.toLowerCase() as ObjectId) : undefined;
}

/** The tenant id in `text`, or `undefined` where it is not a GUID. */
export function tenantId(text: string): TenantId | undefined {
  return GUID.test(text) ? (text.toLowerCase() as TenantId) : undefined;
}

/** The immutable id in `text`, or `undefined` where it is blank. */
export function immutableId(text: string): ImmutableId | undefined {
  return text.trim() === '' ? undefined : (text as ImmutableId);
}

/** The night id in `text`, or `undefined` where it is not 32 hexadecimal digits (all zeros is no trace id). */
export function nightId(text: string): NightId | undefined {
  return /^[0-9a-f]{32}$/.test(text) && !/^0+$/.test(text) ? (text as NightId) : undefined;
}

const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?Z$/;

/** The moment in `text` (ISO 8601 in UTC, as Graph writes it), or `undefined` where it is no such moment. */
export function timestamp(text: string): Timestamp | undefined {
  if (!ISO_UTC.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : at(milliseconds);
}

/** The moment `milliseconds` after 1970-01-01 UTC. @throws RangeError where no date can hold it. */
export function at(milliseconds: number): Timestamp {
  return new Date(milliseconds).toISOString() as Timestamp;
}

/** Milliseconds from `earlier` to `later`; negative where they are the other way round. */
export function elapsedMs(earlier: Timestamp, later: Timestamp): number {
  return Date.parse(later) - Date.parse(earlier);
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Which deletion of which object. An object that was restored and deleted again is another generation. */
export interface Generation {
  readonly id: ObjectId;
  readonly deletedDateTime: Timestamp;
}

/**
 * A user in `directory/deletedItems`. `undefined` means that Graph did not say: the property was missing or
 * null, which is also what an app without the permission gets. It never means "no".
 */
export interface DeletedUser {
  readonly id: ObjectId;
  readonly deletedDateTime: Timestamp | undefined;
  readonly displayName: string | undefined;
  /** As Graph gives it: the object id without dashes, then the former name. See {@link formerUpn}. */
  readonly userPrincipalName: string | undefined;
  readonly userType: string | undefined;
  readonly mail: string | undefined;
  readonly proxyAddresses: readonly string[] | undefined;
  readonly immutableId: ImmutableId | undefined;
  /** true: synced; false: once synced; undefined: never, or not told. */
  readonly onPremisesSyncEnabled: boolean | undefined;
  readonly onPremisesDomainName: string | undefined;
  readonly onPremisesSecurityIdentifier: string | undefined;
  readonly onPremisesDistinguishedName: string | undefined;
  /** `extensionAttribute1` … `15` that carry a value; `undefined` where Graph did not give the set. */
  readonly extensionAttributes: Readonly<Record<string, string>> | undefined;
  /** The SKU ids of the licences assigned. */
  readonly assignedLicenses: readonly string[] | undefined;
  readonly assignedPlans: readonly ServicePlan[] | undefined;
  readonly provisionedPlans: readonly ServicePlan[] | undefined;
  /** Directory extension attributes that the policy names and Graph gave a value for. */
  readonly directoryExtensions: Readonly<Record<string, string>>;
  /** The whole object as Graph returned it, for the ledger. */
  readonly snapshot: JsonObject;
}

export interface ServicePlan {
  /** `exchange`, `SharePoint`, … as Graph spells it. */
  readonly service: string | undefined;
  readonly status: string | undefined;
}

/** The `/organization` object. */
export interface Organization {
  readonly tenantId: TenantId;
  readonly onPremisesSyncEnabled: boolean | undefined;
  readonly lastSync: Timestamp | undefined;
  /** Lower case. Never empty: without them every address would look external. */
  readonly verifiedDomains: readonly string[];
  /** The service's own clock, from the `Date` header of its answer. */
  readonly serverTime: Timestamp | undefined;
}

/** Where the on-prem user set came from. */
export type SourceKind = 'entra' | 'activeDirectory' | 'export';

/** A user of the on-prem user set, as far as one source knows it. */
export interface OnPremUser {
  readonly immutableId: ImmutableId | undefined;
  readonly userPrincipalName: string | undefined;
  /** Every address, with or without its `smtp:` prefix, in any case. */
  readonly addresses: readonly string[];
  /** Set where the source holds only its tombstone (Active Directory's Deleted Objects): it is not present. */
  readonly tombstone?: Tombstone;
}

/** What a directory still knows of an object that was deleted in it. */
export interface Tombstone {
  readonly deletedSince: Timestamp | undefined;
  /** `SMTP:user@partner.com` */
  readonly targetAddress: string | undefined;
  /** `msExchRecipientTypeDetails`, a decimal number as text. */
  readonly recipientTypeDetails: string | undefined;
}

/** What a source says of itself, once it has been read to its end. */
export interface SourceSummary {
  readonly kind: SourceKind;
  /** Users that the source holds in all. */
  readonly total: number;
  /** Users by slice (a domain, an OU), where the source knows slices. */
  readonly slices: Readonly<Record<string, number>>;
  /** When the source was as it was read. */
  readonly asOf: Timestamp;
  /** The same for each of its parts (the domains of an export), where they can differ. */
  readonly parts?: Readonly<Record<string, Timestamp>>;
}

/** A soft-deleted recipient, as Exchange Online itself tells it. */
export interface SoftDeletedRecipient {
  /** `ExternalDirectoryObjectId`: the Entra object id. */
  readonly id: ObjectId;
  /** `MailUser`, `UserMailbox`, `GuestMailUser`, …; `undefined` where Exchange did not say. */
  readonly recipientType: string | undefined;
  /** `user@partner.com`, without its prefix. */
  readonly externalAddress: string | undefined;
  /** Is anything of it on hold (litigation hold, in-place holds, inactive)? */
  readonly onHold: Fact;
  /** A high-volume-email account is a mail user too, and never to be purged. */
  readonly highVolumeEmail: Fact;
}

/** Is the user still in the on-prem user set? */
export type Presence =
  | { readonly state: 'present'; readonly origin: string }
  | { readonly state: 'absent'; readonly origin: string }
  | { readonly state: 'unknown'; readonly origin: string };

/** What the diff says of one deleted user. */
export interface Found {
  readonly presence: Presence;
  readonly reappeared: Fact;
  /** What a directory still holds of it, where a source told. */
  readonly tombstone?: Tombstone;
}

/** Something known, or not known, of a deleted user, and where that came from (for the operator). */
export interface Fact {
  readonly value: 'yes' | 'no' | 'unknown';
  readonly origin: string;
}

/** What is known of a deleted user. A purge needs every one of these to be known and right. */
export interface Evidence {
  readonly onPremisesSynced: Fact;
  readonly onPremises: Fact;
  /** A live user has its immutable id, one of its addresses or its former UPN. */
  readonly reappeared: Fact;
  readonly mailUser: Fact;
  readonly hadMailbox: Fact;
  readonly licensed: Fact;
  /** Exchange Online's word; absent where the policy does not ask it or it knows nothing of this user. */
  readonly onHold?: Fact;
  readonly highVolumeEmail?: Fact;
}
export type FactName = keyof Evidence;

/** Why a user is kept. The same names in code, ledger, telemetry and dashboards. */
export const KEEP_REASONS = [
  'deletionDateUnknown',
  'protectedBy',
  'protectionUnknown',
  'notOnPremisesSynced',
  'onPremisesSyncUnknown',
  'stillOnPremises',
  'presenceUnknown',
  'reappeared',
  'reappearanceUnknown',
  'notAMailUser',
  'mailUserUnproven',
  'onHold',
  'holdUnknown',
  'highVolumeEmail',
  'highVolumeEmailUnknown',
  'hadMailbox',
  'mailboxUnknown',
  'licensed',
  'licenceUnknown',
  'withinGracePeriod',
  'notAbsentLongEnough',
] as const;
export type KeepReason = (typeof KEEP_REASONS)[number];

export type Verdict =
  | { readonly verdict: 'purge'; readonly grounds: string }
  | {
      readonly verdict: 'keep';
      readonly reason: KeepReason;
      readonly detail: string;
    };

/** The verdict on one deleted user, with all that it rests on. */
export interface Decision {
  readonly user: DeletedUser;
  readonly found: Found;
  readonly evidence: Evidence;
  /** Nights in a row, tonight included, on which this generation was seen absent on-premises. */
  readonly nightsAbsent: number;
  readonly verdict: Verdict;
}

/** Why a whole night is refused. */
export const REFUSALS = [
  'configurationInvalid',
  'policyInvalid',
  'wrongTenant',
  'clockSkewed',
  'syncStale',
  'accessDenied',
  'sourceIncomplete',
  'sourceEmpty',
  'sourceShrank',
  'sourceStale',
  'sourceDisagrees',
  'ledgerUnusable',
  'tooManyPurges',
  'tooLargeShare',
  'budgetExceeded',
  'halted',
] as const;
export type RefusalName = (typeof REFUSALS)[number];

export interface Refusal {
  readonly refusal: RefusalName;
  /** What happened, to what, what was not done because of it, and what to do next. */
  readonly detail: string;
  /** Where a limit was exceeded: the limit, and what would have been. */
  readonly limit?: number;
  readonly actual?: number;
}

/** One user that the plan purges. */
export interface PlannedPurge extends Generation {
  readonly decision: Decision;
}

export interface PlanCounts {
  readonly deletedUsers: number;
  readonly purge: number;
  readonly keep: number;
  readonly keptBy: Readonly<Partial<Record<KeepReason, number>>>;
}

/** What tonight would do. The purges of a refused plan are counted, never carried out. */
export type Plan = {
  /** SHA-256 of the sorted generations to be purged, in hexadecimal. */
  readonly fingerprint: string;
  readonly counts: PlanCounts;
} & (
  | { readonly state: 'ready'; readonly purges: readonly PlannedPurge[] }
  | { readonly state: 'refused'; readonly refusals: readonly Refusal[] }
);

/** How one planned purge ended. */
export const OUTCOMES = [
  /** Absent from deletedItems and from /users on re-read, after our DELETE. */
  'purged',
  /** Absent from both before any DELETE of ours. */
  'alreadyGone',
  /** A live user again, or deleted anew since: another generation, to be decided on its own. */
  'restoredMeanwhile',
  /** Re-read and decided again just before the purge: keep. */
  'keptOnReread',
  /** 403: the service does not let this app purge this user. */
  'refused',
  /** Still in deletedItems after every attempt. */
  'notPurged',
  /** The service did not say clearly what became of it. */
  'unverified',
  /** The night ended before its turn. */
  'notAttempted',
] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

export interface Outcome extends Generation {
  readonly outcome: OutcomeName;
  readonly detail: string;
}

/** What Exchange Online still holds of a user that was purged. */
export const CURE_STATES = [
  /** The soft-deleted mail user is gone: mail to its external address is delivered again. */
  'gone',
  /** Still there, as is normal for some hours. */
  'waiting',
  /** Still there after the time that the policy sets: somebody should look. */
  'lingering',
] as const;
export type CureState = (typeof CURE_STATES)[number];

/** How a night ended. */
export const NIGHT_STATUSES = [
  /** Everything planned was done and verified; in report mode, everything was read and planned. */
  'completed',
  /** Not one purge was tried. */
  'refused',
  /** Purges were under way and the rest is left for the next night. */
  'stopped',
  /** Something that should not happen did: see the detail. */
  'failed',
] as const;
export type NightStatus = (typeof NIGHT_STATUSES)[number];

export type Mode = 'report' | 'purge';
