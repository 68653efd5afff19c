import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { createFileLedger } from '../../lib/ledger/file.ts';
import { decided, LONG_AGO, night, openAt, time } from './ledgerRecords.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const heapMb = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1e6;
};

test('a night of 50,000 lines is read in the memory of a few', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-'));
  try {
    const ledger = createFileLedger(directory);
    const open = await openAt(ledger, night('a'), time('2026-11-20T02:00:00Z'));
    for (let from = 0; from < 50_000; from += 2500) {
      const records = Array.from({ length: 2500 }, (_, number) => decided(from + number));
      await open.append(time('2026-11-20T02:00:00Z'), records);
    }
    let lines = 0;
    let early = 0;
    let late = 0;
    for await (const { seq } of open.lines(LONG_AGO)) {
      if (seq === 5000) early = heapMb();
      if (seq === 49_000) late = heapMb();
      lines += 1;
    }
    expect(lines).toBe(50_001);
    // The text alone of what lies between is more than 40 MB.
    expect(late - early).toBeLessThan(10);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);
