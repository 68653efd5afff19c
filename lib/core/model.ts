/** The tool's values, as types. */
import type { ImmutableId, ObjectId, SecurityId, TenantId, Timestamp } from './ids.ts';
import type { AbsenceKind, FactName, KeepReason, RefusalName, SourceKind } from './vocabulary.ts';

/** A value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Which deletion of which object. An object that was restored and deleted again is another generation. */
export interface Generation {
  readonly id: ObjectId;
  readonly deletedDateTime: Timestamp;
}
declare const keyBrand: unique symbol;
/** The same as one text, to look it up by. */
export type Key = `${string} ${string}` & { readonly [keyBrand]: true };
export const keyOf = ({ id, deletedDateTime }: Generation) => `${id} ${deletedDateTime}` as Key;

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
  /** `extensionAttribute1` … `15`, null where one has no value; `undefined` where Graph did not give the set. */
  readonly extensionAttributes: Readonly<Record<string, string | null>> | undefined;
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
  /** Which plan it is. Graph tells it of assigned plans alone. */
  readonly servicePlanId?: string | undefined;
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

/** What the verdicts on all users rest on. */
export interface TenantFacts {
  /** Of tonight and of the nights before, see `ownDomains`. */
  readonly verifiedDomains: readonly string[];
  /**
   * `told`: onPremisesSyncEnabled is true for some deleted user. `silent`: for none, so that it says nothing here
   * (that Graph keeps it in the recycle bin is **unproven**).
   */
  readonly syncFlag: 'told' | 'silent';
}

/** By what an on-premises object is known: each of these can make a deleted Entra user the same person. */
export interface OnPremKeys {
  /** What Entra Connect could have made the immutable id of: `mS-DS-ConsistencyGuid`, `objectGUID`, another binary anchor. */
  readonly immutableIds: readonly ImmutableId[];
  /** The source anchor, where the object has one other than its objectGUID: a tombstone may have lost it. */
  readonly anchor?: ImmutableId | undefined;
  /** A source anchor that is plain text. */
  readonly textAnchor?: string | undefined;
  readonly sid?: SecurityId | undefined;
  /** Former ones, of a migrated person (`sIDHistory`). */
  readonly sidHistory: readonly SecurityId[];
}

/** An object of the on-prem user set, as far as one source knows it. */
export interface OnPremUser extends OnPremKeys {
  readonly userPrincipalName: string | undefined;
  /** Every address, with or without its `smtp:` prefix, in any case. */
  readonly addresses: readonly string[];
  readonly distinguishedName?: string | undefined;
  /** `undefined` where the source does not say. */
  readonly disabled?: boolean | undefined;
  /** Of the attributes that the policy's `gone` rules name, those that have a value. Names in lower case. */
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  /** `SMTP:user@partner.com` */
  readonly targetAddress?: string | undefined;
  /** `msExchRecipientTypeDetails`, a decimal number as text. */
  readonly recipientTypeDetails?: string | undefined;
  /** Set where the source holds only its tombstone: it is not present. */
  readonly tombstone?: Tombstone;
}

/** Of an object in Active Directory's Deleted Objects. */
interface Tombstone {
  readonly deletedSince: Timestamp | undefined;
}

/** What an on-premises object tells of its mail, and in which state the object is. */
export interface OnPremMail {
  /** For people: `the deleted object on-premises`. */
  readonly where: string;
  readonly targetAddress: string | undefined;
  readonly recipientTypeDetails: string | undefined;
}

/** Which places of one domain a source can speak for. */
export interface DomainCoverage {
  /** Can the source see deleted objects of this domain? Then a missing tombstone is no absence. */
  readonly tombstones: boolean;
  /** Containers in which it saw users, and left out none: distinguished names in canonical form. */
  readonly containers: ReadonlySet<string>;
  /** Could an object of this domain have had this immutable id? */
  canHaveMade(id: ImmutableId): boolean;
}
/** By DNS name, in lower case. */
export type Coverage = Readonly<Record<string, DomainCoverage>>;

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
  /** Absent for Entra ID, which has the whole tenant. */
  readonly coverage?: Coverage;
}

/** What a source says when it is asked again just before a purge. */
export interface Recheck {
  /** Everybody with one of the wanted keys, live or as a tombstone. */
  readonly users: readonly OnPremUser[];
  readonly coverage?: Coverage;
  /** Immutable ids of which it could not be learnt, and why. */
  readonly unread?: ReadonlyMap<ImmutableId, string>;
}

/** A soft-deleted recipient, as Exchange Online itself tells it. */
export interface SoftDeletedRecipient {
  /** `ExternalDirectoryObjectId`: the Entra object id. */
  readonly id: ObjectId;
  /** `MailUser`, `UserMailbox`, `GuestMailUser`, …; `undefined` where Exchange did not say. */
  readonly recipientType: string | undefined;
  /** `user@partner.com`, without its prefix. */
  readonly externalAddress: string | undefined;
  /** Exchange's own keys: they stay when the Entra object is gone. */
  readonly guid?: string | undefined;
  readonly exchangeGuid?: string | undefined;
  readonly legacyExchangeDN?: string | undefined;
  /** Is anything of it on hold (litigation hold, in-place holds, inactive)? */
  readonly onHold: Fact;
  /** A high-volume-email account is a mail user too, and never to be purged. */
  readonly highVolumeEmail: Fact;
}

/** A soft-deleted recipient without an Entra object. */
export type OrphanedRecipient = Omit<SoftDeletedRecipient, 'id' | 'highVolumeEmail'>;

/** Is the user still in the on-prem user set? */
export type Presence =
  | { readonly state: 'present'; readonly origin: string }
  /** Live, and every such object matches a `gone` rule of the policy: absent after so many days. */
  | { readonly state: 'parked'; readonly rule: string; readonly forDays: number; readonly origin: string }
  | { readonly state: 'absent'; readonly kind: AbsenceKind; readonly origin: string }
  | { readonly state: 'unknown'; readonly origin: string };

/** What the diff says of one deleted user. */
export interface Found {
  readonly presence: Presence;
  readonly reappeared: Fact;
  /** What its deleted or parked object on-premises tells, where a source showed one. */
  readonly mail?: OnPremMail;
}

/** Something known, or not known, of a deleted user, and where that came from (for the operator). */
export interface Fact {
  readonly value: 'yes' | 'no' | 'unknown';
  readonly origin: string;
}

/** What is known of a deleted user. A purge needs every fact that the vocabulary lists to be known and right. */
export type Evidence = Readonly<Partial<Record<FactName, Fact>>>;

export type Verdict =
  | { readonly verdict: 'purge'; readonly grounds: string }
  | {
      readonly verdict: 'keep';
      readonly reason: KeepReason;
      readonly detail: string;
    };

/** What is known of a deleted user's on-premises object, in a form that later nights compare. */
export interface OnPremState {
  /** What shows that it is gone; absent where it is not, or not known to be. */
  readonly kind?: AbsenceKind | undefined;
  /** A live object was seen. */
  readonly live?: true | undefined;
  /** Every live object matches this `gone` rule; `since` is when the ledger first says so. */
  readonly parked?: { readonly rule: string; readonly since: Timestamp } | undefined;
}

/** The verdict on one deleted user, with all that it rests on. */
export interface Decision {
  readonly user: DeletedUser;
  readonly found: Found;
  readonly evidence: Evidence;
  readonly onPremises: OnPremState;
  /** Nights in a row, tonight included, on which this generation was seen absent on-premises. */
  readonly nightsAbsent: number;
  readonly verdict: Verdict;
}

/** How many users of tonight's recycle bin a protect rule protects. */
export interface RuleMatches {
  /** As the policy has it: `addresses: *@partner.com`. */
  readonly rule: string;
  readonly users: number;
  /** Its last day is past: it protects nobody. */
  readonly expired?: true;
}

export interface Refusal {
  readonly refusal: RefusalName;
  /** What happened, to what, what was not done because of it, and what to do next. */
  readonly detail: string;
  /** Where a limit was exceeded: the limit, and what would have been. */
  readonly limit?: number | undefined;
  readonly actual?: number | undefined;
}

export interface PlanCounts {
  readonly deletedUsers: number;
  readonly purge: number;
  readonly keep: number;
  readonly keptBy: Readonly<Partial<Record<KeepReason, number>>>;
}

/** What tonight would do. The purges of a plan that is over a limit are counted and never carried out. */
/** What the limits come to: users that may be purged in one night, and within the days of the rolling budget. */
export interface Allowed {
  readonly perNight: number;
  readonly rollingBudget: number;
}

export interface Plan {
  readonly state: 'ready' | 'overLimit';
  /** SHA-256 of the sorted generations to be purged, in hexadecimal. */
  readonly fingerprint: string;
  readonly counts: PlanCounts;
  /** Purges of the rolling budget's days before tonight. */
  readonly budgetSpent: number;
  readonly allowed?: Allowed | undefined;
  /** Empty where the plan is ready. */
  readonly refusals: readonly Refusal[];
}
