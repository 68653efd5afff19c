/**
 * The nights before, checked. Within a night every line holds the hash of the line before; the first line holds
 * the hash of the last line that its night had read of the night before.
 *
 * Noticed: a line changed, removed, added or moved; a night cut short that a later night continues; a night
 * missing between two others; a line written after the night was taken over. Accepted, because it also happens
 * honestly: two nights that continue the same one (a run that crashed before its first line); a night that
 * continues a line before the last (the other was still telling telemetry); old nights gone from the old end
 * (retention). Beyond the chain's reach: the end
 * of the newest night, and whoever may rewrite everything; only a storage that allows no rewriting is proof
 * against that.
 */
import type { NightId, Timestamp } from '../core/ids.ts';
import type { LedgerLine } from '../core/record.ts';
import { messageOf } from '../errors.ts';
import type { ChainLink } from '../ports.ts';
import { ChainBroken, type ChainEnd, type ReadLine, readChain } from './chain.ts';
import { type NightFile, type NightStore, nightsAmong, stampOf } from './store.ts';

/**
 * The lines of every night that began in or after the second of `since`; returns the end of the newest night.
 * @throws Error whose message names the file, the line and what is wrong
 */
export async function* readHistory(
  store: NightStore,
  since: Timestamp,
): AsyncGenerator<LedgerLine, ChainLink | undefined, undefined> {
  const nights = nightsAmong(await store.names());
  const from = stampOf(since);
  const ends = new Map<NightId, string>();
  let newest: ChainLink | undefined;
  for (const file of nights.filter(({ stamp }) => stamp >= from)) {
    let end: ChainLink | undefined;
    for await (const read of checked(store, file)) {
      const { record } = read.line;
      if (record.kind === 'nightStarted' && record.continues) {
        await checkContinues(store, nights, file, record.continues, { from, ends });
      }
      end = linkTo(read, end);
      yield read.line;
    }
    if (end === undefined) continue;
    ends.set(file.night, end.hash);
    newest = end;
  }
  return newest ?? (await endOfNewest(store, nights));
}

async function endOfNewest(store: NightStore, nights: readonly NightFile[]): Promise<ChainLink | undefined> {
  for (const file of nights.toReversed()) {
    let end: ChainLink | undefined;
    for await (const read of checked(store, file)) end = linkTo(read, end);
    if (end) return end;
  }
  return undefined;
}

/** A night that was taken over before it began is no link: it continues nothing. */
function linkTo({ line, hash }: ReadLine, before: ChainLink | undefined): ChainLink | undefined {
  if (before !== undefined) return { ...before, hash };
  return line.record.kind === 'nightStarted' ? { night: line.night, fence: line.fence, hash } : undefined;
}

/** The chain of one night. @throws Error whose message names the file and, where the chain is broken, the line */
export async function* checked(
  store: NightStore,
  { name, night }: Pick<NightFile, 'name' | 'night'>,
): AsyncGenerator<ReadLine, ChainEnd, undefined> {
  try {
    return yield* readChain(night, store.read(name));
  } catch (error) {
    const where = error instanceof ChainBroken ? `line ${error.lineNumber}` : 'cannot be read:';
    throw new Error(`${name} ${where} ${messageOf(error)}`, { cause: error });
  }
}

/** Is the line that `file` continues where it says? Nights before the window are not opened for it. */
async function checkContinues(
  store: NightStore,
  nights: readonly NightFile[],
  file: NightFile,
  continues: ChainLink,
  read: { readonly from: string; readonly ends: ReadonlyMap<NightId, string> },
): Promise<void> {
  const before = nights.find(({ night }) => night === continues.night);
  if (before === undefined) {
    if (file === nights[0]) return;
    throw new Error(`${file.name} line 1 continues the night ${continues.night}, whose file is missing`);
  }
  if (before.stamp < read.from || read.ends.get(before.night) === continues.hash) return;
  for await (const { hash } of checked(store, before)) if (hash === continues.hash) return;
  throw new Error(
    `${before.name} was cut or changed at its end: ${file.name} continues a line that is no longer there`,
  );
}
