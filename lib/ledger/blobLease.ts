/** One process at a time writes to a blob: the one that has its lease. The service refuses appends without it. */
import type { AppendBlobClient, BlobLeaseClient } from '@azure/storage-blob';
import { inTime } from '../azure/storage.ts';
import { storageError, storageProblem } from '../azure/storageProblem.ts';
import { messageOf } from '../errors.ts';
import { type Lease, LeaseLost } from './store.ts';

/** The longest that ends by itself ("Lease Blob", REST). */
const LEASE_SECONDS = 60;
const RENEW_MS = 15_000;
/** Older than this, it is renewed before anything rests on it: enough is then left for a DELETE to arrive. */
const FRESH_MS = 30_000;
const CALL_MS = 10_000;
/** A courtesy to the next night, not worth waiting for. */
const RELEASE_MS = 3_000;

export interface BlobLease extends Omit<Lease, 'append'> {
  readonly id: string;
}

/** `undefined` where another process has it. */
export async function takeBlobLease(blob: AppendBlobClient): Promise<BlobLease | undefined> {
  const client = blob.getBlobLeaseClient();
  const askedAt = now();
  try {
    await client.acquireLease(LEASE_SECONDS, { abortSignal: inTime(CALL_MS) });
    const { blobCommittedBlockCount = 0 } = await blob.getProperties({ abortSignal: inTime(CALL_MS) });
    return keep(client, blobCommittedBlockCount, askedAt);
  } catch (error) {
    if (storageError(error).code === 'LeaseAlreadyPresent') return undefined;
    // It may be ours all the same, and nobody would release it.
    await release(client);
    throw storageProblem(error, 'write');
  }
}

/** Renews it until it is released. It counts from when it was asked for, not from when the answer came. */
function keep(client: BlobLeaseClient, appends: number, acquiredAt: Moment): BlobLease {
  let renewedAt = acquiredAt;
  let isLost: unknown;
  const renew = async () => {
    const askedAt = now();
    try {
      // Also works once it has run out, as long as nobody else has taken it ("Lease Blob", REST).
      await client.renewLease({ abortSignal: inTime(CALL_MS) });
      renewedAt = askedAt;
    } catch (error) {
      if (storageError(error).status === 409 || storageError(error).status === 412) isLost = error;
      throw error;
    }
  };
  const timer = setInterval(() => void renew().catch(() => undefined), RENEW_MS).unref();
  return {
    id: client.leaseId,
    appends,
    async stillOurs() {
      if (isLost === undefined && since(renewedAt) < FRESH_MS) return;
      try {
        if (isLost !== undefined) throw isLost;
        await renew();
      } catch (error) {
        const why =
          isLost === undefined ? messageOf(storageProblem(error, 'write')) : 'another run has taken it';
        throw new LeaseLost(`the lease of the ledger is lost: ${why}`, { cause: error });
      }
    },
    async release() {
      clearInterval(timer);
      await release(client);
    },
  };
}

async function release(client: BlobLeaseClient): Promise<void> {
  await client.releaseLease({ abortSignal: inTime(RELEASE_MS) }).catch(() => undefined);
}

/** By both clocks: the one stands still while a machine is suspended, the other may be set. */
interface Moment {
  readonly steady: number;
  readonly wall: number;
}
const now = (): Moment => ({ steady: performance.now(), wall: Date.now() });
const since = ({ steady, wall }: Moment) => Math.max(performance.now() - steady, Date.now() - wall);
