/** No text that anybody could have written leaves the ledger where the policy leaves personal data out. */
import { describe, expect, test } from '@jest/globals';
import { withoutPersonalData } from '../../lib/core/discretion.ts';
import { KEEP_REASONS, NIGHT_STATUSES, OUTCOMES, REFUSALS } from '../../lib/core/names.ts';
import { type LedgerRecord, ledgerRecord } from '../../lib/core/record.ts';
import { decided, ended, keep } from '../edges/ledgerRecords.ts';
import { EVERY_KIND } from '../edges/telemetryLines.ts';

const CANARY = 'CN=Zoë,OU=Board,DC=contoso <zoe@partner.example>';
const POLICY = {
  protect: { addresses: [CANARY], users: [{ id: CANARY, requestedBy: CANARY, why: CANARY }] },
  onPremises: { source: CANARY, maxShrinkPercent: 3 },
  telemetry: { spellOutKeeps: true },
};
const RECORDS: readonly LedgerRecord[] = EVERY_KIND.map((record) => {
  if (record.kind === 'nightStarted') return { ...record, policy: POLICY };
  if (record.kind !== 'sourceRead') return record;
  const { asOf, slices } = record;
  return { ...record, slices: { ...slices, [CANARY]: 5 }, parts: { [CANARY]: asOf } };
});

/** The record with the canary in every place where the ledger's schema takes any text at all. */
function infested(record: LedgerRecord): { readonly record: LedgerRecord; readonly places: number } {
  const copy = structuredClone(record) as unknown as Record<string, unknown>;
  let places = 0;
  const walk = (parent: Record<string, unknown>) => {
    for (const [key, value] of Object.entries(parent)) {
      if (typeof value === 'object' && value !== null) walk(value as Record<string, unknown>);
      if (typeof value !== 'string') continue;
      parent[key] = CANARY;
      if (ledgerRecord.safeParse(copy).success) places += 1;
      else parent[key] = value;
    }
  };
  walk(copy);
  return { record: ledgerRecord.parse(copy), places };
}

test.each(RECORDS.map((record) => [record.kind, record] as const))('%s', (_, clean) => {
  const { record } = infested(clean);
  const told = withoutPersonalData(record);
  expect(JSON.stringify(told)).not.toContain(CANARY);
  expect(ledgerRecord.parse(told)).toEqual(told);
});

test('the canary sat in every text there is', () => {
  const fullestLast = RECORDS.toReversed();
  const places = Object.fromEntries(fullestLast.map((record) => [record.kind, infested(record).places]));
  expect(places).toMatchObject({
    nightStarted: 5,
    tenantRead: 1,
    exchangeRead: 1,
    decided: 13,
    intended: 3,
    answered: 1,
    settled: 1,
    cureSeen: 1,
    planned: 1,
    nightEnded: 2,
    telemetrySent: 1,
  });
});

describe('what is left says what it can', () => {
  test('numbers, times, ids and names of the closed lists are untouched', () => {
    const told = RECORDS.map(withoutPersonalData);
    expect(told.find(({ kind }) => kind === 'nightStarted')).toMatchObject({
      policy: { onPremises: { maxShrinkPercent: 3 }, telemetry: { spellOutKeeps: true } },
    });
    expect(told.find(({ kind }) => kind === 'sourceRead')).toMatchObject({
      total: 90,
      slices: { 'part 1': 50, 'part 2': 40, 'part 3': 5 },
      baseline: { slices: { 'part 1': 50, 'part 2': 50 } },
    });
    expect(withoutPersonalData(keep(2, 'reappeared'))).toMatchObject({
      id: keep(2, 'reappeared').id,
      reason: 'reappeared',
      detail: 'somebody live has its immutable id, its name or one of its addresses',
      facts: { onPremises: { value: 'no' } },
    });
  });

  test('every reason, refusal, status and outcome has words of its own', () => {
    const details = [
      ...KEEP_REASONS.map((reason) => withoutPersonalData(keep(1, reason))),
      withoutPersonalData(decided(1)),
      ...REFUSALS.map((refusal) =>
        withoutPersonalData({ ...ended(), outcomes: {}, refusals: [{ refusal, detail: '' }] }),
      ),
      ...NIGHT_STATUSES.map((status) => withoutPersonalData({ ...ended(), status })),
      ...OUTCOMES.map((outcome) =>
        withoutPersonalData({ ...ended(), status: 'stopped', outcomes: { [outcome]: 7 } }),
      ),
    ].map((record) => ('detail' in record ? record.detail : ''));
    expect(new Set(details).size).toBe(details.length);
  });
});
