/** Which immutable ids a row of an export answers to. */

import { type ImmutableId, immutableId } from '../core/ids.ts';
import { guidFromId, looseText } from '../core/immutableId.ts';
import type { ExportRow } from './exportCsv.ts';
import { DEFAULT_SOURCE_ANCHOR, sameText } from './exportManifest.ts';

/** Entra Connect writes these as base64; any other attribute is taken as the plain text it is. */
const BINARY_ANCHORS = [DEFAULT_SOURCE_ANCHOR, 'mS-DS-ConsistencyGuid', 'objectGUID'];

export const isBinary = (sourceAnchor: string) =>
  BINARY_ANCHORS.some((anchor) => sameText(anchor, sourceAnchor));

/** Could Entra Connect have made `id` of this anchor? If not, no export of it can tell that its user is gone. */
export const canHaveMade = (id: ImmutableId, sourceAnchor: string) =>
  !isBinary(sourceAnchor) || guidFromId(id) !== undefined;

/**
 * Tells which of the `wanted` ids a row answers to besides its own: who has such an objectGUID, or an anchor that
 * differs only as a directory does not tell apart, is somebody, and is kept.
 */
export function otherIdsOf(wanted: ReadonlySet<ImmutableId>, sourceAnchor: string) {
  const loose = new Map<string, readonly ImmutableId[]>();
  if (!isBinary(sourceAnchor)) {
    for (const id of wanted) loose.set(looseText(id), [...(loose.get(looseText(id)) ?? []), id]);
  }
  return (row: ExportRow): readonly ImmutableId[] => {
    const similar = loose.size === 0 ? undefined : loose.get(looseText(row.immutableId));
    const guid = immutableId(row.objectGuid);
    const found = guid !== undefined && wanted.has(guid) ? [...(similar ?? []), guid] : (similar ?? []);
    return found.filter((id) => id !== row.immutableId);
  };
}
