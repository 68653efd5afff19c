/** A ledger in a directory of its own, and what a test does to its files. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFileLedger, fileStore } from '../../lib/ledger/file.ts';
import type { LogStore } from '../../lib/ledger/store.ts';
import type { Ledger } from '../../lib/ports.ts';

export interface Folder {
  readonly ledger: Ledger;
  readonly store: LogStore;
  get(name: string): Promise<string>;
  put(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** The log's files, in order. */
  logs(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function makeFolder(): Promise<Folder> {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-'));
  return {
    ledger: createFileLedger(directory),
    store: fileStore(directory),
    get: (name) => readFile(join(directory, name), 'utf8'),
    async put(name, text) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text);
    },
    remove: (name) => rm(join(directory, name)),
    logs: async () =>
      (await readdir(join(directory, 'log'))).filter((name) => name.endsWith('.ndjson')).sort(),
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
