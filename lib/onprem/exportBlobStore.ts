import { Readable } from 'node:stream';
import type { BlobClient, BlobDownloadResponseParsed } from '@azure/storage-blob';
import { containerClient, type StorageOptions } from '../azure/storage.ts';
import { isDenied, storageError, storageProblem } from '../azure/storageProblem.ts';
import { NightRefused } from '../errors.ts';
import type { ExportStore } from './exportStore.ts';

/** The credential needs no more than Storage Blob Data Reader on the container. */
export interface BlobExportStoreOptions extends StorageOptions {
  /** `https://account.blob.core.windows.net/exports`, without a SAS. */
  readonly containerUrl: string;
  /** A download from which nothing arrives for so long has broken off. */
  readonly stallMs?: number;
}

/** How often one download is taken up again. The SDK itself does not do it when a connection is lost. */
const MAX_RESUMES = 5;

/**
 * Exports in a container of Azure Storage. A download that breaks off is taken up again, but only while the blob
 * has the ETag that it began with.
 */
export function createBlobExportStore(options: BlobExportStoreOptions): ExportStore {
  const { containerUrl, stallMs = 60_000 } = options;
  const container = containerClient(containerUrl, options);
  return {
    location: containerUrl,
    open: async (path, signal) => {
      const blob = container.getBlobClient(path);
      try {
        const begun = await blob.download(0, undefined, { abortSignal: signal });
        return { size: begun.contentLength ?? 0, content: contentOf(blob, begun, stallMs, signal) };
      } catch (error) {
        if (storageError(error).code === 'BlobNotFound') return undefined;
        throw refusal(error, `${containerUrl}/${path}`, signal);
      }
    },
  };
}

async function* contentOf(
  blob: BlobClient,
  begun: BlobDownloadResponseParsed,
  stallMs: number,
  abortSignal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let { readableStreamBody: body } = begun;
  let offset = 0;
  for (let resumes = 0; ; resumes += 1) {
    if (!(body instanceof Readable)) throw new Error('Azure Storage sent no content');
    try {
      for await (const chunk of unlessStalled(body, stallMs)) {
        offset += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      if (abortSignal.aborted || resumes === MAX_RESUMES) throw error;
      const conditions = { ifMatch: begun.etag ?? '' };
      const rest = await blob.download(offset, undefined, { abortSignal, conditions }).catch(changed);
      body = rest.readableStreamBody;
    }
  }
}

function changed(error: unknown): never {
  const { status } = storageError(error);
  throw status === 412 || status === 404
    ? new Error('it was replaced or removed while it was read', { cause: error })
    : error;
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
  } finally {
    body.destroy();
  }
}

function refusal(error: unknown, url: string, signal: AbortSignal): NightRefused {
  if (signal.aborted) {
    const detail = `The export ${url} was not read, since the night was stopped. Nobody is purged.`;
    return new NightRefused('sourceIncomplete', detail, { cause: error });
  }
  const why = storageProblem(error, 'read').message;
  return isDenied(error)
    ? new NightRefused('accessDenied', `The export ${url} may not be read: ${why}. Nobody is purged.`, {
        cause: error,
      })
    : new NightRefused(
        'sourceIncomplete',
        `The export ${url} cannot be opened: ${why}. Nobody is purged. Check the container's URL and the storage account.`,
        { cause: error },
      );
}
