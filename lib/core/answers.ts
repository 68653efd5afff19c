/** What performing an action brought, before anything is made of it. */
import type { ImmutableId, ObjectId, Timestamp } from './ids.ts';
import type { Seen } from './looks.ts';
import type {
  DeletedUser,
  Fact,
  Found,
  Organization,
  OrphanedRecipient,
  Presence,
  SoftDeletedRecipient,
  SourceSummary,
} from './model.ts';
import type { AnswerName } from './vocabulary.ts';

/** Where an object is now; `why` says what failed where that is not clear. */
export interface Sighting extends Seen {
  /** In the recycle bin? If so, as it is there now. */
  readonly deleted: DeletedUser | 'absent' | 'unclear';
  readonly why?: string;
}

export interface PurgeAnswer {
  readonly answer: AnswerName;
  readonly detail: string;
  /** The HTTP status, of the DELETE or of its batch. */
  readonly status?: number;
  /** For how long the service asks for silence, from the arrival of the answer. */
  readonly retryAfterMs?: number;
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

/** Exchange Online's word on soft-deleted recipients. */
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

export interface Delivery {
  /** Events handed over since the last flush. */
  readonly events: number;
  readonly delivered: boolean;
  readonly detail: string;
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

/** The parts of a reading, in their order. Each is judged before the next is read. */
export type ReadAnswer =
  | { readonly kind: 'tenant'; readonly organization: Organization }
  | {
      readonly kind: 'exchange';
      readonly recipients: ReadonlyMap<ObjectId, SoftDeletedRecipient> | undefined;
      readonly detail: string;
    }
  | { readonly kind: 'deletedUsers'; readonly users: number }
  | {
      readonly kind: 'source';
      readonly summary: SourceSummary;
      /** Live synced users of Entra ID that were looked for in it, and those that it has. */
      readonly sample: readonly ImmutableId[];
      readonly found: ReadonlySet<ImmutableId>;
    }
  | {
      readonly kind: 'everybody';
      readonly deleted: readonly DeletedUser[];
      readonly found: ReadonlyMap<ObjectId, Found>;
      readonly organization: Organization;
      readonly recipients: ReadonlyMap<ObjectId, SoftDeletedRecipient> | undefined;
      readonly syncedUsers: number;
      /** In the app's token; `undefined` where it does not tell, or nobody is to be purged. */
      readonly roles: readonly string[] | undefined;
    };

/** Read again for one step, just before its DELETEs. */
export interface Fresh {
  readonly organization: Organization;
  /** `undefined` where Exchange gave none tonight. */
  readonly recipients: ReadonlyMap<ObjectId, SoftDeletedRecipient> | undefined;
  /** Each source's answer on each user. */
  readonly presences: ReadonlyMap<ImmutableId, readonly Presence[]>;
  /** Who has a name or an address of theirs. */
  readonly held: ReadonlyMap<ObjectId, Held>;
}

export type Answers =
  | ReadAnswer
  | {
      readonly kind: 'sightings';
      readonly askedAt: Timestamp;
      readonly sightings: ReadonlyMap<ObjectId, Sighting>;
      /** What decides, as it is now; `undefined` for a mere look, or where it could not be read (`why`). */
      readonly fresh: Fresh | undefined;
      readonly why?: string;
    }
  | { readonly kind: 'purge'; readonly answers: ReadonlyMap<ObjectId, PurgeAnswer> }
  /** Certainly nothing was sent. `stop`: the whole night is to end because of it. */
  | { readonly kind: 'notSent'; readonly why: string; readonly stop: 'stopped' | 'failed' | undefined }
  | { readonly kind: 'told'; readonly delivery: Delivery }
  | { readonly kind: 'ended'; readonly usage: GraphUsage };
