/** Telemetry to Application Insights, through Microsoft's SDK. */
import type { TokenCredential } from '@azure/identity';
import { TelemetryClient } from 'applicationinsights';
import { within } from '../azure/timeout.ts';
import type { NightId, Timestamp } from '../core/ids.ts';
import { messageOf } from '../errors.ts';
import type { Delivery, Telemetry } from '../ports.ts';
import type { TelemetryEvent } from './events.ts';
import { eventsOf, type ProjectionOptions } from './projection.ts';
import { createWire, lineKey, type Tally } from './wire.ts';

export interface AppInsightsOptions extends ProjectionOptions {
  readonly connectionString: string;
  /** Needs "Monitoring Metrics Publisher"; without it the instrumentation key is all there is. */
  readonly credential?: TokenCredential;
  /** Milliseconds that a flush may take. 30,000 by default. */
  readonly flushMs?: number;
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number;
}

/** A request to Graph, or another service, and how it ended. */
export interface DependencyCall {
  readonly method: string;
  /** The path, without its query. */
  readonly target: string;
  readonly status: number | undefined;
  /** Why there was no answer. */
  readonly failure: string | undefined;
  readonly startedAt: Timestamp;
  readonly durationMs: number;
  /** The service's own id of the request, which its support asks for. */
  readonly requestId?: string | undefined;
}

export interface AppInsightsTelemetry extends Telemetry {
  /** Hands over a call. Its loss is no failure: only the ledger's events are. */
  dependency(call: DependencyCall): void;
  /** Ends what the SDK runs in the background. Nothing may be recorded afterwards. */
  dispose(): Promise<void>;
}

/** The SDK's queue drops what is more than 2,048 without a word, and sends 512 at a time. */
const BATCH = 400;
/** What has not left by then are calls, and no events. */
const DISPOSE_MS = 5000;

/**
 * Telemetry of one night. Sends as it goes along; {@link Telemetry.flush} says `delivered` only if Application
 * Insights has acknowledged every event. The SDK's own flush resolves whatever happens.
 */
export function createAppInsightsTelemetry(options: AppInsightsOptions): AppInsightsTelemetry {
  const { flushMs = 30_000, now = Date.now } = options;
  let night: NightId | undefined;
  let handedOver = 0;
  let period = newPeriod();
  let queue: TelemetryEvent[] = [];
  let sending = Promise.resolve();
  const wire = createWire({ tally: () => period, night: () => night, timeoutMs: flushMs / 3, now });
  const client = createClient(options, wire);

  async function send(): Promise<void> {
    while (queue.length > 0) {
      for (const event of queue.splice(0, BATCH)) client.trackEvent(event);
      await client.flush();
    }
  }
  function startSending(): Promise<void> {
    sending = sending.then(send).catch((error: unknown) => {
      period.problems.add(messageOf(error));
    });
    return sending;
  }

  return {
    record(lines) {
      for (const line of lines) {
        night ??= line.night;
        for (const event of eventsOf(line, options)) {
          handedOver += 1;
          period.missing.set(lineKey(event), (period.missing.get(lineKey(event)) ?? 0) + 1);
          queue.push(event);
        }
      }
      if (queue.length >= BATCH) startSending();
    },
    async flush() {
      const inTime = await settles(
        flushMs,
        startSending().then(() => client.flush()),
      );
      if (!inTime) period.problems.add(`no end after ${flushMs / 1000} seconds`);
      const delivery = deliveryOf(handedOver, period);
      period.abort();
      period = newPeriod();
      handedOver = 0;
      queue = [];
      return delivery;
    },
    dependency(call) {
      client.trackDependency(dependencyOf(call, night));
    },
    async dispose() {
      await settles(Math.min(flushMs, DISPOSE_MS), client.shutdown());
      period.abort();
    },
  };
}

/** From one flush to the next. */
function newPeriod(): Tally & { abort(): void } {
  const controller = new AbortController();
  return {
    missing: new Map(),
    problems: new Set(),
    signal: controller.signal,
    abort: () => controller.abort(),
  };
}

function deliveryOf(events: number, { missing, problems }: Tally): Delivery {
  if (missing.size === 0) {
    return { events, delivered: true, detail: `Application Insights has acknowledged all ${events} events.` };
  }
  const lost = [...missing.values()].reduce((sum, count) => sum + count, 0);
  const why =
    problems.size === 0 ? 'nothing was sent; is the connection string right?' : [...problems].join(', ');
  return {
    events,
    delivered: false,
    detail: `Application Insights has acknowledged ${events - lost} of ${events} events: ${why}. The ledger has them all, and they are sent again by the next night that gets through.`,
  };
}

function dependencyOf(call: DependencyCall, night: NightId | undefined) {
  const { method, target, status, failure, startedAt, durationMs, requestId } = call;
  return {
    name: `${method} ${target}`,
    dependencyTypeName: 'HTTP',
    data: target,
    duration: durationMs,
    time: new Date(startedAt),
    resultCode: status ?? 0,
    success: status !== undefined && status < 400,
    ...(night !== undefined && { id: night }),
    // By these names the SDK fills the fields of a dependency ("Semantic conventions for HTTP spans").
    properties: {
      'http.request.method': method,
      ...(status !== undefined && { 'http.response.status_code': status }),
      ...(failure !== undefined && { Failure: failure }),
      ...(requestId !== undefined && { RequestId: requestId }),
    },
  };
}

function createClient(options: AppInsightsOptions, wire: ReturnType<typeof createWire>): TelemetryClient {
  const { connectionString, credential } = options;
  // Statistics about the SDK for its makers, and a probe of the cloud's metadata service with them.
  process.env['APPLICATION_INSIGHTS_NO_STATSBEAT'] ??= 'true';
  // Providers of its own: with the global ones come live metrics, sampling and patched modules.
  const client = new TelemetryClient(connectionString, { useGlobalProviders: false });
  client.config.azureMonitorOpenTelemetryOptions = {
    azureMonitorExporterOptions: {
      connectionString,
      ...(credential && { credential }),
      // What does not arrive is sent again from the ledger, which says so; not from a folder that nobody knows.
      disableOfflineStorage: true,
      retryOptions: { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 4000 },
      additionalPolicies: [{ policy: wire, position: 'perRetry' }],
    },
  };
  withoutTimers(() => client.initialize());
  return client;
}

/**
 * The SDK's exporter sets a timer, when it is made, to ask settings.sdk.monitor.azure.com how it should behave,
 * and has no switch for that. No other timer is set by then.
 */
function withoutTimers(make: () => void): void {
  const { setTimeout } = globalThis;
  const never = Object.assign(() => ({ unref: () => undefined }), {
    __promisify__: setTimeout.__promisify__,
  });
  Object.assign(globalThis, { setTimeout: never });
  try {
    make();
  } finally {
    Object.assign(globalThis, { setTimeout });
  }
}

/** Did `done` settle in time? Never throws. */
const settles = async (milliseconds: number, done: Promise<unknown>) =>
  (await within(
    milliseconds,
    done.catch(() => undefined),
  )) !== 'late';
