/** How fast and in how much memory an export is read: `node test/bench/export.ts --rows 1000000`. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { at, type ImmutableId } from '../../lib/core/ids.ts';
import { createExportSource } from '../../lib/onprem/export.ts';
import { EXPORT_COLUMNS } from '../../lib/onprem/exportManifest.ts';
import { createFolderExportStore } from '../../lib/onprem/exportStore.ts';
import { wantedOf } from '../onprem/asking.ts';

const DOMAIN = 'contoso.com';
const FILE = 'users-20260105T021109Z.csv.gz';
const MEBIBYTE = 2 ** 20;

const idOf = (row: number) =>
  createHash('sha256').update(String(row)).digest().subarray(0, 16).toString('base64') as ImmutableId;

function* lines(rows: number): Generator<string> {
  yield `${EXPORT_COLUMNS.map((column) => `"${column}"`).join(',')}\r\n`;
  for (let row = 0; row < rows; row += 1) {
    const name = `user${row}@contoso.com`;
    const proxies = `SMTP:${name};smtp:user${row}@contoso.mail.onmicrosoft.com;smtp:alias${row}@contoso.com`;
    const dn = `CN=User\\, ${row},OU=Team ${row % 200},OU=People,DC=contoso,DC=com`;
    yield `"${idOf(row)}","${idOf(row)}","${name}","${name}","${proxies}","SMTP:user${row}@partner.com","128","${dn}"\r\n`;
  }
}

/** Written by a process of its own, so that its memory is not counted. */
async function generate(folder: string, rows: number): Promise<void> {
  const digest = createHash('sha256');
  await mkdir(join(folder, DOMAIN), { recursive: true });
  await pipeline(
    Readable.from(lines(rows)),
    createGzip(),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        digest.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(join(folder, DOMAIN, FILE)),
  );
  const now = at(Date.now());
  const manifest = {
    formatVersion: 1,
    domain: DOMAIN,
    sourceAnchor: 'auto',
    domainController: `dc01.${DOMAIN}`,
    highestUsn: '123456789',
    started: now,
    finished: now,
    rows,
    sha256: digest.digest('hex'),
    file: FILE,
    columns: EXPORT_COLUMNS,
  };
  await writeFile(join(folder, DOMAIN, 'manifest.json'), JSON.stringify(manifest));
}

async function measure(folder: string, rows: number): Promise<void> {
  const wanted = Array.from({ length: 10_000 }, (_, index) => idOf(rows - 5_000 + index));
  const source = createExportSource({
    store: createFolderExportStore(folder),
    domains: [DOMAIN],
    maxAgeHours: 26,
    clock: { now: () => at(Date.now()), sleep: (ms, signal) => sleep(ms, undefined, { signal }) },
  });
  const before = process.memoryUsage();
  let peakHeap = 0;
  let users = 0;
  const began = performance.now();
  const pages = source.read(wantedOf(wanted), new AbortController().signal);
  let page = await pages.next();
  for (let count = 0; !page.done; page = await pages.next(), count += 1) {
    users += page.value.length;
    if (count % 10 === 0) peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed);
  }
  const seconds = (performance.now() - began) / 1_000;
  const beganAgain = performance.now();
  const present = (await source.recheck(wantedOf(wanted), new AbortController().signal)).users.length;
  const { size } = await stat(join(folder, DOMAIN, FILE));
  const mebibytes = (bytes: number) => `${(bytes / MEBIBYTE).toFixed(0)} MiB`;
  console.log(`users read          ${users} (${mebibytes(size)} gzipped)`);
  console.log(`time                ${seconds.toFixed(1)} s, ${Math.round(users / seconds)} users a second`);
  console.log(
    `resident set before ${mebibytes(before.rss)}, peak ${mebibytes(process.resourceUsage().maxRSS * 1024)}`,
  );
  console.log(`heap before         ${mebibytes(before.heapUsed)}, peak ${mebibytes(peakHeap)}`);
  console.log(`slices              ${Object.keys(page.value.slices).length}`);
  console.log(
    `recheck of ${wanted.length}    ${present} present, ${(performance.now() - beganAgain).toFixed(0)} ms`,
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rows: { type: 'string', default: '1000000' }, generate: { type: 'string' } },
  });
  const rows = Number(values.rows);
  if (values.generate !== undefined) return generate(values.generate, rows);
  const folder = await mkdtemp(join(tmpdir(), 'export-bench-'));
  try {
    const args = [
      ...process.execArgv,
      ...process.argv.slice(1, 2),
      '--generate',
      folder,
      '--rows',
      String(rows),
    ];
    spawnSync(process.execPath, args, { stdio: 'inherit' });
    await measure(folder, rows);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
