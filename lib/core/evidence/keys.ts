/** The keys by which a deleted Entra user and an on-premises object are the same person. */
import { type ImmutableId, type SecurityId, securityId } from '../ids.ts';
import { looseText } from '../immutableId.ts';
import type { DeletedUser, OnPremKeys } from '../model.ts';

/** What is looked for on-premises. */
export interface Wanted {
  readonly ids: readonly ImmutableId[];
  readonly sids: readonly SecurityId[];
  /** Has the object any of the keys? */
  has(keys: OnPremKeys): boolean;
}

/** Which owners of keys an object answers to. */
export interface KeyIndex<Owner> {
  readonly wanted: Wanted;
  owners(keys: OnPremKeys): ReadonlySet<Owner>;
}

interface Keyed<Owner> extends Partial<Pick<DeletedUser, 'immutableId' | 'onPremisesSecurityIdentifier'>> {
  readonly id: Owner;
}

/** Graph's `onPremisesSecurityIdentifier`, to compare. */
export const sidOf = ({
  onPremisesSecurityIdentifier: text,
}: Partial<Pick<DeletedUser, 'onPremisesSecurityIdentifier'>>) =>
  text === undefined ? undefined : securityId(text);

/**
 * Immutable ids are compared byte for byte; only those that come from a text attribute are compared as a directory
 * compares texts.
 */
export function indexKeys<Owner>(keyed: readonly Keyed<Owner>[]): KeyIndex<Owner> {
  const exact = new Map<ImmutableId, Owner[]>();
  const loose = new Map<string, Owner[]>();
  const bySid = new Map<SecurityId, Owner[]>();
  for (const one of keyed) {
    const { id, immutableId } = one;
    const sid = sidOf(one);
    if (immutableId !== undefined) {
      enlist(exact, immutableId, id);
      enlist(loose, looseText(immutableId), id);
    }
    if (sid !== undefined) enlist(bySid, sid, id);
  }
  const owners = ({ immutableIds, textAnchor, sid, sidHistory }: OnPremKeys) => {
    const found = new Set<Owner>();
    const add = (list: readonly Owner[] = []) => {
      for (const id of list) found.add(id);
    };
    for (const id of immutableIds) add(exact.get(id));
    if (textAnchor !== undefined && loose.size > 0) add(loose.get(looseText(textAnchor)));
    if (sid !== undefined) add(bySid.get(sid));
    for (const former of sidHistory) add(bySid.get(former));
    return found;
  };
  return {
    wanted: { ids: [...exact.keys()], sids: [...bySid.keys()], has: (keys) => owners(keys).size > 0 },
    owners,
  };
}

/** Immutable ids alone; each is its own owner. */
export const indexIds = (ids: readonly ImmutableId[]) =>
  indexKeys(ids.map((id) => ({ id, immutableId: id })));

/** What is looked for by either. */
export const eitherWanted = (one: Wanted, other: Wanted): Wanted => ({
  ids: [...new Set([...one.ids, ...other.ids])],
  sids: [...new Set([...one.sids, ...other.sids])],
  has: (keys) => one.has(keys) || other.has(keys),
});

/** Adds to the list that stands under `key`. */
export function enlist<K, V>(index: Map<K, V[]>, key: K, value: V): void {
  const list = index.get(key);
  if (list === undefined) index.set(key, [value]);
  else list.push(value);
}
