/** Pages of a collection. A listing keeps the members that it began with, so that nothing shifts between pages. */
import { randomBytes } from 'node:crypto';
import { type Call, GraphError, type Page } from './answer.ts';
import type { EntraUser } from './directory.ts';
import type { Query } from './query.ts';

interface Source {
  /** Asked on the first page only. */
  members(): readonly EntraUser[];
  /** As it is now; who is gone by now is left out of a later page. */
  find(id: string): EntraUser | undefined;
}

export interface Collections {
  /** @throws GraphError 400 for a `$skiptoken` that this server did not give for that collection */
  page(
    call: Call,
    query: Query,
    source: Source,
  ): { readonly page: Page; readonly members: readonly EntraUser[]; readonly first: boolean };
}

interface Listing {
  readonly path: string;
  readonly search: string;
  readonly ids: readonly string[];
}

/** So many listings may be open at a time; older ones are forgotten. */
const OPEN = 20;

export function createCollections(base: () => string): Collections {
  const listings = new Map<string, Listing>();

  function open(path: string, search: string, members: readonly EntraUser[]): string {
    const key = randomBytes(9).toString('base64url');
    listings.set(key, { path, search, ids: members.map(({ id }) => id) });
    for (const oldest of listings.keys()) if (listings.size > OPEN) listings.delete(oldest);
    return key;
  }

  function resume(path: string, skipToken: string): { key: string; offset: number } {
    const [key = '', offset] = Buffer.from(skipToken, 'base64url').toString().split(' ');
    const at = Number(offset);
    if (listings.get(key)?.path === path.toLowerCase() && Number.isSafeInteger(at))
      return { key, offset: at };
    const message =
      'The specified page token value has expired and can no longer be included in your request.';
    throw new GraphError(400, 'Directory_ExpiredPageToken', message);
  }

  return {
    page(call, query, { members, find }) {
      const first = query.skipToken === undefined;
      const started = first ? members() : [];
      const { key, offset } =
        query.skipToken === undefined
          ? { key: open(call.path.toLowerCase(), call.search, started), offset: 0 }
          : resume(call.path, query.skipToken);
      const { ids = [], search = '' } = listings.get(key) ?? {};
      const end = offset + query.top;
      const page: Page = {
        offset,
        size: query.top,
        total: ids.length,
        link: (at) =>
          `${base()}${call.path}?${search === '' ? '' : `${search}&`}$skiptoken=${token(key, at)}`,
      };
      const now = first
        ? started.slice(0, query.top)
        : ids.slice(offset, end).flatMap((id) => find(id) ?? []);
      return { page, members: now, first };
    },
  };
}

const token = (key: string, offset: number) => Buffer.from(`${key} ${offset}`).toString('base64url');
