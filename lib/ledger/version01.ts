/** A ledger that version 0.1 wrote: one file a night, `2026/11/23/20261123T020000Z-<night>.ndjson`. It is only read. */
import { hash } from 'node:crypto';
import type { Timestamp } from '../core/ids.ts';
import { isObject } from '../core/json.ts';
import type { Json } from '../core/model.ts';
import { type LedgerLine, OLD_NIGHT } from '../core/record.ts';
import { jsonIn, NOTHING_BEFORE, parseLine, wholeLines } from './chain.ts';
import type { LogStore } from './store.ts';
import { upgraded } from './upgrade.ts';

/** Its files, oldest first. */
const oldNights = (names: readonly string[]) => names.filter((name) => OLD_NIGHT.test(name)).sort();

/** The lines of the files that were begun in or after the second of `since`. @throws Error naming file and line */
export async function* readOldNights(
  store: LogStore,
  names: readonly string[],
  since: Timestamp,
): AsyncGenerator<LedgerLine, void, undefined> {
  const from = `${since.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  for (const name of oldNights(names)) {
    if ((OLD_NIGHT.exec(name)?.[1] ?? '') < from) continue;
    for await (const { json } of readOldNight(store, name)) {
      const line = upgraded(json);
      if (line !== undefined) yield parseLine(line);
    }
  }
}

/** The newest file that has a line, and the hash of its last one. @throws Error naming file and line */
export async function endOfOldNights(
  store: LogStore,
  names: readonly string[],
): Promise<{ readonly file: string; readonly hash: string } | undefined> {
  for (const file of oldNights(names).toReversed()) {
    let end: string | undefined;
    for await (const line of readOldNight(store, file)) end = line.hash;
    if (end !== undefined) return { file, hash: end };
  }
  return undefined;
}

/** Each line holds the hash of the one before. A torn line stands at the end, or before the `takenOver` that names it. */
async function* readOldNight(store: LogStore, name: string) {
  let prev: string | undefined;
  let torn: string | undefined;
  let number = 0;
  const broken = (what: string) => new Error(`${name} line ${number} ${what}`);
  for await (const bytes of wholeLines(store.read(name))) {
    number += 1;
    const json = jsonIn(bytes);
    if (json === undefined) {
      if (torn !== undefined) throw broken('cannot be read');
      torn = hash('sha256', bytes);
      continue;
    }
    const record = isObject(json['record']) ? json['record'] : {};
    const named = record['kind'] === 'takenOver' ? record['torn'] : undefined;
    if (named !== torn) throw broken('does not follow what a crash tore off before it');
    torn = undefined;
    if (json['prev'] !== (prev ?? firstOf(record))) {
      throw broken('does not continue the line before: one of them was changed, removed or added');
    }
    prev = hash('sha256', bytes);
    yield { json, hash: prev };
  }
  if (torn !== undefined) throw broken('cannot be read');
}

function firstOf({ continues }: { readonly [key: string]: Json }): Json {
  return isObject(continues) ? (continues['hash'] ?? null) : NOTHING_BEFORE;
}
