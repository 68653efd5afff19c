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
  night: NightId,
  tail: Tail,
  at: Timestamp,
  records: readonly LedgerRecord[],
): Linked {
  const lines: LedgerLine[] = [];
  const texts: string[] = [];
  let { seq, prev } = tail;
  for (const record of records) {
    const text = JSON.stringify({ night, seq, at, prev, record });
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

/**
 * The lines of one night, each checked against the one before. A last line without its newline was torn off by a
 * crash while it was being written; nothing was done on the strength of it, and it is left out.
 * @throws ChainBroken
 */
export async function* readChain(
  night: NightId,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ReadLine, void, undefined> {
  let seq = 0;
  let before: string | undefined;
  for await (const bytes of wholeLines(chunks)) {
    const line = parsedAt(bytes, seq + 1);
    if (line.night !== night) throw new ChainBroken(seq + 1, `is a line of another night (${line.night})`);
    if (line.seq !== seq) {
      throw new ChainBroken(
        seq + 1,
        `says that it is line ${line.seq + 1} of its night: a line is missing or moved`,
      );
    }
    const { record } = line;
    if ((record.kind === 'nightStarted') !== (seq === 0)) {
      throw new ChainBroken(
        seq + 1,
        seq === 0 ? 'does not start the night' : 'starts the night a second time',
      );
    }
    before ??= (record.kind === 'nightStarted' && record.continues?.hash) || NOTHING_BEFORE;
    if (line.prev !== before)
      throw new ChainBroken(seq + 1, 'does not continue the line before: one of them was changed');
    before = hash('sha256', bytes);
    seq += 1;
    yield { line, hash: before };
  }
}

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
async function* wholeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let open: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const last = chunk.subarray(from, end);
      yield open.length === 0 ? last : Buffer.concat([...open, last]);
      open = [];
      from = end + 1;
    }
    if (from < chunk.length) open.push(chunk.subarray(from));
  }
}
