/** The ingestion endpoint of Application Insights: keeps what it accepts, and fails in the ways that it can. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** One telemetry item, as it arrives. */
export interface Envelope {
  readonly name: string;
  readonly time: string;
  readonly iKey: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly data: { readonly baseType: string; readonly baseData: BaseData };
}

interface BaseData {
  readonly name?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly measurements?: Readonly<Record<string, number>>;
  readonly [field: string]: unknown;
}

/**
 * `none`: accepts. A number: answers every request with that status and accepts nothing. `partial`: 206, refuses
 * the first item of each request. `drop`: closes the connection unanswered. `stall`: never answers. `down`: does
 * not listen.
 */
export type IngestionFault = 'none' | 'partial' | 'drop' | 'stall' | 'down' | number;

interface IngestionRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  /** `undefined` where no answer was sent. */
  readonly status: number | undefined;
}

export interface Ingestion {
  readonly url: string;
  readonly connectionString: string;
  readonly instrumentationKey: string;
  /** What was accepted, in the order of arrival. */
  readonly envelopes: Envelope[];
  /** Every request, also those for other paths, so that a test can see that nothing else was called. */
  readonly requests: IngestionRequest[];
  fail(fault: IngestionFault): Promise<void>;
  close(): Promise<void>;
}

export interface IngestionOptions {
  readonly certificates: { readonly cert: string; readonly key: string };
  /** 0, the default, takes any free one. */
  readonly port?: number;
  /** Milliseconds since 1970 UTC; items too old or too new by this clock are refused, as the service does. */
  readonly now?: () => number;
}

const INSTRUMENTATION_KEY = '5e1f0b1c-7a52-4c1d-9a3e-2d6b8c4f0a11';
/** 48 hours back, as the service says in its refusal; 2 hours ahead. */
const OLDEST_MS = 172_800_000;
const NEWEST_MS = 7_200_000;

export async function startIngestion(options: IngestionOptions): Promise<Ingestion> {
  const now = options.now ?? Date.now;
  const envelopes: Envelope[] = [];
  const requests: IngestionRequest[] = [];
  let fault: IngestionFault = 'none';

  const server = createServer(options.certificates, (request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const log = (status: number | undefined) => {
      const { method = '', url: path = '', headers } = request;
      requests.push({ method, path, authorization: headers.authorization, status });
    };
    const reply = (status: number, json: unknown) => {
      log(status);
      const retry = status === 429 || status === 503 ? { 'retry-after': '1' } : {};
      response.writeHead(status, { 'content-type': 'application/json', ...retry });
      response.end(JSON.stringify(json));
    };
    /** What answers with 5xx is often not the service at all. */
    const failAsGateway = (status: number) => {
      log(status);
      response.writeHead(status, { 'content-type': 'text/html' });
      response.end('<html><body>Our services are not available right now</body></html>');
    };
    if (fault === 'drop') {
      log(undefined);
      request.socket.destroy();
      return;
    }
    if (fault === 'stall') return log(undefined);
    if (typeof fault === 'number' && fault >= 500) return failAsGateway(fault);
    if (request.method !== 'POST' || !/^\/v2(\.1)?\/track$/.test(request.url ?? '')) return reply(404, {});
    const items = parseItems(body, request.headers['content-encoding']);
    if (items === undefined) return reply(400, verdict(1, [{ index: 0, ...INVALID_JSON }]));
    const errors = items.flatMap((item, index) => {
      const error = refusalOf(item, index, fault, now());
      return error === undefined ? [] : [{ index, ...error }];
    });
    const refused = new Set(errors.map(({ index }) => index));
    envelopes.push(...items.filter((_, index) => !refused.has(index)));
    reply(statusFor(fault, items.length, errors.length), verdict(items.length, errors));
  }

  async function listen(port: number): Promise<number> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
  async function stop(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  const port = await listen(options.port ?? 0);
  const url = `https://127.0.0.1:${port}/`;
  return {
    url,
    connectionString: `InstrumentationKey=${INSTRUMENTATION_KEY};IngestionEndpoint=${url};LiveEndpoint=${url}`,
    instrumentationKey: INSTRUMENTATION_KEY,
    envelopes,
    requests,
    async fail(next) {
      fault = next;
      if (next === 'down') await stop();
      else if (!server.listening) await listen(port);
    },
    close: stop,
  };
}

interface ItemError {
  readonly statusCode: number;
  readonly message: string;
}

const INVALID_JSON: ItemError = { statusCode: 400, message: '100: Invalid JSON' };

/** A JSON array or newline-delimited JSON, gzipped or not. */
function parseItems(body: Buffer, encoding: string | undefined): Envelope[] | undefined {
  try {
    const text = (encoding === 'gzip' ? gunzipSync(body) : body).toString('utf8').trim();
    if (text.startsWith('[')) return JSON.parse(text) as Envelope[];
    return text.split('\n').map((line) => JSON.parse(line) as Envelope);
  } catch {
    return undefined;
  }
}

function refusalOf(item: Envelope, index: number, fault: IngestionFault, now: number): ItemError | undefined {
  if (typeof fault === 'number') return { statusCode: fault, message: 'asked for by the test' };
  if (fault === 'partial' && index === 0) return { statusCode: 429, message: 'asked for by the test' };
  if (item.iKey !== INSTRUMENTATION_KEY) return { statusCode: 400, message: 'Invalid instrumentation key' };
  if (typeof item.data?.baseType !== 'string')
    return { statusCode: 400, message: "104: Field 'data' is missing" };
  const age = now - Date.parse(item.time);
  if (!(age <= OLDEST_MS))
    return outOfRange('103', `older than the allowed min date. Expected: now - ${OLDEST_MS}ms`, age);
  if (age < -NEWEST_MS)
    return outOfRange('104', `newer than the allowed max date. Expected: now + ${NEWEST_MS}ms`, age);
  return undefined;
}

function outOfRange(code: string, what: string, age: number): ItemError {
  const message = `${code}: Field 'time' on type 'Envelope' is ${what}, Actual: now - ${age}ms`;
  return { statusCode: 400, message };
}

function statusFor(fault: IngestionFault, items: number, errors: number): number {
  if (typeof fault === 'number') return fault;
  if (errors === 0) return 200;
  return errors === items && fault !== 'partial' ? 400 : 206;
}

function verdict(itemsReceived: number, errors: readonly (ItemError & { index: number })[]) {
  return { itemsReceived, itemsAccepted: itemsReceived - errors.length, errors };
}
