/** The keys by which a deleted Entra user and an on-premises object are the same person. */
import { type ImmutableId, type ObjectId, type SecurityId, securityId } from '../ids.ts';
import { looseText } from '../immutableId.ts';
import type { DeletedUser, OnPremKeys } from '../model.ts';

/** What is looked for on-premises. */
export interface Wanted {
  readonly ids: readonly ImmutableId[];
  readonly sids: readonly SecurityId[];
  /** Has the object any of the keys? */
  has(keys: OnPremKeys): boolean;
}

/** Which deleted users an object answers to. */
export interface KeyIndex {
  readonly wanted: Wanted;
  owners(keys: OnPremKeys): ReadonlySet<ObjectId>;
}

type Keyed = Pick<DeletedUser, 'id' | 'immutableId' | 'onPremisesSecurityIdentifier'>;

/** Graph's `onPremisesSecurityIdentifier`, to compare. */
export const sidOf = ({ onPremisesSecurityIdentifier: text }: Pick<Keyed, 'onPremisesSecurityIdentifier'>) =>
  text === undefined ? undefined : securityId(text);

/**
 * Immutable ids are compared byte for byte; only those that come from a text attribute are compared as a directory
 * compares texts. `others` are looked for, too, and belong to nobody.
 */
export function indexKeys(users: readonly Keyed[], others: readonly ImmutableId[] = []): KeyIndex {
  const exact = new Map<string, ObjectId[]>();
  const loose = new Map<string, ObjectId[]>();
  const sids = new Map<SecurityId, ObjectId[]>();
  const ids = new Set<ImmutableId>();
  for (const user of users) {
    const { id, immutableId } = user;
    const sid = sidOf(user);
    if (immutableId !== undefined) {
      ids.add(immutableId);
      enlist(exact, immutableId, id);
      enlist(loose, looseText(immutableId), id);
    }
    if (sid !== undefined) enlist(sids, sid, id);
  }
  const strangers = new Set(others);
  const looseStrangers = new Set(others.map(looseText));
  const owners = ({ immutableIds, textAnchor, sid, sidHistory }: OnPremKeys) => {
    const found = new Set<ObjectId>();
    const add = (list: readonly ObjectId[] = []) => {
      for (const id of list) found.add(id);
    };
    for (const id of immutableIds) add(exact.get(id));
    if (textAnchor !== undefined && loose.size > 0) add(loose.get(looseText(textAnchor)));
    if (sid !== undefined) add(sids.get(sid));
    for (const former of sidHistory) add(sids.get(former));
    return found;
  };
  const isStranger = ({ immutableIds, textAnchor }: OnPremKeys) =>
    immutableIds.some((id) => strangers.has(id)) ||
    (textAnchor !== undefined && looseStrangers.size > 0 && looseStrangers.has(looseText(textAnchor)));
  return {
    wanted: {
      ids: [...new Set([...ids, ...others])],
      sids: [...sids.keys()],
      has: (keys) => owners(keys).size > 0 || isStranger(keys),
    },
    owners,
  };
}

function enlist<K>(index: Map<K, ObjectId[]>, key: K, id: ObjectId): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, [id]);
  else ids.push(id);
}
