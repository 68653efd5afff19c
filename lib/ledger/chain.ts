/** The log as text: NDJSON, each line holding the SHA-256 of the line before. */
import { hash } from 'node:crypto';
import type { NightId, Timestamp } from '../core/ids.ts';
import { isObject, parseJson } from '../core/json.ts';
import type { JsonObject } from '../core/model.ts';
import { type LedgerLine, type LedgerRecord, ledgerLine } from '../core/record.ts';
import { messageOf } from '../errors.ts';

/** What the first line of the very first log continues. */
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
 * The lines that `records` become after `tail`. Each is read back from its text at once: a line that could not be read
 * would refuse every later night, so it is not written.
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
    lines.push(parseLine(JSON.parse(text)));
    texts.push(`${text}\n`);
    prev = hash('sha256', text);
    seq += 1;
  }
  return { lines, texts, tail: { seq, prev } };
}

/** Something in a file that no run writes. */
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
 * The lines of one file, each checked against the one before; `before` is the hash that the first must hold, where it is
 * known. A last line without its newline was torn off by a crash while it was being written; nothing was done on the
 * strength of it, and it is left out. So it is where a later run went on behind it, and a `tornLine` names it.
 * @returns how many bytes there are, and the torn ones at the end
 * @throws ChainBroken
 */
export async function* readChain(
  chunks: AsyncIterable<Uint8Array>,
  before: string | undefined,
): AsyncGenerator<ReadLine, FileEnd, undefined> {
  const seqs = new Map<NightId, number>();
  let prev = before;
  let torn: Uint8Array[] = [];
  let lineNumber = 0;
  const lines = wholeLines(chunks);
  let next = await lines.next();
  for (; !next.done; next = await lines.next()) {
    lineNumber += 1;
    const bytes = next.value;
    const json = jsonIn(bytes);
    if (json === undefined) {
      torn.push(bytes);
      continue;
    }
    const line = understood(json, prev, lineNumber);
    checkTorn(line, torn, lineNumber);
    torn = [];
    checkPlace(line, prev, seqs, lineNumber);
    prev = hash('sha256', bytes);
    yield { line, hash: prev };
  }
  if (torn.length > 0) throw new ChainBroken(lineNumber, NOT_JSON);
  return next.value;
}

const NOT_JSON = 'cannot be read: it is not JSON';
const CHANGED = 'does not continue the line before: one of them was changed, removed or added';

/** What a crash tore off stands before the line that names it. */
function checkTorn({ record }: LedgerLine, torn: readonly Uint8Array[], lineNumber: number): void {
  const named = record.kind === 'tornLine' ? record.hash : undefined;
  if (torn.length === 0 ? named === undefined : named === hashOfTorn(torn)) return;
  throw named === undefined
    ? new ChainBroken(lineNumber - torn.length, NOT_JSON)
    : new ChainBroken(lineNumber, 'names a torn line before it, which is not there as it was');
}

/** A run that mended a torn line can itself be torn off: then there are several. */
export function hashOfTorn(torn: readonly Uint8Array[]): string {
  const lines = torn.flatMap((line, index) => (index === 0 ? [line] : [Buffer.from([NEWLINE]), line]));
  return hash('sha256', Buffer.concat(lines));
}

function checkPlace(
  line: LedgerLine,
  prev: string | undefined,
  seqs: Map<NightId, number>,
  lineNumber: number,
): void {
  if (prev !== undefined && line.prev !== prev) throw new ChainBroken(lineNumber, CHANGED);
  const seq = seqs.get(line.night);
  if (seq !== undefined && line.seq !== seq) {
    throw new ChainBroken(
      lineNumber,
      `says that it is line ${line.seq + 1} of its night, and it is line ${seq + 1}`,
    );
  }
  seqs.set(line.night, line.seq + 1);
}

/** A line that is whole, and that has its place, was cut by no crash: a version wrote it that knows more. */
function understood(json: JsonObject, prev: string | undefined, lineNumber: number): LedgerLine {
  try {
    return parseLine(json);
  } catch (error) {
    if (prev !== undefined && json['prev'] !== prev) throw new ChainBroken(lineNumber, CHANGED);
    throw new ChainBroken(
      lineNumber,
      `is not understood (${messageOf(error)}): it was changed, or written by a newer version of the tool. Deploy that version again, or a later one`,
    );
  }
}

/** Strict, so that two different texts never read as the same line. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
export const textOf = (bytes: Uint8Array) => utf8.decode(bytes);

/** `undefined` where it is no JSON object in UTF-8. */
export function jsonIn(bytes: Uint8Array): JsonObject | undefined {
  try {
    const json = parseJson(textOf(bytes));
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Error naming what is wrong */
export function parseLine(json: unknown): LedgerLine {
  const result = ledgerLine.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(problems.join('; '));
}

export interface FileEnd {
  readonly bytes: number;
  /** Those at the end that are a line without its newline. */
  readonly torn: Uint8Array;
}

const NEWLINE = 0x0a;

/** The lines that have their newline, without it. */
export async function* wholeLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, FileEnd, undefined> {
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
