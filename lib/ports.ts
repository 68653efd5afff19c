/** What a night needs from the world. */
import type { ImmutableId, NightId, ObjectId, Timestamp } from './core/ids.ts';
import type {
  DeletedUser,
  Fact,
  OnPremUser,
  Organization,
  OrphanedRecipient,
  Presence,
  SoftDeletedRecipient,
  SourceKind,
  SourceSummary,
} from './core/model.ts';
import type { LedgerLine, LedgerRecord } from './core/record.ts';

export interface Clock {
  now(): Timestamp;
  /** Resolves after `milliseconds`, or at once when `signal` aborts. Never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Entra ID, as far as a night reads and purges it. */
export interface Entra {
  /** @throws NightRefused `accessDenied` | `sourceIncomplete` */
  organization(signal: AbortSignal): Promise<Organization>;
  /**
   * Every deleted user, read to the end and counted. A read that fails, stops early or does not add up twice
   * throws; an empty array means that the recycle bin is empty.
   * @throws NightRefused `accessDenied` | `sourceIncomplete`
   */
  deletedUsers(signal: AbortSignal): Promise<readonly DeletedUser[]>;
  /** Where each object is now. Answers for every id asked; what could not be learnt is `unclear`. */
  sightings(ids: readonly ObjectId[], signal: AbortSignal): Promise<ReadonlyMap<ObjectId, Sighting>>;
  /**
   * Sends one DELETE for each id (at most {@link MAX_PURGE_BATCH}) and reports each answer. Sends nothing twice.
   * Never throws for what the service answers: no answer is `unclear`.
   */
  purge(ids: readonly ObjectId[], signal: AbortSignal): Promise<ReadonlyMap<ObjectId, PurgeAnswer>>;
  /**
   * Is the former name, the mail or one of the addresses of each deleted user held by any live user? Answers for every
   * user asked; what could not be learnt is `unknown`.
   */
  holders(users: readonly DeletedUser[], signal: AbortSignal): Promise<ReadonlyMap<ObjectId, Held>>;
  /**
   * Application roles in the token (`roles` claim); undefined where the token says none of it.
   * @throws NightRefused `accessDenied` where there is no token
   */
  roles(signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** What the night has cost so far. */
  usage(): GraphUsage;
  /** The service's clock in its latest answer; undefined before the first. */
  lastServerTime(): ServerTime | undefined;
}

/** `origin` names the holder. */
export interface Held extends Fact {
  /** The answer came from an index that can lag behind. */
  readonly stale?: boolean;
}

/** What the `Date` header of an answer said, and this machine's clock when it came. */
export interface ServerTime {
  readonly served: Timestamp;
  readonly at: Timestamp;
}

/** Graph takes this many requests in one `$batch` (Graph documentation, json-batching). */
export const MAX_PURGE_BATCH = 20;

export interface Sighting {
  /** In the recycle bin? If so, as it is there now. */
  readonly deleted: DeletedUser | 'absent' | 'unclear';
  /** A live user (again)? */
  readonly live: 'present' | 'absent' | 'unclear';
  /** Where one of them is `unclear`: what came back instead, for the operator. */
  readonly why?: string;
}

export interface PurgeAnswer {
  /**
   * `denied`: 403. `rejected`: another 4xx to this DELETE, which will not pass by itself. `throttled`: 429, or the
   * whole batch was. `unclear`: it may or may not have had an effect.
   */
  readonly answer: 'accepted' | 'denied' | 'notFound' | 'throttled' | 'rejected' | 'unclear';
  readonly detail: string;
  readonly status?: number;
  /** For so long the service asks for silence, counted from the arrival of the answer. */
  readonly retryAfterMs?: number;
}

export interface GraphUsage {
  /** HTTP requests; a batch is one. */
  readonly calls: number;
  /** Resource units by the documented costs, or as `x-ms-resource-unit` says where it does. */
  readonly resourceUnits: number;
  /** 429 answers, those inside a batch included. */
  readonly throttled: number;
  readonly retries: number;
}

/** One source of the on-prem user set. */
export interface OnPremSource {
  readonly kind: SourceKind;
  /**
   * Streams the on-prem user set: every user that could have one of the `wanted` immutable ids, and as many
   * others as the source likes. Returning the summary means that it was read to its end and adds up.
   * @throws NightRefused `accessDenied` | `sourceIncomplete` | `sourceEmpty`
   */
  read(
    wanted: readonly ImmutableId[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly OnPremUser[], SourceSummary, undefined>;
  /** Asked again just before a purge. Answers for every id asked; what could not be learnt is `unknown`. */
  recheck(wanted: readonly ImmutableId[], signal: AbortSignal): Promise<ReadonlyMap<ImmutableId, Presence>>;
}

/** Exchange Online's word on soft-deleted recipients. */
export interface Exchange {
  /**
   * Every soft-deleted mail user and mailbox, read to the end.
   * @throws NightRefused `accessDenied` | `sourceIncomplete`
   */
  softDeletedRecipients(signal: AbortSignal): Promise<SoftDeletedRecipients>;
}

export interface SoftDeletedRecipients {
  /** An id that Exchange names twice is one recipient of the type `conflict`. */
  readonly byId: ReadonlyMap<ObjectId, SoftDeletedRecipient>;
  /** Those whose ExternalDirectoryObjectId is blank. */
  readonly orphans: readonly OrphanedRecipient[];
  /** Does a retention policy of the whole organisation hold recipients? It stands on none of them. */
  readonly organizationHolds: Fact;
  /** What Exchange warned of single objects that it did not list. */
  readonly doubts: readonly string[];
}

/** The durable record. */
export interface Ledger {
  /** For people: where it is kept. */
  readonly location: string;
  /**
   * The lines of every night that began at or after `since`, in order. The hash chain is checked on the way. A
   * last line that a crash tore off in the middle is left out; anything else that does not fit throws. Returns
   * the end of the newest night (however old), which tonight's chain continues; nothing where there is none.
   * @throws NightRefused `ledgerUnusable`
   */
  earlierNights(since: Timestamp): AsyncGenerator<LedgerLine, ChainLink | undefined, undefined>;
  /**
   * Takes the ledger for one night alone: waits for another that has it, and closes what an earlier one left
   * unfinished, so that it cannot go on should it only have been paused. The night begins once it has the ledger.
   * @throws NightRefused `anotherNightRuns` | `ledgerUnusable`
   */
  claim(night: NightId, clock: Clock, signal: AbortSignal): Promise<Claim>;
  /**
   * Starts a night's own file. `continues` is the last line of the night before.
   * @throws NightRefused `ledgerUnusable`
   */
  begin(claim: Claim, continues: ChainLink | undefined): Promise<NightLedger>;
}

/** The right to write, until it is given back or has run out. */
export interface Claim {
  readonly night: NightId;
  readonly startedAt: Timestamp;
  /** Greater than that of every claim before. */
  readonly fence: number;
  /** Resolves where nobody else can have taken the ledger, now and for some seconds more. @throws LedgerFailed */
  stillOurs(): Promise<void>;
  /** Lets the next night in. Never throws: a claim that cannot be given back runs out. */
  release(): Promise<void>;
}

/** The end of a chain, to be continued. */
export interface ChainLink {
  readonly night: NightId;
  /** Of the claim under which that night ran. */
  readonly fence: number;
  /** SHA-256 (hex) of the last line's text. */
  readonly hash: string;
}

export interface NightLedger {
  /** For people: where this night is kept. */
  readonly location: string;
  /**
   * Appends and makes durable; in order, all or nothing as far as the store allows. Afterwards the lines are
   * there for whoever reads.
   * @throws LedgerFailed
   */
  append(at: Timestamp, records: readonly LedgerRecord[]): Promise<readonly LedgerLine[]>;
  /**
   * Leaves the night's report beside the night, under the same name with `.html`. Once a night: where storage
   * is immutable, nothing can be replaced. It is no part of the record, and its loss is no failure of the night.
   * @returns for people: where it is kept
   * @throws Error for the operator: why it is not there
   */
  attach(html: string): Promise<string>;
}

/** Application Insights, or the console. Never throws: what fails is told by {@link flush}. */
export interface Telemetry {
  /** Hands over the events that these lines become. */
  record(lines: readonly LedgerLine[]): void;
  /** Waits until what was handed over has left, and says whether it arrived. */
  flush(): Promise<Delivery>;
}

export interface Delivery {
  /** Events handed over since the last flush. */
  readonly events: number;
  readonly delivered: boolean;
  readonly detail: string;
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
