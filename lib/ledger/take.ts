/** Takes the newest file of the log for this run, finds its end, and rolls over where that is due. */
import { hash } from 'node:crypto';
import { DAY_MS, elapsedMs, type NightId, type Timestamp, timestamp } from '../core/ids.ts';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/model.ts';
import type { LedgerRecord } from '../core/record.ts';
import { hashOfTorn, jsonIn, linkRecords, NOTHING_BEFORE, type Tail, wholeLines } from './chain.ts';
import { type Lease, type LogStore, logName, logsAmong } from './store.ts';
import { endOfOldNights } from './version01.ts';

/** Where the next line goes. */
export interface Place extends Tail {
  readonly offset: number;
}

export interface Held {
  readonly name: string;
  readonly lease: Lease;
  readonly place: Place;
}

const ROLL_AFTER_DAYS = 7;
/** An append blob takes 50,000 ("Append Block", REST); one night has room in the rest. */
const ROLL_AFTER_APPENDS = 30_000;

/**
 * The log, taken. `undefined` where another run holds it.
 * @throws Error whose message is for the operator
 */
export async function takeLog(store: LogStore, night: NightId, now: Timestamp): Promise<Held | undefined> {
  const names = await store.names();
  const number = logsAmong(names).at(-1) ?? 1;
  const name = logName(number);
  await store.create(name);
  const lease = await store.lease(name);
  if (lease === undefined) return undefined;
  try {
    const end = await endOf(store, name);
    if (end.last === undefined) {
      return await beginFile(store, { number, name, lease, names }, end, night, now);
    }
    // Two runs may both think theirs is the newest file.
    if (kindOf(end.last) === 'rolledOver') {
      await lease.release();
      return await afterRollOver(store, name, end.last, night, now);
    }
    const held = await mended(
      { name, lease, place: { seq: 0, prev: end.hash, offset: end.bytes } },
      end,
      night,
      now,
    );
    return isFull(end, lease, now) ? await rollOver(store, held, number, night, now) : held;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

interface End {
  readonly first: JsonObject | undefined;
  /** The last line that can be read. */
  readonly last: JsonObject | undefined;
  readonly hash: string;
  readonly bytes: number;
  /** What stands behind it; torn off by a crash. */
  readonly torn: readonly Uint8Array[];
  readonly endsInNewline: boolean;
}

async function endOf(store: LogStore, name: string): Promise<End> {
  let first: JsonObject | undefined;
  let last: JsonObject | undefined;
  let lastHash = '';
  let torn: Uint8Array[] = [];
  let number = 0;
  let isBegun = false;
  const see = (line: Uint8Array) => {
    number += 1;
    const json = jsonIn(line);
    torn = json === undefined ? [...torn, line] : [];
    if (json === undefined) return;
    // Nothing is appended to a file that was changed.
    if (last !== undefined && json['prev'] !== lastHash) {
      throw new Error(
        `${name} line ${number} does not continue the line before: one of them was changed, removed or added`,
      );
    }
    if (!isBegun && kindOf(json) !== 'tornLine') {
      checkBeginning(name, json);
      isBegun = true;
    }
    first ??= json;
    last = json;
    lastHash = hash('sha256', line);
  };
  const lines = wholeLines(store.read(name));
  let next = await lines.next();
  for (; !next.done; next = await lines.next()) see(next.value);
  const { bytes, torn: open } = next.value;
  // A line that lacks nothing but its newline is a line.
  if (open.length > 0) see(open);
  return { first, last, hash: lastHash, bytes, torn, endsInNewline: open.length === 0 };
}

/** Only the first file of a log begins it. A file under another's name would be continued in the wrong place. */
function checkBeginning(name: string, line: JsonObject): void {
  if ((kindOf(line) === 'logBegun') === (name === logName(1))) return;
  throw new Error(
    `${name} line 1 is not the beginning of this file: it is another file, or its first lines are missing`,
  );
}

const kindOf = ({ record }: JsonObject) => (isObject(record) ? record['kind'] : undefined);

function isFull({ first }: End, { appends }: Lease, now: Timestamp): boolean {
  const begunAt = timestamp(String(first?.['at']));
  // Either way: a clock far ahead may have begun it.
  const isOld = begunAt !== undefined && Math.abs(elapsedMs(begunAt, now)) > ROLL_AFTER_DAYS * DAY_MS;
  return isOld || appends > ROLL_AFTER_APPENDS;
}

interface NewFile {
  readonly number: number;
  readonly name: string;
  readonly lease: Lease;
  readonly names: readonly string[];
}

/** An empty file: the first of all, or one that a run made and then died, before the file before named it. */
async function beginFile(
  store: LogStore,
  { number, name, lease, names }: NewFile,
  end: End,
  night: NightId,
  now: Timestamp,
): Promise<Held | undefined> {
  if (number > 1) {
    const before = await rolledOverInto(store, { name, lease }, number - 1, night, now);
    return (
      before && (await mended({ ...before, place: { ...before.place, offset: end.bytes } }, end, night, now))
    );
  }
  const continues = await endOfOldNights(store, names);
  const place: Place = { seq: 0, prev: continues?.hash ?? NOTHING_BEFORE, offset: end.bytes };
  const held = await mended({ name, lease, place }, end, night, now);
  return await appended(held, [{ kind: 'logBegun', ...(continues && { continues }) }], night, now);
}

async function rollOver(
  store: LogStore,
  { name: old, lease: oldLease, place }: Held,
  number: number,
  night: NightId,
  now: Timestamp,
): Promise<Held | undefined> {
  const name = logName(number + 1);
  await store.create(name);
  const lease = await store.lease(name);
  if (lease === undefined) {
    await oldLease.release();
    return undefined;
  }
  try {
    const held = { name: old, lease: oldLease, place };
    const ended = await appended(held, [{ kind: 'rolledOver', to: name }], night, now);
    await oldLease.release();
    return { name, lease, place: { ...ended.place, offset: 0 } };
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** The file before must say that the log goes on in this one. */
async function rolledOverInto(
  store: LogStore,
  { name, lease }: Pick<NewFile, 'name' | 'lease'>,
  before: number,
  night: NightId,
  now: Timestamp,
): Promise<Held | undefined> {
  const old = logName(before);
  const oldLease = await store.lease(old);
  if (oldLease === undefined) {
    await lease.release();
    return undefined;
  }
  try {
    const end = await endOf(store, old);
    const place: Place = { seq: 0, prev: end.hash, offset: end.bytes };
    if (end.last !== undefined && kindOf(end.last) === 'rolledOver') {
      return { name, lease, place: { ...place, offset: 0 } };
    }
    const held = await mended({ name: old, lease: oldLease, place }, end, night, now);
    const ended = await appended(held, [{ kind: 'rolledOver', to: name }], night, now);
    return { name, lease, place: { ...ended.place, offset: 0 } };
  } finally {
    await oldLease.release();
  }
}

async function afterRollOver(
  store: LogStore,
  name: string,
  { record }: JsonObject,
  night: NightId,
  now: Timestamp,
): Promise<Held | undefined> {
  const to = isObject(record) ? String(record['to']) : '';
  if (to > name && (await store.names()).includes(to)) return await takeLog(store, night, now);
  throw new Error(`${name} says that the log goes on in ${to}, which is missing`);
}

/** A torn last line stays where it is; a line of its own says what it was. */
async function mended(held: Held, end: End, night: NightId, now: Timestamp): Promise<Held> {
  const { torn, endsInNewline } = end;
  const records = torn.length === 0 ? [] : [{ kind: 'tornLine', hash: hashOfTorn(torn) } as const];
  if (records.length === 0 && endsInNewline) return held;
  return await appended(held, records, night, now, endsInNewline ? '' : '\n');
}

async function appended(
  { name, lease, place }: Held,
  records: readonly LedgerRecord[],
  night: NightId,
  now: Timestamp,
  before = '',
): Promise<Held> {
  const linked = linkRecords(night, place, now, records);
  return { name, lease, place: await put(lease, place.offset, linked.tail, [before, ...linked.texts]) };
}

/** Appends `texts` at `offset`. @returns where the next line goes, given the `tail` that they end with */
export async function put(
  lease: Lease,
  offset: number,
  tail: Tail,
  texts: readonly string[],
): Promise<Place> {
  await lease.append(offset, texts);
  return { ...tail, offset: texts.reduce((end, text) => end + Buffer.byteLength(text), offset) };
}
