import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { AppendBlobClient, ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCredential } from '../../lib/azure/credential.ts';
import { createBlobLedger } from '../../lib/ledger/blob.ts';
import type { Ledger } from '../../lib/ports.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { type Azurite, startAzurite, storageToken } from './azurite.ts';
import {
  announced,
  decided,
  ended,
  linesIn,
  night,
  openAt,
  readAll,
  started,
  time,
  writeNight,
} from './ledgerRecords.ts';

const FIRST = time('2026-11-20T02:00:00Z');
const SECOND = time('2026-11-21T02:00:00Z');
const NAME = 'log/000001.ndjson';

let azurite: Azurite;
let containers = 0;
beforeAll(async () => {
  const certificates = await trustedCertificates();
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

test('cuts what is more than a block of 4 MiB at line ends, and a line that is larger than a block', async () => {
  const url = await newContainer();
  const open = await openAt(ledgerAt(url), night('a'), FIRST);
  const many = Array.from({ length: 30 }, (_, number) => announced(number, 'ä'.repeat(150_000)));
  await open.append(FIRST, [started(), ...many]);
  const huge = await open.append(FIRST, [announced(1, 'x'.repeat(5 * 1024 * 1024)), ended()]);
  const lines = await linesIn(open);
  expect(lines).toHaveLength(33);
  expect(lines.slice(-2)).toEqual(huge);
  const properties = await new AppendBlobClient(`${url}/${NAME}`, azurite.credential).getProperties();
  expect(properties).toMatchObject({ blobType: 'AppendBlob', blobCommittedBlockCount: 6 });
  await open.release();
});

test('refuses a blob that somebody rewrote', async () => {
  const url = await newContainer();
  const ledger = ledgerAt(url);
  await writeNight(ledger, night('a'), FIRST, [decided(1), ended()]);
  const blob = new AppendBlobClient(`${url}/${NAME}`, azurite.credential);
  const text = (await blob.downloadToBuffer()).toString('utf8').replace('Zoë 1', 'Zoë 2');
  await blob.create();
  await blob.appendBlock(text, Buffer.byteLength(text));
  await expect(readAll(ledger)).rejects.toThrow(`${NAME} line 4 does not continue the line before`);
});

describe('what the service refuses, in words', () => {
  const refusals = { refusals: [{ refusal: 'ledgerUnusable' }] };

  test('no such container', async () => {
    const ledger = ledgerAt(`${azurite.accountUrl}/nowhere`);
    await expect(readAll(ledger)).rejects.toMatchObject(refusals);
    await expect(readAll(ledger)).rejects.toThrow(
      'the container does not exist; create it, or correct its URL',
    );
    await expect(openAt(ledger, night('a'), FIRST)).rejects.toThrow('(404 ContainerNotFound)');
  });

  test('a token for something else', async () => {
    const credential = storageToken({ aud: 'https://graph.microsoft.com' });
    const ledger = createBlobLedger({ containerUrl: await newContainer(), credential });
    await expect(readAll(ledger)).rejects.toThrow(
      'let the identity read and write blobs in the container ("Storage Blob Data Contributor"',
    );
    await expect(openAt(ledger, night('a'), FIRST)).rejects.toMatchObject(refusals);
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
    const open = await openAt(ledgerAt(url), night('a'), FIRST);
    await new ContainerClient(url, azurite.credential).delete();
    await expect(open.append(FIRST, [started()])).rejects.toThrow('the container does not exist');
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
      const away = ledgerAt(url.replace(`:${azurite.port}/`, `:${proxy.port}/`), maxTries);
      const open = await openAt(away, night('a'), FIRST);
      await open.append(FIRST, [started()]);
      proxy.swallow(1);
      await open.append(FIRST, [decided(1), announced(1)]);
      expect(proxy.swallowed()).toBe(1);
      await open.append(FIRST, [ended()]);
      proxy.swallow(1);
      expect(await open.attach('<p>the report</p>')).toMatch(/\.html$/);
      expect(proxy.swallowed()).toBe(2);
      await open.release();
      const lines = await readAll(ledgerAt(url));
      expect(lines.map(({ record }) => record.kind)).toEqual([
        'nightStarted',
        'decided',
        'announced',
        'nightEnded',
      ]);
    } finally {
      proxy.server.close();
    }
  });

  test('fails the night when the storage goes away, and has what was written when it comes back', async () => {
    const url = await newContainer();
    const ledger = ledgerAt(url);
    const open = await openAt(ledger, night('a'), FIRST);
    await open.append(FIRST, [started(), announced(1)]);
    await azurite.stop();
    const failed = open.append(FIRST, [ended()]);
    await expect(failed).rejects.toMatchObject({ name: 'LedgerFailed' });
    await expect(failed).rejects.toThrow(
      /storage account (refuses|cannot be reached).*Nothing more is purged tonight/,
    );
    await azurite.start();
    await expect(open.append(FIRST, [ended()])).rejects.toMatchObject({ name: 'LedgerFailed' });
    await open.release();
    await writeNight(ledger, night('b'), SECOND, [ended()]);
    expect((await readAll(ledger)).map(({ record }) => record.kind)).toEqual([
      'nightStarted',
      'announced',
      'nightStarted',
      'nightEnded',
    ]);
  }, 20_000);
});
