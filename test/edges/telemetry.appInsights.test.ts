import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { at } from '../../lib/core/ids.ts';
import { createAppInsightsTelemetry, type DependencyCall } from '../../lib/telemetry/appInsights.ts';
import { createWire } from '../../lib/telemetry/wire.ts';
import { type Envelope, type Ingestion, type IngestionFault, startIngestion } from '../tenant/ingestion.ts';
import type { Certificates } from '../tenant/tls.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { storageToken } from './azurite.ts';
import { decided, ended, keep, night, time } from './ledgerRecords.ts';
import { AT, EVERY_KIND, linesOf } from './telemetryLines.ts';

const NOW = Date.parse(AT) + 60_000;

let certificates: Certificates;
let ingestion: Ingestion;
const hosts = new Set<string>();
const noteHost = (message: unknown) => hosts.add((message as { request: { host: string } }).request.host);
beforeAll(async () => {
  certificates = await trustedCertificates();
  subscribe('http.client.request.start', noteHost);
});
afterAll(() => {
  unsubscribe('http.client.request.start', noteHost);
  expect([...hosts]).toEqual(['127.0.0.1']);
});
beforeEach(async () => {
  ingestion = await startIngestion({ certificates, now: () => NOW });
});
afterEach(() => ingestion.close());

async function withTelemetry<Result>(
  use: (telemetry: ReturnType<typeof createAppInsightsTelemetry>) => Promise<Result>,
  options: Partial<Parameters<typeof createAppInsightsTelemetry>[0]> = {},
): Promise<Result> {
  const { connectionString } = ingestion;
  const telemetry = createAppInsightsTelemetry({
    connectionString,
    spellOutKeeps: false,
    now: () => NOW,
    flushMs: 4000,
    ...options,
  });
  try {
    return await use(telemetry);
  } finally {
    await telemetry.dispose();
  }
}

const ofType = (type: string): Envelope[] => ingestion.envelopes.filter(({ data }) => data.baseType === type);
const call = (number: number, more: Partial<DependencyCall> = {}): DependencyCall => ({
  method: 'GET',
  target: `/users/${number}`,
  status: 200,
  failure: undefined,
  startedAt: at(NOW - 5000 + number),
  durationMs: 51,
  requestId: `request-${number}`,
  ...more,
});

describe('what arrives', () => {
  test('every event, under the night’s operation id, at its own time, numbers as measurements', async () => {
    const delivery = await withTelemetry(async (telemetry) => {
      telemetry.record(linesOf(EVERY_KIND.slice(0, 8)));
      telemetry.record(linesOf(EVERY_KIND.slice(8), at(NOW)));
      return telemetry.flush();
    });
    const events = ofType('EventData');
    expect(delivery).toEqual({
      events: 14,
      delivered: true,
      detail: 'Application Insights has acknowledged all 14 events.',
    });
    expect(events).toHaveLength(14);
    for (const { tags, time: when, data } of events) {
      expect(tags).toMatchObject({ 'ai.operation.id': night('a'), 'ai.cloud.role': 'mailuser-purge' });
      expect(when).toBe(data.baseData.properties?.['OccurredAt']);
    }
    const decision = events.find(({ data }) => data.baseData.name === 'Decided');
    expect(decision?.data.baseData).toMatchObject({
      properties: { UserPrincipalName: 'Zoë.1@contoso.com', Verdict: 'purge', OnPremises: 'no: Entra ID' },
      measurements: { NightsAbsent: 3, LedgerLine: 5 },
    });
    expect(new Set(ingestion.envelopes.map(({ data }) => data.baseType))).toEqual(new Set(['EventData']));
  });

  test('all of 5,000 events, more than the SDK’s queue holds', async () => {
    const many = Array.from({ length: 5000 }, (_, number) => keep(number, 'licensed'));
    const delivery = await withTelemetry(
      async (telemetry) => {
        telemetry.record(linesOf(many));
        return telemetry.flush();
      },
      { spellOutKeeps: true, flushMs: 30_000 },
    );
    expect(delivery).toMatchObject({ events: 5000, delivered: true });
    const lines = ofType('EventData').map(({ data }) => data.baseData.measurements?.['LedgerLine']);
    expect(new Set(lines).size).toBe(5000);
  }, 40_000);

  test('all of 40 calls, unsampled, under the same operation id', async () => {
    await withTelemetry(async (telemetry) => {
      telemetry.record(linesOf([ended()]));
      for (let number = 0; number < 40; number += 1) telemetry.dependency(call(number));
      telemetry.dependency(call(40, { method: 'POST', target: '/$batch', status: 429 }));
      telemetry.dependency(call(41, { status: undefined, failure: 'timed out' }));
      expect(await telemetry.flush()).toMatchObject({ events: 1, delivered: true });
    });
    const calls = ofType('RemoteDependencyData');
    expect(calls).toHaveLength(42);
    expect(calls[0]).toMatchObject({
      time: new Date(NOW - 5000).toISOString(),
      tags: { 'ai.operation.id': night('a'), 'ai.cloud.role': 'mailuser-purge' },
      data: {
        baseData: {
          name: 'GET /users/0',
          type: 'Http',
          resultCode: '200',
          success: true,
          duration: '00:00:00.051',
          properties: { RequestId: 'request-0' },
        },
      },
    });
    expect(calls[40]?.data.baseData).toMatchObject({
      name: 'POST /$batch',
      resultCode: '429',
      success: false,
    });
    expect(calls[41]?.data.baseData).toMatchObject({ success: false, properties: { Failure: 'timed out' } });
  });

  test('an event too old for the service keeps its time as a property', async () => {
    const old = time('2026-11-01T02:00:00Z');
    const delivery = await withTelemetry(async (telemetry) => {
      telemetry.record(linesOf([decided(1)], old, night('b')));
      return telemetry.flush();
    });
    expect(delivery.delivered).toBe(true);
    expect(ingestion.envelopes[0]).toMatchObject({
      time: new Date(NOW).toISOString(),
      tags: { 'ai.operation.id': night('b') },
      data: { baseData: { properties: { OccurredAt: old } } },
    });
  });

  test('with an identity, its token goes along', async () => {
    await withTelemetry(
      async (telemetry) => {
        telemetry.record(linesOf([ended()]));
        await telemetry.flush();
      },
      { credential: storageToken({ aud: 'https://monitor.azure.com' }) },
    );
    expect(ingestion.requests[0]?.authorization).toMatch(/^Bearer ey/);
  });
});

describe('whether it arrived', () => {
  const faults: readonly [IngestionFault, number, RegExp][] = [
    ['partial', 1, /HTTP 206 \(a part was refused; asked for by the test\)/],
    [400, 0, /HTTP 400 \(asked for by the test\)/],
    [401, 0, /HTTP 401 .*Monitoring Metrics Publisher/],
    [402, 0, /HTTP 402 \(the quota is used up/],
    [429, 0, /HTTP 429 \(too much at once/],
    [439, 0, /HTTP 439 \(the daily cap is reached/],
    [500, 0, /HTTP 500/],
    ['drop', 0, /no answer \(socket hang up/],
    ['down', 0, /no answer \(connect ECONNREFUSED/],
    ['stall', 0, /no answer \(.*abort/i],
  ];

  test.each(faults)(
    '%s is not delivered, and says so; afterwards all is well again',
    async (fault, accepted, why) => {
      await withTelemetry(async (telemetry) => {
        await ingestion.fail(fault);
        telemetry.record(linesOf([decided(1), ended()]));
        const delivery = await telemetry.flush();
        expect(delivery).toMatchObject({ events: 2, delivered: false });
        expect(delivery.detail).toContain(`acknowledged ${accepted} of 2 events`);
        expect(delivery.detail).toMatch(why);
        expect(ofType('EventData')).toHaveLength(accepted);

        await ingestion.fail('none');
        telemetry.record(linesOf([decided(1), ended()]));
        expect(await telemetry.flush()).toMatchObject({ events: 2, delivered: true });
        expect(ofType('EventData')).toHaveLength(accepted + 2);
      });
    },
    15_000,
  );

  test('a fault that passes while it is tried again is no failure', async () => {
    await withTelemetry(
      async (telemetry) => {
        await ingestion.fail(500);
        telemetry.record(linesOf([ended()]));
        const flushing = telemetry.flush();
        while (ingestion.requests.length === 0) await new Promise(setImmediate);
        await ingestion.fail('none');
        expect(await flushing).toMatchObject({ events: 1, delivered: true });
      },
      { flushMs: 30_000 },
    );
    expect(ofType('EventData')).toHaveLength(1);
  });

  test('a flush ends in time, and an answer that comes later counts for nothing else', async () => {
    await withTelemetry(
      async (telemetry) => {
        await ingestion.fail(429);
        telemetry.record(linesOf([decided(1)]));
        const late = await telemetry.flush();
        expect(late).toMatchObject({ events: 1, delivered: false });
        expect(late.detail).toContain('no end after 0.2 seconds');
      },
      { flushMs: 200 },
    );
    const tally = {
      missing: new Map([['b/1', 1]]),
      problems: new Set<string>(),
      signal: AbortSignal.any([]),
    };
    const wire = createWire({ tally: () => tally, night: () => undefined, timeoutMs: 1000, now: () => NOW });
    const answerTo = (line: number) => {
      const baseData = { properties: { NightId: 'b' }, measurements: { LedgerLine: line } };
      const body = JSON.stringify([{ tags: {}, data: { baseType: 'EventData', baseData } }]);
      return wire.sendRequest({ timeout: 0, body }, async () => ({ status: 200, bodyAsText: '{}' }));
    };
    await answerTo(0);
    expect(tally.missing.size).toBe(1);
    await answerTo(1);
    expect(tally.missing.size).toBe(0);
  });

  test('a connection string that is none delivers nothing', async () => {
    await withTelemetry(
      async (telemetry) => {
        telemetry.record(linesOf([ended()]));
        const delivery = await telemetry.flush();
        expect(delivery.delivered).toBe(false);
        expect(delivery.detail).toContain('is the connection string right?');
      },
      { connectionString: 'InstrumentationKey=nonsense' },
    );
    expect(ingestion.requests).toEqual([]);
  });

  test('nothing to tell is told', async () => {
    const delivery = await withTelemetry((telemetry) => telemetry.flush());
    expect(delivery).toMatchObject({ events: 0, delivered: true });
  });
});

test('the SDK sets no timer to call home', async () => {
  await jest.isolateModulesAsync(async () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    // Loaded anew: the SDK would set it once in a process.
    const fresh = await import('../../lib/telemetry/appInsights.ts');
    const { connectionString } = ingestion;
    const telemetry = fresh.createAppInsightsTelemetry({ connectionString, spellOutKeeps: false });
    expect(timers).not.toHaveBeenCalled();
    timers.mockRestore();
    await telemetry.dispose();
  });
});
