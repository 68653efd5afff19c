/** A collection, page by page ("Paging Microsoft Graph data in your app"). */
import { z } from 'zod';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/model.ts';
import type { GraphClient } from './client.ts';
import { type ReadRequest, read } from './read.ts';
import { incomplete } from './refusals.ts';
import { parsed } from './schema.ts';

export interface Page {
  readonly rows: readonly JsonObject[];
  /** `@odata.count`, which Graph gives on the first page. */
  readonly count: number | undefined;
  /** The next page is one that was already read, so that the collection has no end. This page is the last given. */
  readonly loops: boolean;
}

const envelope = z.object({
  value: z.array(z.custom<JsonObject>(isObject, { error: 'expected an object' })),
  '@odata.count': z.number().int().nonnegative().optional(),
  '@odata.nextLink': z.string().optional(),
});

/**
 * Every page, the nextLink followed to the end.
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
  for (let url: string | undefined = request.url; url !== undefined; ) {
    const { body } = await read(client, { ...request, url }, signal);
    const page = parsed(envelope, body, { what, object: 'a page' });
    const next = page['@odata.nextLink'];
    // The link carries the place in the directory, so that it must stay with the service and the collection.
    if (next !== undefined && (path === undefined || pathOf(client, next) !== path)) {
      throw incomplete(
        what,
        'The link to the next page leads away from the collection and was not followed.',
      );
    }
    const loops = next !== undefined && seen.has(next);
    yield { rows: page.value, count: page['@odata.count'], loops };
    if (next !== undefined) seen.add(next);
    url = loops ? undefined : next;
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
