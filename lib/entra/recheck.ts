/** Is there, just now, a live user with an immutable id? ("List users", "Advanced query capabilities".) */
import { z } from 'zod';
import type { ImmutableId } from '../core/ids.ts';
import type { Presence } from '../core/model.ts';
import { readBatch, type SubAnswer } from './batch.ts';
import type { GraphClient } from './client.ts';
import { graphErrorIn } from './graphError.ts';

const rows = z.object({
  value: z.array(z.object({ onPremisesImmutableId: z.string() })),
  '@odata.count': z.int().nonnegative(),
  '@odata.nextLink': z.undefined().optional(),
});

/** Never throws for what the service answers. What could not be learnt is `unknown`. */
export async function recheck(
  client: GraphClient,
  wanted: readonly ImmutableId[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ImmutableId, Presence>> {
  const once = [...new Set(wanted)];
  const urls = once.map((immutableId) => {
    // Within OData's quotes a quote is doubled; base64's + / = mean something else in a URL.
    const filter = encodeURIComponent(`onPremisesImmutableId eq '${immutableId.replaceAll("'", "''")}'`);
    return `/users?$filter=${filter}&$select=id,onPremisesImmutableId&$count=true`;
  });
  const answers = await readBatch(client, urls, { advanced: true }, signal);
  return new Map(once.map((immutableId, index) => [immutableId, presenceIn(answers[index], immutableId)]));
}

function presenceIn(answer: SubAnswer | undefined, wanted: ImmutableId): Presence {
  if (answer?.kind !== 'answered') {
    return unknown(answer?.detail ?? 'no answer was kept');
  }
  if (answer.status !== 200)
    return unknown(`it answered ${answer.status} ${graphErrorIn(answer.body)}`.trim());
  const parsed = rows.safeParse(answer.body);
  if (!parsed.success) return unknown('its answer does not read as documented');
  const { value, '@odata.count': count } = parsed.data;
  // Graph compares texts without regard to case, so that its rows are only candidates.
  if (value.some(({ onPremisesImmutableId }) => onPremisesImmutableId === wanted)) {
    return { state: 'present', origin: 'Entra ID has a live user with this immutable id' };
  }
  if (value.length < count) return unknown(`it gave ${value.length} of ${count} users`);
  return { state: 'absent', origin: 'Entra ID has no live user with this immutable id' };
}

const unknown = (why: string): Presence => ({
  state: 'unknown',
  origin: `Entra ID was asked again for a live user with this immutable id: ${why}`,
});
