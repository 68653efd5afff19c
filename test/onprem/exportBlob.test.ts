/** Exports in Azure Storage, as Azurite plays it: over TLS, with tokens. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { ContainerClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type BlobExportStoreOptions, createBlobExportStore } from '../../lib/onprem/exportBlobStore.ts';
import { type Azurite, startAzurite, storageToken } from '../edges/azurite.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { presencesOf, wantedOf } from './asking.ts';
import { csvOf, idOf, partsOf, readAll, refusalOf, rowsOf, sourceOf } from './exportFixture.ts';

const USERS = 5_000;
const small = partsOf({ csv: csvOf(rowsOf(3)), rows: 3 });
const large = partsOf({ csv: csvOf(rowsOf(USERS)), rows: USERS });

jest.setTimeout(30_000);
let azurite: Azurite;
let containers = 0;
beforeAll(async () => {
  const certificates = await trustedCertificates();
  azurite = await startAzurite(certificates);
}, 30_000);
afterAll(() => azurite.close());

async function upload(containerUrl: string, { stored, file, manifest, manifestFile }: typeof small) {
  const container = new ContainerClient(containerUrl, azurite.credential);
  await container.getBlockBlobClient(file).uploadData(stored);
  await container.getBlockBlobClient(manifestFile).uploadData(Buffer.from(JSON.stringify(manifest)));
}

async function newContainer(parts: typeof small): Promise<string> {
  containers += 1;
  const url = await azurite.createContainer(`exports-${containers}`);
  await upload(url, parts);
  return url;
}

function sourceIn(containerUrl: string, options: Partial<BlobExportStoreOptions> = {}) {
  const clientOptions = { retryOptions: { maxTries: 2, retryDelayInMs: 1, tryTimeoutInMs: 20_000 } };
  const credential = azurite.credential;
  const store = createBlobExportStore({ containerUrl, credential, clientOptions, ...options });
  return sourceOf('', { store });
}

describe('a container', () => {
  test('is read whole, and asked again', async () => {
    const source = sourceIn(await newContainer(large));
    const { users, summary } = await readAll(source, [idOf(1), idOf(-1)]);
    expect(users).toHaveLength(USERS);
    expect(summary.slices['contoso.com']).toBe(USERS);
    const presences = await presencesOf(source, [idOf(1), idOf(-1)], 'OU=Even,DC=contoso,DC=com');
    expect(presences.map(({ state }) => state)).toEqual(['present', 'absent']);
  });

  test('that is not there', async () => {
    const refusal = await refusalOf(sourceIn(`${azurite.accountUrl}/nowhere`));
    expect(refusal).toMatch(
      /^sourceIncomplete: The export .*nowhere.* \(404 ContainerNotFound\)\. Nobody is purged/,
    );
  });

  test('without a manifest for the domain', async () => {
    const url = await newContainer(partsOf({ csv: csvOf(rowsOf(1)), rows: 1, domain: 'fabrikam.com' }));
    expect(await refusalOf(sourceIn(url))).toContain('has no manifest');
  });

  test('that may not be read', async () => {
    const credential = storageToken({ aud: 'https://vault.azure.net' });
    const refusal = await refusalOf(sourceIn(await newContainer(small), { credential }));
    expect(refusal).toMatch(/^accessDenied: .*Storage Blob Data Reader/);
    expect(refusal).not.toContain('eyJ');
  });

  test('on a server that is not there', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    const refusal = await refusalOf(sourceIn(`https://127.0.0.1:${port}/devstoreaccount1/exports`));
    expect(refusal).toMatch(/^sourceIncomplete: .*cannot be opened.*ECONNREFUSED/);
  });
});

/** Between us and Azurite: lets so many bytes through to us, once, and does then what it is told. */
async function startWire(bytes: number, then: (towardsUs: Socket) => unknown) {
  let passed = 0;
  let done = false;
  const sockets = new Set<Socket>();
  const server: Server = createServer((towardsUs) => {
    const towardsAzurite = connect(azurite.port, '127.0.0.1');
    for (const socket of [towardsUs, towardsAzurite]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    towardsUs.on('close', () => towardsAzurite.destroy());
    towardsUs.pipe(towardsAzurite);
    towardsAzurite.on('end', () => towardsUs.end());
    towardsAzurite.on('data', async (chunk) => {
      passed += chunk.length;
      if (done || passed < bytes) {
        towardsUs.write(chunk);
        return;
      }
      done = true;
      towardsAzurite.pause();
      await then(towardsUs);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    through: (url: string) => url.replace(`:${azurite.port}`, `:${port}`),
    wasCut: () => done,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a download that does not come to its end', () => {
  let wire: Awaited<ReturnType<typeof startWire>> | undefined;
  afterEach(() => wire?.close());
  const half = large.stored.length / 2;

  test('is resumed where it broke off', async () => {
    const url = await newContainer(large);
    wire = await startWire(half, (socket) => socket.destroy());
    expect(await refusalOf(sourceIn(wire.through(url)))).toBe(`read ${USERS} users`);
    expect(wire.wasCut()).toBe(true);
  });

  test('is not resumed in a file that has taken its place', async () => {
    const url = await newContainer(large);
    wire = await startWire(half, async (socket) => {
      await upload(url, large);
      socket.destroy();
    });
    const refusal = await refusalOf(sourceIn(wire.through(url)));
    expect(refusal).toMatch(/^sourceIncomplete: .*replaced or removed while it was read/);
  });

  test('is taken up again where nothing arrives any more', async () => {
    const url = await newContainer(large);
    wire = await startWire(half, () => undefined);
    expect(await refusalOf(sourceIn(wire.through(url), { stallMs: 300 }))).toBe(`read ${USERS} users`);
    expect(wire.wasCut()).toBe(true);
  });

  test('is given up where that does not help', async () => {
    const url = await newContainer(large);
    wire = await startWire(half, () => wire?.close());
    const refusal = await refusalOf(sourceIn(wire.through(url)));
    expect(refusal).toMatch(/^sourceIncomplete: .*could not be read to its end/);
  });

  test('is ended with the night', async () => {
    const url = await newContainer(large);
    const night = new AbortController();
    wire = await startWire(half, () => night.abort());
    const reading = sourceIn(wire.through(url)).read(wantedOf([]), night.signal);
    await expect(
      (async () => {
        for await (const _ of reading);
      })(),
    ).rejects.toThrow('since the night was stopped');
  });
});
