/** What a night needs from the world. */
import type {
  Delivery,
  GraphUsage,
  Held,
  PurgeAnswer,
  ServerTime,
  Sighting,
  SoftDeletedRecipients,
} from './core/answers.ts';
import type { Wanted } from './core/evidence/keys.ts';
import type { NightId, ObjectId, TenantId, Timestamp } from './core/ids.ts';
import type { DeletedUser, OnPremUser, Organization, Recheck, SourceSummary } from './core/model.ts';
import type { LedgerLine, LedgerRecord } from './core/record.ts';
import type { SourceKind } from './core/vocabulary.ts';

export type {
  Delivery,
  GraphUsage,
  Held,
  PurgeAnswer,
  ServerTime,
  Sighting,
  SoftDeletedRecipients,
} from './core/answers.ts';

export interface Clock {
  now(): Timestamp;
  /** Resolves after `milliseconds`, or at once when `signal` aborts. Never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Who is signed in, for people. */
export interface Account {
  readonly kind: 'person' | 'app';
  /** A UPN; of an app its name, or its client id. */
  readonly name: string | undefined;
  readonly tenantId: TenantId | undefined;
}

/** A live user, and which of the addresses asked for are its own, in lower case. */
export interface LiveHolder {
  readonly id: ObjectId;
  readonly displayName: string | undefined;
  readonly userPrincipalName: string | undefined;
  readonly isGuest: boolean;
  readonly holds: readonly string[];
}

export interface AddressHolders {
  readonly holders: readonly LiveHolder[];
  /** Why there may be others; `undefined` where there are none. */
  readonly notRead: string | undefined;
}

/** Entra ID, as far as it is read. */
export interface EntraReader {
  /** @throws NightRefused `accessDenied` */
  account(signal: AbortSignal): Promise<Account>;
  /** @throws NightRefused `accessDenied` | `sourceIncomplete` */
  organization(signal: AbortSignal): Promise<Organization>;
  /** The application roles in the app's token; `undefined` where it does not tell. @throws NightRefused `accessDenied` */
  roles(signal: AbortSignal): Promise<readonly string[] | undefined>;
  /**
   * Every deleted user, read to the end and counted. A read that fails, stops early or does not add up twice
   * throws; an empty array means that the recycle bin is empty.
   * @throws NightRefused `accessDenied` | `sourceIncomplete`
   */
  deletedUsers(signal: AbortSignal): Promise<readonly DeletedUser[]>;
  /** Where each object is now. Answers for every id asked; what could not be learnt is `unclear`. */
  sightings(ids: readonly ObjectId[], signal: AbortSignal): Promise<ReadonlyMap<ObjectId, Sighting>>;
  /**
   * Is the former name, the mail or one of the addresses of each deleted user held by any live user? Answers for every
   * user asked; what could not be learnt is `unknown`.
   */
  holders(users: readonly DeletedUser[], signal: AbortSignal): Promise<ReadonlyMap<ObjectId, Held>>;
  /** The live users who hold one of these addresses, UPNs or legacyExchangeDNs (`/o=…`). */
  addressHolders(addresses: readonly string[], signal: AbortSignal): Promise<AddressHolders>;
  /** What the night has cost so far. */
  usage(): GraphUsage;
  /** The service's clock in its latest answer; undefined before the first. */
  lastServerTime(): ServerTime | undefined;
}

/** Entra ID, as far as a night reads and purges it. */
export interface Entra extends Omit<EntraReader, 'account' | 'addressHolders'> {
  /**
   * Sends one DELETE for each id (at most {@link MAX_PURGE_BATCH}) and reports each answer. Sends nothing twice.
   * Never throws for what the service answers: no answer is `unclear`.
   */
  purge(ids: readonly ObjectId[], signal: AbortSignal): Promise<ReadonlyMap<ObjectId, PurgeAnswer>>;
}

/** Graph takes this many requests in one `$batch` (Graph documentation, json-batching). */
export const MAX_PURGE_BATCH = 20;

/** One source of the on-prem user set. */
export interface OnPremSource {
  readonly kind: SourceKind;
  /**
   * Streams the on-prem user set: every object, live or deleted, that has one of the `wanted` keys, and as many
   * others as the source likes. Returning the summary means that it was read to its end and adds up.
   * @throws NightRefused `accessDenied` | `sourceIncomplete` | `sourceEmpty`
   */
  read(wanted: Wanted, signal: AbortSignal): AsyncGenerator<readonly OnPremUser[], SourceSummary, undefined>;
  /** Asked again just before a purge. @throws Error for the operator: why nothing could be learnt */
  recheck(wanted: Wanted, signal: AbortSignal): Promise<Recheck>;
}

/** Exchange Online's word on soft-deleted recipients. */
export interface Exchange {
  /**
   * Every soft-deleted mail user and mailbox, read to the end.
   * @throws NightRefused `accessDenied` | `sourceIncomplete`
   */
  softDeletedRecipients(signal: AbortSignal): Promise<SoftDeletedRecipients>;
}

/** The durable record: one log, which one run at a time holds. */
export interface Ledger {
  /** For people: where it is kept. */
  readonly location: string;
  /**
   * Takes the log for one run alone; waits for another run that holds it.
   * @throws NightRefused `anotherNightRuns` | `ledgerUnusable`; NightStopped where `signal` aborts first
   */
  open(night: NightId, clock: Clock, signal: AbortSignal): Promise<OpenLedger>;
}

/** The ledger for whoever only reads it: no lease is taken. */
export interface LedgerReader {
  /** For people: where it is kept. */
  readonly location: string;
  /**
   * The lines since `since` and maybe some before, oldest first, the hash chain checked.
   * @throws NightRefused `ledgerUnusable` | `accessDenied`
   */
  lines(since: Timestamp): AsyncGenerator<LedgerLine, void, undefined>;
  /** The same of what is still there: that retention removed what was before is no fault. */
  kept(since: Timestamp): AsyncGenerator<LedgerLine, void, undefined>;
  /** Where the reports of the nights are, oldest first. @throws NightRefused `ledgerUnusable` | `accessDenied` */
  reports(): Promise<readonly StoredReport[]>;
  /** The report's HTML. @throws NightRefused `ledgerUnusable` | `accessDenied` */
  report(name: string): Promise<string>;
}

export interface StoredReport {
  /** `2026/11/23/20261123T020000Z-<night>.html` */
  readonly name: string;
  readonly night: NightId;
}

export interface OpenLedger {
  /** For people: where tonight's lines are kept. */
  readonly location: string;
  /** When the run took the log. */
  readonly startedAt: Timestamp;
  /**
   * The lines since `since` and maybe some before, oldest first, the hash chain checked; called again, also those that
   * were appended meanwhile.
   * @throws NightRefused `ledgerUnusable`
   */
  lines(since: Timestamp): AsyncGenerator<LedgerLine, void, undefined>;
  /**
   * Appends in order and makes durable. What comes in while an append is under way goes into the next one. After a
   * failure nothing more is appended.
   * @throws LedgerFailed
   */
  append(at: Timestamp, records: readonly LedgerRecord[]): Promise<readonly LedgerLine[]>;
  /** Resolves where no other run can have taken the log, now and for some seconds more. @throws LedgerFailed */
  stillOurs(): Promise<void>;
  /**
   * Leaves the night's report beside the log. It is no part of the record, and its loss is no failure of the night.
   * @returns for people: where it is kept
   * @throws Error for the operator: why it is not there
   */
  attach(html: string): Promise<string>;
  /** Lets the next run in. Never throws: a lease that cannot be given back runs out. */
  release(): Promise<void>;
}

/** Application Insights, or the console. Never throws: what fails is told by {@link flush}. */
export interface Telemetry {
  /** Hands over the events that these lines become. */
  record(lines: readonly LedgerLine[]): void;
  /** Waits until what was handed over has left, and says whether it arrived. */
  flush(): Promise<Delivery>;
}

/** Whether people have stopped the tool. */
export interface Halt {
  /** Why nobody may be purged now, and how to go on; `undefined` where nobody halts it. @throws Error where that cannot be told */
  reason(): Promise<string | undefined>;
}

export interface Ports {
  readonly clock: Clock;
  readonly halt: Halt;
  readonly entra: Entra;
  /** Entra ID's live users, and what else the policy names. A user present in any is on-premises. */
  readonly sources: readonly OnPremSource[];
  /** Absent where the policy does not ask it. */
  readonly exchange?: Exchange;
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
}
