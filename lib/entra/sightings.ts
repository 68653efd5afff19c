/** Where objects are now: in the recycle bin ("Get deleted item") or live ("Get a user"). */

import type { ObjectId } from '../core/ids.ts';
import { isObject } from '../core/json.ts';
import { NightRefused } from '../errors.ts';
import type { Sighting } from '../ports.ts';
import { readBatch, type SubAnswer } from './batch.ts';
import type { GraphClient } from './client.ts';
import { graphErrorIn } from './graphError.ts';
import { deletedUserSelect, nameOf, parseDeletedUser } from './schema.ts';

/** Never throws for what the service answers. What could not be learnt is `unclear`. */
export async function sightings(
  client: GraphClient,
  directoryExtensions: readonly string[],
  ids: readonly ObjectId[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ObjectId, Sighting>> {
  const once = [...new Set(ids)];
  const select = deletedUserSelect(directoryExtensions);
  const urls = once.flatMap((id) => [
    `/directory/deletedItems/${id}/microsoft.graph.user?$select=${select}`,
    `/users/${id}?$select=id`,
  ]);
  const answers = await readBatch(client, urls, {}, signal);
  return new Map(
    once.map((id, index) => {
      const pair = [answers[2 * index], answers[2 * index + 1]];
      const why = pair.flatMap(whyUnclear)[0];
      const deleted = deletedIn(pair[0], id, directoryExtensions);
      return [id, { deleted, live: liveIn(pair[1], id), ...(why !== undefined && { why }) }];
    }),
  );
}

function whyUnclear(answer: SubAnswer | undefined): readonly string[] {
  if (answer?.kind !== 'answered') return [answer?.detail ?? 'no answer was kept'];
  const isClear = answer.status === 200 || answer.status === 404;
  return isClear ? [] : [`it answered ${answer.status} ${graphErrorIn(answer.body)}`.trim()];
}

function deletedIn(
  answer: SubAnswer | undefined,
  id: ObjectId,
  directoryExtensions: readonly string[],
): Sighting['deleted'] {
  if (answer?.kind !== 'answered') return 'unclear';
  if (answer.status === 404) return 'absent';
  if (answer.status !== 200 || !isObject(answer.body)) return 'unclear';
  try {
    const user = parseDeletedUser(answer.body, directoryExtensions);
    return user.id === id ? user : 'unclear';
  } catch (error) {
    if (error instanceof NightRefused) return 'unclear';
    throw error;
  }
}

function liveIn(answer: SubAnswer | undefined, id: ObjectId): Sighting['live'] {
  if (answer?.kind !== 'answered') return 'unclear';
  if (answer.status === 404) return 'absent';
  return answer.status === 200 && isObject(answer.body) && nameOf(answer.body) === id ? 'present' : 'unclear';
}
