/**
 * What the ledger holds: one line for every action, in words that outlive the code. Written before the action
 * where the action cannot be undone. The telemetry of a night is derived from these lines and from nothing else.
 */
import { z } from 'zod';
import {
  zAttempt,
  zCount,
  zCounts,
  zFact,
  zGeneration,
  zHash,
  zImmutableId,
  zJson,
  zMeasurements,
  zNightId,
  zObjectId,
  zRefusal,
  zTenantId,
  zTimestamp,
  zVersion,
} from './recordParts.ts';
import {
  ANSWERS,
  CURE_STATES,
  FACT_NAMES,
  KEEP_REASONS,
  NIGHT_STATUSES,
  OUTCOMES,
  SOURCE_KINDS,
} from './vocabulary.ts';

/** The first line of every night. */
const nightStarted = z.strictObject({
  kind: z.literal('nightStarted'),
  mode: z.enum(['report', 'purge']),
  tenantId: zTenantId,
  /** Of the tool. Absent in lines of version 0.1. */
  version: zVersion.optional(),
  /** The policy in force, whole. */
  policy: zJson,
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
  source: z.enum(SOURCE_KINDS),
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

/**
 * The verdict on one deleted user, with every fact it rests on. Written where verdict, reason, a fact or the user
 * itself differs from the user's last line; {@link unchanged} stands for all the others.
 */
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
  /** Nights on which it was seen absent, tonight included. Not compared: it alone makes no new line. */
  nightsAbsent: zCount,
  facts: z.partialRecord(z.enum(FACT_NAMES), zFact),
});

/** Every other user of the recycle bin: decided tonight, with the same result as in its last line. */
const unchanged = z.strictObject({
  kind: z.literal('unchanged'),
  users: zCount,
  /** SHA-256 over the sorted ids. */
  fingerprint: zHash,
  /** Users of earlier lines that are not in the recycle bin any more. */
  left: z.array(zObjectId),
});

/** What tonight would do, or why it may do nothing. */
const planned = z.strictObject({
  kind: z.literal('planned'),
  state: z.enum(['ready', 'overLimit']),
  fingerprint: zHash,
  counts: zCounts,
  refusals: z.array(zRefusal),
  /** Purges that earlier nights already took out of the rolling budget. */
  budgetSpent: zCount,
});

/** Written before the DELETE is sent. `snapshot` is the whole object, as re-read a moment ago. */
const announced = z.strictObject({
  kind: z.literal('announced'),
  ...zGeneration,
  attempt: zAttempt,
  /** When the re-read was asked for. Absent in lines of version 0.1. */
  readAt: zTimestamp.optional(),
  snapshot: zJson,
});

/** Announced, and certainly not sent: the user is due again. */
const withdrawn = z.strictObject({
  kind: z.literal('withdrawn'),
  ...zGeneration,
  attempt: zAttempt,
  why: z.string(),
});

/** What the service answered to a DELETE; says nothing yet of what became of the object. */
const answered = z.strictObject({
  kind: z.literal('answered'),
  ...zGeneration,
  attempt: zAttempt,
  answer: z.enum(ANSWERS),
  detail: z.string(),
  /** Milliseconds for which the service asks for silence, from the arrival of the answer. */
  retryAfterMs: z.number().nonnegative().optional(),
});

/** How one planned purge ended, as seen on re-read. */
const settled = z.strictObject({
  kind: z.literal('settled'),
  ...zGeneration,
  outcome: z.enum(OUTCOMES),
  detail: z.string(),
  /** Milliseconds from the (last) DELETE to the re-read that found it gone. */
  verifiedAfterMs: z.number().nonnegative().optional(),
  /** The night that announced it, where it is not this one. */
  announcedBy: zNightId.optional(),
});

/** The last line of a night that came to its own end. */
const nightEnded = z.strictObject({
  kind: z.literal('nightEnded'),
  status: z.enum(NIGHT_STATUSES),
  detail: z.string(),
  refusals: z.array(zRefusal),
  counts: zCounts.optional(),
  /** Planned purges by how they ended tonight. */
  outcomes: z.partialRecord(z.enum(OUTCOMES), zCount),
  /** DELETEs announced and not settled. The next night looks again. */
  open: zCount,
  /** Planned purges that were not tried. */
  notAttempted: zCount,
  measurements: zMeasurements,
  /** Of a defect of this tool. Never in the log. */
  stack: z.string().optional(),
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

/** `2026/11/23/20261123T020000Z-<night>.ndjson`, of version 0.1; and today's `log/000001.ndjson`. */
export const OLD_NIGHT = /^\d{4}\/\d{2}\/\d{2}\/(\d{8}T\d{6}Z)-([0-9a-f]{32})\.ndjson$/;
export const LOG_FILE = /^log\/(\d{6})\.ndjson$/;

/** The ledger's own lines. The first of a log; `continues` names the last file of a version 0.1 ledger and its end. */
const logBegun = z.strictObject({
  kind: z.literal('logBegun'),
  continues: z.strictObject({ file: z.string().regex(OLD_NIGHT), hash: zHash }).optional(),
});
/** The last line of a blob: the log goes on in another. */
const rolledOver = z.strictObject({ kind: z.literal('rolledOver'), to: z.string().regex(LOG_FILE) });
/** The line before was torn off by a crash while a disk wrote it; `hash` is its SHA-256. */
const tornLine = z.strictObject({ kind: z.literal('tornLine'), hash: zHash });

export const ledgerRecord = z.discriminatedUnion('kind', [
  nightStarted,
  tenantRead,
  deletedUsersRead,
  sourceRead,
  exchangeRead,
  cureSeen,
  decided,
  unchanged,
  planned,
  announced,
  withdrawn,
  answered,
  settled,
  nightEnded,
  telemetrySent,
  logBegun,
  rolledOver,
  tornLine,
]);
export type LedgerRecord = z.infer<typeof ledgerRecord>;
export type RecordOf<Kind extends LedgerRecord['kind']> = Extract<LedgerRecord, { kind: Kind }>;

/** A record in its place: which night, which line of it, when, and the SHA-256 of the line before. */
export const ledgerLine = z.strictObject({
  night: zNightId,
  /** Counted from 0 in each night. */
  seq: zCount,
  at: zTimestamp,
  /** SHA-256 (hex) of the whole text of the line before, or 64 zeros before the very first. */
  prev: zHash,
  record: ledgerRecord,
});
export type LedgerLine = z.infer<typeof ledgerLine>;
