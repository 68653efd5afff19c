import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockBlobClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blobMark, createHalt, fileMark, type HaltMark } from '../../lib/halt/halt.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { type Azurite, startAzurite, storageToken } from './azurite.ts';

let azurite: Azurite;
let folder: string;
beforeAll(async () => {
  const certificates = await trustedCertificates();
  azurite = await startAzurite(certificates);
  folder = await mkdtemp(join(tmpdir(), 'halt-'));
}, 30_000);
afterAll(async () => {
  await azurite.close();
  await rm(folder, { recursive: true, force: true });
});

const unset = () => false;
const impatient = { retryOptions: { maxTries: 1 } };

test('the app setting alone, as it is at the moment', async () => {
  let set = false;
  const halt = createHalt(() => set, []);
  expect(await halt.reason()).toBeUndefined();
  set = true;
  expect(await halt.reason()).toBe(
    'The app setting NIGHTLY_PURGE_HALT halts this tool. Take the setting away to go on.',
  );
});

interface Mark {
  readonly mark: HaltMark;
  write(content: string): Promise<unknown>;
  remove(): Promise<unknown>;
}

let marks = 0;
async function blob(): Promise<Mark> {
  marks += 1;
  const url = `${await azurite.createContainer(`control-${marks}`)}/halt`;
  const client = new BlockBlobClient(url, azurite.credential);
  return {
    mark: blobMark({ url, credential: azurite.credential }),
    write: (content) => client.upload(content, Buffer.byteLength(content)),
    remove: () => client.delete(),
  };
}
async function file(): Promise<Mark> {
  marks += 1;
  const path = join(folder, `halt-${marks}`);
  return {
    mark: fileMark(path),
    write: (content) => writeFile(path, content),
    remove: () => rm(path),
  };
}

describe.each([
  ['a blob', blob],
  ['a file', file],
])('%s', (_, make) => {
  test('halts as long as it is there, and says why', async () => {
    const { mark, write, remove } = await make();
    const halt = createHalt(unset, [mark]);
    expect(await halt.reason()).toBeUndefined();
    await write('INC-4711:\nask Zoë\n');
    expect(await halt.reason()).toBe(
      `${mark.location} halts this tool: "INC-4711: ask Zoë". Take it away to go on.`,
    );
    await write('');
    expect(await halt.reason()).toBe(`${mark.location} halts this tool. Take it away to go on.`);
    await remove();
    expect(await halt.reason()).toBeUndefined();
  });

  test('its beginning is enough', async () => {
    const { mark, write } = await make();
    await write('no '.repeat(500_000));
    const reason = await createHalt(unset, [mark]).reason();
    expect(reason).toMatch(/"no no/);
    expect(reason?.length).toBeLessThan(450);
  });
});

describe('where it cannot be told, that is said', () => {
  const rejected = (mark: HaltMark) => expect(createHalt(unset, [mark]).reason()).rejects;

  test('the container is not there', async () => {
    const url = `${azurite.accountUrl}/nowhere/halt`;
    const mark = blobMark({ url, credential: azurite.credential, clientOptions: impatient });
    await rejected(mark).toThrow(`Whether ${url} halts this tool cannot be told`);
  });

  test('no right to read', async () => {
    const url = `${await azurite.createContainer('forbidden')}/halt`;
    const credential = storageToken({ aud: 'https://graph.microsoft.com' });
    await rejected(blobMark({ url, credential, clientOptions: impatient })).toThrow(
      'Let the tool read there',
    );
  });

  test('nobody answers', async () => {
    const url = 'https://127.0.0.1:9/control/halt';
    const mark = blobMark({ url, credential: azurite.credential, clientOptions: impatient });
    await rejected(mark).toThrow('cannot be told');
  });

  test('a folder in the place of the file', async () => {
    await rejected(fileMark(folder)).toThrow('EISDIR');
  });
});
