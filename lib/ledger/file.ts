/** The ledger in a directory, on a disk of this machine. */
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { codeOf, messageOf } from '../errors.ts';
import type { Ledger, LedgerReader } from '../ports.ts';
import { createLedger } from './ledger.ts';
import { createLedgerReader } from './reader.ts';
import type { Lease, LogStore } from './store.ts';

/** A ledger in `directory`, which is made where it does not exist. Each append is flushed to the disk. */
export function createFileLedger(directory: string): Ledger {
  return createLedger(fileStore(directory));
}

export const createFileLedgerReader = (directory: string): LedgerReader =>
  createLedgerReader(fileStore(directory));

/** The files themselves: who only reads them (`readLog`) takes no lease. */
export function fileStore(directory: string): LogStore {
  return {
    location: directory,
    async names() {
      try {
        const names = await readdir(directory, { recursive: true });
        return names.map((name) => name.replaceAll(sep, '/'));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return [];
        throw inWords(error);
      }
    },
    async *read(name) {
      try {
        for await (const chunk of createReadStream(join(directory, name))) yield chunk as Buffer;
      } catch (error) {
        throw new Error(`${name} cannot be read: ${messageOf(inWords(error))}`, { cause: error });
      }
    },
    async create(name) {
      try {
        await mkdir(dirname(join(directory, name)), { recursive: true });
        await withFile(join(directory, name), 'a', (file) => file.sync());
        await flushFolders(directory, name);
      } catch (error) {
        throw inWords(error);
      }
    },
    async attach(name, html) {
      try {
        await mkdir(dirname(join(directory, name)), { recursive: true });
        await withFile(join(directory, name), 'wx', (file) => file.writeFile(html));
      } catch (error) {
        throw inWords(error);
      }
    },
    async lease(name) {
      const path = join(directory, `${name}.lock`);
      try {
        const lock = await takeLock(path);
        return lock && { ...lock, append: (offset, texts) => append(join(directory, name), offset, texts) };
      } catch (error) {
        throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
      }
    },
  };
}

async function append(path: string, offset: number, texts: readonly string[]): Promise<void> {
  try {
    await withFile(path, constants.O_WRONLY | constants.O_APPEND, async (file) => {
      const { size } = await file.stat();
      if (size !== offset) {
        throw new Error(`it holds ${size} bytes instead of ${offset}: something else writes to it`);
      }
      await file.writeFile(texts.join(''));
      await file.sync();
    });
  } catch (error) {
    throw inWords(error);
  }
}

const SQLITE_BUSY = 5;

/**
 * The lock of an SQLite database: Node has no other way to the operating system's. It lasts as long as the process
 * and not a moment longer, and as long as a paused one sleeps.
 */
async function takeLock(path: string): Promise<Omit<Lease, 'append'> | undefined> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((Object(error) as { errcode?: unknown }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  return {
    appends: 0,
    stillOurs: async () => undefined,
    async release() {
      try {
        database.close();
      } catch {
        // It was given back already.
      }
    },
  };
}

async function withFile(
  path: string,
  flags: string | number,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

/** Makes the new names themselves durable. Windows does it by itself and cannot open a folder. */
async function flushFolders(directory: string, name: string): Promise<void> {
  if (process.platform === 'win32') return;
  for (let folder = dirname(name); ; folder = dirname(folder)) {
    await withFile(join(directory, folder), 'r', (file) => file.sync());
    if (folder === '.') return;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EACCES: 'permission denied: let the account that runs this read and write there',
  EPERM: 'permission denied: let the account that runs this read and write there',
  EROFS: 'the disk is mounted read-only',
  EEXIST: 'it exists already',
  ENOENT: 'it is not there any more',
  ENOTDIR: 'a part of this path is a file, not a directory',
};

function inWords(error: unknown): Error {
  const code = codeOf(error);
  const words = WORDS[code];
  return new Error(words === undefined ? messageOf(error) : `${words} (${code})`, { cause: error });
}
