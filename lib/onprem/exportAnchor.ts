/** Which keys a row of an export has. */
import { type ImmutableId, immutableId } from '../core/ids.ts';
import { guidFromId } from '../core/immutableId.ts';
import type { OnPremKeys } from '../core/model.ts';
import type { ExportRow } from './exportCsv.ts';
import { DEFAULT_SOURCE_ANCHOR, sameText } from './exportManifest.ts';

/** Entra Connect writes these as base64; any other attribute is taken as the plain text it is. */
const BINARY_ANCHORS = [DEFAULT_SOURCE_ANCHOR, 'mS-DS-ConsistencyGuid', 'objectGUID'];

export const isBinary = (sourceAnchor: string) =>
  BINARY_ANCHORS.some((anchor) => sameText(anchor, sourceAnchor));

/** Could Entra Connect have made `id` of this anchor? If not, no export of it can tell that its user is gone. */
export const canHaveMade = (id: ImmutableId, sourceAnchor: string) =>
  !isBinary(sourceAnchor) || guidFromId(id) !== undefined;

export function keysOf(row: ExportRow, sourceAnchor: string): OnPremKeys {
  const own = immutableId(row.immutableId);
  const guid = immutableId(row.objectGuid);
  const binary = isBinary(sourceAnchor);
  return {
    immutableIds: [binary ? own : undefined, guid].filter((id) => id !== undefined),
    anchor: binary && own !== guid ? own : undefined,
    textAnchor: binary ? undefined : own,
    sidHistory: [],
  };
}
