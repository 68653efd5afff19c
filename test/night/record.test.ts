/** RECORD: nothing is done that is not written first, and telemetry ends up with what the ledger has. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { LedgerLine } from '../../lib/core/record.ts';
import { LedgerFailed } from '../../lib/errors.ts';
import type { Ledger } from '../../lib/ports.ts';
import { createAppInsightsTelemetry } from '../../lib/telemetry/appInsights.ts';
import { DAY_MS } from '../tenant/clock.ts';
import { type Envelope, type Ingestion, startIngestion } from '../tenant/ingestion.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import type { World } from '../tenant/world.ts';
import { furnishPartners, ledgerWith, lookedAt, type Stage, setStage } from './stage.ts';

let stage: Stage | undefined;
let ingestion: Ingestion | undefined;
afterEach(async () => {
  await stage?.close();
  await ingestion?.close();
});

const GONE = 8;
const furnish = (world: World) => furnishPartners(world, { people: 40, gone: GONE });

/** A ledger whose n-th append fails, before or after it was written. */
function failingAt(ledger: Ledger, n: number, written: boolean): Ledger {
  let appends = 0;
  return ledgerWith(ledger, (open) => ({
    append: async (...what) => {
      appends += 1;
      if (appends < n) return open.append(...what);
      if (written && appends === n) await open.append(...what);
      throw new LedgerFailed('The disk is full. Nothing more is purged tonight.');
    },
  }));
}

describe.each([
  [false, 'lost'],
  [true, 'written, but not acknowledged'],
] as const)('the ledger fails (written: %s)', (written, how) => {
  test.each(Array.from({ length: 16 }, (_, n) => n + 1))(`append %i is ${how}`, async (n) => {
    stage = await setStage({ furnish });
    const { report, violations } = await stage.night(
      {},
      { ledger: failingAt(stage.ports.ledger, n, written) },
    );
    expect(report.status).toBe('failed');
    expect(report.detail).toContain('Nothing more is purged');
    expect(violations).toEqual([]);
    // What was done before it failed is in the report and in telemetry, under no other line's number.
    const done = stage.told.flatMap(({ record }) => (record.kind === 'settled' ? [record.outcome] : []));
    expect(report.outcomes.purged ?? 0).toBe(done.length);
    const told = stage.told.filter(({ record }) => record.kind === 'nightEnded');
    expect(told.at(-1)?.record).toMatchObject({ status: 'failed', outcomes: report.outcomes });
    expect(told.at(-1)?.seq).toBe(-1);

    stage.world.advance(DAY_MS);
    const next = await stage.night();
    expect(next.report.status).toBe('completed');
    expect({ violations: next.violations, missed: next.missed }).toEqual({ violations: [], missed: [] });
    expect(stage.world.truth.hardDeletes).toHaveLength(GONE);
  });
});

test('sends no announced DELETE when the lease of the ledger is lost', async () => {
  stage = await setStage({ furnish });
  const { ledger } = stage.ports;
  let announced = false;
  const lost = lookedAt(ledger, (steps) => {
    announced = steps > 0;
    if (announced) throw new LedgerFailed('The lease is lost. Nothing more is purged tonight.');
  });
  const { report, violations } = await stage.night({}, { ledger: lost });
  expect(report).toMatchObject({ status: 'failed', detail: expect.stringContaining('The lease is lost') });
  expect({ announced, violations }).toEqual({ announced: true, violations: [] });
  expect(stage.world.truth.hardDeletes).toEqual([]);

  // What was announced and not sent spends nothing of the budget, on the very night that finds it out.
  stage.world.advance(DAY_MS);
  const rollingBudget = { days: 7, users: GONE };
  const next = await stage.night({
    accidentalDeletionPrevention: { perNight: { users: GONE }, rollingBudget },
  });
  expect(next.report).toMatchObject({ status: 'completed', outcomes: { purged: GONE } });
});

test('a ledger that cannot be read refuses the night, and telemetry hears of it', async () => {
  stage = await setStage({ furnish });
  await stage.night({ mode: 'report' });
  const { ledger } = stage.ports;
  const broken = ledgerWith(ledger, (open) => ({
    async *lines(since) {
      yield* open.lines(since);
      throw new LedgerFailed('No access.');
    },
  }));
  const { report } = await stage.night({}, { ledger: broken });
  expect(report.status).toBe('failed');
  expect(stage.told.at(-1)?.record).toMatchObject({ kind: 'nightEnded', status: 'failed' });
  expect(stage.world.truth.hardDeletes).toEqual([]);
});

describe('telemetry', () => {
  const eventsOf = (envelopes: readonly Envelope[], night: string) =>
    envelopes
      .filter(({ tags }) => tags['ai.operation.id'] === night)
      .map(({ data }) => data.baseData['name']);

  async function open() {
    const onStage = await setStage({ furnish, startsAt: new Date().toISOString() });
    stage = onStage;
    ingestion = await startIngestion({
      certificates: await trustedCertificates(),
      now: () => onStage.world.clock.now(),
    });
    return {
      onStage,
      arriving: ingestion,
      telemetry: () =>
        createAppInsightsTelemetry({
          connectionString: ingestion?.connectionString ?? '',
          spellOutKeeps: false,
          flushMs: 3_000,
          now: () => onStage.world.clock.now(),
        }),
    };
  }

  test('one event for each thing that matters, under the night’s id', async () => {
    const { onStage, arriving, telemetry } = await open();
    const one = telemetry();
    const { report } = await onStage.night({}, { telemetry: one });
    await one.dispose();
    const events = eventsOf(arriving.envelopes, report.night);
    const count = (name: string) => events.filter((event) => event === name).length;
    expect([count('NightStarted'), count('Planned'), count('NightEnded')]).toEqual([1, 1, 1]);
    expect([count('PurgeAnnounced'), count('PurgeAnswered'), count('PurgeSettled')]).toEqual([
      GONE,
      GONE,
      GONE,
    ]);
  });

  test('gone for three nights, then back: nothing is missing', async () => {
    const { onStage, arriving, telemetry } = await open();
    arriving.fail(503);
    const nights: string[] = [];
    const lines: LedgerLine[] = [];
    for (let n = 0; n < 4; n++) {
      if (n === 3) arriving.fail('none');
      const one = telemetry();
      const night = await onStage.night({}, { telemetry: one });
      await one.dispose();
      expect(night.report.status).toBe('completed');
      nights.push(night.report.night);
      lines.push(...night.lines);
      onStage.world.advance(DAY_MS);
    }
    for (const night of nights) {
      const events = eventsOf(arriving.envelopes, night);
      expect(events).toContain('NightStarted');
      expect(events).toContain('NightEnded');
    }
    const settled = lines.filter(({ record }) => record.kind === 'settled').length;
    const told = nights.flatMap((night) => eventsOf(arriving.envelopes, night));
    expect(told.filter((name) => name === 'PurgeSettled')).toHaveLength(settled);
    expect(settled).toBe(GONE);
  }, 30_000);
});
