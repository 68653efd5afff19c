/** One runner at a time, and a runner that was paused: over Azurite, and in a directory. */
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { BlobClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { NightId, Timestamp } from '../../lib/core/ids.ts';
import type { LedgerRecord } from '../../lib/core/record.ts';
import { createBlobLedger } from '../../lib/ledger/blob.ts';
import { linkRecords, NOTHING_BEFORE, readChain, type Tail } from '../../lib/ledger/chain.ts';
import { createFileLedger } from '../../lib/ledger/file.ts';
import type { Claim, Ledger } from '../../lib/ports.ts';
import { createCertificates } from '../tenant/tls.ts';
import { type Azurite, startAzurite } from './azurite.ts';
import { clockAt, ended, intended, night, readAll, started, time } from './ledgerRecords.ts';

const FIRST = time('2026-11-20T02:00:00Z');
const SECOND = time('2026-11-20T02:01:30Z');
const THIRD = time('2026-11-21T02:00:00Z');

let azurite: Azurite;
let containers = 0;
const folders: string[] = [];
beforeAll(async () => {
  const certificates = await createCertificates();
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificates.ca]);
  azurite = await startAzurite(certificates);
}, 30_000);
afterAll(async () => {
  await azurite.close();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A place for a ledger, which each runner opens for itself. */
interface Place {
  open(): Ledger;
  /** What the service does by itself when nobody renews: the lease is free, and its former holder not told. */
  runOut(claim: Claim): Promise<void>;
}

async function container(): Promise<Place> {
  containers += 1;
  const containerUrl = await azurite.createContainer(`fence-${containers}`);
  const { credential } = azurite;
  const lock = new BlobClient(`${containerUrl}/lock`, credential).getBlobLeaseClient();
  return {
    open: () => createBlobLedger({ containerUrl, credential }),
    runOut: async () => void (await lock.breakLease(0)),
  };
}

async function folder(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'fence-'));
  folders.push(directory);
  return { open: () => createFileLedger(directory), runOut: (claim) => claim.release() };
}

const going = new AbortController().signal;
const claim = (ledger: Ledger, id: NightId, at: Timestamp, signal = going) =>
  ledger.claim(id, clockAt(at), signal);
async function begin(ledger: Ledger, id: NightId, at: Timestamp) {
  const claimed = await claim(ledger, id, at);
  const { end } = await readAll(ledger);
  const open = await ledger.begin(claimed, end);
  await open.append(at, [started(end)]);
  return { claimed, open };
}
const lost = { name: 'LedgerFailed', message: expect.stringMatching(/Nothing more is purged tonight/) };
const linesOf = async (ledger: Ledger) =>
  (await readAll(ledger)).lines.map(({ night: id, fence, record }) => [id[0], fence, record.kind]);

describe.each([
  ['a container', container],
  ['a directory', folder],
])('in %s', (_, makePlace) => {
  test('who comes second waits, is told, and has done nothing', async () => {
    const place = await makePlace();
    const first = await begin(place.open(), night('a'), FIRST);
    let waitedMs = 0;
    const patient = {
      now: () => SECOND,
      sleep: async (ms: number) => {
        waitedMs += ms;
      },
    };
    const second = place.open().claim(night('b'), patient, going);
    await expect(second).rejects.toMatchObject({
      refusals: [{ refusal: 'anotherNightRuns' }],
      message: expect.stringMatching(/Another night is running.*Nothing was purged by this one/),
    });
    expect(waitedMs).toBeGreaterThan(60_000);
    await first.open.append(FIRST, [ended()]);
    await first.claimed.release();
    await begin(place.open(), night('b'), SECOND);
    expect(await linesOf(place.open())).toEqual([
      ['a', 1, 'nightStarted'],
      ['a', 1, 'nightEnded'],
      ['b', 2, 'nightStarted'],
    ]);
  });

  test('who waits goes on as soon as the first is done', async () => {
    const place = await makePlace();
    const first = await claim(place.open(), night('a'), FIRST);
    const second = await place.open().claim(night('b'), { now: () => SECOND, sleep: first.release }, going);
    expect([first.fence, second.fence]).toEqual([1, 2]);
  });

  test('asked to end, it does not wait', async () => {
    const place = await makePlace();
    await claim(place.open(), night('a'), FIRST);
    const second = claim(place.open(), night('b'), SECOND, AbortSignal.abort());
    await expect(second).rejects.toMatchObject({ refusals: [{ refusal: 'anotherNightRuns' }] });
  });

  test('a runner that wakes up after another took over can write nothing more', async () => {
    const place = await makePlace();
    const paused = await begin(place.open(), night('a'), FIRST);
    await paused.open.append(FIRST, [intended(1)]);
    await place.runOut(paused.claimed);
    const taker = await begin(place.open(), night('b'), SECOND);

    await expect(paused.open.append(SECOND, [intended(2)])).rejects.toMatchObject(lost);
    await expect(paused.open.append(SECOND, [intended(2)])).rejects.toMatchObject(lost);
    await taker.open.append(SECOND, [ended()]);
    expect(await linesOf(place.open())).toEqual([
      ['a', 1, 'nightStarted'],
      ['a', 1, 'intended'],
      ['a', 2, 'takenOver'],
      ['b', 2, 'nightStarted'],
      ['b', 2, 'nightEnded'],
    ]);
  });

  test('nor one that had its claim and no file, or a file and no line', async () => {
    const place = await makePlace();
    const early = place.open();
    const without = await claim(early, night('a'), FIRST);
    await place.runOut(without);
    const empty = place.open();
    const other = await claim(empty, night('b'), SECOND);
    const open = await empty.begin(other, undefined);
    await place.runOut(other);
    await begin(place.open(), night('c'), THIRD);

    await expect(open.append(SECOND, [started()])).rejects.toMatchObject(lost);
    await expect(early.begin(without, undefined)).rejects.toMatchObject({
      refusals: [{ refusal: 'ledgerUnusable' }],
    });
    expect(await linesOf(place.open())).toEqual([
      ['a', 2, 'takenOver'],
      ['b', 3, 'takenOver'],
      ['c', 3, 'nightStarted'],
    ]);
  });

  test('a night that came to its end is not taken over, nor looked behind', async () => {
    const place = await makePlace();
    const first = await begin(place.open(), night('a'), FIRST);
    await first.open.append(FIRST, [ended()]);
    await first.claimed.release();
    const second = await begin(place.open(), night('b'), SECOND);
    await second.claimed.release();
    await begin(place.open(), night('c'), THIRD);
    expect((await linesOf(place.open())).map(([id, , kind]) => `${id} ${kind}`)).toEqual([
      'a nightStarted',
      'a nightEnded',
      'b nightStarted',
      'b takenOver',
      'c nightStarted',
    ]);
  });
});

describe('what a night’s file may hold', () => {
  const author = (fence: number) => ({ night: night('a'), fence });
  const takenOver = { kind: 'takenOver', by: night('b') } as const;
  /** The lines of several writers, one after the other. */
  function written(...parts: readonly (readonly [fence: number, ...records: LedgerRecord[]])[]): string {
    let tail: Tail = { seq: 0, prev: NOTHING_BEFORE };
    return parts
      .flatMap(([fence, ...records]) => {
        const linked = linkRecords(author(fence), tail, FIRST, records);
        tail = linked.tail;
        return linked.texts;
      })
      .join('');
  }
  async function read(text: string): Promise<string[]> {
    const kinds: string[] = [];
    const chunks = (async function* () {
      yield Buffer.from(text);
    })();
    for await (const { line } of readChain(night('a'), chunks)) kinds.push(line.record.kind);
    return kinds;
  }

  test('a line of a runner that lost it, or after it was taken over, does not fit', async () => {
    await expect(read(written([1, started()], [2, ended()]))).rejects.toThrow(
      'has the fencing number 2 after 1',
    );
    await expect(read(written([1, started()], [1, takenOver]))).rejects.toThrow(
      'has the fencing number 1 after 1',
    );
    await expect(read(written([1, started()], [2, takenOver], [2, ended()]))).rejects.toThrow(
      'was written after the night was taken over',
    );
  });

  test('a torn line is left out before the one that names it, and before no other', async () => {
    const begin = written([1, started()]);
    const torn = '{"night":"aaaa';
    const record = { ...takenOver, torn: hash('sha256', torn) };
    const after = written([1, started()], [2, record]).slice(begin.length);
    expect(await read(`${begin}${torn}`)).toEqual(['nightStarted']);
    expect(await read(`${begin}${torn}\n${after}`)).toEqual(['nightStarted', 'takenOver']);
    for (const changed of [`${torn}b\n`, `${torn.replace('a', 'b')}\n`, '', '\n']) {
      await expect(read(`${begin}${changed}${after}`)).rejects.toThrow('names a torn line before it');
    }
    await expect(read(after)).rejects.toThrow('names a torn line before it');
    await expect(read(`${begin}${torn}\n`)).rejects.toThrow('cannot be read');
  });
});

describe('the lease of a container', () => {
  afterEach(() => {
    jest.useRealTimers();
  });
  /** The machine sleeps for so long: its clock says so, and no timer of it rang. */
  const sleepFor = (ms: number) => {
    const wakesAt = Date.now() + ms;
    jest.useFakeTimers({ now: wakesAt, doNotFake: [...NOT_THE_DATE] });
  };
  const NOT_THE_DATE = [
    'hrtime',
    'nextTick',
    'performance',
    'queueMicrotask',
    'setImmediate',
    'clearImmediate',
    'setInterval',
    'clearInterval',
    'setTimeout',
    'clearTimeout',
  ] as const;

  test('is renewed by who slept and is still the only one', async () => {
    const place = await container();
    const claimed = await claim(place.open(), night('a'), FIRST);
    sleepFor(120_000);
    await claimed.stillOurs();
  });

  test('is lost to who slept while another took it, before anything is written or sent', async () => {
    const place = await container();
    const paused = await claim(place.open(), night('a'), FIRST);
    await place.runOut(paused);
    await claim(place.open(), night('b'), SECOND);
    sleepFor(31_000);
    await expect(paused.stillOurs()).rejects.toMatchObject({
      ...lost,
      message: expect.stringMatching(/the lease of the ledger is lost: another night has taken it over/),
    });
  });

  test('cannot be had where the claims were taken away, as long as a night has a greater number', async () => {
    const place = await container();
    for (const [id, at] of [
      ['a', FIRST],
      ['b', SECOND],
    ] as const) {
      const one = await begin(place.open(), night(id), at);
      await one.open.append(at, [ended()]);
      await one.claimed.release();
    }
    const url = `${azurite.accountUrl}/fence-${containers}/claims.log`;
    await new BlobClient(url, azurite.credential).delete();
    await expect(begin(place.open(), night('c'), THIRD)).rejects.toThrow(
      'claims.log gave tonight the number 1, and the night bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb has 2 already',
    );
  });
});
