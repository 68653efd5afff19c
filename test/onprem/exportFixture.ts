/** Exports as Export-OnPremUsers.ps1 leaves them, in a folder of the test's own. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll } from '@jest/globals';
import { at, HOUR_MS, type ImmutableId } from '../../lib/core/ids.ts';
import type { OnPremUser, SourceSummary } from '../../lib/core/model.ts';
import { createExportSource, type ExportSourceOptions } from '../../lib/onprem/export.ts';
import { EXPORT_COLUMNS } from '../../lib/onprem/exportManifest.ts';
import { createFolderExportStore } from '../../lib/onprem/exportStore.ts';
import type { Clock, OnPremSource } from '../../lib/ports.ts';
import { wantedOf } from './asking.ts';

const NOW = at(Date.parse('2026-01-05T02:00:00Z'));
export const hoursAgo = (hours: number) => at(Date.parse(NOW) - hours * HOUR_MS);
export const SIGNAL = new AbortController().signal;

export const idOf = (user: number) =>
  createHash('sha256').update(String(user)).digest().subarray(0, 16).toString('base64') as ImmutableId;

/** One row, as {@link EXPORT_COLUMNS} order it. */
export const rowOf = (user: number, domain = 'contoso.com'): string[] => [
  idOf(user),
  idOf(user + 1_000_000),
  `user${user}@${domain}`,
  `user${user}@partner.com`,
  `SMTP:user${user}@partner.com;smtp:user${user}@${domain}`,
  `SMTP:user${user}@partner.com`,
  '128',
  `CN=User ${user},OU=${user % 2 === 0 ? 'Even' : 'Odd'},${dnOf(domain)}`,
];
export const dnOf = (domain: string) =>
  domain
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');
export const rowsOf = (count: number, domain?: string) =>
  Array.from({ length: count }, (_, user) => rowOf(user, domain));

const quoted = (cells: readonly string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
export const csvOf = (rows: readonly (readonly string[])[]) =>
  [EXPORT_COLUMNS, ...rows].map((cells) => `${quoted(cells)}\r\n`).join('');

export interface ExportParts {
  readonly domain?: string;
  readonly file?: string;
  /** Text is gzipped as UTF-8, bytes are gzipped as they are. */
  readonly csv: string | Buffer;
  /** Replaces what is stored as the gzip file; the manifest's hash is of that. */
  readonly gzip?: (gzip: Buffer) => Buffer;
  readonly rows: number;
  /** Replaces what the manifest says by itself. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

export function partsOf({ domain = 'contoso.com', file = 'users-1.csv.gz', ...parts }: ExportParts) {
  const stored = (parts.gzip ?? ((same) => same))(gzipSync(parts.csv));
  const manifest = {
    formatVersion: 1,
    domain,
    sourceAnchor: 'auto',
    domainController: `dc01.${domain}`,
    highestUsn: '1000',
    started: hoursAgo(3),
    finished: hoursAgo(2),
    rows: parts.rows,
    sha256: createHash('sha256').update(stored).digest('hex'),
    file,
    columns: EXPORT_COLUMNS,
    ...parts.manifest,
  };
  return { stored, file: `${domain}/${file}`, manifest, manifestFile: `${domain}/manifest.json` };
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'export-'));
  folders.push(folder);
  return folder;
}

/** Writes an export into `folder`, a new one by default, and returns the folder. */
export async function writeExport(parts: ExportParts, folder?: string): Promise<string> {
  const into = folder ?? (await newFolder());
  const { stored, file, manifest, manifestFile } = partsOf(parts);
  await mkdir(join(into, parts.domain ?? 'contoso.com'), { recursive: true });
  await writeFile(join(into, file), stored);
  await writeFile(join(into, manifestFile), JSON.stringify(manifest));
  return into;
}

export const writeUsers = (count: number, parts: Partial<ExportParts> = {}, folder?: string) =>
  writeExport({ csv: csvOf(rowsOf(count, parts.domain)), rows: count, ...parts }, folder);

/** A clock that stands still but for its sleeps, each of which calls `onSleep`. */
export function stillClock(onSleep: (slept: number) => unknown = () => undefined) {
  let slept = 0;
  const clock: Clock = {
    now: () => NOW,
    sleep: async (milliseconds) => {
      slept += milliseconds;
      await onSleep(slept);
    },
  };
  return { clock, slept: () => slept };
}

export function sourceOf(folder: string, options: Partial<ExportSourceOptions> = {}): OnPremSource {
  return createExportSource({
    store: createFolderExportStore(folder),
    domains: ['contoso.com'],
    maxAgeHours: 26,
    clock: stillClock().clock,
    ...options,
  });
}

export interface WholeRead {
  readonly users: readonly OnPremUser[];
  readonly pages: readonly number[];
  readonly summary: SourceSummary;
}

/** @throws what `read` throws */
export async function readAll(source: OnPremSource, wanted: readonly ImmutableId[] = []): Promise<WholeRead> {
  const reading = source.read(wantedOf(wanted), SIGNAL);
  const users: OnPremUser[] = [];
  const pages: number[] = [];
  let page = await reading.next();
  for (; !page.done; page = await reading.next()) {
    pages.push(page.value.length);
    users.push(...page.value);
  }
  return { users, pages, summary: page.value };
}

/** The refusal's name and its message, or that it was not refused. */
export async function refusalOf(source: OnPremSource): Promise<string> {
  try {
    const { users } = await readAll(source);
    return `read ${users.length} users`;
  } catch (error) {
    if (!(error instanceof Error) || !('refusals' in error)) throw error;
    const [first] = error.refusals as readonly { refusal: string; detail: string }[];
    return `${first?.refusal}: ${first?.detail}`;
  }
}
