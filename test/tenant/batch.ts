/** JSON batching ("Combine multiple HTTP requests using JSON batching"). */
import { type Answer, type Call, decoded, GraphError, JSON_TYPE } from './answer.ts';

export interface BatchOptions {
  /** Answers come in any order; from 0 to 1, seeded. */
  readonly random: () => number;
  /** Answers one request of the batch. Never throws. */
  readonly answer: (call: Call) => Promise<Answer>;
  /** Where a request inside was throttled: 200, or 424 as "Microsoft Graph throttling guidance" has it. */
  readonly statusWhenThrottled: 200 | 424;
}

interface Item {
  readonly id: string;
  readonly dependsOn: readonly string[];
  readonly call: Call;
}

interface Response {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const MAX_REQUESTS = 20;

/** @throws GraphError 400 where the batch as such is malformed: then none of it is carried out */
export async function answerBatch(call: Call, options: BatchOptions): Promise<Answer> {
  const items = inOrder(parseItems(call));
  const responses: Response[] = [];
  const failed = new Set<string>();
  let wire: Answer['wire'];
  for (const item of items) {
    const answer = item.dependsOn.some((id) => failed.has(id))
      ? failedDependency()
      : await options.answer(item.call);
    if (answer.status >= 400) failed.add(item.id);
    wire ??= answer.wire;
    const { status, headers, body } = answer;
    responses.push({ id: item.id, status, headers, ...(body === undefined ? {} : { body }) });
  }
  const throttled = responses.some(({ status }) => status === 429);
  return {
    status: throttled ? options.statusWhenThrottled : 200,
    headers: { 'Content-Type': JSON_TYPE },
    body: { responses: shuffled(responses, options.random) },
    ...(wire === undefined ? {} : { wire }),
  };
}

const malformed = (message: string) => new GraphError(400, 'BadRequest', message);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseItems(call: Call): readonly Item[] {
  if (call.method !== 'POST') throw new GraphError(405, 'BadRequest', 'Batch requests must be POST.');
  const requests = isObject(call.body) ? call.body['requests'] : undefined;
  if (!Array.isArray(requests) || requests.length === 0) throw malformed('Invalid batch payload format.');
  if (requests.length > MAX_REQUESTS) {
    const message = `Number of batch request steps exceeds the maximum value of ${MAX_REQUESTS}.`;
    throw malformed(message);
  }
  const items = requests.map((request) => parseItem(request, call.headers));
  const ids = new Set(items.map(({ id }) => id.toLowerCase()));
  if (ids.size < items.length) throw malformed('Duplicate request ids are not allowed in a batch.');
  for (const { id, dependsOn } of items) {
    if (dependsOn.some((other) => other === id || !items.some((item) => item.id === other))) {
      throw malformed(`Request '${id}' depends on a request that the batch lacks.`);
    }
  }
  return items;
}

function parseItem(request: unknown, outer: Call['headers']): Item {
  if (!isObject(request)) throw malformed('Invalid batch payload format.');
  const { id, method, url, headers = {}, body, dependsOn = [] } = request;
  if (typeof id !== 'string' || id === '') throw malformed('Every request of a batch needs a text as id.');
  if (typeof method !== 'string' || typeof url !== 'string' || /^https?:/i.test(url)) {
    throw malformed(`Request '${id}' needs a method and a relative url.`);
  }
  if (!isObject(headers) || !isTexts(Object.values(headers)) || !isTexts(dependsOn)) {
    throw malformed(`Request '${id}' has malformed headers or dependsOn.`);
  }
  const own = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  if (body !== undefined && own['content-type'] === undefined) {
    throw malformed(`Request '${id}' has a body but no Content-Type header.`);
  }
  const [path = '', ...search] = url.split('?');
  if (/^\/?\$batch$/i.test(path)) throw malformed('A batch cannot hold a batch.');
  return {
    id,
    dependsOn,
    call: {
      method: method.toUpperCase(),
      path: decoded(path.startsWith('/') ? path : `/${path}`),
      search: search.join('?'),
      headers: { 'client-request-id': outer['client-request-id'] ?? crypto.randomUUID(), ...own },
      body,
    },
  };
}

const isTexts = (values: unknown): values is readonly string[] =>
  Array.isArray(values) && values.every((value) => typeof value === 'string');

/** Each request after those it depends on. @throws GraphError 400 where they wait for each other */
function inOrder(items: readonly Item[]): readonly Item[] {
  const done: Item[] = [];
  while (done.length < items.length) {
    const ready = items.filter(
      (item) =>
        !done.includes(item) && item.dependsOn.every((id) => done.some((earlier) => earlier.id === id)),
    );
    if (ready.length === 0) throw malformed('Requests of a batch depend on each other in a circle.');
    done.push(...ready);
  }
  return done;
}

const failedDependency = (): Answer => ({
  status: 424,
  headers: { 'Content-Type': 'application/json' },
  body: { error: { code: 'FailedDependency', message: 'A request that this one depends on failed.' } },
});

function shuffled(responses: readonly Response[], random: () => number): readonly Response[] {
  return responses
    .map((response) => ({ response, key: random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ response }) => response);
}
