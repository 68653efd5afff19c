/** The recycle bin ("List deletedItems (directory objects)"), whole and counted. */
import { isDeepStrictEqual } from 'node:util';
import type { ObjectId } from '../core/ids.ts';
import type { DeletedUser } from '../core/model.ts';
import type { GraphClient } from './client.ts';
import { changes, leftMeanwhile } from './movement.ts';
import { BROKEN, type Broken, pages } from './pages.ts';
import { BadRequest, incomplete } from './refusals.ts';
import { parseDeletedUser } from './schema.ts';
import type { Selection } from './selection.ts';

const WHAT = 'the deleted users';

interface Reading {
  readonly users: ReadonlyMap<ObjectId, DeletedUser>;
  readonly rows: number;
  readonly count: number;
  /** Ids that came more than once, and not alike. */
  readonly contradictions: number;
  readonly broken: Broken | undefined;
}

/**
 * Read twice where the first reading does not add up: the directory may have changed between two pages. The second one
 * counts where it adds up, or where it differs from the first by no more than what came and went meanwhile.
 * @throws NightRefused `accessDenied` | `sourceIncomplete`; Error where `signal` stops it
 */
export async function readDeletedUsers(
  client: GraphClient,
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly DeletedUser[]> {
  const first = await readOnce(client, selection, signal);
  if (addsUp(first)) return [...first.users.values()];
  const second = await readOnce(client, selection, signal);
  if (!isWhole(second) || misses(second) > changes(first.users, second.users)) {
    throw incomplete(WHAT, `Read twice, and ${problemOf(second)}`);
  }
  const left = await leftMeanwhile(
    client,
    '/directory/deletedItems',
    first.users.keys(),
    second.users,
    signal,
  );
  if (left === 'all') return [...second.users.values()];
  throw incomplete(WHAT, 'Read twice, and users of the first reading were missing from the second.');
}

const isWhole = ({ users, rows, broken }: Reading) => broken === undefined && users.size === rows;
const misses = ({ rows, count }: Reading) => Math.abs(rows - count);
const addsUp = (reading: Reading) => isWhole(reading) && misses(reading) === 0;

function problemOf({ users, rows, count, contradictions, broken }: Reading): string {
  const numbers = `${rows} rows, ${users.size} different ids, and Microsoft Graph counts ${count}`;
  const twice = contradictions > 0 ? ` ${contradictions} came more than once with different content.` : '';
  return `${broken === undefined ? 'it does not add up' : BROKEN[broken]}: ${numbers}.${twice}`;
}

async function readOnce(client: GraphClient, selection: Selection, signal: AbortSignal): Promise<Reading> {
  for (;;) {
    const names = selection.names();
    try {
      return await readAll(client, selection, signal);
    } catch (error) {
      if (error instanceof BadRequest) selection.learnFrom(error.said);
      if (selection.names() === names) throw error;
    }
  }
}

async function readAll(client: GraphClient, selection: Selection, signal: AbortSignal): Promise<Reading> {
  const url = `/directory/deletedItems/microsoft.graph.user?$select=${selection.names()}&$count=true`;
  const users = new Map<ObjectId, DeletedUser>();
  let rows = 0;
  let count: number | undefined;
  let contradictions = 0;
  let broken: Broken | undefined;
  for await (const page of pages(client, { what: WHAT, url, advanced: true }, signal)) {
    count ??= page.count;
    if (count === undefined) {
      throw incomplete(WHAT, 'Microsoft Graph gave no @odata.count to check the rows against.');
    }
    broken = page.broken;
    for (const row of page.rows) {
      const user = parseDeletedUser(row, selection.directoryExtensions);
      const earlier = users.get(user.id);
      if (earlier !== undefined && !isDeepStrictEqual(earlier.snapshot, user.snapshot)) contradictions += 1;
      users.set(user.id, user);
      rows += 1;
    }
  }
  return { users, rows, count: count ?? 0, contradictions, broken };
}
