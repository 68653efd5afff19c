/**
 * The last word before the wire. User.DeleteRestore.All also lets an app delete live users and restore deleted ones,
 * and no narrower permission exists, so that the client itself must be unable to ask for it.
 */
import type { Context, Middleware } from '@microsoft/microsoft-graph-client';
import { z } from 'zod';

/** A request that this tool never sends. Nothing has left the process. It is a defect, whoever asked for it. */
export class RequestForbidden extends Error {
  override readonly name = 'RequestForbidden';
}

const GUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** Compared with the text as it is, undecoded: any other spelling is refused, whatever it would come to mean. */
const PURGE = new RegExp(`^/directory/deletedItems/${GUID}$`);
/** No header that a server could take for another method. */
const HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'client-request-id',
  'consistencylevel',
  'content-type',
  'sdkversion',
]);

const subRequest = z.strictObject({
  id: z.string(),
  method: z.enum(['GET', 'DELETE']),
  url: z.string().regex(/^\/[^/\\]/),
  headers: z.strictObject({ ConsistencyLevel: z.literal('eventual') }).optional(),
});
const batch = z.strictObject({ requests: z.array(subRequest).min(1) });

/** Lets through reads, single purges, and batches of reads and purges. @throws RequestForbidden */
export class DeleteGuard implements Middleware {
  readonly #base: string;
  readonly #mayPurge: boolean;
  #next: Middleware | undefined;

  /** `graphRoot`: origin only. Without `mayPurge` only reads pass. */
  constructor(graphRoot: string, mayPurge: boolean) {
    this.#base = `${graphRoot}/v1.0`;
    this.#mayPurge = mayPurge;
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    const { request, options = {} } = context;
    const method = options.method ?? 'none';
    // A Request object brings its own method, body and headers.
    if (typeof request !== 'string') throw forbidden(method, 'a Request object');
    for (const name of new Headers(options.headers).keys()) {
      if (!HEADERS.has(name)) throw forbidden(method, `the header ${name}`);
    }
    const body = this.#inspected(method, request, options.body);
    // A redirect would carry the method elsewhere.
    context.options = { ...options, redirect: 'manual', ...(body === undefined ? {} : { body }) };
    await this.#next?.execute(context);
  }

  /** The body to send, where there is one: what was inspected, and nothing that another parser may read otherwise. */
  #inspected(method: string, url: string, body: unknown): string | undefined {
    if (method === 'POST' && url === `${this.#base}/$batch`) return inspectedBatch(body, this.#mayPurge);
    if (body !== undefined && body !== null) throw forbidden(method, 'a body');
    if (method === 'GET' && this.#isRead(url)) return undefined;
    const path = url.startsWith(this.#base) ? url.slice(this.#base.length) : '';
    if (method === 'DELETE' && this.#mayPurge && PURGE.test(path)) return undefined;
    throw forbidden(method, withoutQuery(url));
  }

  #isRead(url: string): boolean {
    return URL.canParse(url) && withoutQuery(new URL(url).href).startsWith(`${this.#base}/`);
  }
}

function inspectedBatch(body: unknown, mayPurge: boolean): string {
  const parsed = batch.safeParse(typeof body === 'string' ? parsedOrUndefined(body) : undefined);
  if (!parsed.success) {
    throw forbidden('POST', `/$batch (${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')})`);
  }
  for (const { method, url } of parsed.data.requests) {
    if (method === 'DELETE' && !(mayPurge && PURGE.test(url)))
      throw forbidden(method, `${withoutQuery(url)} in a batch`);
  }
  return JSON.stringify(parsed.data);
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const withoutQuery = (url: string) => url.replace(/\?.*$/s, '');

const forbidden = (method: string, what: string) =>
  new RequestForbidden(
    `Refused to send ${method} ${what}: this tool only reads, and permanently deletes single items of the recycle bin by id. Nothing was sent. This is a defect of the tool: report it.`,
  );
