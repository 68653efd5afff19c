/** Where exports are kept: a folder, or (exportBlobStore.ts) a blob container. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, messageOf, NightRefused } from '../errors.ts';

export interface ExportStore {
  /** For people. Holds no secret. */
  readonly location: string;
  /**
   * The file at `path` (`contoso.com/manifest.json`), as it is now: a file that is replaced while it is read
   * fails. `undefined` where there is none.
   * @throws NightRefused `accessDenied` | `sourceIncomplete`
   */
  open(path: string, signal: AbortSignal): Promise<StoredFile | undefined>;
}

export interface StoredFile {
  /** Bytes. */
  readonly size: number;
  /** To be read once, to its end or until it is given up. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** Exports in a folder: a share, or a mounted one. */
export function createFolderExportStore(directory: string): ExportStore {
  return {
    location: directory,
    open: async (path, signal) => {
      try {
        // The open handle stays with the file that it is, whatever takes its name.
        const handle = await open(join(directory, path));
        const { size } = await handle.stat();
        return { size, content: handle.createReadStream({ signal }) };
      } catch (error) {
        switch (codeOf(error)) {
          case 'ENOENT':
            return undefined;
          case 'EACCES':
          case 'EPERM':
            throw new NightRefused(
              'accessDenied',
              `The export ${join(directory, path)} may not be read. Nobody is purged. Allow this account to read the folder.`,
              { cause: error },
            );
          default:
            throw new NightRefused(
              'sourceIncomplete',
              `The export ${join(directory, path)} cannot be opened: ${messageOf(error)}. Nobody is purged. Look at the folder.`,
              { cause: error },
            );
        }
      }
    },
  };
}
