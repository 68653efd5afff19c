/** Is there, just now, a live user with an immutable id? */
import type { ImmutableId } from '../core/ids.ts';
import type { Presence } from '../core/model.ts';
import type { GraphClient } from './client.ts';
import { equals, type Looked, lookUpAnyhow } from './lookup.ts';

/** Never throws for what the service answers. What could not be learnt is `unknown`. */
export async function recheck(
  client: GraphClient,
  wanted: readonly ImmutableId[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ImmutableId, Presence>> {
  const once = [...new Set(wanted)];
  const filters = once.map((immutableId) => equals('onPremisesImmutableId', immutableId));
  const looked = await lookUpAnyhow(client, filters, 'id,onPremisesImmutableId', signal);
  return new Map(once.map((immutableId, index) => [immutableId, presenceIn(looked[index], immutableId)]));
}

function presenceIn(looked: Looked | undefined, wanted: ImmutableId): Presence {
  if (looked === undefined || 'why' in looked) return unknown(looked?.why ?? 'no answer was kept');
  const { rows, more, stale } = looked;
  const ids = rows.map((row) => row['onPremisesImmutableId']);
  // Graph compares texts without regard to case, so that its rows are only candidates.
  if (ids.includes(wanted)) {
    return { state: 'present', origin: 'Entra ID has a live user with this immutable id' };
  }
  const isAnother = ids.some((id) => typeof id !== 'string' || id.toLowerCase() !== wanted.toLowerCase());
  if (isAnother) return unknown('it answered with users who do not have it');
  if (more) return unknown(`it gave only ${rows.length} of the users who may have it`);
  const lagging = stale ? ' (by an index that can lag behind)' : '';
  return { state: 'absent', origin: `Entra ID has no live user with this immutable id${lagging}` };
}

const unknown = (why: string): Presence => ({
  state: 'unknown',
  origin: `Entra ID was asked again for a live user with this immutable id: ${why}`,
});
