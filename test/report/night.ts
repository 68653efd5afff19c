/** A night's report made of records, without a night: every section filled, and earlier nights for the trend. */
import { apply } from '../../lib/core/apply.ts';
import { at, DAY_MS, HOUR_MS, immutableId, nightId, type Timestamp } from '../../lib/core/ids.ts';
import type { LedgerRecord, RecordOf } from '../../lib/core/record.ts';
import { emptyState, type PastNight } from '../../lib/core/state.ts';
import { KEEP_REASONS, type NightStatus, type OutcomeName } from '../../lib/core/vocabulary.ts';
import { renderReport } from '../../lib/report/page.ts';
import { type Story, storyOf as storyOfState } from '../../lib/report/story.ts';
import { sure } from '../core/people.ts';
import { announced, DELETED, decided, keep, started, TENANT, time, user } from '../edges/ledgerRecords.ts';
import { EVERY_KIND, linesOf } from '../edges/telemetryLines.ts';

const STARTED = time('2026-11-20T02:00:00Z');

export const POLICY = {
  gracePeriodDays: 14,
  nightsAbsent: 3,
  maxSyncAgeHours: 3,
  onPremises: { source: 'activeDirectory', maxShrinkPercent: 3 },
  accidentalDeletionPrevention: {
    perNight: { users: 20 },
    rollingBudget: { days: 7, users: 60 },
  },
};

/** The story of a night of these records. */
export function storyOf(records: readonly LedgerRecord[], startedAt: Timestamp = STARTED): Story {
  const state = emptyState();
  for (const line of linesOf(records, startedAt)) apply(state, line);
  return storyOfState(state, true);
}

/** A night with a record of every kind, its policy, and these changes to it. */
export function everyKind(change: (record: LedgerRecord) => LedgerRecord = (record) => record): Story {
  return storyOf(EVERY_KIND.map(change));
}

export const renderedStory = (story: Story, earlier: readonly PastNight[] = [], personalData = true) =>
  renderReport({ ...story, nights: [...earlier, ...story.nights] }, { personalData });

const OUTCOME: readonly OutcomeName[] = ['purged', 'purged', 'purged', 'denied', 'purged', 'notPurged'];

/** `purges` and `keeps` users of a company, each with facts of its own. */
export function eventfulNight(
  purges: number,
  keeps: number,
  changes: Partial<RecordOf<'nightEnded'>> = {},
): Story {
  const outcomes: Partial<Record<OutcomeName, number>> = {};
  const settled = Array.from({ length: purges }, (_, n): LedgerRecord[] => {
    const outcome = OUTCOME[n % OUTCOME.length] ?? 'purged';
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const generation = { id: user(n), deletedDateTime: DELETED };
    return [
      decided(n),
      announced(n),
      { kind: 'answered', ...generation, attempt: 1, answer: 'accepted', detail: 'status 204' },
      {
        kind: 'settled',
        ...generation,
        outcome,
        detail: 'absent from deletedItems and from /users',
        verifiedAfterMs: 900 + n * 40,
      },
    ];
  });
  const kept = Array.from({ length: keeps }, (_, n) =>
    keep(purges + n, KEEP_REASONS[(n * n) % KEEP_REASONS.length]),
  );
  const keptBy = Object.fromEntries(
    KEEP_REASONS.map((reason) => [reason, kept.filter((one) => one.reason === reason).length]).filter(
      ([, users]) => users !== 0,
    ),
  );
  const counts = { deletedUsers: purges + keeps, purge: purges, keep: keeps, keptBy };
  return storyOf([
    { ...started(), policy: POLICY },
    {
      kind: 'tenantRead',
      tenantId: TENANT,
      lastSync: time('2026-11-20T01:32:00Z'),
      verifiedDomains: ['contoso.com'],
      clockSkewSeconds: 1.4,
    },
    source('entra', 4_180, 4_204),
    {
      ...source('activeDirectory', 4_391, 4_404),
      parts: { 'corp.contoso.com': time('2026-11-20T01:58:00Z') },
    },
    { kind: 'exchangeRead', available: true, recipients: 812, detail: 'read to the end' },
    { kind: 'deletedUsersRead', users: purges + keeps },
    ...(['gone', 'waiting', 'lingering'] as const).map(
      (state, n): LedgerRecord => ({
        kind: 'cureSeen',
        id: user(9_000 + n),
        deletedDateTime: DELETED,
        state,
        purgedAt: time('2026-11-19T02:04:00Z'),
        afterMs: DAY_MS,
        detail: `seen ${state}`,
      }),
    ),
    ...kept,
    ...settled.flat(),
    { kind: 'planned', state: 'ready', fingerprint: 'a'.repeat(64), counts, refusals: [], budgetSpent: 31 },
    {
      kind: 'nightEnded',
      status: 'completed',
      detail: 'as it went',
      refusals: [],
      counts,
      outcomes,
      open: 0,
      notAttempted: 0,
      measurements: { durationMs: 94_000, graphCalls: 61, resourceUnits: 180, throttled: 1, retries: 2 },
      ...changes,
    },
  ]);
}

const source = (
  kind: 'entra' | 'activeDirectory',
  total: number,
  before: number,
): RecordOf<'sourceRead'> => ({
  kind: 'sourceRead',
  source: kind,
  total,
  slices: { 'contoso.com': total },
  asOf: time('2026-11-20T01:59:00Z'),
  accepted: true,
  baseline: { total: before, slices: { 'contoso.com': before } },
});

/** A month before {@link STARTED}: some report mode, a refusal, a night cut off, and purges. */
export const MONTH: readonly PastNight[] = Array.from({ length: 30 }, (_, n) => {
  const purge = (n * 7) % 13;
  const keepers = 40 + ((n * 5) % 17);
  const status: NightStatus | undefined = n === 21 ? undefined : n === 16 ? 'refused' : 'completed';
  return {
    night: sure(nightId((n + 1).toString(16).padStart(32, '0'))),
    startedAt: at(Date.parse(STARTED) - (30 - n) * DAY_MS + HOUR_MS / 60),
    mode: n < 9 ? 'report' : 'purge',
    status,
    counts:
      status === undefined
        ? undefined
        : { deletedUsers: purge + keepers, purge, keep: keepers, keptBy: { withinGracePeriod: keepers } },
    purged: n < 9 || status !== 'completed' ? 0 : purge,
  };
});

/** The record with `text` in every place where somebody outside may have written something. */
export function infest(record: LedgerRecord, text: string): LedgerRecord {
  switch (record.kind) {
    case 'decided': {
      const facts = Object.fromEntries(
        Object.entries(record.facts).map(([name, fact]) => [name, { ...fact, origin: text }]),
      ) as RecordOf<'decided'>['facts'];
      const names = { displayName: text, userPrincipalName: `${text}@contoso.com`, mail: `mail ${text}` };
      return {
        ...record,
        ...names,
        detail: text,
        immutableId: sure(immutableId(text.toWellFormed())),
        facts,
      };
    }
    case 'sourceRead':
      return { ...record, slices: { [text]: 5 }, parts: { [text]: record.asOf } };
    case 'nightEnded':
      return {
        ...record,
        status: 'failed',
        detail: text,
        refusals: [{ refusal: 'sourceIncomplete', detail: text }],
      };
    case 'planned':
      return { ...record, refusals: [{ refusal: 'sourceIncomplete', detail: text }] };
    case 'settled':
    case 'exchangeRead':
    case 'cureSeen':
    case 'answered':
    case 'telemetrySent':
      return { ...record, detail: text };
    case 'tenantRead':
      return { ...record, verifiedDomains: [text] };
    case 'announced':
      return { ...record, snapshot: { displayName: text } };
    case 'withdrawn':
      return { ...record, why: text };
    case 'nightStarted':
    case 'deletedUsersRead':
    case 'unchanged':
    case 'logBegun':
    case 'rolledOver':
    case 'tornLine':
      return record;
  }
}
