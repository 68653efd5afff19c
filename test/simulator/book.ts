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
}

const ZEROS = '0'.repeat(64);

export function openBook(): Book {
  const lines: LedgerLine[] = [];
  const shelves = new Map<string, Shelf>();
  const hashes = new Set<string>();

  return {
    lines,
    grown(name, bytes) {
      const shelf = shelves.get(name) ?? { read: 0, seq: 0, hash: undefined };
      shelves.set(name, shelf);
      const fresh: LedgerLine[] = [];
      const wrong: string[] = [];
      for (let end = bytes.indexOf(10, shelf.read); end >= 0; end = bytes.indexOf(10, shelf.read)) {
        const text = bytes.subarray(shelf.read, end).toString('utf8');
        const line: LedgerLine = JSON.parse(text);
        const before = shelf.hash ?? startOf(line);
        if (line.prev !== before)
          wrong.push(`${name} line ${shelf.seq + 1} does not continue the line before`);
        if (line.seq !== shelf.seq) wrong.push(`${name} line ${shelf.seq + 1} is numbered ${line.seq}`);
        if (shelf.hash === undefined && before !== ZEROS && !hashes.has(before)) {
          wrong.push(`${name} continues a line that the ledger does not have`);
        }
        if (shelf.hash === undefined && before === ZEROS && lines.length > 0) {
          wrong.push(`${name} begins a second chain`);
        }
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

const startOf = ({ record }: LedgerLine) =>
  record.kind === 'nightStarted' ? (record.continues?.hash ?? ZEROS) : 'a night that does not start';
