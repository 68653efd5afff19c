/** Which attribute of an on-prem object became its immutable id, and how to look an id up by it. */
import { type Entry, EqualityFilter, type Filter, OrFilter } from 'ldapts';
import { type ImmutableId, immutableId } from '../core/ids.ts';
import { bytesFromId, guidFromId, idFromBytes } from '../core/immutableId.ts';
import { binaries, texts } from './ldapEntry.ts';

export interface AnchorAttribute {
  readonly name: string;
  readonly syntax: 'guid' | 'binary' | 'text';
}

export const OBJECT_GUID: AnchorAttribute = { name: 'objectGUID', syntax: 'guid' };
export const CONSISTENCY_GUID: AnchorAttribute = { name: 'mS-DS-ConsistencyGuid', syntax: 'guid' };

export interface SourceAnchor {
  /** What Entra Connect makes the id of: the first of these that has a value. */
  readonly configured: readonly AnchorAttribute[];
  /**
   * Where an id is looked for. More than Entra Connect uses: whoever has the id in any of them is somebody, and
   * is kept.
   */
  readonly searched: readonly AnchorAttribute[];
}

/** `mS-DS-ConsistencyGuid`, else `objectGUID`, as Entra Connect does unless told otherwise. */
export const AUTOMATIC: SourceAnchor = {
  configured: [CONSISTENCY_GUID, OBJECT_GUID],
  searched: [CONSISTENCY_GUID, OBJECT_GUID],
};

/** Just this attribute. */
export function onlyAnchor(attribute: AnchorAttribute): SourceAnchor {
  const others = AUTOMATIC.searched.filter(({ name }) => name !== attribute.name);
  return { configured: [attribute], searched: [attribute, ...others] };
}

/** Attributes to ask for, and those of them that are bytes. */
export function anchorAttributes({ searched }: SourceAnchor): { all: string[]; binary: string[] } {
  const nameOf = ({ name }: AnchorAttribute) => name;
  return {
    all: searched.map(nameOf),
    binary: searched.filter(({ syntax }) => syntax !== 'text').map(nameOf),
  };
}

/** The ids in one attribute of an object. */
export function idsIn(entry: Entry, { name, syntax }: AnchorAttribute): readonly ImmutableId[] {
  const ids =
    syntax === 'text' ? texts(entry, name).map(immutableId) : binaries(entry, name).map(idFromBytes);
  return ids.filter((id) => id !== undefined);
}

/** The immutable id of an object, and the attribute that gave it. */
export function anchorOf(
  entry: Entry,
  { configured }: SourceAnchor,
): { readonly id: ImmutableId; readonly from: AnchorAttribute } | undefined {
  for (const from of configured) {
    const [id] = idsIn(entry, from);
    if (id !== undefined) return { id, from };
  }
  return undefined;
}

/** Could Entra Connect have made `id` of this anchor? If not, this directory cannot tell that it is gone. */
export function canHaveMade(id: ImmutableId, { configured }: SourceAnchor): boolean {
  return configured.some(({ syntax }) => {
    if (syntax === 'text') return true;
    return (syntax === 'guid' ? guidFromId(id) : bytesFromId(id)) !== undefined;
  });
}

/** Matches whatever object has one of the ids in one of the attributes; `undefined` where none can. */
export function anyOf(ids: readonly ImmutableId[], { searched }: SourceAnchor): Filter | undefined {
  const filters = ids.flatMap((id) =>
    searched.flatMap((attribute) => {
      const value = attribute.syntax === 'text' ? id : bytesFromId(id);
      // Never as text in a filter: the bytes above 0x7F would be encoded anew, and nothing found.
      return value === undefined ? [] : [new EqualityFilter({ attribute: attribute.name, value })];
    }),
  );
  return filters.length === 0 ? undefined : new OrFilter({ filters });
}
