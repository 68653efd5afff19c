/** Is there, just now, a live user with an immutable id? */
import type { Wanted } from '../core/evidence/keys.ts';
import type { ImmutableId } from '../core/ids.ts';
import type { OnPremUser, Recheck } from '../core/model.ts';
import type { GraphClient } from './client.ts';
import { equals, type Looked, lookUpAnyhow } from './lookup.ts';

/** Never throws for what the service answers. What could not be learnt is `unread`. */
export async function recheck(client: GraphClient, { ids }: Wanted, signal: AbortSignal): Promise<Recheck> {
  const filters = ids.map((immutableId) => equals('onPremisesImmutableId', immutableId));
  const looked = await lookUpAnyhow(client, filters, 'id,onPremisesImmutableId', signal);
  const users: OnPremUser[] = [];
  const unread = new Map<ImmutableId, string>();
  for (const [index, id] of ids.entries()) {
    const found = holdersIn(looked[index], id);
    if (Array.isArray(found)) users.push(...found);
    else unread.set(id, `Entra ID was asked again for a live user with this immutable id: ${found}`);
  }
  return { users, unread };
}

/** The live users with the id, or why that is not known. */
function holdersIn(looked: Looked | undefined, wanted: ImmutableId): OnPremUser[] | string {
  if (looked === undefined || 'why' in looked) return looked?.why ?? 'no answer was kept';
  const { rows, more } = looked;
  const ids = rows.map((row) => row['onPremisesImmutableId']);
  // Graph compares texts without regard to case, so that its rows are only candidates.
  const holders = ids.filter((id) => id === wanted);
  if (holders.length > 0) return holders.map(() => holderOf(wanted));
  const isAnother = ids.some((id) => typeof id !== 'string' || id.toLowerCase() !== wanted.toLowerCase());
  if (isAnother) return 'it answered with users who do not have it';
  return more ? `it gave only ${rows.length} of the users who may have it` : [];
}

const holderOf = (id: ImmutableId): OnPremUser => ({
  immutableIds: [id],
  sidHistory: [],
  userPrincipalName: undefined,
  addresses: [],
});
