/** What earlier nights saw of a source, to hold tonight's reading against. */
import { DAY_MS, elapsedMs, type Timestamp } from './ids.ts';
import type { RecordOf } from './record.ts';

/** The most users that a source held lately, in all and by slice. */
export interface Baseline {
  readonly total: number;
  readonly slices: Readonly<Record<string, number>>;
}

export interface SourceReadings {
  readonly readings: readonly (Baseline & { readonly at: Timestamp })[];
  /** Since when every reading was refused. */
  readonly refusedSince: Timestamp | undefined;
  /** The newest state of each part that was read. */
  readonly lastSeen: Readonly<Record<string, Timestamp>>;
}

/** Over how many days the largest reading counts as what a source ought to hold. */
const BASELINE_DAYS = 7;

/** A refused reading does not become the measure. */
export function withReading(
  before: SourceReadings | undefined,
  record: RecordOf<'sourceRead'>,
  at: Timestamp,
): SourceReadings {
  const readings = before?.readings ?? [];
  const lastSeen = new Map(Object.entries(before?.lastSeen ?? {}));
  for (const [part, asOf] of Object.entries(record.parts ?? {})) {
    const seen = lastSeen.get(part);
    if (seen === undefined || asOf > seen) lastSeen.set(part, asOf);
  }
  const parts = { lastSeen: Object.fromEntries(lastSeen) };
  if (!record.accepted) return { readings, refusedSince: before?.refusedSince ?? at, ...parts };
  const recent = readings.filter((one) => elapsedMs(one.at, at) < BASELINE_DAYS * DAY_MS);
  const { total, slices } = record;
  return { readings: [...recent, { total, slices, at }], refusedSince: undefined, ...parts };
}

/**
 * `undefined` where no earlier night read the source, and after a week of refusals: what it was held against ages, so that
 * no refusal is for ever.
 */
export function baselineOf(source: SourceReadings | undefined, now: Timestamp): Baseline | undefined {
  const { readings = [], refusedSince = now } = source ?? {};
  if (readings.length === 0 || elapsedMs(refusedSince, now) >= BASELINE_DAYS * DAY_MS) return undefined;
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
