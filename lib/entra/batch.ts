/**
 * JSON batching ("Combine multiple HTTP requests using JSON batching"). The SDK's BatchRequestContent is not used: it
 * strips only scheme and host of a URL, leaving the version in, and in its BatchResponseContent the last of two
 * answers with the same id wins, and one that is not as expected throws.
 */
import { z } from 'zod';
import { type Answered, type Failed, failed } from '../azure/answer.ts';
import { createRetry } from '../azure/retry.ts';
import type { Json } from '../core/model.ts';
import { isPassing, retryAfterMs } from '../core/retry.ts';
import type { GraphClient } from './client.ts';
import { inWords } from './read.ts';

/** Graph takes this many requests in one batch. */
const MAX_REQUESTS = 20;
/** Batches of reads under way at a time. */
const PARALLEL = 4;

export interface SubRequest {
  readonly method: 'GET' | 'DELETE';
  /** A path without version, encoded. */
  readonly url: string;
  readonly advanced?: boolean;
}

/** An answer in a batch has a status of its own, whatever the batch's. */
export type SubAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** What `Retry-After` asks for, where it does. */
      readonly retryAfterMs: number | undefined;
      readonly body: Json | undefined;
    }
  | Failed;

const zResponse = z.object({
  id: z.string(),
  status: z.int().min(100).max(599),
  headers: z.record(z.string(), z.unknown()).nullish(),
  body: z.custom<Json | undefined>(() => true).optional(),
});
type Response = z.infer<typeof zResponse>;
const zResponses = z.object({ responses: z.array(z.unknown()) });

/**
 * Sends at most 20 requests in one batch, once. Gives the answer to each, in their order, whatever the service does.
 * @throws RangeError for more; RequestForbidden
 */
export async function sendBatch(
  client: GraphClient,
  requests: readonly SubRequest[],
  signal: AbortSignal,
): Promise<readonly SubAnswer[]> {
  if (requests.length > MAX_REQUESTS) throw new RangeError(`${requests.length} requests in one batch`);
  const body = {
    requests: requests.map(({ method, url, advanced }, index) => ({
      id: String(index),
      method,
      url,
      ...(advanced ? { headers: { ConsistencyLevel: 'eventual' } } : {}),
    })),
  };
  const reply = await client.send({ method: 'POST', url: '/$batch', body }, signal);
  // Where a request inside is throttled some texts have 424 outside ("Microsoft Graph throttling guidance").
  if (reply.kind !== 'answered' || (reply.status !== 200 && reply.status !== 424)) {
    return requests.map(() => failedWith(reply));
  }
  const responses = responsesIn(reply.body);
  return requests.map((request, index) => {
    const [response, ...others] = responses.filter(({ id }) => id === String(index));
    client.meter.charge(request.method, request.url, headerOf(response, 'x-ms-resource-unit'));
    if (response === undefined)
      return failed('malformed', 'the batch came back without an answer to this request');
    if (others.length > 0)
      return failed('malformed', 'the batch came back with more than one answer to this request');
    if (response.status === 429) client.meter.throttled();
    const waitMs = retryAfterMs(headerOf(response, 'retry-after'), Date.parse(client.clock.now()));
    return { kind: 'answered', status: response.status, retryAfterMs: waitMs, body: response.body };
  });
}

/** Those that read as documented; what is asked for and not among them is lost. */
function responsesIn(body: Json | undefined): readonly Response[] {
  const parsed = zResponses.safeParse(body);
  if (!parsed.success) return [];
  return parsed.data.responses.flatMap((response) => zResponse.safeParse(response).data ?? []);
}

function headerOf(response: Response | undefined, name: string): string | undefined {
  const found = Object.entries(response?.headers ?? {}).find(([known]) => known.toLowerCase() === name);
  const value = found?.[1];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

const failedWith = (reply: Answered | Failed): Failed =>
  reply.kind === 'answered'
    ? failed(reply.status, `the whole batch was answered ${inWords(reply)}`, reply.retryAfterMs)
    : reply;

/** Answers to any number of GETs, in their order. What fails in passing is asked again within bounds. */
export async function readBatch(
  client: GraphClient,
  urls: readonly string[],
  options: { readonly advanced?: boolean },
  signal: AbortSignal,
): Promise<readonly SubAnswer[]> {
  const requests = urls.map((url): SubRequest => ({ method: 'GET', url, ...options }));
  const answers: SubAnswer[] = [];
  const starts = Array.from(
    { length: Math.ceil(requests.length / MAX_REQUESTS) },
    (_, index) => index * MAX_REQUESTS,
  );
  const worker = async () => {
    for (let start = starts.shift(); start !== undefined; start = starts.shift()) {
      const chunk = requests.slice(start, start + MAX_REQUESTS);
      for (const [index, answer] of (await readChunk(client, chunk, signal)).entries()) {
        answers[start + index] = answer;
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return answers;
}

async function readChunk(client: GraphClient, requests: readonly SubRequest[], signal: AbortSignal) {
  const retry = createRetry(client.clock);
  const answers = [...(await sendBatch(client, requests, signal))];
  for (;;) {
    const failed = [...answers.entries()].flatMap(([index, answer]) => {
      const reception = answer.kind === 'failed' ? answer.reception : answer.status;
      return isPassing(reception, retry.attempts)
        ? [{ index, reception, waitMs: answer.retryAfterMs ?? 0 }]
        : [];
    });
    const [first] = failed;
    if (first === undefined) return answers;
    const longestMs = Math.max(...failed.map(({ waitMs }) => waitMs));
    if (!(await retry.again(first.reception, longestMs, signal))) return answers;
    client.meter.retry();
    const again = failed.flatMap(({ index }) => requests[index] ?? []);
    for (const [at, answer] of (await sendBatch(client, again, signal)).entries()) {
      const index = failed[at]?.index;
      if (index !== undefined) answers[index] = answer;
    }
  }
}
