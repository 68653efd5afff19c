/** What a source's reading must be held against: what the nights before were told, not what the tool remembers. */
import { elapsedMs } from '../../lib/core/ids.ts';
import type { LedgerLine, RecordOf } from '../../lib/core/record.ts';
import { DAY_MS, MINUTE_MS } from '../tenant/clock.ts';
import { type Company, type Measure, violate } from './company.ts';
import type { SourceTold, Told } from './told.ts';

/** A source that fell short of the past week, that is older than it was, or that speaks of other people. */
export function checkReading(
  company: Company,
  told: Told,
  { at }: LedgerLine,
  record: RecordOf<'sourceRead'>,
): void {
  const source = told.sources.get(record.source);
  if (source === undefined) {
    violate(company, `${record.source} is said to be read, and was not`);
    return;
  }
  const measures = company.measures.get(record.source) ?? [];
  company.measures.set(record.source, measures);
  const { family } = company;
  const showsDeleted = record.source === 'activeDirectory' && family.tombstones;
  const recent = measures.filter((one) => elapsedMs(one.at, at) < 7 * DAY_MS - 10 * MINUTE_MS);
  const why = source.disagrees
    ? 'it disagrees'
    : (hasAged(measures, source) ?? (showsDeleted ? undefined : hasShrunk(recent, source, told)));
  if (why !== undefined) {
    company.coverage.hit('check', 'a reading to refuse');
    if (record.accepted) violate(company, `the reading of ${record.source} was accepted, although ${why}`);
    told.failedReads.push(`${record.source}: ${why}`);
  }
  const { total, slices, parts } = source;
  const counts = why === undefined && record.accepted ? { total, slices } : { total: 0, slices: {} };
  measures.push({ at, ...counts, parts });
}

function largest(measures: readonly Measure[]) {
  const slices: Record<string, number> = {};
  for (const measure of measures) {
    for (const [name, users] of Object.entries(measure.slices))
      slices[name] = Math.max(slices[name] ?? 0, users);
  }
  return { total: Math.max(0, ...measures.map(({ total }) => total)), slices };
}

function hasAged(measures: readonly Measure[], { parts }: SourceTold): string | undefined {
  const older = Object.entries(parts ?? {}).find(([name, moment]) =>
    measures.some((one) => (one.parts?.[name] ?? '') > moment),
  );
  return older && `${older[0]} is older than an earlier night saw it`;
}

function hasShrunk(recent: readonly Measure[], source: SourceTold, { policy }: Told): string | undefined {
  const { maxShrinkPercent, maxSliceShrinkUsers } = policy.onPremises;
  const before = largest(recent);
  const lost = (was: number, is: number) =>
    was - is > maxSliceShrinkUsers && (was - is) * 100 > maxShrinkPercent * was;
  if (lost(before.total, source.total)) return `it shrank from ${before.total} to ${source.total}`;
  const slice = Object.entries(before.slices).find(([name, was]) => {
    const is = source.slices[name] ?? 0;
    return lost(was, is);
  });
  return slice && `${slice[0]} shrank from ${slice[1]} to ${source.slices[slice[0]] ?? 0}`;
}
