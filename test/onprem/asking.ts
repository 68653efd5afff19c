/** Asking a source of the on-prem user set as the night does. */
import { presenceAgain, type Rechecked } from '../../lib/core/evidence/diff.ts';
import { indexIds, indexKeys, type Wanted } from '../../lib/core/evidence/keys.ts';
import type { ImmutableId } from '../../lib/core/ids.ts';
import type { DeletedUser, OnPremUser, Presence } from '../../lib/core/model.ts';
import { messageOf } from '../../lib/errors.ts';
import type { OnPremSource } from '../../lib/ports.ts';
import { deletedMailUser } from '../core/people.ts';

const NEVER = new AbortController().signal;

export const wantedOf = (ids: readonly ImmutableId[]) => indexIds(ids).wanted;

/** Of `ids` those that the objects have, byte for byte or as a directory compares texts. */
export function idsIn(objects: readonly OnPremUser[], ids: readonly ImmutableId[]): readonly ImmutableId[] {
  const exact = new Set(objects.flatMap(({ immutableIds }) => immutableIds));
  const texts = objects.flatMap(({ textAnchor }) => textAnchor ?? []);
  const isSameText = (one: string, other: string) =>
    one.localeCompare(other, undefined, { sensitivity: 'base' }) === 0;
  return ids.filter((id) => exact.has(id) || texts.some((text) => isSameText(text, id)));
}

/** A deleted user of whom Graph tells the immutable id, and that it lived in `place`. */
export const deletedWith = (
  id: ImmutableId | undefined,
  place: string,
  changes: Partial<DeletedUser> = {},
): DeletedUser =>
  deletedMailUser(1, {
    immutableId: id,
    onPremisesSecurityIdentifier: undefined,
    onPremisesDomainName: undefined,
    onPremisesDistinguishedName: `CN=Gone,${place}`,
    ...changes,
  });

export const presenceFor = async (source: OnPremSource, user: DeletedUser): Promise<Presence> =>
  presenceIn(await recheckOf(source, indexKeys([user]).wanted), user);

export async function presencesOf(source: OnPremSource, ids: readonly ImmutableId[], place: string) {
  const rechecked = await recheckOf(source, wantedOf(ids));
  return ids.map((id) => presenceIn(rechecked, deletedWith(id, place)));
}

const recheckOf = ({ kind, recheck }: OnPremSource, wanted: Wanted): Promise<Rechecked> =>
  recheck(wanted, NEVER).then(
    (answer) => ({ kind, answer }),
    (error: unknown) => ({ kind, failure: messageOf(error) }),
  );
const presenceIn = (rechecked: Rechecked, user: DeletedUser) => presenceAgain(user, [rechecked], []);
