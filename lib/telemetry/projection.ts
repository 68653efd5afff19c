/** From the ledger's lines to events. Pure: the same lines give the same events, also a night later. */

import { DAY_MS, elapsedMs, HOUR_MS, type Timestamp } from '../core/ids.ts';
import { numberAt } from '../core/json.ts';
import type { Fact, Json } from '../core/model.ts';
import type { LedgerLine, RecordOf } from '../core/record.ts';
import { ABSENCE_KINDS, FACT_NAMES, KEEP_REASONS, OUTCOMES } from '../core/vocabulary.ts';
import { counted, event, factProperty, keptBy, type TelemetryEvent } from './events.ts';

export interface ProjectionOptions {
  /** One event for every user kept. Otherwise keeps are only counted by reason, in Planned. */
  readonly spellOutKeeps: boolean;
}

/** The events that `line` becomes: none, one, or several. */
export function eventsOf(line: LedgerLine, options: ProjectionOptions): readonly TelemetryEvent[] {
  return own(line, options).map(({ name, properties, measurements }) => ({
    name,
    properties: { ...properties, NightId: line.night, OccurredAt: line.at },
    measurements: { ...measurements, LedgerLine: line.seq },
  }));
}

function own({ at, record }: LedgerLine, options: ProjectionOptions): readonly TelemetryEvent[] {
  switch (record.kind) {
    case 'nightStarted':
      return [nightStarted(record)];
    case 'tenantRead':
      return [
        event(
          'TenantRead',
          { TenantId: record.tenantId, LastSync: record.lastSync },
          {
            SyncAgeHours: since(record.lastSync, at, HOUR_MS),
            ClockSkewSeconds: record.clockSkewSeconds,
            VanishedDomains: record.vanishedDomains?.length,
          },
        ),
      ];
    case 'deletedUsersRead':
      return [event('DeletedUsersRead', {}, { Users: record.users })];
    case 'sourceRead':
      return [sourceRead(record, at)];
    case 'exchangeRead':
      return [
        event(
          'ExchangeRead',
          { Available: String(record.available), Detail: record.detail },
          { Recipients: record.recipients },
        ),
      ];
    case 'decided':
      return record.verdict === 'purge' || options.spellOutKeeps ? [decided(record, at)] : [];
    case 'planned':
      return [planned(record)];
    case 'announced':
      return [event('PurgeAnnounced', userOf(record), { Attempt: record.attempt })];
    case 'withdrawn':
      return [event('PurgeWithdrawn', { ...userOf(record), Why: record.why }, { Attempt: record.attempt })];
    case 'answered':
      return [
        event(
          'PurgeAnswered',
          { ...userOf(record), Answer: record.answer, Detail: record.detail },
          { Attempt: record.attempt, RetryAfterMs: record.retryAfterMs },
        ),
      ];
    case 'settled':
      return [
        event(
          'PurgeSettled',
          {
            ...userOf(record),
            Outcome: record.outcome,
            Detail: record.detail,
            AnnouncedBy: record.announcedBy,
          },
          { VerifiedAfterMs: record.verifiedAfterMs },
        ),
      ];
    case 'cureSeen':
      return [
        event(
          'CureSeen',
          { ...userOf(record), State: record.state, PurgedAt: record.purgedAt, Detail: record.detail },
          { AfterMs: record.afterMs },
        ),
      ];
    case 'nightEnded':
      return [...record.refusals.map(refused), nightEnded(record)];
    case 'telemetrySent':
    case 'unchanged':
    case 'logBegun':
    case 'rolledOver':
    case 'tornLine':
      return [];
  }
}

function nightStarted({ mode, tenantId, version, policy }: RecordOf<'nightStarted'>): TelemetryEvent {
  const limits = ['accidentalDeletionPrevention'];
  return event(
    'NightStarted',
    { Mode: mode, TenantId: tenantId, Version: version },
    {
      GracePeriodDays: shortest(policy, 'gracePeriodDays'),
      NightsAbsentRequired: shortest(policy, 'nightsAbsent'),
      PerNightUsers: numberAt(policy, [...limits, 'perNight', 'users']),
      PerNightPercent: numberAt(policy, [...limits, 'perNight', 'percent']),
      RollingBudgetDays: numberAt(policy, [...limits, 'rollingBudget', 'days']),
      RollingBudgetUsers: numberAt(policy, [...limits, 'rollingBudget', 'users']),
      RollingBudgetPercent: numberAt(policy, [...limits, 'rollingBudget', 'percent']),
      MaxShrinkPercent: numberAt(policy, ['onPremises', 'maxShrinkPercent']),
      MaxSyncAgeHours: numberAt(policy, ['maxSyncAgeHours']),
    },
  );
}

function sourceRead(record: RecordOf<'sourceRead'>, at: Timestamp): TelemetryEvent {
  const { total, slices, baseline } = record;
  const shrinks = Object.entries(baseline?.slices ?? {}).map(([slice, before]) =>
    shrinkPercent(before, slices[slice] ?? 0),
  );
  return event(
    'SourceRead',
    { Source: record.source, AsOf: record.asOf, Accepted: String(record.accepted) },
    {
      Total: total,
      AgeHours: since(record.asOf, at, HOUR_MS),
      BaselineTotal: baseline?.total,
      ShrinkPercent: baseline && shrinkPercent(baseline.total, total),
      WorstSliceShrinkPercent: shrinks.length === 0 ? undefined : Math.max(...shrinks),
    },
  );
}

function shrinkPercent(before: number, now: number): number {
  return before === 0 ? 0 : ((before - now) / before) * 100;
}

function decided(record: RecordOf<'decided'>, at: Timestamp): TelemetryEvent {
  const { facts } = record;
  return event(
    'Decided',
    {
      UserId: record.id,
      DeletedDateTime: record.deletedDateTime,
      UserPrincipalName: record.userPrincipalName,
      DisplayName: record.displayName,
      Mail: record.mail,
      ImmutableId: record.immutableId,
      Verdict: record.verdict,
      Reason: record.reason,
      Detail: record.detail,
      ...factsOf(facts),
    },
    { NightsAbsent: record.nightsAbsent, DeletedForDays: since(record.deletedDateTime, at, DAY_MS) },
  );
}

function factsOf(facts: RecordOf<'decided'>['facts']) {
  const entries = FACT_NAMES.map((name) => {
    const fact = facts[name];
    return [factProperty(name), fact && inWords(fact)];
  });
  return Object.fromEntries(entries) as Readonly<Record<ReturnType<typeof factProperty>, string | undefined>>;
}

function planned(record: RecordOf<'planned'>): TelemetryEvent {
  const { state, fingerprint, refusals, counts, budgetSpent, allowed } = record;
  return event(
    'Planned',
    { State: state, Fingerprint: fingerprint, Refusals: namesOf(refusals) },
    {
      DeletedUsers: counts.deletedUsers,
      Purge: counts.purge,
      Keep: counts.keep,
      BudgetSpent: budgetSpent,
      AllowedPerNight: allowed?.perNight,
      AllowedRollingBudget: allowed?.rollingBudget,
      ...tally(KEEP_REASONS, keptBy, counts.keptBy),
    },
  );
}

function nightEnded(record: RecordOf<'nightEnded'>): TelemetryEvent {
  const { measurements, counts } = record;
  return event(
    'NightEnded',
    { Status: record.status, Detail: record.detail, Refusals: namesOf(record.refusals) },
    {
      DurationMs: measurements.durationMs,
      GraphCalls: measurements.graphCalls,
      ResourceUnits: measurements.resourceUnits,
      Throttled: measurements.throttled,
      Retries: measurements.retries,
      DeletedUsers: counts?.deletedUsers,
      Purge: counts?.purge,
      Keep: counts?.keep,
      Open: record.open,
      NotAttempted: record.notAttempted,
      ...tally(OUTCOMES, counted, record.outcomes),
    },
  );
}

type Refusals = RecordOf<'nightEnded'>['refusals'];

function refused({ refusal, detail, limit, actual }: Refusals[number]): TelemetryEvent {
  return event('Refused', { Refusal: refusal, Detail: detail }, { Limit: limit, Actual: actual });
}

function namesOf(refusals: Refusals): string | undefined {
  return refusals.length === 0 ? undefined : refusals.map(({ refusal }) => refusal).join(', ');
}

function userOf({
  id,
  deletedDateTime,
}: RecordOf<'announced' | 'withdrawn' | 'answered' | 'settled' | 'cureSeen'>) {
  return { UserId: id, DeletedDateTime: deletedDateTime };
}

function inWords({ value, origin }: Fact): string {
  return `${value}: ${origin}`;
}

function since(earlier: Timestamp | undefined, later: Timestamp, unit: number): number | undefined {
  return earlier === undefined ? undefined : elapsedMs(earlier, later) / unit;
}

/** Every name with its count, 0 where there is none: a chart needs the zero. */
function tally<Name extends string, Key extends string>(
  names: readonly Name[],
  key: (name: Name) => Key,
  counts: Readonly<Partial<Record<Name, number>>>,
): Readonly<Record<Key, number>> {
  return Object.fromEntries(names.map((name) => [key(name), counts[name] ?? 0])) as Record<Key, number>;
}

/** Of a number for each kind of evidence the smallest. */
function shortest(policy: Json, key: string): number | undefined {
  const kinds = ABSENCE_KINDS.flatMap((kind) => numberAt(policy, [key, kind]) ?? []);
  return numberAt(policy, [key]) ?? (kinds.length === 0 ? undefined : Math.min(...kinds));
}
