/** How people stop the tool: an app setting, and a mark that is put down and taken away while a night runs. */
import { createReadStream } from 'node:fs';
import type { TokenCredential } from '@azure/identity';
import type { StoragePipelineOptions } from '@azure/storage-blob';
import { blobClient, inTime } from '../azure/storage.ts';
import { storageError, storageProblem } from '../azure/storageProblem.ts';
import { codeOf, messageOf } from '../errors.ts';
import type { Halt } from '../ports.ts';

/** What a person may want to say; whatever else is there is not read. */
const MAX_BYTES = 1024;

/** A blob or a file. That it is there halts the tool; what is written in it says why. */
export interface HaltMark {
  /** For people. */
  readonly location: string;
  /** `undefined` where it is not there. @throws Error where that cannot be told */
  read(): Promise<string | undefined>;
}

/** `isSet` says whether the app setting NIGHTLY_PURGE_HALT halts the tool now. */
export function createHalt(isSet: () => boolean, marks: readonly HaltMark[]): Halt {
  return {
    async reason() {
      if (isSet())
        return 'The app setting NIGHTLY_PURGE_HALT halts this tool. Take the setting away to go on.';
      for (const mark of marks) {
        const said = await readMark(mark);
        if (said === undefined) continue;
        const why = said.trim() === '' ? '' : `: "${messageOf(said.slice(0, MAX_REASON))}"`;
        return `${mark.location} halts this tool${why}. Take it away to go on.`;
      }
      return undefined;
    },
  };
}

const MAX_REASON = 200;

async function readMark(mark: HaltMark): Promise<string | undefined> {
  try {
    return await mark.read();
  } catch (error) {
    throw new Error(
      `Whether ${mark.location} halts this tool cannot be told: ${messageOf(error)}. Let the tool read there.`,
      { cause: error },
    );
  }
}

export interface BlobMarkOptions {
  /** `https://<account>.blob.core.windows.net/<container>/<blob>`; the container must exist. */
  readonly url: string;
  /** Needs "Storage Blob Data Reader" on the container. */
  readonly credential: TokenCredential;
  readonly clientOptions?: StoragePipelineOptions | undefined;
}

/** Asked before every batch: it must not hold a night up for long. */
const CALL_MS = 20_000;

export function blobMark({ url, ...options }: BlobMarkOptions): HaltMark {
  const blob = blobClient(url, options);
  return {
    location: url,
    async read() {
      try {
        const abortSignal = inTime(CALL_MS);
        const { readableStreamBody } = await blob.download(0, undefined, { abortSignal });
        return await beginningOf(readableStreamBody ?? []);
      } catch (error) {
        if (storageError(error).code === 'BlobNotFound') return undefined;
        throw storageProblem(error, 'read');
      }
    },
  };
}

export function fileMark(path: string): HaltMark {
  return {
    location: path,
    async read() {
      try {
        return await beginningOf(createReadStream(path));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    },
  };
}

async function beginningOf(
  chunks: AsyncIterable<Uint8Array | string> | readonly Uint8Array[],
): Promise<string> {
  let read = Buffer.alloc(0);
  for await (const chunk of chunks) {
    read = Buffer.concat([read, Buffer.from(chunk)]);
    if (read.length >= MAX_BYTES) break;
  }
  return read.subarray(0, MAX_BYTES).toString('utf8');
}
