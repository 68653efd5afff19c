/** One domain's file, read past the checks that its manifest makes possible. */
import { createHash, hash } from 'node:crypto';
import { addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { canonical, containersOf, domainOfDn, parseDn } from '../core/distinguishedName.ts';
import { immutableId } from '../core/ids.ts';
import { bytesFromId, guidFromId } from '../core/immutableId.ts';
import type { DomainCoverage, OnPremUser } from '../core/model.ts';
import { canHaveMade, isBinary, keysOf } from './exportAnchor.ts';
import { type ExportRow, ExportUnreadable, readRows } from './exportCsv.ts';
import { type ExportManifest, sameText } from './exportManifest.ts';
import type { StoredFile } from './exportStore.ts';
import { createIdTable } from './idTable.ts';

const PAGE_SIZE = 1_000;

/**
 * The users of `file`, a page at a time. Hash and count are known only at the end, so what was yielded holds only when
 * this returns; when it throws, the pages are to be forgotten.
 * @throws ExportUnreadable, or whatever gzip, CSV and storage have to say
 */
export async function* readUsers(
  manifest: ExportManifest,
  file: StoredFile,
  signal: AbortSignal,
): AsyncGenerator<readonly OnPremUser[], DomainCoverage, undefined> {
  const digest = createHash('sha256');
  let bytes = 0;
  const watched = async function* () {
    for await (const chunk of file.content) {
      digest.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  const gunzip = createGunzip();
  const unzipped = pipeline(watched(), addAbortSignal(signal, gunzip), () => {});

  const check = rowCheck(manifest);
  const containers = new Set<string>();
  let rows = 0;
  let page: OnPremUser[] = [];
  for await (const row of readRows(unzipped, manifest.columns)) {
    rows += 1;
    if (rows > manifest.rows)
      throw new ExportUnreadable(`holds more than the ${manifest.rows} rows announced`);
    for (const container of check(row, rows)) containers.add(container);
    page.push(userOf(row, manifest.sourceAnchor));
    if (page.length < PAGE_SIZE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;

  if (rows !== manifest.rows)
    throw new ExportUnreadable(`holds ${rows} rows, not the ${manifest.rows} announced`);
  // gzip ends silently where zeros follow; the bytes it took in show it.
  if (bytes !== file.size || gunzip.bytesWritten !== file.size) {
    throw new ExportUnreadable(`has something behind its end (${file.size} bytes)`);
  }
  if (!sameText(digest.digest('hex'), manifest.sha256)) {
    throw new ExportUnreadable('has another SHA-256 than the manifest says');
  }
  return { tombstones: false, containers, canHaveMade: (id) => canHaveMade(id, manifest.sourceAnchor) };
}

/**
 * Tells the containers of a row, once the row is known to be in order. Two accounts can have one anchor; one account that
 * comes twice may stand in another one's place.
 */
function rowCheck({ domain, sourceAnchor, rows }: ExportManifest) {
  const binary = isBinary(sourceAnchor);
  const seen = createIdTable(rows);
  const words = new Uint32Array(4);
  const key = Buffer.from(words.buffer);
  return (row: ExportRow, number: number): readonly string[] => {
    const id = immutableId(row.immutableId);
    if (id === undefined) throw new ExportUnreadable(`has no immutable id in row ${number}`);
    if (binary && bytesFromId(id) === undefined)
      throw new ExportUnreadable(`has an immutable id in row ${number} that is not base64`);
    const guid = immutableId(row.objectGuid);
    if (guid !== undefined && guidFromId(guid) === undefined) {
      throw new ExportUnreadable(`has an objectGuid in row ${number} that is not 16 bytes in base64`);
    }
    // A hash of 16 bytes stands for whatever else tells one account from another.
    if (guid !== undefined) key.write(guid, 'base64');
    else hash('sha256', `${id} ${row.distinguishedName}`, 'buffer').copy(key, 0, 0, key.length);
    if (!seen.add(words)) {
      throw new ExportUnreadable(
        `has the user ${row.distinguishedName} twice, the second time in row ${number}`,
      );
    }
    const dn = parseDn(row.distinguishedName);
    if (dn === undefined) {
      throw new ExportUnreadable(
        `has a distinguished name in row ${number} that is none: "${row.distinguishedName}"`,
      );
    }
    if (!sameText(domainOfDn(dn) ?? '', domain)) {
      throw new ExportUnreadable(
        `has a user of another domain in row ${number}, at "${row.distinguishedName}"`,
      );
    }
    return containersOf(dn).map(canonical);
  };
}

function userOf(row: ExportRow, sourceAnchor: string): OnPremUser {
  const addresses = [...row.proxyAddresses.split(';'), row.mail, row.targetAddress];
  return {
    ...keysOf(row, sourceAnchor),
    userPrincipalName: told(row.userPrincipalName),
    addresses: addresses.map((address) => address.trim()).filter((address) => address !== ''),
    distinguishedName: row.distinguishedName,
    targetAddress: told(row.targetAddress),
    recipientTypeDetails: told(row.recipientTypeDetails),
  };
}

const told = (cell: string) => (cell === '' ? undefined : cell);
