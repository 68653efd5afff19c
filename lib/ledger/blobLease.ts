/** One process at a time writes to a container: whoever has the lease of its blob `lock`. */
import type { BlobLeaseClient, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { inTime } from '../azure/storage.ts';
import { storageError, storageProblem } from '../azure/storageProblem.ts';
import { messageOf } from '../errors.ts';
import type { Lease } from './store.ts';

/** The longest that ends by itself ("Lease Blob", REST). */
const LEASE_SECONDS = 60;
const RENEW_MS = 15_000;
/** Older than this, it is renewed before anything rests on it: enough is then left for a DELETE to arrive. */
const FRESH_MS = 30_000;
const CALL_MS = 10_000;
/** A courtesy to the next night, not worth waiting for. */
const RELEASE_MS = 3_000;

/** `undefined` where another process has it. */
export async function takeBlobLease(container: ContainerClient): Promise<Lease | undefined> {
  const blob = container.getBlockBlobClient('lock');
  const client = blob.getBlobLeaseClient();
  const askedAt = now();
  try {
    await acquire(blob, client);
  } catch (error) {
    if (storageError(error).code === 'LeaseAlreadyPresent') return undefined;
    throw storageProblem(error, 'write');
  }
  return keep(client, askedAt);
}

async function acquire(blob: BlockBlobClient, client: BlobLeaseClient): Promise<void> {
  const take = () => client.acquireLease(LEASE_SECONDS, { abortSignal: inTime(CALL_MS) });
  try {
    await take();
  } catch (error) {
    if (storageError(error).status !== 404 || storageError(error).code === 'ContainerNotFound') throw error;
    await createLock(blob);
    await take();
  }
}

async function createLock(blob: BlockBlobClient): Promise<void> {
  try {
    await blob.upload('', 0, { abortSignal: inTime(CALL_MS), conditions: { ifNoneMatch: '*' } });
  } catch (error) {
    // Somebody else made it a moment ago, and may have leased it already.
    const { status } = storageError(error);
    if (status !== 409 && status !== 412) throw error;
  }
}

/** Renews it until it is released. It counts from when it was asked for, not from when the answer came. */
function keep(client: BlobLeaseClient, acquiredAt: Moment): Lease {
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
    async stillOurs() {
      if (isLost === undefined && since(renewedAt) < FRESH_MS) return;
      try {
        if (isLost !== undefined) throw isLost;
        await renew();
      } catch (error) {
        const why =
          isLost === undefined
            ? messageOf(storageProblem(error, 'write'))
            : 'another night has taken it over';
        throw new Error(`the lease of the ledger is lost: ${why}`, { cause: error });
      }
    },
    async release() {
      clearInterval(timer);
      await client.releaseLease({ abortSignal: inTime(RELEASE_MS) }).catch(() => undefined);
    },
  };
}

/** By both clocks: the one stands still while a machine is suspended, the other may be set. */
interface Moment {
  readonly steady: number;
  readonly wall: number;
}
const now = (): Moment => ({ steady: performance.now(), wall: Date.now() });
const since = ({ steady, wall }: Moment) => Math.max(performance.now() - steady, Date.now() - wall);
