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

const ZEROS = '0'.repeat(64);
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

export function openBook(): Book {
  const lines: LedgerLine[] = [];
  const read = new Map<string, number>();
  const seqs = new Map<string, number>();
  let prev = ZEROS;
  let ended: string | undefined;

  function wrongsOf(name: string, line: LedgerLine): readonly string[] {
    const seq = seqs.get(line.night) ?? 0;
    const { kind } = line.record;
    return [
      ...(line.prev === prev ? [] : [`${name} has a line that does not continue the line before`]),
      ...(line.seq === seq ? [] : [`${name} has line ${line.seq} of a night, and it is line ${seq}`]),
      ...(line.night === ended && kind !== 'telemetrySent'
        ? [`${name} has ${kind} after the night's end`]
        : []),
    ];
  }

  return {
    lines,
    grown(name, bytes) {
      const fresh: LedgerLine[] = [];
      const wrong: string[] = [];
      let torn: Buffer[] = [];
      let from = read.get(name) ?? 0;
      for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
        const text = bytes.subarray(from, end);
        from = end + 1;
        const line = parsed(text);
        if (line === undefined) {
          torn.push(text);
          continue;
        }
        if (torn.length > 0 || line.record.kind === 'tornLine') {
          const parts = torn.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from('\n'), part]));
          const hash = sha256(Buffer.concat(parts));
          if (line.record.kind !== 'tornLine' || line.record.hash !== hash)
            wrong.push(`${name} has a torn line`);
        }
        torn = [];
        wrong.push(...wrongsOf(name, line));
        prev = sha256(text);
        seqs.set(line.night, line.seq + 1);
        if (line.record.kind === 'nightEnded') ended = line.night;
        read.set(name, from);
        fresh.push(line);
        lines.push(line);
      }
      return { lines: fresh, wrong };
    },
  };
}

function parsed(text: Buffer): LedgerLine | undefined {
  try {
    return JSON.parse(text.toString('utf8')) as LedgerLine;
  } catch {
    return undefined;
  }
}
