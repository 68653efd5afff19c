import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { AppendBlobClient, BlobClient, ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCredential } from '../../lib/azure/credential.ts';
import { createBlobLedger } from '../../lib/ledger/blob.ts';
import type { Ledger } from '../../lib/ports.ts';
import { createCertificates } from '../tenant/tls.ts';
import { type Azurite, startAzurite, storageToken } from './azurite.ts';
import {
  claimed,
  decided,
  ended,
  intended,
  night,
  readAll,
  started,
  time,
  writeNight,
} from './ledgerRecords.ts';

const FIRST = time('2026-11-20T02:00:00Z');
const SECOND = time('2026-11-21T02:00:00Z');
const NAME = `2026/11/20/20261120T020000Z-${night('a')}.ndjson`;

let azurite: Azurite;
let containers = 0;
beforeAll(async () => {
  const certificates = await createCertificates();
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificates.ca]);
  azurite = await startAzurite(certificates);
}, 30_000);
afterAll(() => azurite.close());

const newContainer = () => {
  containers += 1;
  return azurite.createContainer(`ledger-${containers}`);
};
const ledgerAt = (containerUrl: string, maxTries = 2): Ledger =>
  createBlobLedger({
    containerUrl,
    credential: azurite.credential,
    clientOptions: { retryOptions: { maxTries, retryDelayInMs: 1 } },
  });
const newLedger = async () => ledgerAt(await newContainer());
const lengthOf = async (containerUrl: string) =>
  (await new BlobClient(`${containerUrl}/${NAME}`, azurite.credential).getProperties()).contentLength;

describe('what is written is read back', () => {
  test('nights in order, in append blobs by date', async () => {
    const url = await newContainer();
    const ledger = ledgerAt(url);
    const first = await writeNight(ledger, night('a'), FIRST);
    const lines = await first.append(FIRST, [decided(1), ended()]);
    await writeNight(ledger, night('b'), SECOND, [ended()]);
    const read = await readAll(ledger);
    expect(read.lines.slice(1, 3)).toEqual(lines);
    expect(read.lines.map(({ night: id, seq }) => `${id[0]}${seq}`)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1']);
    expect(read.end?.night).toBe(night('b'));
    expect((await readAll(ledger, SECOND)).lines).toEqual(read.lines.slice(3));
    const blobs = new ContainerClient(url, azurite.credential).listBlobsFlat();
    const first2 = (await blobs.next()).value;
    expect(first2).toMatchObject({ name: NAME, properties: { blobType: 'AppendBlob' } });
    expect(first.location).toBe(`${url}/${NAME}`);
  });

  test('more than one block of 4 MiB, cut at line ends, and a line larger than a block', async () => {
    const url = await newContainer();
    const ledger = ledgerAt(url);
    const many = Array.from({ length: 30 }, (_, number) => intended(number, 'ä'.repeat(150_000)));
    const open = await writeNight(ledger, night('a'), FIRST, many);
    const huge = await open.append(FIRST, [intended(1, 'x'.repeat(5 * 1024 * 1024)), ended()]);
    const { lines } = await readAll(ledger);
    expect(lines).toHaveLength(33);
    expect(lines.slice(-2)).toEqual(huge);
    const properties = await new AppendBlobClient(`${url}/${NAME}`, azurite.credential).getProperties();
    expect(properties.blobCommittedBlockCount).toBe(5);
  });

  test('a blob that somebody rewrote is noticed', async () => {
    const url = await newContainer();
    const ledger = ledgerAt(url);
    await writeNight(ledger, night('a'), FIRST, [decided(1), ended()]);
    const blob = new AppendBlobClient(`${url}/${NAME}`, azurite.credential);
    const text = (await blob.downloadToBuffer()).toString('utf8').replace('Zoë 1', 'Zoë 2');
    await blob.create();
    await blob.appendBlock(text, Buffer.byteLength(text));
    await expect(readAll(ledger)).rejects.toThrow(`${NAME} line 3 does not continue the line before`);
  });
});

test('the report stands beside its night, once, as a page', async () => {
  const url = await newContainer();
  const ledger = ledgerAt(url);
  const open = await writeNight(ledger, night('a'), FIRST, [ended()]);
  const location = await open.attach('<p>Zoë</p>');
  expect(location).toBe(`${url}/${NAME.replace('.ndjson', '.html')}`);
  const blob = new BlobClient(location, azurite.credential);
  expect((await blob.downloadToBuffer()).toString('utf8')).toBe('<p>Zoë</p>');
  expect(await blob.getProperties()).toMatchObject({
    blobType: 'BlockBlob',
    contentType: 'text/html; charset=utf-8',
  });
  await expect(open.attach('<p>another</p>')).rejects.toThrow('it exists already');
  expect((await readAll(ledger)).lines).toHaveLength(2);
});

describe('two at once', () => {
  test('the second writer is told, and leaves the first one’s lines alone', async () => {
    const ledger = await newLedger();
    const claim = await claimed(ledger, night('a'), FIRST);
    const one = await ledger.begin(claim, undefined);
    const two = await ledger.begin(claim, undefined);
    await one.append(FIRST, [started()]);
    const refused = two.append(FIRST, [{ ...started(), mode: 'report' }]);
    await expect(refused).rejects.toMatchObject({ name: 'LedgerFailed' });
    await expect(refused).rejects.toThrow('another night has taken it over, or something else writes to it');
    await one.append(FIRST, [ended()]);
    expect((await readAll(ledger)).lines.map(({ record }) => record.kind)).toEqual([
      'nightStarted',
      'nightEnded',
    ]);
  });

  test('a night of this name with lines in it is not begun again', async () => {
    const ledger = await newLedger();
    await writeNight(ledger, night('a'), FIRST, [ended()]);
    const again = ledger.begin(await claimed(ledger, night('a'), FIRST), undefined);
    await expect(again).rejects.toMatchObject({ refusals: [{ refusal: 'ledgerUnusable' }] });
  });
});

describe('what the service refuses, in words', () => {
  const refusals = { refusals: [{ refusal: 'ledgerUnusable' }] };

  test('no such container', async () => {
    const ledger = ledgerAt(`${azurite.accountUrl}/nowhere`);
    await expect(readAll(ledger)).rejects.toMatchObject(refusals);
    await expect(readAll(ledger)).rejects.toThrow(
      'the container does not exist; create it, or correct its URL',
    );
    await expect(claimed(ledger, night('a'), FIRST)).rejects.toThrow('(404 ContainerNotFound)');
  });

  test('a token for something else', async () => {
    const credential = storageToken({ aud: 'https://graph.microsoft.com' });
    const ledger = createBlobLedger({ containerUrl: await newContainer(), credential });
    await expect(readAll(ledger)).rejects.toThrow(
      'let the identity read and write blobs in the container ("Storage Blob Data Contributor"',
    );
    await expect(claimed(ledger, night('a'), FIRST)).rejects.toMatchObject(refusals);
  });

  test('no token at all', async () => {
    const identity = createHttpServer((_request, response) => {
      response.writeHead(400, { 'Content-Type': 'application/json' });
      response.end('{"error":"invalid_request","error_description":"no such identity"}');
    });
    identity.listen(0, '127.0.0.1');
    await once(identity, 'listening');
    const before = { ...process.env };
    process.env['IDENTITY_ENDPOINT'] = `http://127.0.0.1:${(identity.address() as AddressInfo).port}/`;
    process.env['IDENTITY_HEADER'] = 'secret';
    try {
      const ledger = createBlobLedger({
        containerUrl: await newContainer(),
        credential: createCredential({ clientId: '6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10', inAzure: true }),
      });
      await expect(readAll(ledger)).rejects.toThrow(
        /gave no token for Azure Storage; check that the function app has its managed identity, .*no such identity/,
      );
    } finally {
      process.env = before;
      identity.close();
    }
  });

  test('the container is removed in the middle of a night', async () => {
    const url = await newContainer();
    const open = await writeNight(ledgerAt(url), night('a'), FIRST);
    await new ContainerClient(url, azurite.credential).delete();
    await expect(open.append(FIRST, [ended()])).rejects.toThrow('the container does not exist');
  });
});

describe('the way there', () => {
  /** Passes everything on, until it is told to swallow answers. */
  async function startProxy(): Promise<{
    port: number;
    swallow(answers: number): void;
    swallowed(): number;
    server: Server;
  }> {
    const open = new Set<Socket>();
    let left = 0;
    let swallowed = 0;
    const server = createServer((client) => {
      const upstream = connect(azurite.port, '127.0.0.1');
      open.add(client);
      client.pipe(upstream);
      upstream.on('data', (data) => {
        if (left === 0) {
          client.write(data);
          return;
        }
        left -= 1;
        swallowed += 1;
        upstream.destroy();
        client.destroy();
      });
      upstream.on('error', () => client.destroy());
      client.on('error', () => upstream.destroy());
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    });
    server.on('close', () => {
      for (const socket of open) socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const swallow = (answers: number) => {
      left = answers;
    };
    return { port, swallow, swallowed: () => swallowed, server };
  }

  test.each([1, 2])('an answer that was lost does not write the lines twice (%i tries)', async (maxTries) => {
    const url = await newContainer();
    const proxy = await startProxy();
    try {
      const open = await writeNight(
        ledgerAt(url.replace(`:${azurite.port}/`, `:${proxy.port}/`), maxTries),
        night('a'),
        FIRST,
      );
      proxy.swallow(1);
      await open.append(FIRST, [decided(1), intended(1)]);
      expect(proxy.swallowed()).toBe(1);
      await open.append(FIRST, [ended()]);
      proxy.swallow(1);
      expect(await open.attach('<p>the report</p>')).toMatch(/\.html$/);
      expect(proxy.swallowed()).toBe(2);
      const { lines } = await readAll(ledgerAt(url));
      expect(lines.map(({ record }) => record.kind)).toEqual([
        'nightStarted',
        'decided',
        'intended',
        'nightEnded',
      ]);
    } finally {
      proxy.server.close();
    }
  });

  test('a storage that goes away in the night fails it; what was written is there when it comes back', async () => {
    const url = await newContainer();
    const ledger = ledgerAt(url);
    const open = await writeNight(ledger, night('a'), FIRST, [intended(1)]);
    const length = await lengthOf(url);
    await azurite.stop();
    const failed = open.append(FIRST, [ended()]);
    await expect(failed).rejects.toMatchObject({ name: 'LedgerFailed' });
    await expect(failed).rejects.toThrow(
      /storage account (refuses|cannot be reached).*Nothing more is purged tonight/,
    );
    await expect(readAll(ledger)).rejects.toMatchObject({ name: 'NightRefused' });
    await azurite.start();
    await expect(open.append(FIRST, [ended()])).rejects.toThrow('an earlier write failed');
    expect(await lengthOf(url)).toBe(length);
    expect((await readAll(ledger)).lines).toHaveLength(2);
    await writeNight(ledger, night('b'), SECOND, [ended()]);
    expect((await readAll(ledger)).lines.map(({ record }) => record.kind)).toEqual([
      'nightStarted',
      'intended',
      'takenOver',
      'nightStarted',
      'nightEnded',
    ]);
  }, 20_000);
});
