/** Permanent deletion ("Permanently delete an item (directory object)"): 204, and no way back. */
import type { Failed } from '../azure/answer.ts';
import type { ObjectId } from '../core/ids.ts';
import { MAX_PURGE_BATCH, type PurgeAnswer } from '../ports.ts';
import { type SubAnswer, type SubRequest, sendBatch } from './batch.ts';
import type { GraphClient } from './client.ts';
import { graphErrorIn } from './graphError.ts';

/** Where a throttled answer does not say how long to wait. */
const DEFAULT_RETRY_AFTER_MS = 10_000;
/** A day outlasts every night. A timer that is set for a month or more ends at once. */
const MAX_RETRY_AFTER_MS = 86_400_000;

/** 401, 408 and 424 can pass, or are no answer to this very DELETE. */
const BY_STATUS: Readonly<Record<number, PurgeAnswer['answer']>> = {
  204: 'accepted',
  401: 'unclear',
  403: 'denied',
  404: 'notFound',
  408: 'unclear',
  424: 'unclear',
  429: 'throttled',
};

/**
 * One DELETE for each id in a single batch, sent once. Only an answer to the DELETE itself counts as one: whatever
 * happens to the batch as a whole says nothing of what was carried out.
 * @throws RangeError for more than {@link MAX_PURGE_BATCH} ids
 */
export async function purge(
  client: GraphClient,
  ids: readonly ObjectId[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ObjectId, PurgeAnswer>> {
  const once = [...new Set(ids)];
  if (once.length > MAX_PURGE_BATCH) throw new RangeError(`${once.length} purges in one batch`);
  if (once.length === 0) return new Map();
  const requests = once.map((id): SubRequest => ({ method: 'DELETE', url: `/directory/deletedItems/${id}` }));
  const answers = await sendBatch(client, requests, signal);
  return new Map(once.map((id, index) => [id, meaningOf(answers[index])]));
}

function meaningOf(reply: SubAnswer | undefined): PurgeAnswer {
  if (reply === undefined) return { answer: 'unclear', detail: 'No answer to the DELETE: none was kept.' };
  const { answer, status, detail } = reply.kind === 'answered' ? toThisDelete(reply) : toTheBatch(reply);
  const waitMs = reply.retryAfterMs ?? (answer === 'throttled' ? DEFAULT_RETRY_AFTER_MS : undefined);
  return {
    answer,
    detail,
    ...(status !== undefined && { status }),
    ...(waitMs !== undefined && { retryAfterMs: Math.min(waitMs, MAX_RETRY_AFTER_MS) }),
  };
}

type Meaning = Pick<PurgeAnswer, 'answer' | 'detail' | 'status'>;

function toThisDelete({ status, body }: Exclude<SubAnswer, Failed>): Meaning {
  const error = graphErrorIn(body);
  const detail = `DELETE answered ${status}${error === '' ? '' : ` ${error}`}`;
  return {
    answer: BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'rejected' : 'unclear'),
    detail,
    status,
  };
}

/** An outer 429 or 503 that names a wait is the quota's; of what was carried out the batch as a whole says nothing. */
function toTheBatch({ reception, detail, retryAfterMs }: Failed): Meaning {
  const isThrottled = reception === 429 || (reception === 503 && retryAfterMs !== undefined);
  return {
    answer: isThrottled ? 'throttled' : 'unclear',
    detail: `No answer to the DELETE: ${detail}.`,
    ...(typeof reception === 'number' && { status: reception }),
  };
}
