import { describe, expect, test } from '@jest/globals';
import { ledgerRecord } from '../../lib/core/record.ts';
import type { Delivery, Telemetry } from '../../lib/ports.ts';
import { combine } from '../../lib/telemetry/combine.ts';
import {
  COMMON_MEASUREMENTS,
  COMMON_PROPERTIES,
  TELEMETRY_EVENTS,
  type TelemetryEvent,
} from '../../lib/telemetry/events.ts';
import { createLogTelemetry } from '../../lib/telemetry/log.ts';
import { eventsOf } from '../../lib/telemetry/projection.ts';
import { ended, keep, night, TENANT, time, user } from './ledgerRecords.ts';
import { AT, EVERY_KIND, linesOf } from './telemetryLines.ts';

const events = (spellOutKeeps: boolean) =>
  linesOf(EVERY_KIND).flatMap((line) => eventsOf(line, { spellOutKeeps }));
const one = (name: string) => events(false).find((event) => event.name === name);

describe('the list and what is sent', () => {
  test('the corpus has every kind of record', () => {
    const kinds = ledgerRecord.options.map((option) => option.shape.kind.value);
    expect(new Set(EVERY_KIND.map(({ kind }) => kind))).toEqual(new Set(kinds));
  });

  test('every listed name is sent, and no other', () => {
    const sent = events(true);
    const keysOf = (name: string, part: 'properties' | 'measurements') =>
      [
        ...new Set(sent.filter((event) => event.name === name).flatMap((event) => Object.keys(event[part]))),
      ].sort();
    expect([...new Set(sent.map(({ name }) => name))].sort()).toEqual(Object.keys(TELEMETRY_EVENTS).sort());
    for (const [name, { properties, measurements }] of Object.entries(TELEMETRY_EVENTS)) {
      const texts = [...Object.keys(properties), ...Object.keys(COMMON_PROPERTIES)].sort();
      const numbers = [...Object.keys(measurements), ...Object.keys(COMMON_MEASUREMENTS)].sort();
      expect([name, keysOf(name, 'properties')]).toEqual([name, texts]);
      expect([name, keysOf(name, 'measurements')]).toEqual([name, numbers]);
    }
  });

  test('every value has its type, and none is empty or no number', () => {
    for (const { properties, measurements } of events(true)) {
      for (const value of Object.values(properties)) expect(value).toMatch(/./);
      for (const value of Object.values(measurements)) expect(Number.isFinite(value)).toBe(true);
    }
  });

  test('the snapshot of the ledger is not sent', () => {
    expect(JSON.stringify(EVERY_KIND)).toContain('a secret of the snapshot');
    expect(JSON.stringify(events(true))).not.toContain('a secret of the snapshot');
  });
});

describe('what becomes of a line', () => {
  test('purges are spelled out always, keeps only if asked', () => {
    const decisions = (all: readonly TelemetryEvent[]) =>
      all.filter(({ name }) => name === 'Decided').map(({ properties }) => properties['UserId']);
    expect(decisions(events(false))).toEqual([user(1)]);
    expect(decisions(events(true))).toEqual([user(1), user(2), user(3)]);
    expect(one('Planned')?.measurements).toMatchObject({
      Purge: 1,
      Keep: 2,
      KeptByLicensed: 1,
      KeptByOnHold: 1,
      KeptByReappeared: 0,
    });
  });

  test('numbers are worked out in the unit that the list says', () => {
    expect(one('TenantRead')?.measurements).toMatchObject({ SyncAgeHours: 0.5, ClockSkewSeconds: 2 });
    expect(one('SourceRead')?.measurements).toMatchObject({
      AgeHours: 2,
      ShrinkPercent: 10,
      WorstSliceShrinkPercent: 20,
    });
    expect(one('Decided')?.measurements['DeletedForDays']).toBeCloseTo(18.73, 2);
    expect(one('NightStarted')?.measurements).toMatchObject({
      PerNightUsers: 50,
      PerNightPercent: 1.5,
      RollingBudgetUsers: 90,
    });
    expect(one('Planned')?.measurements).toMatchObject({
      AllowedPerNight: 50,
      AllowedRollingBudget: 100,
    });
    expect(one('NightEnded')?.measurements).toMatchObject({
      DurationMs: 61_000,
      CountPurged: 1,
      CountDenied: 0,
      Open: 0,
    });
    expect(one('Refused')?.measurements).toMatchObject({ Limit: 50, Actual: 60 });
  });

  test('what the ledger does not know is left out', () => {
    const [event] = linesOf([{ kind: 'tenantRead', tenantId: TENANT, verifiedDomains: [] }]).flatMap((line) =>
      eventsOf(line, { spellOutKeeps: false }),
    );
    expect(Object.keys(event?.properties ?? {}).sort()).toEqual(['NightId', 'OccurredAt', 'TenantId']);
    expect(event?.measurements).toEqual({ LedgerLine: 0 });
  });

  test('each says which line of which night it is made of, and when that was', () => {
    const at = time('2026-11-20T02:00:07Z');
    const [, event] = linesOf([keep(1, 'licensed'), ended()], at, night('c')).flatMap((line) =>
      eventsOf(line, { spellOutKeeps: true }),
    );
    expect(event?.properties).toMatchObject({ NightId: night('c'), OccurredAt: at });
    expect(event?.measurements['LedgerLine']).toBe(1);
  });
});

describe('the log', () => {
  const written = async (
    records: Parameters<typeof linesOf>[0],
    then: Parameters<typeof linesOf>[0] = [],
  ) => {
    const lines: string[] = [];
    const to = (level: string) => (text: string) => lines.push(`${level}: ${text}`);
    const telemetry = createLogTelemetry({ info: to('info'), warn: to('warn'), error: to('error') });
    telemetry.record(linesOf(records));
    telemetry.record(linesOf(then, AT, night('b')));
    expect(await telemetry.flush()).toMatchObject({ events: lines.length, delivered: true });
    return lines;
  };

  test('tells the night in order', async () => {
    const lines = await written(EVERY_KIND);
    expect(lines).toEqual([
      'info: The night begins in purge mode, tenant 11111111-2222-4333-8444-555555555555.',
      "warn: Last directory sync: 2026-11-20T01:30:00.000Z. Not verified any more, and still the company's own: sold.com.",
      'info: The recycle bin holds 3 users.',
      'info: The source export holds 90 users (as of 2026-11-20T00:00:00.000Z, at most 100 before).',
      'info: Exchange Online names 7 soft-deleted recipients.',
      `info: To be purged: Zoë.1@contoso.com (${user(1)}): a mail user that is gone on-premises`,
      'info: Unchanged since the night before: 2 users.',
      'info: The plan: purge 1, keep 2 (licensed 1, onHold 1).',
      `warn: The DELETE of ${user(1)} (try 1) was not sent: too old.`,
      `info: ${user(1)}: purged. absent from both`,
      `warn: ${user(1)}: still there after 48 hours`,
      'info: The night is complete. all done',
      `warn: Telemetry of the night ${night('b')}: HTTP 500`,
    ]);
  });

  test('a night that failed is an error, one refused a warning', async () => {
    expect(await written([{ ...ended(), status: 'failed' }])).toEqual(['error: The night failed. all done']);
    expect(await written([{ ...ended(), status: 'refused' }])).toEqual([
      'warn: The night was refused: nobody was purged. all done',
    ]);
  });

  test('the lines of an earlier night, sent again, are not told again', async () => {
    expect(await written([keep(1, 'licensed'), ended()], EVERY_KIND)).toHaveLength(1);
  });
});

describe('several together', () => {
  const fake = (delivery: Delivery): Telemetry & { seen: number } => ({
    seen: 0,
    record(lines) {
      this.seen += lines.length;
    },
    flush: async () => delivery,
  });
  const arrived = { events: 5, delivered: true, detail: 'arrived' };
  const lost = { events: 5, delivered: false, detail: 'lost' };

  test('all are told; one that lost something speaks for all', async () => {
    const [one, two] = [fake({ ...arrived, events: 3 }), fake(arrived)];
    combine(one, two).record(linesOf([ended()], time('2026-11-20T02:00:00Z')));
    expect([one.seen, two.seen]).toEqual([1, 1]);
    expect(await combine(one, two).flush()).toEqual({ ...arrived, events: 3 });
    expect(await combine(fake(arrived), fake(lost)).flush()).toEqual(lost);
    expect(await combine(fake(lost), fake(arrived)).flush()).toEqual(lost);
  });
});
