/** Is there, just now, a live user with an immutable id? ("List users", "Advanced query capabilities".) */
import { z } from 'zod';
import type { Wanted } from '../core/evidence/keys.ts';
import type { ImmutableId } from '../core/ids.ts';
import type { OnPremUser, Recheck } from '../core/model.ts';
import { readBatch, type SubAnswer } from './batch.ts';
import type { GraphClient } from './client.ts';
import { graphErrorIn } from './graphError.ts';

const rows = z.object({
  value: z.array(z.object({ onPremisesImmutableId: z.string() })),
  '@odata.count': z.int().nonnegative(),
  '@odata.nextLink': z.undefined().optional(),
});

/** Never throws for what the service answers. What could not be learnt is `unread`. */
export async function recheck(client: GraphClient, { ids }: Wanted, signal: AbortSignal): Promise<Recheck> {
  const urls = ids.map((immutableId) => {
    // Within OData's quotes a quote is doubled; base64's + / = mean something else in a URL.
    const filter = encodeURIComponent(`onPremisesImmutableId eq '${immutableId.replaceAll("'", "''")}'`);
    return `/users?$filter=${filter}&$select=id,onPremisesImmutableId&$count=true`;
  });
  const answers = await readBatch(client, urls, { advanced: true }, signal);
  const users: OnPremUser[] = [];
  const unread = new Map<ImmutableId, string>();
  for (const [index, id] of ids.entries()) {
    const found = holdersIn(answers[index], id);
    if (Array.isArray(found)) users.push(...found);
    else unread.set(id, `Entra ID was asked again for a live user with this immutable id: ${found}`);
  }
  return { users, unread };
}

/** The live users with the id, or why that is not known. */
function holdersIn(answer: SubAnswer | undefined, wanted: ImmutableId): OnPremUser[] | string {
  if (answer?.kind !== 'answered') return answer?.detail ?? 'no answer was kept';
  if (answer.status !== 200) return `it answered ${answer.status} ${graphErrorIn(answer.body)}`.trim();
  const parsed = rows.safeParse(answer.body);
  if (!parsed.success) return 'its answer does not read as documented';
  const { value, '@odata.count': count } = parsed.data;
  // Graph compares texts without regard to case, so that its rows are only candidates.
  const holders = value.filter(({ onPremisesImmutableId }) => onPremisesImmutableId === wanted);
  if (holders.length === 0 && value.length < count) return `it gave ${value.length} of ${count} users`;
  return holders.map(() => ({
    immutableIds: [wanted],
    sidHistory: [],
    userPrincipalName: undefined,
    addresses: [],
  }));
}
