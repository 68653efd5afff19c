/** A collection, page by page ("Paging Microsoft Graph data in your app"). */
import { z } from 'zod';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/model.ts';
import type { GraphClient } from './client.ts';
import { type ReadAnswer, type ReadRequest, read } from './read.ts';
import { BadRequest, incomplete } from './refusals.ts';
import { parsed } from './schema.ts';

export interface Page {
  readonly rows: readonly JsonObject[];
  /** `@odata.count`, which Graph gives on the first page. */
  readonly count: number | undefined;
  /** Why there is no next page although the collection has not come to its end. Reading it again can help. */
  readonly broken?: Broken;
}

/** The pages go round in a circle, or on without an end; or the service has forgotten them. */
export type Broken = 'circle' | 'endless' | 'expired';
export const BROKEN: Readonly<Record<Broken, string>> = {
  circle: 'the pages went round in a circle',
  endless: 'the pages had no end',
  expired: 'the service had forgotten the next page (Directory_ExpiredPageToken)',
};

const envelope = z.object({
  value: z.array(z.custom<JsonObject>(isObject, { error: 'expected an object' })),
  '@odata.count': z.number().int().nonnegative().optional(),
  '@odata.nextLink': z.string().optional(),
});

/** The most that is documented, then less: a service under load may refuse a page size. */
const TOPS = ['&$top=999', '&$top=100', ''] as const;
/** So many rows more than were counted, or so many empty pages, and no end is in sight. */
const MAX_ROWS_BEYOND = 1_000;
const MAX_EMPTY_PAGES = 100;

/**
 * Every page, the nextLink followed to the end. `request.url` has a query, without `$top`.
 * @throws NightRefused `accessDenied` | `sourceIncomplete`; Error where `signal` stops it
 */
export async function* pages(
  client: GraphClient,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<Page, void, undefined> {
  const { what } = request;
  const path = pathOf(client, `${client.graphRoot}/v1.0${request.url}`);
  const seen = new Set<string>();
  let [count, rows, empty]: [number | undefined, number, number] = [undefined, 0, 0];
  let answer: ReadAnswer | undefined = await firstPage(client, request, signal);
  while (answer !== undefined) {
    const page = parsed(envelope, answer.body, { what, object: 'a page' });
    const next = page['@odata.nextLink'];
    // The link carries the place in the directory, so that it must stay with the service and the collection.
    if (next !== undefined && (path === undefined || pathOf(client, next) !== path)) {
      throw incomplete(
        what,
        'The link to the next page leads away from the collection and was not followed.',
      );
    }
    count ??= page['@odata.count'];
    rows += page.value.length;
    if (page.value.length === 0) empty += 1;
    const given = { rows: page.value, count: page['@odata.count'] };
    if (next === undefined) return yield given;
    if (seen.has(next)) return yield { ...given, broken: 'circle' };
    if (empty > MAX_EMPTY_PAGES || rows > 2 * (count ?? 0) + MAX_ROWS_BEYOND) {
      return yield { ...given, broken: 'endless' };
    }
    yield given;
    seen.add(next);
    answer = await nextPage(client, { ...request, url: next }, signal);
    if (answer === undefined) yield { rows: [], count: undefined, broken: 'expired' };
  }
}

async function firstPage(
  client: GraphClient,
  request: ReadRequest,
  signal: AbortSignal,
): Promise<ReadAnswer> {
  for (const top of TOPS) {
    try {
      return await read(client, { ...request, url: `${request.url}${top}` }, signal);
    } catch (error) {
      const mayPass = error instanceof BadRequest && /page size/i.test(error.said) && top !== '';
      if (!mayPass) throw error;
    }
  }
  throw new RangeError('the last page size is always tried');
}

/** `undefined` where the link to it has expired. */
async function nextPage(client: GraphClient, request: ReadRequest, signal: AbortSignal) {
  try {
    return await read(client, request, signal);
  } catch (error) {
    if (error instanceof BadRequest && error.said.startsWith('Directory_ExpiredPageToken')) return undefined;
    throw error;
  }
}

/** `undefined` where `link` does not lead to the configured Graph, or cannot be read. */
function pathOf({ graphRoot }: GraphClient, link: string): string | undefined {
  const url = URL.parse(link);
  if (url?.origin !== graphRoot || url.username !== '' || url.password !== '') return undefined;
  try {
    return decodeURIComponent(url.pathname).toLowerCase();
  } catch {
    return undefined;
  }
}
