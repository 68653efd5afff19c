/** The lease of a blob in Azurite, also after the machine slept. */
import { AppendBlobClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { createBlobLedger } from '../../lib/ledger/blob.ts';
import { takeBlobLease } from '../../lib/ledger/blobLease.ts';
import { type Azurite, startAzurite } from '../edges/azurite.ts';
import { night, openAt, readAll, started, time, writeNight } from '../edges/ledgerRecords.ts';
import { trustedCertificates } from '../tenant/trust.ts';

const AT = time('2026-11-20T02:00:00Z');
let azurite: Azurite;
let containers = 0;
beforeAll(async () => {
  azurite = await startAzurite(await trustedCertificates());
}, 30_000);
afterAll(() => azurite.close());
afterEach(() => {
  jest.useRealTimers();
});

async function place() {
  containers += 1;
  const containerUrl = await azurite.createContainer(`lease-${containers}`);
  const { credential } = azurite;
  const blob = new AppendBlobClient(`${containerUrl}/log/000001.ndjson`, credential);
  return {
    blob,
    ledger: () => createBlobLedger({ containerUrl, credential }),
    /** What the service does where nobody renews. */
    runOut: async () => void (await blob.getBlobLeaseClient().breakLease(0)),
  };
}
/** The machine sleeps for so long: its clock says so, and no timer of it rang. */
const sleepFor = (ms: number) =>
  jest.useFakeTimers({
    now: Date.now() + ms,
    doNotFake: [
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
    ],
  });
const lost = {
  name: 'LedgerFailed',
  message: expect.stringMatching(/another run has taken.*Nothing more is purged/),
};

test('is renewed by the run that slept and is still the only one', async () => {
  const { ledger, runOut } = await place();
  const open = await openAt(ledger(), night('a'), AT);
  sleepFor(120_000);
  await open.stillOurs();
  await runOut();
  sleepFor(31_000);
  // Broken, not run out: it cannot be renewed.
  await expect(open.stillOurs()).rejects.toMatchObject(lost);
  await open.release();
});

test('is lost to the run that slept while another took it, before its first line and before a DELETE', async () => {
  const { ledger, runOut } = await place();
  const paused = await openAt(ledger(), night('a'), AT);
  await runOut();
  await writeNight(ledger(), night('b'), AT);
  sleepFor(31_000);
  await expect(paused.stillOurs()).rejects.toMatchObject(lost);
  await expect(paused.append(AT, [started()])).rejects.toMatchObject(lost);
  expect((await readAll(ledger())).map(({ night: id }) => id[0])).toEqual(['b']);
  await paused.release();
});

test('is released where the blob cannot be looked at after it was taken', async () => {
  const { blob } = await place();
  await blob.create();
  const failing = new AppendBlobClient(blob.url, azurite.credential);
  failing.getProperties = () => Promise.reject(new Error('the connection broke'));
  await expect(takeBlobLease(failing)).rejects.toThrow('the connection broke');
  expect((await blob.getProperties()).leaseState).toBe('available');
});
