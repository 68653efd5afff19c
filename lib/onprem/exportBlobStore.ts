import { Readable } from 'node:stream';
import type { TokenCredential } from '@azure/identity';
import { ContainerClient, RestError, type StorageSharedKeyCredential } from '@azure/storage-blob';
import { messageOf, NightRefused } from '../errors.ts';
import type { ExportStore } from './exportStore.ts';

export interface BlobExportStoreOptions {
  /** `https://account.blob.core.windows.net/exports`, without a SAS. */
  readonly containerUrl: string;
  /** Needs no more than Storage Blob Data Reader on the container. */
  readonly credential: TokenCredential | StorageSharedKeyCredential;
  /** A download from which nothing arrives for so long has failed. */
  readonly stallMs?: number;
  /** Before the first of three retries; it doubles from one to the next. */
  readonly retryDelayMs?: number;
}

/**
 * Exports in a container of Azure Storage. A download that breaks off is resumed, but only while the blob has
 * the ETag that it began with.
 */
export function createBlobExportStore(options: BlobExportStoreOptions): ExportStore {
  const { containerUrl, credential, stallMs = 60_000, retryDelayMs = 1_000 } = options;
  const container = new ContainerClient(containerUrl, credential, {
    retryOptions: { maxTries: 4, tryTimeoutInMs: stallMs, retryDelayInMs: retryDelayMs },
  });
  return {
    location: containerUrl,
    open: async (path, abortSignal) => {
      try {
        const { contentLength, readableStreamBody } = await container
          .getBlobClient(path)
          .download(0, undefined, { abortSignal });
        if (contentLength === undefined || !(readableStreamBody instanceof Readable)) {
          throw new Error('the answer has no content');
        }
        return { size: contentLength, content: unlessStalled(readableStreamBody, stallMs) };
      } catch (error) {
        if (error instanceof RestError && error.code === 'BlobNotFound') return undefined;
        throw refusal(error, `${containerUrl}/${path}`);
      }
    },
  };
}

/** Only the waiting for the next chunk is timed, not what the reader does with it. */
async function* unlessStalled(body: Readable, stallMs: number): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(() => {
        body.destroy(new Error(`nothing arrived for ${stallMs / 1000} s`));
      }, stallMs);
      const chunk = await chunks.next().finally(() => clearTimeout(timer));
      if (chunk.done) return;
      yield chunk.value;
    }
  } catch (error) {
    const isGone = error instanceof RestError && (error.statusCode === 412 || error.statusCode === 404);
    throw isGone ? new Error('it was replaced or removed while it was read', { cause: error }) : error;
  } finally {
    body.destroy();
  }
}

function refusal(error: unknown, url: string): NightRefused {
  const denied = error instanceof RestError && (error.statusCode === 401 || error.statusCode === 403);
  const why = error instanceof RestError && error.code ? error.code : messageOf(error);
  return denied
    ? new NightRefused(
        'accessDenied',
        `The export ${url} may not be read (${why}). Nobody is purged. Give this identity Storage Blob Data Reader on the container, and let it through the storage account's firewall.`,
        { cause: error },
      )
    : new NightRefused(
        'sourceIncomplete',
        `The export ${url} cannot be opened (${why}). Nobody is purged. Check the container's URL and the storage account.`,
        { cause: error },
      );
}
