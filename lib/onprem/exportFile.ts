/** One domain's file, read past the checks that its manifest makes possible. */
import { createHash, hash } from 'node:crypto';
import { addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { immutableId, type OnPremUser } from '../core/model.ts';
import { type ExportRow, ExportUnreadable, readRows } from './exportCsv.ts';
import { DEFAULT_SOURCE_ANCHOR, type ExportManifest, sameText } from './exportManifest.ts';
import type { StoredFile } from './exportStore.ts';
import { createIdTable } from './idTable.ts';

const PAGE_SIZE = 1_000;

/** Canonical base64 of 16 bytes: the bits that the last letter has too many are zero. */
const BASE64_GUID = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
/** Entra Connect writes these as base64; any other attribute is taken as the plain text it is. */
const BINARY_ANCHORS = [DEFAULT_SOURCE_ANCHOR, 'mS-DS-ConsistencyGuid', 'objectGUID'];

/** Users by domain and by OU. */
export type Slices = Readonly<Record<string, number>>;

/**
 * The users of `file`, a page at a time. Hash and count are known only at the end, so what was yielded holds
 * only when this returns; when it throws, the pages are to be forgotten.
 * @throws ExportUnreadable, or whatever gzip, CSV and storage have to say
 */
export async function* readUsers(
  manifest: ExportManifest,
  file: StoredFile,
  signal: AbortSignal,
): AsyncGenerator<readonly OnPremUser[], Slices, undefined> {
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
  const slices = new Map<string, number>();
  let rows = 0;
  let page: OnPremUser[] = [];
  for await (const row of readRows(unzipped, manifest.columns)) {
    rows += 1;
    if (rows > manifest.rows)
      throw new ExportUnreadable(`holds more than the ${manifest.rows} rows announced`);
    const ou = check(row, rows);
    slices.set(ou, (slices.get(ou) ?? 0) + 1);
    page.push(userOf(row));
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
  return { [manifest.domain.toLowerCase()]: rows, ...Object.fromEntries(slices) };
}

/** Tells the OU of a row, once the row is known to be in order. */
function rowCheck({ domain, sourceAnchor, rows }: ExportManifest) {
  const isBinary = BINARY_ANCHORS.some((anchor) => sameText(anchor, sourceAnchor));
  const suffix = domain
    .toLowerCase()
    .split('.')
    .map((label) => `,dc=${label}`)
    .join('');
  const seen = createIdTable(rows);
  const words = new Uint32Array(4);
  const id = Buffer.from(words.buffer);

  return (row: ExportRow, number: number): string => {
    if (isBinary && !BASE64_GUID.test(row.immutableId)) {
      throw new ExportUnreadable(`has an immutable id in row ${number} that is not 16 bytes in base64`);
    }
    if (row.immutableId.trim() === '') throw new ExportUnreadable(`has no immutable id in row ${number}`);
    // A hash of 16 bytes stands for a text of any length: two texts of one hash are not to be found.
    if (isBinary) id.write(row.immutableId, 'base64');
    else hash('sha256', row.immutableId, 'buffer').copy(id, 0, 0, id.length);
    if (!seen.add(words)) {
      throw new ExportUnreadable(
        `has the immutable id ${row.immutableId} twice, the second time in row ${number}`,
      );
    }
    const dn = row.distinguishedName.toLowerCase();
    const parent = parentOf(dn);
    if (parent === undefined || !`,${parent}`.endsWith(suffix) || endsInDomain(dn.slice(0, -suffix.length))) {
      throw new ExportUnreadable(
        `has a user of another domain in row ${number}, at "${row.distinguishedName}"`,
      );
    }
    return parent;
  };
}

/** `ou=sales,dc=contoso,dc=com` of `cn=smith\, john,ou=sales,dc=contoso,dc=com` */
function parentOf(dn: string): string | undefined {
  const name = /^(?:[^\\,]|\\.)+,/s.exec(dn)?.[0];
  return name === undefined ? undefined : dn.slice(name.length);
}

/** A child domain's users end as the parent's do, with one more domain component before. */
const endsInDomain = (dn: string) => /(?<!\\),dc=[^,]*$/.test(dn);

function userOf(row: ExportRow): OnPremUser {
  const addresses = [...row.proxyAddresses.split(';'), row.mail, row.targetAddress];
  return {
    immutableId: immutableId(row.immutableId),
    userPrincipalName: row.userPrincipalName === '' ? undefined : row.userPrincipalName,
    addresses: addresses.map((address) => address.trim()).filter((address) => address !== ''),
  };
}
