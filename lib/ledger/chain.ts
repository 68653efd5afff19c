/** A night as text: NDJSON, each line holding the SHA-256 of the line before. */
import { hash } from 'node:crypto';
import type { NightId, Timestamp } from '../core/ids.ts';
import { type LedgerLine, type LedgerRecord, ledgerLine } from '../core/record.ts';
import { messageOf } from '../errors.ts';

/** What the first line of the very first night continues. */
export const NOTHING_BEFORE = '0'.repeat(64);

/** Where the next line goes: its number in the night, and the hash of the line before. */
export interface Tail {
  readonly seq: number;
  readonly prev: string;
}

/** Whose lines they are. */
export interface Author {
  readonly night: NightId;
  readonly fence: number;
}

export interface Linked {
  readonly lines: readonly LedgerLine[];
  /** One text per line, newline included. */
  readonly texts: readonly string[];
  readonly tail: Tail;
}

/**
 * The lines that `records` become after `tail`. Each is read back from its text at once: a line that could not
 * be read would refuse every later night, so it is not written.
 * @throws Error where a record would not be readable
 */
export function linkRecords(
  { night, fence }: Author,
  tail: Tail,
  at: Timestamp,
  records: readonly LedgerRecord[],
): Linked {
  const lines: LedgerLine[] = [];
  const texts: string[] = [];
  let { seq, prev } = tail;
  for (const record of records) {
    const text = JSON.stringify({ night, seq, fence, at, prev, record });
    lines.push(parseLine(Buffer.from(text)));
    texts.push(`${text}\n`);
    prev = hash('sha256', text);
    seq += 1;
  }
  return { lines, texts, tail: { seq, prev } };
}

/** Something in a night's file that a night does not write. */
export class ChainBroken extends Error {
  override readonly name = 'ChainBroken';
  /** Counted from 1, as an editor shows it. */
  readonly lineNumber: number;

  constructor(lineNumber: number, message: string) {
    super(message);
    this.lineNumber = lineNumber;
  }
}

/** A line that has its place in the chain, and its own hash, which the next one must hold. */
export interface ReadLine {
  readonly line: LedgerLine;
  readonly hash: string;
}

/** How much there was to read. */
export interface ChainEnd {
  readonly bytes: number;
  /** Those at the end that are a line without its newline. */
  readonly torn: Uint8Array;
}

/**
 * The lines of one night, each checked against the one before. A last line without its newline was torn off by a
 * crash while it was being written; nothing was done on the strength of it, and it is left out. So it is where the
 * night was taken over since, and the torn line stands before the one that says so.
 * @throws ChainBroken
 */
export async function* readChain(
  night: NightId,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ReadLine, ChainEnd, undefined> {
  const place = startChain(night);
  const lines = wholeLines(chunks);
  let held: Uint8Array | undefined;
  let lineNumber = 0;
  let next = await lines.next();
  while (!next.done) {
    const torn = tornBefore(next.value);
    if (torn !== undefined && (held === undefined || torn !== hash('sha256', held))) {
      throw new ChainBroken(lineNumber + 1, 'names a torn line before it, which is not there as it was');
    }
    if (held !== undefined && torn === undefined) yield place(held);
    held = next.value;
    lineNumber += 1;
    next = await lines.next();
  }
  if (held !== undefined) yield place(held);
  return next.value;
}

/** Gives each line its place, in order, or says why it has none there. */
function startChain(night: NightId): (bytes: Uint8Array) => ReadLine {
  let seq = 0;
  let before: ReadLine | undefined;
  return (bytes) => {
    const wrong = (text: string) => new ChainBroken(seq + 1, text);
    const line = parsedAt(bytes, seq + 1);
    const { record } = line;
    if (line.night !== night) throw wrong(`is a line of another night (${line.night})`);
    if (line.seq !== seq) {
      throw wrong(`says that it is line ${line.seq + 1} of its night: a line is missing or moved`);
    }
    const takesOver = record.kind === 'takenOver';
    if (seq === 0 && record.kind !== 'nightStarted' && !takesOver) throw wrong('does not start the night');
    if (seq > 0 && record.kind === 'nightStarted') throw wrong('starts the night a second time');
    if (before?.line.record.kind === 'takenOver') throw wrong('was written after the night was taken over');
    const fence = before?.line.fence ?? line.fence;
    if (before !== undefined && (takesOver ? line.fence <= fence : line.fence !== fence)) {
      throw wrong(`has the fencing number ${line.fence} after ${fence}`);
    }
    const first = (record.kind === 'nightStarted' && record.continues?.hash) || NOTHING_BEFORE;
    if (line.prev !== (before?.hash ?? first)) {
      throw wrong('does not continue the line before: one of them was changed');
    }
    before = { line, hash: hash('sha256', bytes) };
    seq += 1;
    return before;
  };
}

/** The hash of the line before that `bytes`, where they take over the night, call torn. */
function tornBefore(bytes: Uint8Array): string | undefined {
  if (!TAKES_OVER.test(Buffer.from(bytes.subarray(-TAKES_OVER_ROOM)).toString('latin1'))) return undefined;
  try {
    const { record } = parseLine(bytes);
    return record.kind === 'takenOver' ? record.torn : undefined;
  } catch {
    return undefined;
  }
}

/** So that not every line is parsed twice. */
const TAKES_OVER = /"kind":"takenOver"/;
const TAKES_OVER_ROOM = 250;

function parsedAt(bytes: Uint8Array, lineNumber: number): LedgerLine {
  try {
    return parseLine(bytes);
  } catch (error) {
    throw new ChainBroken(lineNumber, `cannot be read: ${messageOf(error)}`);
  }
}

/** Strict, so that two different texts never read as the same line. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseLine(bytes: Uint8Array): LedgerLine {
  const result = ledgerLine.safeParse(JSON.parse(utf8.decode(bytes)));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(problems.join('; '));
}

const NEWLINE = 0x0a;

/** The lines that have their newline, without it. */
async function* wholeLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, ChainEnd, undefined> {
  let open: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const last = chunk.subarray(from, end);
      yield open.length === 0 ? last : Buffer.concat([...open, last]);
      open = [];
      from = end + 1;
    }
    if (from < chunk.length) open.push(chunk.subarray(from));
  }
  return { bytes, torn: Buffer.concat(open) };
}
