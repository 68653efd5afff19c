/** One log, which one run at a time holds: over Azurite, and in a directory. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { BlobClient, ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createBlobLedger } from '../../lib/ledger/blob.ts';
import { createFileLedger } from '../../lib/ledger/file.ts';
import type { Clock, Ledger } from '../../lib/ports.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { type Azurite, startAzurite } from './azurite.ts';
import {
  announced,
  clockAt,
  decided,
  ended,
  keep,
  linesIn,
  night,
  openAt,
  readAll,
  started,
  time,
  writeNight,
} from './ledgerRecords.ts';

const FIRST = time('2026-11-20T02:00:00Z');
const SECOND = time('2026-11-20T02:01:30Z');
const LATER = time('2026-11-27T02:00:01Z');

let azurite: Azurite;
let containers = 0;
const folders: string[] = [];
beforeAll(async () => {
  const certificates = await trustedCertificates();
  azurite = await startAzurite(certificates);
}, 30_000);
afterAll(async () => {
  await azurite.close();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A place for a ledger, which each run opens for itself. */
interface Place {
  open(): Ledger;
  /** What the service does by itself when nobody renews: the lease is free, and its former holder does not know. */
  runOut(held: { release(): Promise<void> }): Promise<void>;
  put(name: string, text: string): Promise<void>;
  get(name: string): Promise<string>;
  remove(name: string): Promise<void>;
}

async function container(): Promise<Place> {
  containers += 1;
  const containerUrl = await azurite.createContainer(`log-${containers}`);
  const { credential } = azurite;
  const client = new ContainerClient(containerUrl, credential);
  return {
    open: () => createBlobLedger({ containerUrl, credential }),
    runOut: async () => {
      for await (const { name } of client.listBlobsFlat()) {
        const blob = new BlobClient(`${containerUrl}/${name}`, credential);
        await blob
          .getBlobLeaseClient()
          .breakLease(0)
          .catch(() => undefined);
      }
    },
    async put(name, text) {
      const blob = client.getAppendBlobClient(name);
      await blob.create();
      if (text !== '') await blob.appendBlock(text, Buffer.byteLength(text));
    },
    get: async (name) => (await client.getBlobClient(name).downloadToBuffer()).toString('utf8'),
    remove: async (name) => void (await client.deleteBlob(name)),
  };
}

async function folder(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'log-'));
  folders.push(directory);
  return {
    open: () => createFileLedger(directory),
    runOut: (held) => held.release(),
    async put(name, text) {
      await mkdir(join(directory, dirname(name)), { recursive: true });
      await writeFile(join(directory, name), text);
    },
    get: (name) => readFile(join(directory, name), 'utf8'),
    remove: (name) => rm(join(directory, name)),
  };
}

const lost = { name: 'LedgerFailed', message: expect.stringMatching(/Nothing more is purged tonight/) };
const kindsIn = async (ledger: Ledger) =>
  (await readAll(ledger)).map(({ night: id, record }) => `${id[0]} ${record.kind}`);

describe.each([
  ['a container', container],
  ['a directory', folder],
])('in %s', (_, makePlace) => {
  test('gives back what was written, line by line and in order, the lines of tonight too', async () => {
    const place = await makePlace();
    await writeNight(place.open(), night('a'), FIRST, [decided(1), keep(2, 'licensed'), ended()]);
    const open = await openAt(place.open(), night('b'), SECOND);
    const some = await open.append(SECOND, [started()]);
    const [one, two] = await Promise.all([
      open.append(SECOND, [decided(1)]),
      open.append(SECOND, [decided(2), ended()]),
    ]);
    const read = await linesIn(open);
    expect(read.slice(4)).toEqual([...some, ...one, ...two]);
    expect(read.map(({ night: id, seq }) => `${id[0]}${seq}`)).toEqual([
      'a1',
      'a2',
      'a3',
      'a4',
      'b0',
      'b1',
      'b2',
      'b3',
    ]);
    await open.release();
  });

  test('makes the second run wait, and refuses it when the first goes on', async () => {
    const place = await makePlace();
    const first = await openAt(place.open(), night('a'), FIRST);
    let waitedMs = 0;
    const clock: Clock = {
      now: () => SECOND,
      sleep: async (ms) => {
        waitedMs += ms;
      },
    };
    await expect(place.open().open(night('b'), clock, new AbortController().signal)).rejects.toMatchObject({
      refusals: [{ refusal: 'anotherNightRuns' }],
      message: expect.stringMatching(/Another night is running.*Nothing was purged by this one/),
    });
    expect(waitedMs).toBeGreaterThan(60_000);
    await first.append(FIRST, [started(), ended()]);
    await first.release();
    await writeNight(place.open(), night('b'), SECOND);
    expect(await kindsIn(place.open())).toEqual(['a nightStarted', 'a nightEnded', 'b nightStarted']);
  });

  test('lets the run that waits go on as soon as the first is done', async () => {
    const place = await makePlace();
    const first = await openAt(place.open(), night('a'), FIRST);
    const clock: Clock = { now: () => SECOND, sleep: () => first.release() };
    const second = await place.open().open(night('b'), clock, new AbortController().signal);
    await second.append(SECOND, [started()]);
    await second.release();
  });

  test('does not wait when it is asked to end', async () => {
    const place = await makePlace();
    const first = await openAt(place.open(), night('a'), FIRST);
    const second = place.open().open(night('b'), clockAt(SECOND), AbortSignal.abort());
    await expect(second).rejects.toMatchObject({ name: 'NightStopped' });
    await first.release();
  });

  test('takes nothing more from a run that stood still while another took the lease', async () => {
    const place = await makePlace();
    const paused = await openAt(place.open(), night('a'), FIRST);
    await paused.append(FIRST, [started(), announced(1)]);
    await place.runOut(paused);
    const taker = await openAt(place.open(), night('b'), SECOND);
    await taker.append(SECOND, [started()]);
    await expect(paused.append(SECOND, [announced(2)])).rejects.toMatchObject(lost);
    await expect(paused.append(SECOND, [announced(2)])).rejects.toMatchObject(lost);
    await taker.append(SECOND, [ended()]);
    await taker.release();
    expect(await kindsIn(place.open())).toEqual([
      'a nightStarted',
      'a announced',
      'b nightStarted',
      'b nightEnded',
    ]);
  });

  test('rolls over after a week, and reads on over the two files', async () => {
    const place = await makePlace();
    await writeNight(place.open(), night('a'), FIRST, [ended()]);
    await writeNight(place.open(), night('b'), LATER, [ended()]);
    expect(await place.get('log/000001.ndjson')).toMatch(
      /"kind":"rolledOver","to":"log\/000002\.ndjson"\}\}\n$/,
    );
    expect(await place.get('log/000002.ndjson')).toContain('nightStarted');
    expect(await kindsIn(place.open())).toEqual([
      'a nightStarted',
      'a nightEnded',
      'b nightStarted',
      'b nightEnded',
    ]);
  });

  test('goes on where a run died between the new file and the line that names it', async () => {
    const place = await makePlace();
    await writeNight(place.open(), night('a'), FIRST, [ended()]);
    await place.put('log/000002.ndjson', '');
    await writeNight(place.open(), night('b'), SECOND, [ended()]);
    expect(await place.get('log/000001.ndjson')).toContain('rolledOver');
    expect((await kindsIn(place.open())).length).toBe(4);
  });

  test('refuses a log whose newest file was removed', async () => {
    const place = await makePlace();
    await writeNight(place.open(), night('a'), FIRST);
    await writeNight(place.open(), night('b'), LATER);
    await place.remove('log/000002.ndjson');
    await expect(openAt(place.open(), night('c'), LATER)).rejects.toMatchObject({
      refusals: [{ refusal: 'ledgerUnusable' }],
      message: expect.stringContaining('log/000002.ndjson, which is missing'),
    });
  });

  test('refuses a log whose older file was removed too early', async () => {
    const place = await makePlace();
    await writeNight(place.open(), night('a'), FIRST);
    await writeNight(place.open(), night('b'), LATER);
    await place.remove('log/000001.ndjson');
    await expect(readAll(place.open(), FIRST)).rejects.toThrow('log/000001.ndjson is missing');
    expect(await readAll(place.open(), time('2026-11-27T03:00:00Z'))).toHaveLength(1);
  });

  test('leaves the report once, and no night is made of it', async () => {
    const place = await makePlace();
    const open = await openAt(place.open(), night('a'), FIRST);
    await open.append(FIRST, [started(), ended()]);
    const location = await open.attach('<p>Zoë</p>');
    expect(location).toContain(`2026/11/20/20261120T020000Z-${night('a')}.html`);
    expect(await place.get(`2026/11/20/20261120T020000Z-${night('a')}.html`)).toBe('<p>Zoë</p>');
    await expect(open.attach('<p>another</p>')).rejects.toThrow('it exists already');
    await open.release();
    expect(await readAll(place.open())).toHaveLength(2);
  });

  test('writes nothing that could not be read again, and nothing after it', async () => {
    const place = await makePlace();
    const open = await openAt(place.open(), night('a'), FIRST);
    const wrong = { ...ended(), measurements: { ...ended().measurements, durationMs: Number.NaN } };
    await expect(open.append(FIRST, [started(), wrong])).rejects.toThrow('record.measurements.durationMs');
    await expect(open.append(FIRST, [started()])).rejects.toMatchObject(lost);
    await open.release();
    expect(await readAll(place.open())).toEqual([]);
  });

  test('continues a ledger of version 0.1', async () => {
    const place = await makePlace();
    for (const name of VERSION_01) {
      await place.put(name, await readFile(resolve('test/ledger/version01', name), 'utf8'));
    }
    const at = time('2026-03-15T02:00:00Z');
    await writeNight(place.open(), night('b'), at, [ended()]);
    const lines = await readAll(place.open());
    expect(lines.slice(-2).map(({ record }) => record.kind)).toEqual(['nightStarted', 'nightEnded']);
    const settled = lines.flatMap(({ record }) => (record.kind === 'settled' ? [record.outcome] : []));
    expect(settled).toEqual(['purged', 'purged', 'purged', 'purged']);
    const kinds = new Set(lines.map(({ record }) => record.kind));
    expect([...kinds]).toEqual(expect.arrayContaining(['announced', 'answered', 'planned', 'decided']));
    expect(await readAll(place.open(), time('2026-03-13T00:00:00Z'))).toHaveLength(28);

    const last = VERSION_01.at(-1) ?? '';
    await place.put(last, (await place.get(last)).replace('"completed"', '"failed"'));
    await expect(readAll(place.open())).rejects.toMatchObject({ refusals: [{ refusal: 'ledgerUnusable' }] });
  });
});

const VERSION_01 = [
  '2026/03/10/20260310T020000Z-8ebb32cc417d4a9a4e128b3c95689691.ndjson',
  '2026/03/11/20260311T020000Z-7d86224d006c2340d05d546b427f0c60.ndjson',
  '2026/03/12/20260312T020000Z-68d3450de505c0f29727e0253fe71195.ndjson',
  '2026/03/13/20260313T020000Z-6d00334eb852fee1f5d32d281fb7ed37.ndjson',
  '2026/03/14/20260314T020000Z-18d6c2c88148ad9945c8fd0a5778f059.ndjson',
];
