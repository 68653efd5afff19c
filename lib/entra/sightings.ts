/** Where objects are now: in the recycle bin ("Get deleted item") or live ("Get a user"). */

import type { ObjectId } from '../core/ids.ts';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/model.ts';
import { NightRefused } from '../errors.ts';
import type { Sighting } from '../ports.ts';
import { readBatch, type SubAnswer } from './batch.ts';
import type { GraphClient } from './client.ts';
import { graphErrorIn } from './graphError.ts';
import { nameOf, parseDeletedUser } from './schema.ts';
import type { Selection } from './selection.ts';

/** Never throws for what the service answers. What could not be learnt is `unclear`. */
export async function sightings(
  client: GraphClient,
  selection: Selection,
  ids: readonly ObjectId[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ObjectId, Sighting>> {
  const once = [...new Set(ids)];
  const answers = await readPairs(client, selection, once, signal);
  const { directoryExtensions } = selection;
  return new Map(
    once.map((id, index) => [
      id,
      sighting(deletedIn(answers[2 * index], id, directoryExtensions), liveIn(answers[2 * index + 1], id)),
    ]),
  );
}

/** For each id two answers: from the recycle bin, and from the live users. */
async function readPairs(
  client: GraphClient,
  selection: Selection,
  ids: readonly ObjectId[],
  signal: AbortSignal,
): Promise<readonly SubAnswer[]> {
  for (;;) {
    const select = selection.names();
    const urls = ids.flatMap((id) => [
      `/directory/deletedItems/${id}/microsoft.graph.user?$select=${select}`,
      `/users/${id}?$select=id`,
    ]);
    const answers = await readBatch(client, urls, {}, signal);
    for (const answer of answers) {
      if (answer.kind === 'answered' && answer.status === 400) selection.learnFrom(graphErrorIn(answer.body));
    }
    if (selection.names() === select) return answers;
  }
}

/** Does this answer say that there is no object of this id, and mean this object? */
export const isGone = (answer: SubAnswer | undefined, id: ObjectId) => objectIn(answer, id) === 'absent';

/** What is not clear, and why. */
interface Unclear {
  readonly why: string;
}

function sighting(
  deleted: Exclude<Sighting['deleted'], 'unclear'> | Unclear,
  live: 'present' | 'absent' | Unclear,
): Sighting {
  const whys = [
    ...(isUnclear(deleted) ? [`deletedItems${deleted.why}`] : []),
    ...(isUnclear(live) ? [`users${live.why}`] : []),
  ];
  return {
    deleted: isUnclear(deleted) ? 'unclear' : deleted,
    live: isUnclear(live) ? 'unclear' : live,
    ...(whys.length > 0 && { why: whys.join('; ') }),
  };
}

const isUnclear = (found: object | string): found is Unclear => typeof found === 'object' && 'why' in found;

function deletedIn(answer: SubAnswer | undefined, id: ObjectId, directoryExtensions: readonly string[]) {
  const found = objectIn(answer, id);
  if (found === 'absent' || 'why' in found) return found;
  try {
    return parseDeletedUser(found.body, directoryExtensions);
  } catch (error) {
    if (error instanceof NightRefused) return { why: `: ${error.cause ?? error.message}` };
    throw error;
  }
}

function liveIn(answer: SubAnswer | undefined, id: ObjectId) {
  const found = objectIn(answer, id);
  return found === 'absent' || 'why' in found ? found : 'present';
}

/** The object of this id, and no other: answers in a batch could have changed places. */
function objectIn(
  answer: SubAnswer | undefined,
  id: ObjectId,
): 'absent' | Unclear | { readonly body: JsonObject } {
  if (answer?.kind !== 'answered') return { why: `: ${answer?.detail ?? 'no answer was kept'}` };
  const { status, body } = answer;
  const error = graphErrorIn(body);
  if (status === 404 && error !== '') {
    return names(error, id) ? 'absent' : { why: ` answered 404 of another object: ${error}` };
  }
  if (status !== 200 || !isObject(body)) return { why: ` answered ${status} ${error}`.trimEnd() };
  return nameOf(body) === id ? { body } : { why: ' answered 200 with another object' };
}

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** Graph says in words which resource does not exist. Where it names none, there is nothing to compare. */
function names(error: string, id: ObjectId): boolean {
  const named = error.match(GUID) ?? [];
  return named.length === 0 || named.some((one) => one.toLowerCase() === id);
}
