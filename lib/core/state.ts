/**
 * What the tool knows: the fold of the ledger's lines (apply.ts), of earlier nights and of tonight, and of tonight's notes.
 * A note may make the night wait, look again or stop. Only a line lets it send or count; so a crash loses nothing.
 */
import type { SourceReadings } from './baselines.ts';
import { DAY_MS, elapsedMs, type NightId, type ObjectId, type Timestamp } from './ids.ts';
import type {
  DeletedUser,
  Found,
  Generation,
  Key,
  Organization,
  PlanCounts,
  Refusal,
  SoftDeletedRecipient,
  TenantFacts,
} from './model.ts';
import type { Pace } from './pace.ts';
import type { Policy } from './policy.ts';
import type { LedgerRecord, RecordOf } from './record.ts';
import type { AnswerName, Mode, NightStatus, OutcomeName, SourceKind } from './vocabulary.ts';

/** A DELETE that was announced, and of which it is not known what came of it. */
export interface Open extends Generation {
  /** That announced it. */
  readonly night: NightId;
  readonly announcedAt: Timestamp;
  readonly readAt: Timestamp | undefined;
  readonly attempt: number;
  readonly answer: Answer | undefined;
  /** The attempt before this one, which may have an effect yet. */
  readonly earlier: Open | undefined;
}

interface Answer {
  readonly answer: AnswerName;
  readonly at: Timestamp;
  readonly retryAfterMs: number;
  readonly detail: string;
}

/** The last verdict on a user of the recycle bin. */
export interface Standing {
  readonly decided: RecordOf<'decided'>;
  readonly at: Timestamp;
  /** Nights on which this deletion was seen absent on-premises. */
  readonly absentNights: number;
  /** A live object was seen on-premises since this deletion. */
  readonly wasLive: boolean;
  /** Of the last such night: its UTC date, and as of when each part of the sources was. */
  readonly absentOn: string;
  readonly absentParts: Readonly<Record<string, Timestamp>>;
}

/** A user purged, and when that was seen. */
export interface Uncured extends Generation {
  readonly purgedAt: Timestamp;
}

/** An earlier night in a few numbers. */
export interface PastNight {
  readonly night: NightId;
  readonly startedAt: Timestamp;
  readonly mode: Mode;
  /** `undefined` where it was cut off before its end. */
  readonly status: NightStatus | undefined;
  /** `undefined` where it did not come to a plan. */
  readonly counts: PlanCounts | undefined;
  readonly purged: number;
}

export interface State {
  readonly open: Map<Key, Open>;
  /** Users whose DELETE was answered and who were not purged, or who could not be read: since when. Last tried, last. */
  readonly stubborn: Map<Key, Timestamp>;
  lastPurgeAt: Timestamp | undefined;
  /** When each purge that counts in a rolling budget was announced. */
  readonly spent: Map<Key, Timestamp>;
  /** When each domain was last seen verified. */
  readonly domains: Map<string, Timestamp>;
  readonly evidence: Map<ObjectId, Standing>;
  readonly sources: Map<SourceKind, SourceReadings>;
  readonly uncured: Map<Key, Uncured>;
  /** The last {@link PAST_NIGHTS}, oldest first, tonight included. */
  readonly nights: PastNight[];
  /** Nights whose telemetry has not arrived whole, oldest first. */
  readonly telemetryOwed: Set<NightId>;
  tonight: Tonight | undefined;
}

/** A month of nights, and room for those that were run again by hand. */
export const PAST_NIGHTS = 40;

/** What the lines since `nightStarted` say. */
export interface Tonight {
  readonly night: NightId;
  readonly startedAt: Timestamp;
  readonly started: RecordOf<'nightStarted'>;
  tenant: { readonly at: Timestamp; readonly record: RecordOf<'tenantRead'> } | undefined;
  deletedUsers: number | undefined;
  readonly sourcesRead: { readonly at: Timestamp; readonly record: RecordOf<'sourceRead'> }[];
  exchange: RecordOf<'exchangeRead'> | undefined;
  readonly cures: RecordOf<'cureSeen'>[];
  /** Users with a line of tonight. */
  readonly decided: Set<ObjectId>;
  planned: RecordOf<'planned'> | undefined;
  /** Planned purges, in the order in which they are tried: the stubborn ones last. Empty unless they may be purged. */
  readonly plan: Key[];
  /** Those of the plan that were stubborn when it was made. */
  readonly stubborn: Set<Key>;
  /** How many of the plan have been begun. */
  cursor: number;
  /** Withdrawn: due again, before the rest of the plan. */
  readonly again: Key[];
  readonly withdrawals: Map<Key, number>;
  /** How the planned purges ended. */
  readonly ends: Map<Key, Ended>;
  readonly outcomes: Partial<Record<OutcomeName, number>>;
  /** DELETEs of earlier nights that tonight settled. */
  readonly late: RecordOf<'settled'>[];
  /** Users tried, oldest first; the stubborn judge nobody and are left out. */
  readonly tried: Key[];
  /** DELETEs whose end is known since the stop rule last held: what a larger step is earned by. */
  earned: number;
  /** Stubborn users tried since one of them was purged. */
  stubbornInVain: number;
  /** Milliseconds that the last purges of tonight took to show. */
  readonly showTimes: number[];
  toldAt: Timestamp | undefined;
  /** Some of what was sent on the way did not arrive. */
  isToldInPart: boolean;
  ended: RecordOf<'nightEnded'> | undefined;
  endedAt: Timestamp | undefined;
  readonly notes: Notes;
}

interface Ended {
  readonly at: Timestamp;
  readonly record: RecordOf<'settled'>;
  /** The DELETE, where one was sent. */
  readonly sent: Open | undefined;
}

/** What only the process knows, and loses with it. */
interface Notes {
  /** Actions that are under way, until their lines are durable and applied. */
  readonly busy: Set<Action>;
  readonly underWay: Set<Key>;
  readonly looked: Map<Key, Looked>;
  /** Milliseconds since 1970; no DELETE leaves before. */
  notBefore: number;
  stop: Stop | undefined;
  known: Known | undefined;
  /** The last line is on its way: answers that come now are for the next night to find out. */
  isClosing: boolean;
}

interface Looked {
  /** Milliseconds since 1970: when to look again. `undefined`: not tonight. */
  readonly again: number | undefined;
  /** Seen still there when its DELETE can have no effect any more: it may be read again, to be tried again. */
  readonly retry: boolean;
}

export interface Stop {
  readonly how: 'refused' | 'stopped' | 'failed';
  readonly why: string;
  readonly refusals: readonly Refusal[];
  readonly stack?: string;
}

/** What was read tonight and the second decision compares with. */
interface Known {
  readonly organization: TenantFacts;
  readonly recipients: ReadonlyMap<ObjectId, SoftDeletedRecipient> | undefined;
  readonly planned: ReadonlyMap<Key, { readonly user: DeletedUser; readonly found: Found }>;
}

export type Note =
  | { readonly kind: 'begun' | 'done'; readonly action: Action }
  | {
      readonly kind: 'looked';
      readonly key: Key;
      readonly again: number | undefined;
      readonly retry: boolean;
    }
  | { readonly kind: 'notBefore'; readonly until: number }
  | ({ readonly kind: 'stop' } & Stop)
  | { readonly kind: 'known'; readonly known: Known }
  | { readonly kind: 'closing' };

/** What the night does next; each user is in at most one action at a time. */
export type Action =
  | { readonly kind: 'read' | 'tell' | 'end' }
  | { readonly kind: 'verify' | 'reread' | 'send'; readonly keys: readonly Key[] }
  | { readonly kind: 'withdraw'; readonly keys: readonly Key[]; readonly why: string };

export const keysOf = (action: Action): readonly Key[] => ('keys' in action ? action.keys : []);

export const emptyState = (): State => ({
  open: new Map(),
  stubborn: new Map(),
  lastPurgeAt: undefined,
  spent: new Map(),
  domains: new Map(),
  evidence: new Map(),
  sources: new Map(),
  uncured: new Map(),
  nights: [],
  telemetryOwed: new Set(),
  tonight: undefined,
});

/** Purges (and DELETEs that may have become one) in the `days` up to `now`. */
export function budgetSpent({ spent }: State, days: number, now: Timestamp): number {
  return [...spent.values()].filter((at) => elapsedMs(at, now) < days * DAY_MS).length;
}

/** Entra ID's recycle bin goes back as far: the owner of a domain that was given up since then may lie in it. */
export const OWN_DOMAIN_DAYS = 30;

/** The company's own domains: verified tonight, or on a night of the last {@link OWN_DOMAIN_DAYS}. */
export function ownDomains({ domains }: State, now: Timestamp): readonly string[] {
  return [...domains]
    .filter(([, seen]) => elapsedMs(seen, now) <= OWN_DOMAIN_DAYS * DAY_MS)
    .map(([domain]) => domain);
}

/** The same, with those that Entra ID names now. */
export const domainsWith = (
  { verifiedDomains }: Pick<Organization, 'verifiedDomains'>,
  state: State,
  now: Timestamp,
): readonly string[] => [...new Set([...verifiedDomains, ...ownDomains(state, now)])];

export const idOf = (key: Key) => key.slice(0, key.indexOf(' ')) as ObjectId;
export const generationOf = (key: Key): Generation => ({
  id: idOf(key),
  deletedDateTime: key.slice(key.indexOf(' ') + 1) as Timestamp,
});

/** What judge concludes from answers: lines to record, and notes that only this run's state needs. */
export interface Judged {
  readonly lines: readonly LedgerRecord[];
  readonly notes: readonly Note[];
}

export interface Judging {
  readonly policy: Policy;
  readonly pace: Pace;
  /** When the answers arrived. */
  readonly now: Timestamp;
}
