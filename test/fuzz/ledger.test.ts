/** Ledger files that a disk, an editor or a restore has spoilt: read as they were written, or refused by name. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { LedgerLine } from '../../lib/core/record.ts';
import { NightRefused } from '../../lib/errors.ts';
import { createFileLedger } from '../../lib/ledger/file.ts';
import {
  announced,
  decided,
  ended,
  keep,
  linesIn,
  night,
  openAt,
  readAll,
  started,
  time,
  writeNight,
} from '../edges/ledgerRecords.ts';
import { fuzz, refusedOr } from './fuzz.ts';
import { anyFolderSpoil } from './ledgerSpoils.ts';

let root: string;
let original: string;
let folder: string;
let written: readonly LedgerLine[];
const TONIGHT = time('2026-12-02T02:00:00Z');
/** The third was cut off. The log rolls over before the last. */
const NIGHTS = [
  ['a', '2026-11-20', [decided(1), keep(2, 'licensed'), ended()]],
  ['b', '2026-11-21', [decided(1), announced(1), ended()]],
  ['c', '2026-11-22', [decided(3), announced(3)]],
  ['d', '2026-11-29', [decided(4), announced(4), ended()]],
] as const;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fuzz-ledger-'));
  original = join(root, 'original');
  folder = join(root, 'spoilt');
  const ledger = createFileLedger(original);
  for (const [digit, day, records] of NIGHTS) {
    await writeNight(ledger, night(digit), time(`${day}T02:00:00Z`), records);
  }
  const copy = join(root, 'read');
  cpSync(original, copy, { recursive: true });
  written = await readAll(createFileLedger(copy));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const textOf = (line: LedgerLine | undefined) => JSON.stringify(line);

/**
 * What was written, but for what no chain can tell: the end of the newest file, which nothing continues yet, and a log
 * of which nothing is left.
 */
function expectAsWritten(lines: readonly LedgerLine[]): string {
  if (lines.length === 0) return 'nothing left';
  const alike = lines.findIndex((line, n) => textOf(line) !== textOf(written[n]));
  const newest = written.findIndex((line) => line.night === night('d'));
  if (alike < 0 && lines.length === written.length) return 'as written';
  // All that differs is the last line.
  if (alike >= 0) expect(alike).toBe(lines.length - 1);
  expect(lines.length).toBeGreaterThanOrEqual(alike < 0 ? newest : newest + 1);
  return 'newest end';
}

/** Reads the ledger and begins a night, unless the ledger refuses. */
async function begin(): Promise<readonly LedgerLine[]> {
  const open = await openAt(createFileLedger(folder), night('e'), TONIGHT);
  try {
    const before = await linesIn(open);
    await open.append(TONIGHT, [started(), ended()]);
    return before;
  } finally {
    await open.release();
  }
}

async function judged(): Promise<string> {
  const begun = await refusedOr(begin);
  if (begun instanceof NightRefused) {
    expect(begun.refusals).toMatchObject([{ refusal: 'ledgerUnusable' }]);
    expect(begun.message).toMatch(/log\/|lock/);
    return 'refused';
  }
  const what = expectAsWritten(begun.value);
  const after = await readAll(createFileLedger(folder));
  expect(after.slice(0, -2).map(textOf)).toEqual(begun.value.map(textOf));
  expect(after.slice(-2).map(({ record }) => record.kind)).toEqual(['nightStarted', 'nightEnded']);
  return what;
}

fuzz('a ledger whose files are spoilt', {
  runs: 80,
  of: anyFolderSpoil,
  run: async ({ apply }) => {
    rmSync(folder, { recursive: true, force: true });
    cpSync(original, folder, { recursive: true });
    apply(folder);
    return judged();
  },
  atLeast: { refused: 30, 'as written': 2 },
});
