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
  /** The newest state of each part that was read. */
  readonly lastSeen: Readonly<Record<string, Timestamp>>;
}

/** Over how many days the largest reading counts as what a source ought to hold. */
const BASELINE_DAYS = 7;

/** A refused reading does not become the measure: what it was held against goes on in its place. */
export function withReading(
  before: SourceReadings | undefined,
  record: RecordOf<'sourceRead'>,
  at: Timestamp,
): SourceReadings {
  const measure = record.accepted ? record : record.baseline;
  const recent = (before?.readings ?? []).filter((one) => elapsedMs(one.at, at) < BASELINE_DAYS * DAY_MS);
  const lastSeen = new Map(Object.entries(before?.lastSeen ?? {}));
  for (const [part, asOf] of Object.entries(record.parts ?? {})) {
    const seen = lastSeen.get(part);
    if (seen === undefined || asOf > seen) lastSeen.set(part, asOf);
  }
  return {
    readings:
      measure === undefined ? recent : [...recent, { total: measure.total, slices: measure.slices, at }],
    lastSeen: Object.fromEntries(lastSeen),
  };
}

/** `undefined` where no earlier night read the source. */
export function baselineOf(source: SourceReadings | undefined): Baseline | undefined {
  const readings = source?.readings ?? [];
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
