/** Permanent deletion ("Permanently delete an item (directory object)"): 204, and no way back. */
import type { ObjectId } from '../core/ids.ts';
import { MAX_PURGE_BATCH, type PurgeAnswer } from '../ports.ts';
import { type SubAnswer, type SubRequest, sendBatch } from './batch.ts';
import type { GraphClient } from './client.ts';
import { graphErrorIn } from './graphError.ts';

/** Where a throttled answer does not say how long to wait. */
const DEFAULT_RETRY_AFTER_MS = 10_000;
/** A day outlasts every night. A timer that is set for a month or more ends at once. */
const MAX_RETRY_AFTER_MS = 86_400_000;

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

function meaningOf(answer: SubAnswer | undefined): PurgeAnswer {
  if (answer === undefined) return { answer: 'unclear', detail: 'No answer to the DELETE was kept.' };
  const wait = waitOf(answer.retryAfterMs);
  if (answer.kind !== 'answered') {
    return { answer: 'unclear', detail: `No answer to the DELETE: ${answer.detail}.`, ...wait };
  }
  const { status, body } = answer;
  const error = graphErrorIn(body);
  const detail = `DELETE answered ${status}${error === '' ? '' : ` ${error}`}`;
  if (status === 429) return { answer: 'throttled', detail, retryAfterMs: DEFAULT_RETRY_AFTER_MS, ...wait };
  return { answer: NAMES[status] ?? (isRejection(status) ? 'rejected' : 'unclear'), detail, ...wait };
}

const waitOf = (retryAfterMs: number | undefined) =>
  retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) };

const NAMES: Readonly<Record<number, PurgeAnswer['answer'] | undefined>> = {
  204: 'accepted',
  403: 'denied',
  404: 'notFound',
};

/** The service has understood the DELETE and will not carry it out. Not so where it only could not deal with it now. */
const isRejection = (status: number) => status >= 400 && status < 500 && !PASSING.has(status);
const PASSING: ReadonlySet<number> = new Set([401, 408, 424]);
