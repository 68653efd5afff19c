/**
 * What the ledger holds, read by other means than the tool's own: the text as it became durable, split at its
 * newlines, and SHA-256 from Node. Checks the chain as it goes.
 */
import { createHash } from 'node:crypto';
import type { LedgerLine } from '../../lib/core/record.ts';

export interface Book {
  /** Every durable line, in the order in which they became so. */
  readonly lines: LedgerLine[];
  /** Looks at a file that has grown. Returns its new lines, and what is wrong with the chain. */
  grown(name: string, bytes: Buffer): { readonly lines: readonly LedgerLine[]; readonly wrong: string[] };
}

interface Shelf {
  read: number;
  seq: number;
  hash: string | undefined;
  fence: number | undefined;
  takenOver: boolean;
}

const ZEROS = '0'.repeat(64);

export function openBook(): Book {
  const lines: LedgerLine[] = [];
  const shelves = new Map<string, Shelf>();
  const hashes = new Set<string>();
  let highest = 0;
  let hasBegun = false;

  return {
    lines,
    grown(name, bytes) {
      const shelf = shelves.get(name) ?? {
        read: 0,
        seq: 0,
        hash: undefined,
        fence: undefined,
        takenOver: false,
      };
      shelves.set(name, shelf);
      const fresh: LedgerLine[] = [];
      const wrong: string[] = [];
      for (let end = bytes.indexOf(10, shelf.read); end >= 0; end = bytes.indexOf(10, shelf.read)) {
        const text = bytes.subarray(shelf.read, end).toString('utf8');
        if (isTorn(bytes.subarray(shelf.read, end), bytes.subarray(end + 1))) {
          shelf.read = end + 1;
          continue;
        }
        const line: LedgerLine = JSON.parse(text);
        const before = shelf.hash ?? startOf(line);
        if (line.prev !== before)
          wrong.push(`${name} line ${shelf.seq + 1} does not continue the line before`);
        if (line.seq !== shelf.seq) wrong.push(`${name} line ${shelf.seq + 1} is numbered ${line.seq}`);
        if (shelf.hash === undefined && before !== ZEROS && !hashes.has(before)) {
          wrong.push(`${name} continues a line that the ledger does not have`);
        }
        const begins = line.record.kind === 'nightStarted';
        if (begins && before === ZEROS && hasBegun) wrong.push(`${name} begins a second chain`);
        hasBegun ||= begins;
        for (const problem of wrongFence(line, shelf, highest)) wrong.push(`${name} ${problem}`);
        shelf.fence ??= line.fence;
        shelf.takenOver = line.record.kind === 'takenOver';
        highest = Math.max(highest, line.fence);
        shelf.hash = createHash('sha256').update(text).digest('hex');
        hashes.add(shelf.hash);
        shelf.seq += 1;
        shelf.read = end + 1;
        fresh.push(line);
        lines.push(line);
      }
      return { lines: fresh, wrong };
    },
  };
}

function startOf({ record }: LedgerLine): string {
  if (record.kind === 'takenOver') return ZEROS;
  return record.kind === 'nightStarted' ? (record.continues?.hash ?? ZEROS) : 'a night that does not start';
}

/** A line was torn off by a crash where the next one says so. */
function isTorn(line: Buffer, after: Buffer): boolean {
  const next = after.subarray(0, Math.max(after.indexOf(10), 0)).toString('utf8');
  if (!next.includes('"kind":"takenOver"')) return false;
  const { record }: LedgerLine = JSON.parse(next);
  return record.kind === 'takenOver' && record.torn === createHash('sha256').update(line).digest('hex');
}

/** Whoever has the smaller number has lost the ledger, and writes no more, but how its telemetry went. */
function wrongFence({ fence, record }: LedgerLine, shelf: Shelf, highest: number): readonly string[] {
  const isFirst = shelf.fence === undefined || record.kind === 'takenOver';
  return [
    ...(shelf.takenOver ? ['goes on after it was taken over'] : []),
    ...(fence < highest && record.kind !== 'telemetrySent'
      ? [`has a line of the runner ${fence} after one of ${highest}`]
      : []),
    ...(isFirst || fence === shelf.fence ? [] : [`has lines of the runners ${shelf.fence} and ${fence}`]),
  ];
}
