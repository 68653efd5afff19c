/** Ledger files that a disk, an editor or a restore has spoilt: read as they were written, or refused by name. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { LedgerLine } from '../../lib/core/record.ts';
import { LedgerFailed, NightRefused } from '../../lib/errors.ts';
import { createFileLedger } from '../../lib/ledger/file.ts';
import type { Claim } from '../../lib/ports.ts';
import {
  claimed,
  clockAt,
  decided,
  ended,
  intended,
  keep,
  night,
  readAll,
  started,
  time,
  writeNight,
} from '../edges/ledgerRecords.ts';
import { expectClear, fuzz, refusedOr } from './fuzz.ts';
import { anyFolderSpoil } from './ledgerSpoils.ts';

let root: string;
let original: string;
let folder: string;
let written: readonly LedgerLine[];
const TONIGHT = time('2026-11-24T02:00:00Z');
/** The third was cut off, and the fourth took it over. */
const NIGHTS = [
  ['a', '2026-11-20', [decided(1), keep(2, 'licensed'), ended()]],
  ['b', '2026-11-21', [decided(1), intended(1), ended()]],
  ['c', '2026-11-22', [decided(3), intended(3)]],
  ['d', '2026-11-23', [decided(4), intended(4), ended()]],
] as const;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fuzz-ledger-'));
  original = join(root, 'original');
  folder = join(root, 'spoilt');
  const first = join(root, 'first');
  const ledger = createFileLedger(first);
  for (const [digit, day, records] of NIGHTS) {
    await writeNight(ledger, night(digit), time(`${day}T02:00:00Z`), records);
  }
  cpSync(first, original, { recursive: true });
  written = (await readAll(ledger)).lines;
  await (await claimed(ledger, night('e'), TONIGHT)).release();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Where the first of these lines stands in what was written. */
const textOf = (line: LedgerLine | undefined) => JSON.stringify(line);
const isEnd = (n: number) => n === written.length || written[n]?.night !== written[n - 1]?.night;

/**
 * What was written, but for what no chain can tell: old nights that are gone as retention takes them, and the end
 * of the newest night, which nothing continues yet.
 */
function expectAsWritten(lines: readonly LedgerLine[]): string {
  const from = written.findIndex((line) => textOf(line) === textOf(lines[0]));
  if (lines.length === 0) return 'nothing left';
  expect(from).toBeGreaterThanOrEqual(0);
  expect(isEnd(from)).toBe(true);
  const newest = written.findIndex((line) => line.night === night('d'));
  const alike = lines.findIndex((line, n) => textOf(line) !== textOf(written[from + n]));
  if (alike >= 0)
    expect({ alike, length: lines.length }).toEqual({ alike: lines.length - 1, length: alike + 1 });
  if (alike >= 0 || from + lines.length < written.length) {
    expect(from + lines.length).toBeGreaterThanOrEqual(newest);
    return 'newest end';
  }
  return from === 0 ? 'as written' : 'retention';
}

const NAMED = /\.ndjson|claims\.log|lock/;

/** Begins a night, as far as the ledger lets it. */
async function begin(): Promise<Claim> {
  const ledger = createFileLedger(folder);
  const claim = await ledger.claim(night('f'), clockAt(TONIGHT), new AbortController().signal);
  try {
    const { end } = await readAll(ledger);
    const open = await ledger.begin(claim, end);
    await open.append(TONIGHT, [started(end), ended()]);
    return claim;
  } finally {
    await claim.release();
  }
}

async function judged(): Promise<string> {
  const read = await refusedOr(() => readAll(createFileLedger(folder)));
  const what = read instanceof NightRefused ? refused(read) : expectAsWritten(read.value.lines);
  try {
    const begun = await refusedOr(begin);
    if (begun instanceof NightRefused) {
      refused(begun);
      return what === 'refused' ? what : `${what}, no night can begin`;
    }
    expect(what).not.toBe('refused');
    const { lines } = await readAll(createFileLedger(folder));
    const { fence } = begun.value;
    expect(lines.slice(-2).map((line) => [line.night, line.fence])).toEqual([
      [night('f'), fence],
      [night('f'), fence],
    ]);
    const earlier = lines.slice(0, -2).filter(({ record }) => record.kind !== 'takenOver');
    for (const line of earlier) expect(line.fence).toBeLessThan(fence);
  } catch (error) {
    if (!(error instanceof LedgerFailed)) throw error;
    expectClear(error.message);
  }
  return what;
}

function refused(error: NightRefused): 'refused' {
  expect(error.refusals).toMatchObject([{ refusal: 'ledgerUnusable' }]);
  expect(error.message).toMatch(NAMED);
  return 'refused';
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
  atLeast: { refused: 40, 'newest end': 1, 'as written': 2 },
});
