/** What earlier nights left in the ledger, as far as tonight needs it. */
import { DAY_MS, elapsedMs, type NightId, type Timestamp } from './ids.ts';
import type { Generation, PlanCounts, Presence, SourceKind } from './model.ts';
import type { Mode, NightStatus } from './names.ts';
import type { LedgerLine, RecordOf } from './record.ts';

/** The most users that a source held lately, in all and by slice. */
export interface Baseline {
  readonly total: number;
  readonly slices: Readonly<Record<string, number>>;
}

/** A DELETE that was announced and of which nobody knows yet what came. */
export interface OpenIntent extends Generation {
  readonly night: NightId;
  readonly at: Timestamp;
}

/** A user purged, and when that was proven. */
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

export interface History {
  /** Nights in a row on which this generation was seen absent, before tonight. */
  nightsAbsent(user: Generation, presence: Presence, now: Timestamp): number;
  /** Purges (and intents that may have become one) in the `days` up to `now`. */
  budgetSpent(days: number, now: Timestamp): number;
  /** What tonight's reading of a source is held against; `undefined` where no earlier night read it. */
  baseline(source: SourceKind): Baseline | undefined;
  /** The newest state of each part of a source that an earlier night read. */
  lastSeen(source: SourceKind): Readonly<Record<string, Timestamp>>;
  readonly openIntents: readonly OpenIntent[];
  /** Purges of which Exchange Online has not yet been seen to hold nothing any more. */
  readonly uncured: readonly Uncured[];
  /** Nights whose telemetry did not arrive, oldest first. */
  readonly untold: readonly NightId[];
  /** The last {@link PAST_NIGHTS}, oldest first. */
  readonly pastNights: readonly PastNight[];
}

/** A month of nights, and room for those that were run again by hand. */
export const PAST_NIGHTS = 40;
/** Over how many days the largest reading counts as what a source ought to hold. */
const BASELINE_DAYS = 7;

/** Takes the ledger's lines one by one, in order. More may be seen after the first `finish`. */
export interface HistoryReader {
  see(line: LedgerLine): void;
  /** As of the lines seen so far. */
  finish(): History;
}

export function startHistory(): HistoryReader {
  const streaks = new Map<string, { nights: number; date: string }>();
  const intents = new Map<string, OpenIntent & { open: boolean; spent: boolean }>();
  const readings = new Map<SourceKind, (Baseline & { at: Timestamp })[]>();
  const lastSeen = new Map<SourceKind, Record<string, Timestamp>>();
  const untold = new Set<NightId>();
  const uncured = new Map<string, Uncured>();
  const pastNights: PastNight[] = [];

  const see = (line: LedgerLine) => {
    const { record, at, night } = line;
    switch (record.kind) {
      case 'nightStarted':
        untold.add(night);
        pastNights.push(begun(line, record));
        if (pastNights.length > PAST_NIGHTS) pastNights.shift();
        break;
      case 'nightEnded':
        noteEnd(pastNights, night, record);
        break;
      case 'decided':
        noteSighting(streaks, record, at);
        break;
      case 'sourceRead':
        noteReading(readings, record, at);
        noteParts(lastSeen, record);
        break;
      case 'intended': {
        const { id, deletedDateTime } = record;
        intents.set(keyOf(record), { id, deletedDateTime, night, at, open: true, spent: true });
        break;
      }
      case 'settled': {
        const { id, deletedDateTime } = record;
        if (record.outcome === 'purged') uncured.set(keyOf(record), { id, deletedDateTime, purgedAt: at });
        const intent = intents.get(keyOf(record));
        if (intent !== undefined) {
          intent.open = record.outcome === 'unverified';
          intent.spent = record.outcome === 'unverified' || record.outcome === 'purged';
        }
        break;
      }
      case 'cureSeen':
        if (record.state === 'gone') uncured.delete(keyOf(record));
        break;
      case 'takenOver':
        untold.add(night);
        break;
      case 'telemetrySent':
        if (record.delivered) untold.delete(record.of);
        break;
      default:
        break;
    }
  };

  return {
    see,
    finish: () => ({
      nightsAbsent: (user, presence, now) => {
        if (presence.state !== 'absent') return 0;
        const before = streaks.get(keyOf(user));
        if (before === undefined) return 1;
        return before.date === dateOf(now) ? before.nights : before.nights + 1;
      },
      budgetSpent: (days, now) =>
        [...intents.values()].filter((one) => one.spent && elapsedMs(one.at, now) < days * DAY_MS).length,
      baseline: (source) => largest(readings.get(source) ?? []),
      lastSeen: (source) => lastSeen.get(source) ?? {},
      openIntents: [...intents.values()].filter((intent) => intent.open),
      uncured: [...uncured.values()],
      untold: [...untold],
      pastNights,
    }),
  };
}

const keyOf = ({ id, deletedDateTime }: Generation) => `${id} ${deletedDateTime}`;
const dateOf = (moment: Timestamp) => moment.slice(0, 10);

const begun = ({ night, at }: LedgerLine, { mode }: RecordOf<'nightStarted'>): PastNight => ({
  night,
  startedAt: at,
  mode,
  status: undefined,
  counts: undefined,
  purged: 0,
});

function noteEnd(pastNights: PastNight[], night: NightId, record: RecordOf<'nightEnded'>): void {
  const index = pastNights.findLastIndex((past) => past.night === night);
  const past = pastNights[index];
  if (past === undefined) return;
  const { status, counts, outcomes } = record;
  pastNights[index] = { ...past, status, counts, purged: outcomes.purged ?? 0 };
}

function noteSighting(
  streaks: Map<string, { nights: number; date: string }>,
  record: RecordOf<'decided'>,
  at: Timestamp,
): void {
  const { id, deletedDateTime } = record;
  if (deletedDateTime === undefined) return;
  const key = keyOf({ id, deletedDateTime });
  if (record.facts.onPremises.value === 'no') {
    streaks.set(key, { nights: record.nightsAbsent, date: dateOf(at) });
  } else {
    streaks.delete(key);
  }
}

/** A refused reading does not become the measure: what it was held against goes on in its place. */
function noteReading(
  readings: Map<SourceKind, (Baseline & { at: Timestamp })[]>,
  record: RecordOf<'sourceRead'>,
  at: Timestamp,
): void {
  const measure = record.accepted ? record : record.baseline;
  if (measure === undefined) return;
  const { total, slices } = measure;
  const recent = (readings.get(record.source) ?? []).filter(
    (one) => elapsedMs(one.at, at) < BASELINE_DAYS * DAY_MS,
  );
  readings.set(record.source, [...recent, { total, slices, at }]);
}

function noteParts(
  lastSeen: Map<SourceKind, Record<string, Timestamp>>,
  record: RecordOf<'sourceRead'>,
): void {
  const parts = lastSeen.get(record.source) ?? {};
  for (const [part, asOf] of Object.entries(record.parts ?? {})) {
    const seen = parts[part];
    if (seen === undefined || asOf > seen) parts[part] = asOf;
  }
  lastSeen.set(record.source, parts);
}

function largest(readings: readonly Baseline[]): Baseline | undefined {
  if (readings.length === 0) return undefined;
  // A slice may be called as what every object has, such as "constructor".
  const slices = new Map<string, number>();
  for (const reading of readings) {
    for (const [slice, users] of Object.entries(reading.slices)) {
      slices.set(slice, Math.max(slices.get(slice) ?? 0, users));
    }
  }
  return {
    total: Math.max(...readings.map((reading) => reading.total)),
    slices: Object.fromEntries(slices),
  };
}
