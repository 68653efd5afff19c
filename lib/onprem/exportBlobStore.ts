import { Readable } from 'node:stream';
import type { TokenCredential } from '@azure/identity';
import {
  type BlobClient,
  type BlobDownloadResponseParsed,
  ContainerClient,
  RestError,
  type StoragePipelineOptions,
  type StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { messageOf, NightRefused } from '../errors.ts';
import type { ExportStore } from './exportStore.ts';

export interface BlobExportStoreOptions {
  /** `https://account.blob.core.windows.net/exports`, without a SAS. */
  readonly containerUrl: string;
  /** Needs no more than Storage Blob Data Reader on the container. */
  readonly credential: TokenCredential | StorageSharedKeyCredential;
  /** A download from which nothing arrives for so long has broken off. */
  readonly stallMs?: number;
  /** Retries and the like. */
  readonly clientOptions?: StoragePipelineOptions;
}

/** How often one download is taken up again. The SDK itself does not do it when a connection is lost. */
const MAX_RESUMES = 5;

/**
 * Exports in a container of Azure Storage. A download that breaks off is taken up again, but only while the blob
 * has the ETag that it began with.
 */
export function createBlobExportStore(options: BlobExportStoreOptions): ExportStore {
  const { containerUrl, credential, stallMs = 60_000, clientOptions } = options;
  const container = new ContainerClient(containerUrl, credential, {
    ...clientOptions,
    retryOptions: { tryTimeoutInMs: stallMs, retryDelayInMs: 1_000, ...clientOptions?.retryOptions },
  });
  return {
    location: containerUrl,
    open: async (path, signal) => {
      const blob = container.getBlobClient(path);
      try {
        const begun = await blob.download(0, undefined, { abortSignal: signal });
        return { size: begun.contentLength ?? 0, content: contentOf(blob, begun, stallMs, signal) };
      } catch (error) {
        if (error instanceof RestError && error.code === 'BlobNotFound') return undefined;
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
  const isGone = error instanceof RestError && (error.statusCode === 412 || error.statusCode === 404);
  throw isGone ? new Error('it was replaced or removed while it was read', { cause: error }) : error;
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
