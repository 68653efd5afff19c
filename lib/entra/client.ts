/** One HTTP request to Microsoft Graph at a time, with the SDK's client and a middleware chain of our own. */
import type { TokenCredential } from '@azure/identity';
import {
  AuthenticationHandler,
  Client,
  type Context,
  GraphClientError,
  HTTPMessageHandler,
  type Middleware,
  ResponseType,
  TelemetryHandler,
} from '@microsoft/microsoft-graph-client';
import { type Answered, answered, type Failed, failed } from '../azure/answer.ts';
import { within } from '../azure/timeout.ts';
import { at, elapsedMs, type Timestamp } from '../core/ids.ts';
import { parseJson, withoutSecrets } from '../core/json.ts';
import { messageOf } from '../errors.ts';
import type { Clock, ServerTime } from '../ports.ts';
import { DeleteGuard, RequestForbidden } from './deleteGuard.ts';
import { createMeter, type Meter } from './meter.ts';
import { NoToken, tokenFor } from './token.ts';

/** One request and how it ended, for dependency telemetry. */
export interface GraphCall {
  readonly method: 'GET' | 'POST';
  /** The path after the version, without the query. */
  readonly target: string;
  readonly status: number | undefined;
  /** Why there was no answer; `undefined` where there was one. */
  readonly failure: string | undefined;
  readonly startedAt: Timestamp;
  readonly durationMs: number;
  /** Graph's `request-id`, which its support asks for. */
  readonly requestId: string | undefined;
}

export const TIMEOUT_MS = 60_000;

export interface ClientOptions {
  /** Origin of Microsoft Graph or of a national cloud's Graph, without a version. */
  readonly graphRoot: string;
  readonly credential: TokenCredential;
  readonly clock: Clock;
  /** Real milliseconds until an answer must have come in whole: {@link TIMEOUT_MS} by default. */
  readonly timeoutMs?: number;
  readonly onCall?: (call: GraphCall) => void;
  /** Without it every DELETE is refused before it leaves. */
  readonly mayPurge?: boolean;
}

export interface GraphRequest {
  readonly method: 'GET' | 'POST';
  /** A path after the version, or a nextLink; encoded. */
  readonly url: string;
  /** Asks for Graph's advanced queries, `ConsistencyLevel: eventual`. */
  readonly advanced?: boolean;
  /** For JSON. */
  readonly body?: unknown;
}

export interface GraphClient {
  readonly graphRoot: string;
  readonly clock: Clock;
  readonly meter: Meter;
  /** By the latest answer. */
  lastServerTime(): ServerTime | undefined;
  /** Sends once. @throws RequestForbidden */
  send(request: GraphRequest, signal: AbortSignal): Promise<Answered | Failed>;
}

export function createGraphClient(options: ClientOptions): GraphClient {
  const { graphRoot, clock, timeoutMs = TIMEOUT_MS, onCall } = options;
  const sdk = createSdk(options);
  const meter = createMeter();
  let lastServerTime: ServerTime | undefined;

  async function exchange(request: GraphRequest, signal: AbortSignal): Promise<Answered | Failed> {
    const cut = new AbortController();
    try {
      // The token is fetched on the way and knows nothing of the signal, hence both.
      const reply = await within(timeoutMs, received(sdk, request, cut.signal, clock), signal);
      if (reply === 'stopped') return failed('stopped', reasonOf(signal));
      return reply === 'late' ? failed('timeout', `no answer within ${timeoutMs} ms`) : reply.done;
    } catch (error) {
      const thrown = error instanceof GraphClientError ? error.customError : error;
      if (thrown instanceof RequestForbidden) throw thrown;
      if (thrown instanceof NoToken) return failed('noToken', thrown.message);
      return failed('dropped', `no answer: ${causeOf(thrown)}`);
    } finally {
      cut.abort();
    }
  }

  return {
    graphRoot,
    clock,
    meter,
    lastServerTime: () => lastServerTime,
    async send(request, signal) {
      if (signal.aborted) return failed('stopped', reasonOf(signal));
      const startedAt = clock.now();
      const reply = await exchange(request, signal);
      const answer = reply.kind === 'answered' ? reply : undefined;
      if (reply.kind === 'answered' || reply.reception !== 'noToken') meter.call();
      if (answer?.status === 429) meter.throttled();
      lastServerTime = serverTimeIn(answer, clock.now()) ?? lastServerTime;
      onCall?.({
        method: request.method,
        target: request.url.replace(`${graphRoot}/v1.0`, '').replace(/\?.*$/s, ''),
        status: answer?.status,
        failure: reply.kind === 'answered' ? undefined : reply.detail,
        startedAt,
        durationMs: elapsedMs(startedAt, clock.now()),
        requestId: answer?.headers.get('request-id') ?? undefined,
      });
      return reply;
    },
  };
}

/**
 * `customHosts` makes the SDK send the token to the configured root, a national cloud's for instance; it sends none to
 * other hosts. Its RetryHandler (see retry.ts) and RedirectHandler (Graph redirects none of these) are left out.
 */
function createSdk({ graphRoot, credential, mayPurge = false }: ClientOptions): Client {
  return Client.initWithMiddleware({
    baseUrl: `${graphRoot}/`,
    customHosts: new Set([new URL(graphRoot).hostname]),
    middleware: [
      new KeepError(),
      new AuthenticationHandler({ getAccessToken: () => tokenFor(graphRoot, credential) }),
      new TelemetryHandler(),
      new DeleteGuard(graphRoot, mayPurge),
      new HTTPMessageHandler(),
    ],
  });
}

/** Hands errors through as they are: the SDK lets its own error class pass and flattens all others to their text. */
class KeepError implements Middleware {
  #next: Middleware | undefined;

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    try {
      await this.#next?.execute(context);
    } catch (error) {
      const kept = new GraphClientError(messageOf(error));
      kept.customError = error;
      throw kept;
    }
  }
}

/** Raw, since the SDK gives an error without its headers and without telling HTML from an empty body. */
async function received(
  sdk: Client,
  request: GraphRequest,
  signal: AbortSignal,
  clock: Clock,
): Promise<Answered> {
  const call = sdk.api(request.url).responseType(ResponseType.RAW).option('signal', signal);
  if (request.advanced) call.header('ConsistencyLevel', 'eventual');
  const response: Response = await (request.method === 'GET' ? call.get() : call.post(request.body));
  const body = parseJson(await response.text());
  return answered(response.status, response.headers, body, Date.parse(clock.now()));
}

function serverTimeIn(answer: Answered | undefined, now: Timestamp): ServerTime | undefined {
  const served = Date.parse(answer?.headers.get('date') ?? '');
  return Number.isNaN(served) ? undefined : { served: at(served), at: now };
}

const reasonOf = (signal: AbortSignal) => `stopped: ${messageOf(signal.reason)}`;

/** `fetch` says only "fetch failed"; its cause says what failed. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return withoutSecrets(messageOf(cause));
}
