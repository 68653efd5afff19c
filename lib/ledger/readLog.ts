/**
 * The lines of the log, checked. Noticed: a line changed, removed, added or moved; a file cut short that a later one
 * continues; a file missing between two others, or the one that the last line names. Accepted, because it also happens
 * honestly: old files gone from the old end (retention). Beyond the chain's reach: the end of the newest file, and an
 * account that may rewrite everything; only a storage that allows no rewriting helps against that.
 */
import { type Timestamp, timestamp } from '../core/ids.ts';
import type { LedgerLine } from '../core/record.ts';
import { ChainBroken, jsonIn, readChain, wholeLines } from './chain.ts';
import { type LogStore, logName, logsAmong } from './store.ts';
import { checkNoOldNights, readOldNights } from './version01.ts';

/** @throws Error whose message names the file, the line and what is wrong */
export async function* readLog(
  store: LogStore,
  since: Timestamp,
): AsyncGenerator<LedgerLine, void, undefined> {
  const names = await store.names();
  const numbers = await numbersSince(store, logsAmong(names), since);
  if ((numbers[0] ?? 1) > 1) await checkNoOldNights(store, names, since);
  let before: { readonly name: string; readonly hash: string; readonly rolledOver: boolean } | undefined;
  for (const number of numbers) {
    const name = logName(number);
    if (before !== undefined && !before.rolledOver && before.hash !== '') {
      throw new Error(`${before.name} was cut at its end: it does not say that the log goes on in ${name}`);
    }
    let last: LedgerLine | undefined;
    let hash = before?.hash ?? '';
    for await (const read of checked(store, name, before?.hash)) {
      if (read.line.record.kind === 'logBegun') {
        yield* readOldNights(store, names, since, read.line.record.continues);
      }
      ({ line: last, hash } = read);
      yield read.line;
    }
    before = { name, hash, rolledOver: last?.record.kind === 'rolledOver' || last === undefined };
  }
}

/** Begun one after the other before the window: a clock that was far behind would have been so for ten weeks. */
const ENOUGH_OLD = 10;

/**
 * The files that may hold lines since then. A file ends where the next begins, so that it may hold some where either of
 * the two begins since then. A clock that was wrong makes that too many files, never too few.
 * @throws Error where one is missing among them
 */
async function numbersSince(
  store: LogStore,
  numbers: readonly number[],
  since: Timestamp,
): Promise<readonly number[]> {
  const newest = numbers.at(-1) ?? 0;
  let first = newest;
  for (let number = newest, old = 0; number > 0 && old < ENOUGH_OLD; number -= 1) {
    if (!numbers.includes(number)) {
      // Retention removes only what is older than anything that is read.
      if (number >= first)
        throw new Error(`${logName(number)} is missing, and a later file is not old enough for that`);
      break;
    }
    const begunAt = await begunAtOf(store, logName(number));
    const isOld = begunAt !== undefined && begunAt < since;
    old = isOld ? old + 1 : 0;
    if (!isOld) first = number - 1;
  }
  return numbers.filter((number) => number >= first);
}

export async function begunAtOf(store: LogStore, name: string): Promise<Timestamp | undefined> {
  for await (const first of wholeLines(store.read(name))) {
    return timestamp(String(jsonIn(first)?.['at']));
  }
  return undefined;
}

/** @throws Error whose message names the file and, where the chain is broken, the line */
async function* checked(store: LogStore, name: string, before: string | undefined) {
  try {
    yield* readChain(store.read(name), before);
  } catch (error) {
    if (!(error instanceof ChainBroken)) throw error;
    throw new Error(`${name} line ${error.lineNumber} ${error.message}`, { cause: error });
  }
}
