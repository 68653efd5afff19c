/** What the rows of an export mean: users, tombstones, and the places that it covers. Formats: infra/onprem/FORMAT.md. */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { canonical, domainOfDn, parentOf, parseDn } from '../core/distinguishedName.ts';
import { type ImmutableId, immutableId, securityId, timestamp } from '../core/ids.ts';
import { bytesFromId, guidFromId, idFromBytes } from '../core/immutableId.ts';
import type { DomainCoverage, OnPremUser } from '../core/model.ts';
import { type ExportRow, ExportUnreadable } from './exportCsv.ts';
import { columnsOf, DEFAULT_SOURCE_ANCHOR, type ExportManifest, sameText } from './exportManifest.ts';
import { createIdTable } from './idTable.ts';

export interface ExportReader {
  /** The columns to be read; each must be there. */
  readonly columns: readonly string[];
  /** The object of a row; none where the row tells of a place. `number` counts from 1. @throws ExportUnreadable */
  take(row: ExportRow, number: number): readonly OnPremUser[];
  /** To be asked after the last row. @throws ExportUnreadable where the rows are not what the manifest announced. */
  coverage(): DomainCoverage;
}

/** Entra Connect writes these as base64; any other attribute is taken as the plain text it is. */
const BINARY_ANCHORS = [DEFAULT_SOURCE_ANCHOR, 'mS-DS-ConsistencyGuid', 'objectGUID'];
const ATTRIBUTE = 'attribute:';
const KINDS = ['user', 'tombstone', 'container'] as const;
type Kind = (typeof KINDS)[number];

export function exportReader(manifest: ExportManifest): ExportReader {
  const { rows, sourceAnchor } = manifest;
  const binary = BINARY_ANCHORS.some((anchor) => sameText(anchor, sourceAnchor));
  const known = columnsOf(manifest);
  const others = manifest.columns.filter((column) => !known.some((one) => sameText(one, column)));
  const isNew = noticeTwice(rows);
  const containers = new Set<string>();
  const counts: Record<Kind, number> = { user: 0, tombstone: 0, container: 0 };

  function take(row: ExportRow, number: number): readonly OnPremUser[] {
    const kind = manifest.formatVersion === 1 ? 'user' : kindOf(row, number);
    counts[kind] += 1;
    const place = placeOf(row, number, manifest.domain);
    if (kind === 'container') {
      // Where somebody was left out, absence says nothing.
      if (cell(row, 'leftOut') === '0') containers.add(canonical(place));
      return [];
    }
    const parent = parentOf(place);
    if (manifest.formatVersion === 1 && parent !== undefined) containers.add(canonical(parent));
    const keys = keysOf(row, number, binary, manifest.formatVersion);
    if (!isNew(row)) {
      const name = cell(row, 'distinguishedName');
      throw new ExportUnreadable(`has the user ${name} twice, the second time in row ${number}`);
    }
    const deletedSince = timestamp(cell(row, 'deletedAt'));
    return [
      { ...keys, ...factsOf(row, others), ...(kind === 'tombstone' && { tombstone: { deletedSince } }) },
    ];
  }

  return {
    columns: [...known, ...others],
    take,
    coverage: () => {
      const isGuid = (id: ImmutableId) => !binary || guidFromId(id) !== undefined;
      if (manifest.formatVersion === 1) return { tombstones: false, containers, canHaveMade: isGuid };
      const announced = [manifest.users, manifest.tombstones, manifest.containers];
      if (KINDS.some((kind, index) => counts[kind] !== announced[index])) {
        throw new ExportUnreadable(
          `holds ${Object.values(counts).join(', ')} users, tombstones and containers, not the ${announced.join(', ')} announced`,
        );
      }
      return { tombstones: manifest.tombstonesReadable, containers, canHaveMade: isGuid };
    },
  };
}

const cell = (row: ExportRow, column: string) => row.get(column) ?? '';
const told = (text: string) => (text === '' ? undefined : text);
const listOf = (text: string) =>
  text
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one !== '');

function kindOf(row: ExportRow, number: number): Kind {
  const kind = KINDS.find((one) => one === cell(row, 'kind'));
  if (kind === undefined) {
    throw new ExportUnreadable(`has the kind "${cell(row, 'kind')}" in row ${number}, which is none`);
  }
  return kind;
}

function placeOf(row: ExportRow, number: number, domain: string) {
  const name = cell(row, 'distinguishedName');
  const dn = parseDn(name);
  if (dn === undefined) {
    throw new ExportUnreadable(`has a distinguished name in row ${number} that is none: "${name}"`);
  }
  if (!sameText(domainOfDn(dn) ?? '', domain)) {
    throw new ExportUnreadable(`has a user of another domain in row ${number}, at "${name}"`);
  }
  return dn;
}

/** Two accounts can have one anchor; one account that comes twice may stand in another one's place. */
function noticeTwice(rows: number): (row: ExportRow) => boolean {
  const seen = createIdTable(rows);
  const words = new Uint32Array(4);
  const key = Buffer.from(words.buffer);
  return (row) => {
    const guid = cell(row, 'objectGuid');
    const isLive = cell(row, 'deletedAt') === '';
    // Who is removed while the export runs is there as a tombstone and as a user. A hash of 16 bytes tells such rows apart.
    if (guid !== '' && isLive) key.write(guid, 'base64');
    else {
      const name = `${guid} ${cell(row, 'immutableId')} ${cell(row, 'distinguishedName')}`;
      hash('sha256', name, 'buffer').copy(key, 0, 0, key.length);
    }
    return seen.add(words);
  };
}

function keysOf(row: ExportRow, number: number, binary: boolean, version: 1 | 2) {
  const own = immutableId(cell(row, 'immutableId'));
  const guid = immutableId(cell(row, 'objectGuid'));
  if (own === undefined && version === 1) throw new ExportUnreadable(`has no immutable id in row ${number}`);
  const bytes = own && bytesFromId(own);
  if (binary && own !== undefined && bytes === undefined)
    throw new ExportUnreadable(`has an immutable id in row ${number} that is not base64`);
  if (guid === undefined ? version === 2 : guidFromId(guid) === undefined) {
    throw new ExportUnreadable(`has an objectGuid in row ${number} that is not 16 bytes in base64`);
  }
  // Zeros are how some tools write "none".
  const anchor = binary && bytes !== undefined ? idFromBytes(bytes) : undefined;
  return {
    immutableIds: [...new Set([anchor, guid].filter((id) => id !== undefined))],
    anchor: anchor === guid ? undefined : anchor,
    textAnchor: binary ? undefined : own,
    sid: securityId(cell(row, 'objectSid')),
    sidHistory: listOf(cell(row, 'sidHistory')).flatMap((sid) => securityId(sid) ?? []),
  };
}

const zTexts = z.array(z.string());

function factsOf(row: ExportRow, others: readonly string[]) {
  const disabled = cell(row, 'disabled');
  const attributes = others
    .filter((column) => column.toLowerCase().startsWith(ATTRIBUTE))
    .map((column) => [column.slice(ATTRIBUTE.length).toLowerCase(), textsIn(cell(row, column))] as const);
  return {
    userPrincipalName: told(cell(row, 'userPrincipalName')),
    addresses: [
      ...listOf(cell(row, 'proxyAddresses')),
      ...[cell(row, 'mail'), cell(row, 'targetAddress')].map((one) => one.trim()).filter((one) => one !== ''),
    ],
    distinguishedName: cell(row, 'distinguishedName'),
    disabled: disabled === '' ? undefined : disabled.toLowerCase() === 'true',
    attributes: Object.fromEntries(attributes),
    targetAddress: told(cell(row, 'targetAddress')),
    recipientTypeDetails: told(cell(row, 'recipientTypeDetails')),
  };
}

function textsIn(text: string): readonly string[] {
  try {
    return text === '' ? [] : zTexts.parse(JSON.parse(text));
  } catch {
    throw new ExportUnreadable('has an attribute column that is no JSON list of texts');
  }
}
