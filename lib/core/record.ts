/**
 * What the ledger holds: one line for every action, in words that outlive the code. Written before the action
 * where the action cannot be undone. The telemetry of a night is derived from these lines and from nothing else.
 */
import { z } from 'zod';
import {
  type ImmutableId,
  immutableId,
  type NightId,
  nightId,
  type ObjectId,
  objectId,
  type TenantId,
  type Timestamp,
  tenantId,
  timestamp,
} from './ids.ts';
import type { Json } from './model.ts';
import { CURE_STATES, KEEP_REASONS, NIGHT_STATUSES, OUTCOMES, REFUSALS } from './names.ts';

const parsed = <T>(parse: (text: string) => T | undefined, what: string) =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value === undefined) {
      context.addIssue({ code: 'custom', message: `is not ${what}` });
      return z.NEVER;
    }
    return value;
  });

const zObjectId = parsed<ObjectId>(objectId, 'an object id');
const zTenantId = parsed<TenantId>(tenantId, 'a tenant id');
const zImmutableId = parsed<ImmutableId>(immutableId, 'an immutable id');
const zNightId = parsed<NightId>(nightId, 'a night id');
const zTimestamp = parsed<Timestamp>(timestamp, 'a UTC time');
const zJson = z.json() as unknown as z.ZodType<Json>;
const zCount = z.number().int().nonnegative();
/** Grows with every runner that takes the ledger: who has the smaller number has lost it. */
const zFence = z.number().int().positive();
const zHash = z.string().regex(/^[0-9a-f]{64}$/);
const zFact = z.strictObject({ value: z.enum(['yes', 'no', 'unknown']), origin: z.string() });
const zGeneration = { id: zObjectId, deletedDateTime: zTimestamp };
const zRefusal = z.strictObject({
  refusal: z.enum(REFUSALS),
  detail: z.string(),
  limit: z.number().optional(),
  actual: z.number().optional(),
});
const zCounts = z.strictObject({
  deletedUsers: zCount,
  purge: zCount,
  keep: zCount,
  keptBy: z.partialRecord(z.enum(KEEP_REASONS), zCount),
});

/** The first line of every night. */
const nightStarted = z.strictObject({
  kind: z.literal('nightStarted'),
  mode: z.enum(['report', 'purge']),
  tenantId: zTenantId,
  /** The policy in force, whole. */
  policy: zJson,
  /** The last line of the night before, which the hash of this line continues; absent on the first night. */
  continues: z.strictObject({ night: zNightId, fence: zFence, hash: zHash }).optional(),
});

/** `/organization` was read. */
const tenantRead = z.strictObject({
  kind: z.literal('tenantRead'),
  tenantId: zTenantId,
  lastSync: zTimestamp.optional(),
  verifiedDomains: z.array(z.string()),
  clockSkewSeconds: z.number().optional(),
});

/** The recycle bin was read to its end and adds up. */
const deletedUsersRead = z.strictObject({
  kind: z.literal('deletedUsersRead'),
  users: zCount,
});

/** A source of the on-prem user set was read to its end. */
const sourceRead = z.strictObject({
  kind: z.literal('sourceRead'),
  source: z.enum(['entra', 'activeDirectory', 'export']),
  total: zCount,
  slices: z.record(z.string(), zCount),
  asOf: zTimestamp,
  parts: z.record(z.string(), zTimestamp).optional(),
  /** false: it is older or holds far fewer users than it did before, and the night is refused. */
  accepted: z.boolean(),
  /** The most that earlier nights saw; absent where there were none. */
  baseline: z.strictObject({ total: zCount, slices: z.record(z.string(), zCount) }).optional(),
});

/** Exchange Online was asked for its soft-deleted recipients. */
const exchangeRead = z.strictObject({
  kind: z.literal('exchangeRead'),
  available: z.boolean(),
  recipients: zCount,
  detail: z.string(),
});

/** What Exchange Online still holds of a user purged on this or an earlier night. */
const cureSeen = z.strictObject({
  kind: z.literal('cureSeen'),
  ...zGeneration,
  state: z.enum(CURE_STATES),
  purgedAt: zTimestamp,
  /** Milliseconds from the purge to this look. */
  afterMs: z.number().nonnegative(),
  detail: z.string(),
});

/** The verdict on one deleted user, with every fact it rests on. */
const decided = z.strictObject({
  kind: z.literal('decided'),
  id: zObjectId,
  /** Absent where Graph did not say; such a user is always kept. */
  deletedDateTime: zTimestamp.optional(),
  userPrincipalName: z.string().optional(),
  displayName: z.string().optional(),
  mail: z.string().optional(),
  immutableId: zImmutableId.optional(),
  verdict: z.enum(['purge', 'keep']),
  reason: z.enum(KEEP_REASONS).optional(),
  detail: z.string(),
  nightsAbsent: zCount,
  facts: z.strictObject({
    onPremisesSynced: zFact,
    onPremises: zFact,
    reappeared: zFact,
    mailUser: zFact,
    hadMailbox: zFact,
    licensed: zFact,
    onHold: zFact.optional(),
    highVolumeEmail: zFact.optional(),
  }),
});

/** What tonight would do, or why it may do nothing. */
const planned = z.strictObject({
  kind: z.literal('planned'),
  state: z.enum(['ready', 'refused']),
  fingerprint: zHash,
  counts: zCounts,
  refusals: z.array(zRefusal),
  /** Purges that earlier nights already took out of the rolling budget. */
  budgetSpent: zCount,
});

/** Written before the DELETE is sent. `snapshot` is the whole object, as re-read a moment ago. */
const intended = z.strictObject({
  kind: z.literal('intended'),
  ...zGeneration,
  attempt: z.number().int().positive(),
  snapshot: zJson,
});

/** What the service answered to a DELETE; says nothing yet of what became of the object. */
const answered = z.strictObject({
  kind: z.literal('answered'),
  ...zGeneration,
  attempt: z.number().int().positive(),
  answer: z.enum(['accepted', 'forbidden', 'notFound', 'throttled', 'unclear']),
  detail: z.string(),
});

/** How one planned purge ended, as seen on re-read. May settle an intent of an earlier night. */
const settled = z.strictObject({
  kind: z.literal('settled'),
  ...zGeneration,
  outcome: z.enum(OUTCOMES),
  detail: z.string(),
  /** Milliseconds from the (last) DELETE to the re-read that found it gone. */
  verifiedAfterMs: z.number().nonnegative().optional(),
  /** The night that wrote the intent, where it is not this one. */
  intendedBy: zNightId.optional(),
});

/** The last line of a night that came to its own end. */
const nightEnded = z.strictObject({
  kind: z.literal('nightEnded'),
  status: z.enum(NIGHT_STATUSES),
  detail: z.string(),
  refusals: z.array(zRefusal),
  counts: zCounts.optional(),
  outcomes: z.partialRecord(z.enum(OUTCOMES), zCount),
  measurements: z.strictObject({
    durationMs: z.number().nonnegative(),
    graphCalls: zCount,
    resourceUnits: zCount,
    throttled: zCount,
    retries: zCount,
  }),
});

/** What was handed over to telemetry, and whether it arrived. Lines of other nights are sent again until it did. */
const telemetrySent = z.strictObject({
  kind: z.literal('telemetrySent'),
  /** The night whose lines were sent: this one, or an earlier one that could not. */
  of: zNightId,
  events: zCount,
  delivered: z.boolean(),
  detail: z.string(),
});

/**
 * Written by a later night at the end of one that did not come to its own end: whoever wrote that one, and was
 * merely paused, finds that it does not end any more where it left it, and can write nothing further to it.
 */
const takenOver = z.strictObject({
  kind: z.literal('takenOver'),
  by: zNightId,
  /** SHA-256 of the line before this one, which a crash tore off in the middle and which is not to be read. */
  torn: zHash.optional(),
});

export const ledgerRecord = z.discriminatedUnion('kind', [
  nightStarted,
  tenantRead,
  deletedUsersRead,
  sourceRead,
  exchangeRead,
  cureSeen,
  decided,
  planned,
  intended,
  answered,
  settled,
  nightEnded,
  telemetrySent,
  takenOver,
]);
export type LedgerRecord = z.infer<typeof ledgerRecord>;
export type RecordOf<Kind extends LedgerRecord['kind']> = Extract<LedgerRecord, { kind: Kind }>;

/** A record in its place: which night, which line of it, whose, when, and the SHA-256 of the line before. */
export const ledgerLine = z.strictObject({
  night: zNightId,
  seq: zCount,
  /** Of the runner that wrote it. The same in every line of a night but the one that takes it over. */
  fence: zFence,
  at: zTimestamp,
  /** SHA-256 (hex) of the whole text of the line before, or 64 zeros before the very first. */
  prev: zHash,
  record: ledgerRecord,
});
export type LedgerLine = z.infer<typeof ledgerLine>;
