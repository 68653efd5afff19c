/** Azure Storage: the one client of the ledger, of exports and of the halt blob. */
import type { TokenCredential } from '@azure/identity';
import {
  BlobClient,
  ContainerClient,
  type StoragePipelineOptions,
  type StorageSharedKeyCredential,
} from '@azure/storage-blob';

export interface StorageOptions {
  readonly credential: TokenCredential | StorageSharedKeyCredential;
  /** For tests: fewer and faster retries. */
  readonly clientOptions?: StoragePipelineOptions | undefined;
}

/** Waits 0, 1, 3 and 7 seconds between the tries. */
const RETRIES = { maxTries: 5, retryDelayInMs: 1_000, maxRetryDelayInMs: 10_000 };

const pipeline = ({ clientOptions }: StorageOptions): StoragePipelineOptions => ({
  ...clientOptions,
  retryOptions: { ...RETRIES, ...clientOptions?.retryOptions },
});

/** `containerUrl`: `https://<account>.blob.core.windows.net/<container>`. */
export const containerClient = (containerUrl: string, options: StorageOptions) =>
  new ContainerClient(containerUrl, options.credential, pipeline(options));

/** `blobUrl`: `https://<account>.blob.core.windows.net/<container>/<blob>`. */
export const blobClient = (blobUrl: string, options: StorageOptions) =>
  new BlobClient(blobUrl, options.credential, pipeline(options));

/**
 * The signal of one call, its retries included. The SDK has no timeout of its own: without this a silent server would
 * hold the night for ever.
 */
export const inTime = (milliseconds: number) => AbortSignal.timeout(milliseconds);

/** Only for Azure Storage, whatever resource the challenge in an answer names: its SDK would ask for that. */
export function forStorage(credential: TokenCredential): TokenCredential {
  return {
    getToken: (_scopes, options) => credential.getToken('https://storage.azure.com/.default', options),
  };
}
