/** A ledger that version 0.1 wrote: one file a night, `2026/11/23/20261123T020000Z-<night>.ndjson`. It is only read. */
import type { Timestamp } from '../core/ids.ts';
import { type LedgerLine, OLD_NIGHT } from '../core/record.ts';
import { messageOf } from '../errors.ts';
import { parseLine } from './chain.ts';
import { type LogStore, logName } from './store.ts';
import { upgraded } from './upgrade.ts';
import { continuesOf, type OldFile, type OldLine, readOldNight } from './version01Night.ts';

/** The newest file, and the hash of its last line. */
interface OldEnd {
  readonly file: string;
  readonly hash: string;
}

/** Oldest first. */
function oldNights(names: readonly string[]): readonly OldFile[] {
  return [...names].sort().flatMap((name) => {
    const [, stamp, night] = OLD_NIGHT.exec(name) ?? [];
    return stamp === undefined || night === undefined ? [] : [{ name, stamp, night }];
  });
}

/** `20261123T020000Z` */
const stampOf = (moment: Timestamp) => `${moment.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

/** The newest file that has a line. @throws Error naming file and line */
export async function endOfOldNights(store: LogStore, names: readonly string[]): Promise<OldEnd | undefined> {
  for (const file of oldNights(names).toReversed()) {
    let end: string | undefined;
    for await (const line of readOldNight(store, file)) end = line.hash;
    if (end !== undefined) return { file: file.name, hash: end };
  }
  return undefined;
}

/**
 * The lines of the files that were begun in or after the second of `since`. They must end as they did when the log
 * continued them: at `end`, or nowhere where there were none.
 * @throws Error naming file and line
 */
export async function* readOldNights(
  store: LogStore,
  names: readonly string[],
  since: Timestamp,
  end: OldEnd | undefined,
): AsyncGenerator<LedgerLine, void, undefined> {
  const files = oldNights(names);
  const from = stampOf(since);
  await checkNoneAfter(store, files, end?.file ?? '');
  if (end !== undefined) await checkEnd(store, files, from, end);
  const ends = new Map<unknown, string>();
  for (const file of files.filter(({ stamp }) => stamp >= from)) {
    for await (const { json, record, hash } of readOldNight(store, file)) {
      const continues = continuesOf(record);
      if (continues !== undefined && ends.get(continues['night']) !== continues['hash']) {
        await checkContinues(store, files, file, continues, from);
      }
      ends.set(file.night, hash);
      const line = upgraded(json);
      if (line !== undefined) yield parseLine(line);
    }
  }
}

/** @throws Error where version 0.1 wrote a file that was begun since then: no log is read that would continue it */
export async function checkNoOldNights(
  store: LogStore,
  names: readonly string[],
  since: Timestamp,
): Promise<void> {
  const files = oldNights(names).filter(({ stamp }) => stamp >= stampOf(since));
  await checkNoneAfter(store, files, '');
}

async function checkNoneAfter(store: LogStore, files: readonly OldFile[], name: string): Promise<void> {
  for (const file of files.filter((one) => one.name > name)) {
    const lines = readOldNight(store, file);
    const first = await lines.next().catch((error: unknown) => {
      throw new Error(`beside ${logName(1)}: ${messageOf(error)}`, { cause: error });
    });
    if (!first.done) throw olderVersion(file.name, first.value);
  }
}

async function checkEnd(
  store: LogStore,
  files: readonly OldFile[],
  from: string,
  { file: name, hash }: OldEnd,
): Promise<void> {
  const file = files.find((one) => one.name === name);
  if (file === undefined) {
    // Retention removes the oldest first, and nothing that is read.
    if (files.length === 0 && (OLD_NIGHT.exec(name)?.[1] ?? '') < from) return;
    throw new Error(`this ledger continues ${name}, which is missing`);
  }
  let isReached = false;
  for await (const line of readOldNight(store, file)) {
    if (isReached) throw olderVersion(name, line);
    isReached = line.hash === hash;
  }
  if (!isReached) throw new Error(`this ledger continues ${name}, which was cut or changed`);
}

const olderVersion = (name: string, { number }: OldLine) =>
  new Error(
    `version 0.1 of the tool wrote ${name} line ${number} after this ledger was continued without it. Stop it wherever it still runs, see in that file what it purged, and move out of the ledger what it wrote since`,
  );

/** Is the line that `file` continues where it says? Nights before the window are not opened for it. */
async function checkContinues(
  store: LogStore,
  files: readonly OldFile[],
  file: OldFile,
  { night, hash }: OldLine['json'],
  from: string,
): Promise<void> {
  const before = files.find((one) => one.night === night);
  if (before === undefined) {
    // Retention may have removed it.
    if (file === files[0]) return;
    throw new Error(`${file.name} line 1 continues the night ${night}, whose file is missing`);
  }
  if (before.stamp < from) return;
  // Another line than the last: it was still telling telemetry.
  for await (const line of readOldNight(store, before)) if (line.hash === hash) return;
  throw new Error(
    `${before.name} was cut or changed at its end: ${file.name} continues a line that is no longer there`,
  );
}
