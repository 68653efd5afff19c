/** A night with every kind of record, and every field of it filled. */
import { immutableId, type Timestamp } from '../../lib/core/ids.ts';
import type { LedgerLine, LedgerRecord } from '../../lib/core/record.ts';
import {
  announced,
  DELETED,
  decided,
  ended,
  keep,
  night,
  started,
  TENANT,
  time,
  user,
} from './ledgerRecords.ts';

const ANCHOR = immutableId('AAECAwQFBgcICQoLDA0ODw==');
const generation = { id: user(1), deletedDateTime: DELETED };
const unknown = { value: 'unknown', origin: 'Exchange Online' } as const;

export const EVERY_KIND: readonly LedgerRecord[] = [
  {
    ...started(),
    version: '0.2.0',
    policy: {
      gracePeriodDays: 14,
      nightsAbsent: 3,
      maxSyncAgeHours: 6,
      onPremises: { source: 'entra', maxShrinkPercent: 10 },
      accidentalDeletionPrevention: {
        perNight: { users: 50, percent: 1.5 },
        rollingBudget: { days: 7, users: 90, percent: 2 },
      },
    },
  },
  {
    kind: 'tenantRead',
    tenantId: TENANT,
    lastSync: time('2026-11-20T01:30:00Z'),
    verifiedDomains: ['contoso.com'],
    vanishedDomains: ['sold.com'],
    clockSkewSeconds: 2,
  },
  { kind: 'deletedUsersRead', users: 3 },
  {
    kind: 'sourceRead',
    source: 'export',
    total: 90,
    slices: { 'OU=A': 50, 'OU=B': 40 },
    asOf: time('2026-11-20T00:00:00Z'),
    accepted: true,
    baseline: { total: 100, slices: { 'OU=A': 50, 'OU=B': 50 } },
  },
  { kind: 'exchangeRead', available: true, recipients: 7, detail: 'read to the end' },
  {
    ...decided(1, ANCHOR && { immutableId: ANCHOR }),
    facts: { ...decided(1).facts, cloudManaged: unknown, onHold: unknown, highVolumeEmail: unknown },
  },
  keep(2, 'licensed'),
  keep(3, 'onHold'),
  { kind: 'unchanged', users: 2, fingerprint: 'b'.repeat(64), left: [user(9)] },
  {
    kind: 'planned',
    state: 'ready',
    fingerprint: 'a'.repeat(64),
    counts: { deletedUsers: 3, purge: 1, keep: 2, keptBy: { licensed: 1, onHold: 1 } },
    refusals: [{ refusal: 'syncStale', detail: 'an old sync' }],
    budgetSpent: 4,
    allowed: { perNight: 50, rollingBudget: 100 },
    syncFlagIgnored: 2,
    protectRules: [{ rule: 'domains: partner.com', users: 0, expired: true }],
  },
  announced(1, 'a secret of the snapshot'),
  { kind: 'withdrawn', ...generation, attempt: 1, why: 'too old' },
  { kind: 'answered', ...generation, attempt: 1, answer: 'accepted', detail: '204', retryAfterMs: 10 },
  {
    kind: 'settled',
    ...generation,
    outcome: 'purged',
    detail: 'absent from both',
    verifiedAfterMs: 1500,
    announcedBy: night('b'),
  },
  {
    kind: 'cureSeen',
    ...generation,
    state: 'lingering',
    purgedAt: time('2026-11-18T02:00:00Z'),
    afterMs: 172_800_000,
    detail: 'still there after 48 hours',
  },
  {
    ...ended(),
    stack: 'Error: at nowhere',
    refusals: [{ refusal: 'tooManyPurges', detail: 'more than 50', limit: 50, actual: 60 }],
  },
  { kind: 'telemetrySent', of: night('b'), events: 3, delivered: false, detail: 'HTTP 500' },
  {
    kind: 'logBegun',
    continues: { file: `2026/11/19/20261119T020000Z-${night('9')}.ndjson`, hash: 'e'.repeat(64) },
  },
  { kind: 'rolledOver', to: 'log/000002.ndjson' },
  { kind: 'tornLine', hash: 'd'.repeat(64) },
];

export const AT = time('2026-11-20T02:00:00Z');

export function linesOf(records: readonly LedgerRecord[], at: Timestamp = AT, id = night('a')): LedgerLine[] {
  return records.map((record, seq) => ({ night: id, seq, at, prev: '0'.repeat(64), record }));
}
