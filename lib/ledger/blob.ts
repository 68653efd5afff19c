/** The log in a container of Azure Storage: append blobs, each leased by the run that writes it. */
import type { TokenCredential } from '@azure/identity';
import type {
  AppendBlobClient,
  BlobClient,
  BlockBlobClient,
  ContainerClient,
  StoragePipelineOptions,
} from '@azure/storage-blob';
import { containerClient, inTime } from '../azure/storage.ts';
import { type Access, storageError, storageProblem } from '../azure/storageProblem.ts';
import { messageOf } from '../errors.ts';
import type { Ledger, LedgerReader } from '../ports.ts';
import { takeBlobLease } from './blobLease.ts';
import { createLedger } from './ledger.ts';
import { createLedgerReader } from './reader.ts';
import { LeaseLost, type LogStore } from './store.ts';

export interface BlobLedgerOptions {
  /** `https://<account>.blob.core.windows.net/<container>` */
  readonly containerUrl: string;
  /** Reads, makes, appends to and leases blobs: the role in infra/ledger.bicep, or "Storage Blob Data Contributor". */
  readonly credential: TokenCredential;
  readonly clientOptions?: StoragePipelineOptions | undefined;
}

/** The service takes 100 MiB since 2022; smaller blocks are repeated at less cost ("Append Block", REST). */
const MAX_BLOCK = 4 * 1024 * 1024;
const CALL_MS = 90_000;
const READ_MS = 300_000;

/** A ledger in an existing container. */
export function createBlobLedger({ containerUrl, ...options }: BlobLedgerOptions): Ledger {
  return createLedger(blobStore(containerClient(containerUrl, options)));
}

/** The same container for whoever only reads it. Needs "Storage Blob Data Reader". */
export function createBlobLedgerReader({ containerUrl, ...options }: BlobLedgerOptions): LedgerReader {
  return createLedgerReader(blobStore(containerClient(containerUrl, options), 'read'));
}

function blobStore(container: ContainerClient, access: Access = 'write'): LogStore {
  return {
    location: container.url.replace(/\?.*$/, ''),
    async names() {
      try {
        const names: string[] = [];
        for await (const { name } of container.listBlobsFlat({ abortSignal: inTime(READ_MS) })) {
          names.push(name);
        }
        return names;
      } catch (error) {
        throw storageProblem(error, access);
      }
    },
    async *read(name) {
      try {
        const { readableStreamBody } = await container
          .getBlobClient(name)
          .download(0, undefined, { abortSignal: inTime(READ_MS), maxRetryRequests: 3 });
        for await (const chunk of readableStreamBody ?? []) yield Buffer.from(chunk);
      } catch (error) {
        throw new Error(`${name} cannot be read: ${messageOf(storageProblem(error, access))}`, {
          cause: error,
        });
      }
    },
    async create(name) {
      try {
        await createEmpty(container.getAppendBlobClient(name));
      } catch (error) {
        throw storageProblem(error, 'write');
      }
    },
    async attach(name, html) {
      try {
        await upload(container.getBlockBlobClient(name), Buffer.from(html));
      } catch (error) {
        throw storageProblem(error, 'write');
      }
    },
    async lease(name) {
      const blob = container.getAppendBlobClient(name);
      const lease = await takeBlobLease(blob);
      if (lease === undefined) return undefined;
      return {
        ...lease,
        async append(offset, texts) {
          let position = offset;
          for (const block of blocksOf(texts)) {
            await appendOnce(blob, lease.id, position, block);
            position += block.length;
          }
        },
      };
    },
  };
}

async function createEmpty(blob: AppendBlobClient): Promise<void> {
  try {
    await blob.create({
      abortSignal: inTime(CALL_MS),
      conditions: { ifNoneMatch: '*' },
      blobHTTPHeaders: { blobContentType: 'application/x-ndjson' },
    });
  } catch (error) {
    // It is there already. Without the lease, or under an immutability policy, the service may say so in other ways.
    const { status } = storageError(error);
    if (status !== 409 && status !== 412) throw error;
  }
}

async function upload(blob: BlockBlobClient, bytes: Buffer): Promise<void> {
  try {
    await blob.uploadData(bytes, {
      abortSignal: inTime(CALL_MS),
      conditions: { ifNoneMatch: '*' },
      blobHTTPHeaders: { blobContentType: 'text/html; charset=utf-8' },
    });
  } catch (error) {
    // It may be there because a try arrived and its answer did not.
    if (!(await endsWith(blob, 0, bytes))) throw error;
  }
}

/**
 * Appends at exactly `position`. An answer that never came and a repeated try both leave open whether the block
 * arrived; the blob itself then says: it must end with this block, and nothing after it.
 */
async function appendOnce(
  blob: AppendBlobClient,
  leaseId: string,
  position: number,
  block: Buffer,
): Promise<void> {
  try {
    await blob.appendBlock(block, block.length, {
      abortSignal: inTime(CALL_MS),
      conditions: { appendPosition: position, leaseId },
    });
  } catch (error) {
    const { code, status } = storageError(error);
    const unclear = status === undefined || status === 408 || status === 412 || status >= 500;
    if (!unclear) throw storageProblem(error, 'write');
    if (await endsWith(blob, position, block)) return;
    if (status !== 412) throw storageProblem(error, 'write');
    if (code.startsWith('Lease')) throw new LeaseLost('another run has taken the lease', { cause: error });
    throw new Error('something else writes to it', { cause: error });
  }
}

async function endsWith(blob: BlobClient, position: number, block: Buffer): Promise<boolean> {
  try {
    if ((await lengthOf(blob)) !== position + block.length) return false;
    const there = await blob.downloadToBuffer(position, block.length, { abortSignal: inTime(CALL_MS) });
    return block.equals(there);
  } catch {
    return false;
  }
}

async function lengthOf(blob: BlobClient): Promise<number | undefined> {
  return (await blob.getProperties({ abortSignal: inTime(CALL_MS) })).contentLength;
}

/** Cut at line ends, so that a night that is cut short ends with a whole line; a huge line is cut anywhere. */
function blocksOf(texts: readonly string[]): readonly Buffer[] {
  const blocks: Buffer[] = [];
  let open: Buffer[] = [];
  let size = 0;
  const close = () => {
    if (size > 0) blocks.push(Buffer.concat(open));
    open = [];
    size = 0;
  };
  for (const text of texts) {
    const bytes = Buffer.from(text);
    for (let from = 0; from < bytes.length; from += MAX_BLOCK) {
      const part = bytes.subarray(from, from + MAX_BLOCK);
      if (size + part.length > MAX_BLOCK) close();
      open.push(part);
      size += part.length;
    }
  }
  close();
  return blocks;
}
