import { type ObjectId, objectId } from '../core/ids.ts';
import { readBatch } from './batch.ts';
import type { GraphClient } from './client.ts';
import { isGone } from './sightings.ts';

/** More than these do not come and go while a collection is read. */
const MAX_ASKED = 200;

/**
 * Whether everybody whom the earlier of two readings has and the later one lacks is really gone from the collection.
 * Otherwise rows have shifted between two pages, and the later reading hides them. `path` is that of the collection's
 * items.
 */
export async function leftMeanwhile(
  client: GraphClient,
  path: '/directory/deletedItems' | '/users',
  earlier: Iterable<string>,
  later: { has(id: string): boolean },
  signal: AbortSignal,
): Promise<'all' | 'not all'> {
  const missing = [...earlier].filter((id) => !later.has(id));
  if (missing.length > MAX_ASKED) return 'not all';
  const ids = missing.map((id) => objectId(id)).filter((id): id is ObjectId => id !== undefined);
  const answers = await readBatch(
    client,
    ids.map((id) => `${path}/${id}?$select=id`),
    {},
    signal,
  );
  return ids.every((id, index) => isGone(answers[index], id)) ? 'all' : 'not all';
}

interface Ids {
  readonly size: number;
  keys(): Iterable<string>;
  has(id: string): boolean;
}

/** How many are in one reading and not in the other. */
export function changes(earlier: Ids, later: Ids): number {
  const both = [...earlier.keys()].filter((id) => later.has(id)).length;
  return earlier.size + later.size - 2 * both;
}
