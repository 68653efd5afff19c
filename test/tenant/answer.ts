/** One request to Graph, alone or inside a batch, and its answer, before either touches a socket. */

export interface Call {
  readonly method: string;
  /** Decoded, without the version: `/directory/deletedItems/microsoft.graph.user`. */
  readonly path: string;
  /** As the client wrote it, without the question mark. */
  readonly search: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; absent where the answer has no body. A text is sent as it is. */
  readonly body?: unknown;
  /** Set on a page of a collection. */
  readonly page?: Page;
  /** How the answer is spoilt on its way. */
  readonly wire?: Wire;
}

export type Wire = 'drop' | 'stall' | 'cutOff' | 'cutShort';

/** Where a page stands in its collection, so that a fault can send the client elsewhere. */
export interface Page {
  readonly offset: number;
  readonly size: number;
  readonly total: number;
  link(offset: number): string;
}

/** An answer other than success, with Graph's own code and words. */
export class GraphError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export const JSON_TYPE =
  'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';

export function ok(body: unknown, page?: Page): Answer {
  const headers = { 'Content-Type': JSON_TYPE, 'OData-Version': '4.0', 'Cache-Control': 'no-cache' };
  return page === undefined ? { status: 200, headers, body } : { status: 200, headers, body, page };
}

export const noContent: Answer = { status: 204, headers: { 'Cache-Control': 'no-cache' } };

/** The body as in "Microsoft Graph error responses and resource types". */
export function failed(error: GraphError, now: number, call: Call): Answer {
  const requestId = crypto.randomUUID();
  const innerError = {
    date: new Date(now).toISOString().slice(0, 19),
    'request-id': requestId,
    'client-request-id': call.headers['client-request-id'] ?? requestId,
  };
  return {
    status: error.status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache', ...error.headers },
    body: { error: { code: error.code, message: error.message, innerError } },
  };
}

/** `GET /users?$filter=…`, decoded: what logs show and faults match. */
export function inWords(call: Call): string {
  return `${call.method} ${call.path}${call.search === '' ? '' : `?${decoded(call.search)}`}`;
}

/** Percent-decoded, or as it was where it cannot be. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
