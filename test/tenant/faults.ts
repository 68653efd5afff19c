/** What goes wrong, on request. A programme is a list of faults; the first that fits a request spoils it. */
import {
  type Answer,
  type Call,
  failed,
  GraphError,
  inWords,
  JSON_TYPE,
  type Page,
  type Wire,
} from './answer.ts';
import type { Twist } from './graph.ts';
import { Random } from './random.ts';

interface When {
  /** Over `DELETE /directory/deletedItems/…` or `GET /users?$top=999`, decoded, without the version; the requests
   * inside a batch are matched each by themselves, the batch as `POST /$batch`. */
  readonly match: RegExp;
  /** How often it happens; once, unless said otherwise. */
  readonly times?: number;
  /** From 0 to 1, by the programme's seed; always, unless said otherwise. */
  readonly probability?: number;
  /** Lets so many matching requests pass first. */
  readonly after?: number;
  /** Changes the world just before the request is handled, for instance restores the user. */
  readonly before?: (call: Call) => void | Promise<void>;
}

export type Kind =
  /** Only `before`. */
  | { readonly kind: 'none' }
  /** Answers this; `effect`: although the request took effect. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: 'json' | 'html' | 'empty';
      readonly headers?: Readonly<Record<string, string>>;
      readonly effect?: boolean;
      /** Graph's own code and message, where the test needs them. */
      readonly error?: { readonly code: string; readonly message: string };
    }
  /** Closes the connection; `effect`: after the request took effect. Inside a batch the whole batch is lost. */
  | { readonly kind: 'drop' | 'stall'; readonly effect?: boolean }
  /** Half of the body: `cutOff` with the Content-Length of the whole, `cutShort` as if that were all. */
  | { readonly kind: 'cutOff' | 'cutShort' }
  /** The page's nextLink leads to the page itself, to the page after the next, to the first page, or where it says. */
  | { readonly kind: 'repeatPage' | 'losePage' | 'loopPages' }
  | { readonly kind: 'nextLink'; readonly link: string }
  /** Another `@odata.count`, or none. */
  | { readonly kind: 'count'; readonly count: number | 'missing' }
  /** The JSON body, changed. Gets a copy. */
  | { readonly kind: 'transform'; readonly transform: (body: unknown, call: Call) => unknown }
  /** A purge that answers 204 and happens so many milliseconds later, by the tenant's clock. */
  | { readonly kind: 'latePurge'; readonly delay: number };

export type Fault = When & Kind;

export interface Programme {
  add(...faults: readonly Fault[]): void;
  clear(): void;
  /** What happened: the request in words and the fault's kind. */
  readonly happened: readonly { readonly request: string; readonly kind: Kind['kind'] }[];
  /** Answers `call` as `handle` would, spoilt where a fault fits. */
  around(call: Call, handle: (twist: Twist) => Answer | Promise<Answer>): Promise<Answer>;
}

export function createProgramme(seed: number, now: () => number): Programme {
  const random = new Random(seed);
  const happened: { request: string; kind: Kind['kind'] }[] = [];
  let planned: { readonly fault: Fault; seen: number; left: number }[] = [];

  function next(call: Call): Fault | undefined {
    const request = inWords(call);
    for (const entry of planned) {
      const { fault } = entry;
      if (entry.left === 0 || request.search(fault.match) < 0) continue;
      entry.seen += 1;
      if (entry.seen <= (fault.after ?? 0) || random.between(0, 1) >= (fault.probability ?? 1)) continue;
      entry.left -= 1;
      happened.push({ request, kind: fault.kind });
      return fault;
    }
    return undefined;
  }

  return {
    happened,
    add(...faults) {
      planned = [...planned, ...faults.map((fault) => ({ fault, seen: 0, left: fault.times ?? 1 }))];
    },
    clear() {
      planned = [];
    },
    async around(call, handle) {
      const fault = next(call);
      if (fault === undefined) return handle({});
      await fault.before?.(call);
      return spoilt(fault, call, handle, now());
    },
  };
}

async function spoilt(
  fault: Fault,
  call: Call,
  handle: (twist: Twist) => Answer | Promise<Answer>,
  now: number,
): Promise<Answer> {
  switch (fault.kind) {
    case 'none':
      return handle({});
    case 'latePurge':
      return handle({ purgeDelay: fault.delay });
    case 'status':
      if (fault.effect) await handle({});
      return withStatus(fault, call, now);
    case 'drop':
    case 'stall':
      if (fault.effect) await handle({});
      return onWire({ status: 0, headers: {} }, fault.kind);
    case 'cutOff':
    case 'cutShort':
      return onWire(await handle({}), fault.kind);
    case 'transform': {
      const answer = await handle({});
      return { ...answer, body: fault.transform(structuredClone(answer.body), call) };
    }
    default:
      return withPage(await handle({}), fault);
  }
}

const onWire = (answer: Answer, wire: Wire): Answer => ({ ...answer, wire });

function withStatus(fault: Fault & { kind: 'status' }, call: Call, now: number): Answer {
  const { status, headers = {} } = fault;
  if (fault.body === 'empty') return { status, headers };
  if (fault.body === 'html') {
    const body = `<!DOCTYPE html><html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`;
    return { status, headers: { 'Content-Type': 'text/html', ...headers }, body };
  }
  if (status < 400) return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body: {} };
  const code = status === 429 ? 'TooManyRequests' : status < 500 ? 'Request_BadRequest' : 'UnknownError';
  const error = fault.error ?? { code, message: 'Asked for by the test.' };
  return failed(new GraphError(status, error.code, error.message, headers), now, call);
}

/** Says another count, or another next page, than the truth. An answer that is no page stays as it is. */
function withPage(answer: Answer, fault: Fault): Answer {
  const { page } = answer;
  if (page === undefined) return answer;
  const body: Record<string, unknown> = { ...(answer.body as object) };
  const link = linkFor(fault, page);
  if (link === undefined) delete body['@odata.nextLink'];
  else body['@odata.nextLink'] = link;
  if (fault.kind === 'count' && fault.count === 'missing') delete body['@odata.count'];
  else if (fault.kind === 'count') body['@odata.count'] = fault.count;
  return { ...answer, body };
}

function linkFor(fault: Fault, page: Page): string | undefined {
  const following = page.offset + page.size;
  switch (fault.kind) {
    case 'repeatPage':
      return page.link(page.offset);
    case 'losePage':
      return following + page.size < page.total ? page.link(following + page.size) : undefined;
    case 'loopPages':
      return page.link(0);
    case 'nextLink':
      return fault.link;
    default:
      return following < page.total ? page.link(following) : undefined;
  }
}
