/** The recycle bin ("List deletedItems (directory objects)"), whole and counted. */
import { isDeepStrictEqual } from 'node:util';
import type { ObjectId } from '../core/ids.ts';
import type { DeletedUser } from '../core/model.ts';
import type { GraphClient } from './client.ts';
import { pages } from './pages.ts';
import { incomplete } from './refusals.ts';
import { deletedUserSelect, parseDeletedUser } from './schema.ts';

const WHAT = 'the deleted users';

interface Reading {
  readonly users: ReadonlyMap<ObjectId, DeletedUser>;
  readonly rows: number;
  readonly count: number;
  /** Ids that came more than once, and not alike. */
  readonly contradictions: number;
  readonly loops: boolean;
}

/**
 * Read twice where the first reading does not add up: the directory may have changed between two pages.
 * @throws NightRefused `accessDenied` | `sourceIncomplete`; Error where `signal` stops it
 */
export async function readDeletedUsers(
  client: GraphClient,
  directoryExtensions: readonly string[],
  signal: AbortSignal,
): Promise<readonly DeletedUser[]> {
  const first = await readOnce(client, directoryExtensions, signal);
  if (addsUp(first)) return [...first.users.values()];
  const second = await readOnce(client, directoryExtensions, signal);
  if (addsUp(second)) return [...second.users.values()];
  throw incomplete(WHAT, problemOf(second));
}

const addsUp = ({ users, rows, count, loops }: Reading) => !loops && rows === count && users.size === count;

function problemOf({ users, rows, count, contradictions, loops }: Reading): string {
  const numbers = `${rows} rows, ${users.size} different ids, and Microsoft Graph counts ${count}`;
  const twice = contradictions > 0 ? ` ${contradictions} came more than once with different content.` : '';
  return loops
    ? `Read twice, and the pages went round in a circle: ${numbers}.${twice}`
    : `Read twice, and it does not add up: ${numbers}.${twice}`;
}

async function readOnce(
  client: GraphClient,
  directoryExtensions: readonly string[],
  signal: AbortSignal,
): Promise<Reading> {
  const select = deletedUserSelect(directoryExtensions);
  const url = `/directory/deletedItems/microsoft.graph.user?$select=${select}&$top=999&$count=true`;
  const users = new Map<ObjectId, DeletedUser>();
  let rows = 0;
  let count: number | undefined;
  let contradictions = 0;
  let loops = false;
  for await (const page of pages(client, { what: WHAT, url, advanced: true }, signal)) {
    count ??= page.count;
    if (count === undefined) {
      throw incomplete(WHAT, 'Microsoft Graph gave no @odata.count to check the rows against.');
    }
    loops = page.loops;
    for (const row of page.rows) {
      const user = parseDeletedUser(row, directoryExtensions);
      const earlier = users.get(user.id);
      if (earlier !== undefined && !isDeepStrictEqual(earlier.snapshot, user.snapshot)) contradictions += 1;
      users.set(user.id, user);
      rows += 1;
    }
  }
  return { users, rows, count: count ?? 0, contradictions, loops };
}
