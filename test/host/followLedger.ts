/** Reads a night's ledger while it is being written, as an operator does with `tail -f`. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LedgerLine, ledgerLine } from '../../lib/core/record.ts';

const LOOK_EVERY_MS = 50;

/** The ledger's files in `directory`, oldest first, as paths. */
export function ledgerFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ndjson'))
      .sort()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

/** The lines that are written to `directory` after this was called, each as it appears. */
export async function* followLedger(
  directory: string,
  ended: Promise<unknown>,
): AsyncGenerator<LedgerLine, void, undefined> {
  const offsets = new Map(ledgerFiles(directory).map((file) => [file, statSync(file).size]));
  const end = new AbortController();
  const stop = () => end.abort();
  ended.then(stop, stop);
  let torn = '';
  for (let last = false; !last; ) {
    // What was written before the end is read after it was seen.
    last = end.signal.aborted;
    for (const file of ledgerFiles(directory)) {
      const offset = offsets.get(file) ?? 0;
      const bytes = await bytesFrom(file, offset);
      offsets.set(file, offset + bytes.length);
      const texts = (torn + bytes.toString('latin1')).split('\n');
      torn = texts.pop() ?? '';
      for (const text of texts) yield parsed(text);
    }
    await delay(last ? 0 : LOOK_EVERY_MS, undefined, { signal: end.signal }).catch(() => undefined);
  }
}

/** All lines of all nights in `directory`. */
export const ledgerLines = (directory: string): readonly LedgerLine[] =>
  ledgerFiles(directory)
    .flatMap((file) => readFileSync(file, 'latin1').split('\n'))
    .filter((text) => text !== '')
    .map(parsed);

/** Read byte by byte, so that a character cut in half by the end of a read comes together again. */
const parsed = (text: string) => ledgerLine.parse(JSON.parse(Buffer.from(text, 'latin1').toString('utf8')));

async function bytesFrom(path: string, offset: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(size - offset, 0)), 0, null, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
