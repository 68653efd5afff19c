/** No text that anybody could have written leaves the ledger where the policy leaves personal data out. */
import { describe, expect, test } from '@jest/globals';
import { type LedgerRecord, ledgerRecord } from '../../lib/core/record.ts';
import { redacted, redactedEnding } from '../../lib/core/redaction.ts';
import { KEEP_REASONS, NIGHT_STATUSES, OUTCOMES, REFUSALS } from '../../lib/core/vocabulary.ts';
import { decided, ended, keep, started } from '../edges/ledgerRecords.ts';
import { AT, EVERY_KIND } from '../edges/telemetryLines.ts';
import { NIGHT, sure } from './people.ts';

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
  const told = redacted(record);
  expect(JSON.stringify(told)).not.toContain(CANARY);
  expect(ledgerRecord.parse(told)).toStrictEqual(told);
});

test('the canary sat in every text there is', () => {
  const fullestLast = RECORDS.toReversed();
  const places = Object.fromEntries(fullestLast.map((record) => [record.kind, infested(record).places]));
  expect(places).toMatchObject({
    nightStarted: 5,
    tenantRead: 2,
    exchangeRead: 1,
    decided: 14,
    announced: 3,
    withdrawn: 1,
    answered: 1,
    settled: 1,
    cureSeen: 1,
    planned: 2,
    nightEnded: 3,
    telemetrySent: 1,
  });
});

describe('what is left says what it can', () => {
  test('numbers, times, ids and names of the closed lists are untouched', () => {
    const told = RECORDS.map(redacted);
    expect(told.find(({ kind }) => kind === 'nightStarted')).toMatchObject({
      policy: { onPremises: { maxShrinkPercent: 3 }, telemetry: { spellOutKeeps: true } },
    });
    expect(told.find(({ kind }) => kind === 'sourceRead')).toMatchObject({
      total: 90,
      slices: { 'part 1': 50, 'part 2': 40, 'part 3': 5 },
      baseline: { slices: { 'part 1': 50, 'part 2': 50 } },
    });
    expect(redacted(keep(2, 'reappeared'))).toMatchObject({
      id: keep(2, 'reappeared').id,
      reason: 'reappeared',
      detail: 'a live user has its name or one of its addresses',
      facts: { onPremises: { value: 'no' } },
    });
  });

  test('every reason, refusal, status and outcome has words of its own', () => {
    const details = [
      ...KEEP_REASONS.map((reason) => redacted(keep(1, reason))),
      redacted(decided(1)),
      ...REFUSALS.map((refusal) =>
        redacted({ ...ended(), outcomes: {}, refusals: [{ refusal, detail: '' }] }),
      ),
      ...NIGHT_STATUSES.map((status) => redacted({ ...ended(), status })),
      ...OUTCOMES.map((outcome) => redacted({ ...ended(), status: 'stopped', outcomes: { [outcome]: 7 } })),
    ].map((record) => ('detail' in record ? record.detail : ''));
    expect(new Set(details).size).toBe(details.length);
  });
});

describe('the ending of a night', () => {
  const told = (ending: Partial<Parameters<typeof redactedEnding>[0]>) =>
    redactedEnding({ status: 'completed', outcomes: {}, refusals: [], open: 0, notAttempted: 0, ...ending });

  test('is its status, what was counted and what refused it, in sentences', () => {
    expect(told({})).toStrictEqual({ detail: 'The night is complete.', refusals: [] });
    expect(told({ outcomes: { purged: 2, denied: 1 }, open: 3, notAttempted: 4 }).detail).toBe(
      'The night is complete. 2 purged, 1 denied, 3 open, 4 not attempted.',
    );
    const { detail, refusals } = told({
      status: 'refused',
      refusals: [
        { refusal: 'syncStale', detail: CANARY, limit: 3, actual: 9 },
        { refusal: 'halted', detail: '' },
      ],
    });
    const [first, second] = refusals.map((refusal) => refusal.detail);
    expect(detail).toBe(`The night was refused: nobody was purged. ${first} ${second}`);
    expect(first).toMatch(/^Directory sync .* Nobody was purged because of it\. .*Entra Connect\.$/);
    expect(refusals).toMatchObject([{ refusal: 'syncStale', limit: 3, actual: 9 }, { refusal: 'halted' }]);
  });

  test('sends to the ledger for why a night failed, and for nothing else', () => {
    const sending = NIGHT_STATUSES.filter((status) =>
      told({ status }).detail.includes('its ledger says why'),
    );
    expect(sending).toStrictEqual(['failed']);
  });
});

describe('nothing is made up where there was nothing', () => {
  const only = (kind: LedgerRecord['kind']) => redacted(sure(RECORDS.find((record) => record.kind === kind)));

  test('a decision has the date and the facts of Exchange that it had', () => {
    const bare = (value: string) => ({ value, origin: expect.stringContaining('the ledger has it') });
    const full = only('decided');
    expect(full).toMatchObject({
      deletedDateTime: decided(1).deletedDateTime,
      detail: 'every fact speaks for it',
      facts: { onPremisesSynced: bare('yes'), onHold: bare('unknown'), highVolumeEmail: bare('unknown') },
    });
    const { deletedDateTime: _, ...undated } = decided(1);
    const told = redacted(undated);
    expect(told).not.toHaveProperty('deletedDateTime');
    expect(told).not.toHaveProperty('reason');
    expect(told).not.toHaveProperty('facts.onHold');
    expect(told).not.toHaveProperty('facts.highVolumeEmail');
  });

  test('a reading has the parts and the baseline that it had, each part under one number', () => {
    const bare = {
      kind: 'sourceRead',
      source: 'export',
      total: 5,
      slices: {},
      asOf: AT,
      accepted: true,
    } as const;
    expect(redacted(bare)).toStrictEqual(bare);
    const baseline = { total: 9, slices: { 'a.com': 7, 'b.com': 2 } };
    const parts = { 'c.com': AT, 'a.com': AT };
    expect(redacted({ ...bare, baseline, parts })).toStrictEqual({
      ...bare,
      baseline: { total: 9, slices: { 'part 1': 7, 'part 2': 2 } },
      parts: { 'part 3': AT, 'part 1': AT },
    });
  });

  test('lists of domains, of people and of rules are empty, and what has no value stays so', () => {
    expect(only('tenantRead')).toMatchObject({ verifiedDomains: [] });
    expect(only('tenantRead')).not.toHaveProperty('verifiedDomains.0');
    const policy = {
      on: true,
      off: null,
      max: 3,
      list: [1, 'x', { a: 1 }],
      text: CANARY,
      in: { deep: [{}], n: 0 },
    };
    const told = redacted({ ...started(), policy });
    expect(told).toHaveProperty('policy', { on: true, off: null, max: 3, list: [], in: { deep: [], n: 0 } });
  });

  test('whether Exchange and telemetry answered is still told', () => {
    const sent = { kind: 'telemetrySent', of: NIGHT, events: 1, detail: CANARY } as const;
    expect(redacted({ ...sent, delivered: true })).toMatchObject({ detail: 'delivered' });
    expect(redacted({ ...sent, delivered: false })).toMatchObject({
      detail: expect.stringContaining('the ledger has it'),
    });
    const exchange = { kind: 'exchangeRead', recipients: 0, detail: CANARY } as const;
    expect(redacted({ ...exchange, available: true })).toMatchObject({
      detail: 'read to the end',
    });
    expect(redacted({ ...exchange, available: false })).toMatchObject({
      detail: expect.stringContaining('the ledger has it'),
    });
  });
});
