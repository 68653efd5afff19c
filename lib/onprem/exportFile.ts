/** One domain's file, read past the checks that its manifest makes possible. */
import { createHash, hash } from 'node:crypto';
import { addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type ImmutableId, immutableId } from '../core/ids.ts';
import { guidFromId } from '../core/immutableId.ts';
import type { OnPremUser } from '../core/model.ts';
import { isBinary } from './exportAnchor.ts';
import { type ExportRow, ExportUnreadable, readRows } from './exportCsv.ts';
import { type ExportManifest, sameText } from './exportManifest.ts';
import type { StoredFile } from './exportStore.ts';
import { createIdTable } from './idTable.ts';

const PAGE_SIZE = 1_000;

/** Users by domain and by OU. */
export type Slices = Readonly<Record<string, number>>;

/**
 * The users of `file`, a page at a time, each once more for every other id that it answers to. Hash and count are known only at the end, so what was yielded holds
 * only when this returns; when it throws, the pages are to be forgotten.
 * @throws ExportUnreadable, or whatever gzip, CSV and storage have to say
 */
export async function* readUsers(
  manifest: ExportManifest,
  file: StoredFile,
  otherIds: (row: ExportRow) => readonly ImmutableId[],
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
    const user = userOf(row);
    page.push(user, ...otherIds(row).map((other) => ({ ...user, immutableId: other })));
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
  const binary = isBinary(sourceAnchor);
  const suffix = domain
    .toLowerCase()
    .split('.')
    .map((label) => `,dc=${label}`)
    .join('');
  const seen = createIdTable(rows);
  const words = new Uint32Array(4);
  const key = Buffer.from(words.buffer);

  return (row: ExportRow, number: number): string => {
    const id = immutableId(row.immutableId);
    if (id === undefined) throw new ExportUnreadable(`has no immutable id in row ${number}`);
    if (binary && guidFromId(id) === undefined)
      throw new ExportUnreadable(notGuid('an immutable id', number));
    const guid = immutableId(row.objectGuid);
    if (guid !== undefined && guidFromId(guid) === undefined) {
      throw new ExportUnreadable(notGuid('an objectGuid', number));
    }
    // A hash of 16 bytes stands for a text of any length: two texts of one hash are not to be found.
    if (binary) key.write(id, 'base64');
    else hash('sha256', id, 'buffer').copy(key, 0, 0, key.length);
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

const notGuid = (what: string, row: number) => `has ${what} in row ${row} that is not 16 bytes in base64`;

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
