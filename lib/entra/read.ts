/** Reads that must succeed: sent again within bounds, then the night is refused. */

import type { Answered, Failed } from '../azure/answer.ts';
import { createRetry } from '../azure/retry.ts';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/model.ts';
import type { GraphClient, GraphRequest } from './client.ts';
import { graphErrorIn } from './graphError.ts';
import { BadRequest, denied, incomplete, noToken } from './refusals.ts';

export type ReadRequest = Omit<GraphRequest, 'method' | 'body'> & {
  /** What is read, for the operator: "the deleted users". */
  readonly what: string;
};

export interface ReadAnswer {
  readonly body: JsonObject;
  readonly headers: Headers;
}

/**
 * The JSON object that Graph answers to a GET.
 * @throws NightRefused `accessDenied` | `sourceIncomplete`; Error where `signal` stops it
 */
export async function read(
  client: GraphClient,
  { what, url, ...options }: ReadRequest,
  signal: AbortSignal,
): Promise<ReadAnswer> {
  const retry = createRetry(client.clock);
  for (;;) {
    const reply = await client.send({ method: 'GET', url, ...options }, signal);
    if (signal.aborted) throw stopped(what, signal);
    const answered = reply.kind === 'answered' ? reply : undefined;
    const reception = receptionOf(reply);
    if (reception === 'noToken') throw noToken(what, inWords(reply));
    client.meter.charge('GET', url, answered?.headers.get('x-ms-resource-unit'));
    if (answered?.status === 200 && isObject(answered.body)) {
      return { body: answered.body, headers: answered.headers };
    }
    if (answered?.status === 403) throw accessDenied(what, answered);
    if (!(await retry.again(reception, reply.retryAfterMs, signal))) {
      if (signal.aborted) throw stopped(what, signal);
      if (answered?.status === 401) throw accessDenied(what, answered);
      const tries = `${retry.attempts} ${retry.attempts === 1 ? 'try' : 'tries'}`;
      const problem = `Microsoft Graph gave no usable answer in ${tries}; the last: ${inWords(reply)}.`;
      throw answered?.status === 400
        ? new BadRequest(what, problem, graphErrorIn(answered.body))
        : incomplete(what, problem);
    }
    client.meter.retry();
  }
}

function receptionOf(reply: Answered | Failed) {
  if (reply.kind === 'failed') return reply.reception;
  return reply.status === 200 ? 'malformed' : reply.status;
}

/** What came back instead of what was asked for. */
export function inWords(reply: Answered | Failed): string {
  if (reply.kind !== 'answered') return reply.detail;
  const error = graphErrorIn(reply.body);
  if (error !== '') return `${reply.status} ${error}`;
  return isObject(reply.body) ? `${reply.status}` : `${reply.status} with a body that is no JSON object`;
}

const accessDenied = (what: string, answered: Answered) =>
  denied(what, `Microsoft Graph answered ${inWords(answered)}.`);

const stopped = (what: string, { reason }: AbortSignal) =>
  new Error(`Stopped while reading ${what}: ${reason instanceof Error ? reason.message : String(reason)}`, {
    cause: reason,
  });
