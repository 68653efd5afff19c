/**
 * Live users by `$filter` ("List users"), as they are just now: a default query. With `ConsistencyLevel: eventual` the
 * same query would be answered by an index that lags behind ("Advanced query capabilities"); it is asked only where
 * Graph takes the query no other way.
 */
import { z } from 'zod';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/model.ts';
import { readBatch, type SubAnswer } from './batch.ts';
import type { GraphClient } from './client.ts';
import { graphErrorIn } from './graphError.ts';

export type Looked =
  | {
      readonly rows: readonly JsonObject[];
      /** Not everybody was given whom the filter fits. */
      readonly more: boolean;
      /** The answer came from the lagging index. */
      readonly stale: boolean;
    }
  | {
      /** Why there is no answer. */
      readonly why: string;
      /** Graph does not take the filter so (400, as a rule Request_UnsupportedQuery). */
      readonly unsupported: boolean;
    };

/** `property eq 'text'` */
export const equals = (property: string, text: string) => `${property} eq ${literal(text)}`;
/** Is one of the texts of `property` this one? */
export const hasText = (property: string, text: string) => `${property}/any(p:p eq ${literal(text)})`;
/** Within OData's quotes a quote is doubled. */
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** An answer to each filter, in their order. Never throws for what the service answers. */
export async function lookUp(
  client: GraphClient,
  filters: readonly string[],
  select: string,
  ask: 'default' | 'eventual',
  signal: AbortSignal,
): Promise<readonly Looked[]> {
  const advanced = ask === 'eventual';
  // Base64's + / = mean something else in a URL.
  const urls = filters.map(
    (filter) =>
      `/users?$filter=${encodeURIComponent(filter)}&$select=${select}${advanced ? '&$count=true' : ''}`,
  );
  const answers = await readBatch(client, urls, { advanced }, signal);
  return filters.map((_, index) => lookedIn(answers[index], advanced));
}

/** The same; what Graph does not take in a default query is asked of the index that lags behind. */
export async function lookUpAnyhow(
  client: GraphClient,
  filters: readonly string[],
  select: string,
  signal: AbortSignal,
): Promise<readonly Looked[]> {
  const looked = [...(await lookUp(client, filters, select, 'default', signal))];
  const refused = looked.flatMap((one, index) => ('why' in one && one.unsupported ? [index] : []));
  const again = refused.map((index) => filters[index] ?? '');
  for (const [at, answer] of (await lookUp(client, again, select, 'eventual', signal)).entries()) {
    looked[refused[at] ?? 0] = answer;
  }
  return looked;
}

const answerBody = z.object({
  value: z.array(z.custom<JsonObject>(isObject)),
  '@odata.count': z.int().nonnegative().optional(),
  '@odata.nextLink': z.string().optional(),
});

function lookedIn(answer: SubAnswer | undefined, advanced: boolean): Looked {
  if (answer?.kind !== 'answered') {
    return { why: answer?.detail ?? 'no answer was kept', unsupported: false };
  }
  const error = graphErrorIn(answer.body);
  if (answer.status !== 200) {
    return { why: `it answered ${answer.status} ${error}`.trim(), unsupported: answer.status === 400 };
  }
  const parsed = answerBody.safeParse(answer.body);
  if (!parsed.success) return { why: 'its answer does not read as documented', unsupported: false };
  const { value, '@odata.count': count, '@odata.nextLink': next } = parsed.data;
  if (advanced && count === undefined) return { why: 'it gave no count', unsupported: false };
  return { rows: value, more: next !== undefined || value.length < (count ?? 0), stale: advanced };
}
