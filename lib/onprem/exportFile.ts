/** One domain's file, read past the checks that its manifest makes possible. */
import { createHash } from 'node:crypto';
import { addAbortSignal, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { DomainCoverage, OnPremUser } from '../core/model.ts';
import { ExportUnreadable, readRows } from './exportCsv.ts';
import { type ExportManifest, sameText } from './exportManifest.ts';
import { exportReader } from './exportRows.ts';
import type { StoredFile } from './exportStore.ts';

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

  const reader = exportReader(manifest);
  let rows = 0;
  let page: OnPremUser[] = [];
  for await (const row of readRows(unzipped, reader.columns)) {
    rows += 1;
    if (rows > manifest.rows)
      throw new ExportUnreadable(`holds more than the ${manifest.rows} rows announced`);
    page.push(...reader.take(row, rows));
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
  return reader.coverage();
}
