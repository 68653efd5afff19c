/** An export as a reader finds it: what the manifest says, and the rows of the file that it names. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';

type Row = Readonly<Record<string, string>>;

export interface WholeExport {
  readonly manifest: Readonly<Record<string, unknown>> & { readonly file: string; readonly rows: number };
  readonly rows: readonly Row[];
  of(kind: 'user' | 'tombstone' | 'container'): readonly Row[];
}

/** @throws where the file is missing, not whole or not what the manifest says */
export function wholeExport(read: (name: string) => Buffer): WholeExport {
  const manifest = JSON.parse(read('manifest.json').toString('utf8'));
  const file = read(manifest.file);
  if (createHash('sha256').update(file).digest('hex') !== manifest.sha256) throw new Error('another SHA-256');
  const rows: Row[] = parse(gunzipSync(file), { columns: true });
  if (rows.length !== manifest.rows) throw new Error(`${rows.length} rows, not ${manifest.rows}`);
  return { manifest, rows, of: (kind) => rows.filter((row) => row['kind'] === kind) };
}

export const exportIn = (folder: string, domain: string) =>
  wholeExport((name) => readFileSync(join(folder, domain, name)));
