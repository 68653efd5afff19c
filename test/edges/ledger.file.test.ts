/** What a disk, an editor or a restore can do to the text of the log. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFileLedger } from '../../lib/ledger/file.ts';
import type { Ledger } from '../../lib/ports.ts';
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
} from './ledgerRecords.ts';

const FIRST = time('2026-11-20T02:00:00Z');
const SECOND = time('2026-11-21T02:00:00Z');
const THIRD = time('2026-11-22T02:00:00Z');
const LOG = 'log/000001.ndjson';

let directory: string;
let ledger: Ledger;
const path = () => join(directory, LOG);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ledger-'));
  ledger = createFileLedger(directory);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Lines 1 to 10, `logBegun` the first of them. */
async function threeNights(): Promise<void> {
  await writeNight(ledger, night('a'), FIRST, [decided(1), keep(2, 'licensed'), ended()]);
  await writeNight(ledger, night('b'), SECOND, [decided(1), announced(1), ended()]);
  await writeNight(ledger, night('c'), THIRD, [ended()]);
}
async function edit(change: (text: string) => string): Promise<void> {
  const before = await readFile(path(), 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(path(), after);
}
const lineList = (text: string) => text.split('\n').slice(0, -1);
const joined = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

test('a directory that does not exist yet is made', async () => {
  expect(await readAll(createFileLedger(join(directory, 'new')))).toEqual([]);
});

describe('what a crash tore off is left out, and a later run goes on behind it', () => {
  test.each([
    ['in the middle of a line', (text: string) => text.slice(0, -40), 9],
    ['just before the newline', (text: string) => text.slice(0, -1), 10],
    ['after its first byte', (text: string) => `${joined(lineList(text).slice(0, -1))}{`, 9],
    ['in the middle of a letter', (text: string) => `${joined(lineList(text).slice(0, -1))}{"Zo\u00c3`, 9],
  ])('%s', async (_, tear, left) => {
    await threeNights();
    await edit(tear);
    await writeNight(ledger, night('d'), THIRD, [ended()]);
    const lines = await readAll(ledger);
    expect(lines.map(({ record }) => record.kind).slice(-2)).toEqual(['nightStarted', 'nightEnded']);
    expect(lines).toHaveLength(left + 2);
    expect(await readAll(ledger)).toEqual(lines);
  });

  test('also where the run that went on was itself torn off', async () => {
    await threeNights();
    await edit((text) => text.slice(0, -40));
    await writeNight(ledger, night('d'), THIRD);
    await edit((text) => joined(lineList(text).slice(0, -1)).slice(0, -30));
    await writeNight(ledger, night('e'), THIRD, [ended()]);
    expect((await readAll(ledger)).map(({ night: id }) => id[0]).join('')).toBe('aaaabbbbcee');
  });

  test('and where not even the first line was whole', async () => {
    await writeNight(ledger, night('a'), FIRST);
    await edit((text) => text.slice(0, 30));
    await writeNight(ledger, night('b'), SECOND, [ended()]);
    expect((await readAll(ledger)).map(({ record }) => record.kind)).toEqual(['nightStarted', 'nightEnded']);
  });
});

describe('what does not fit refuses the night, by file and line', () => {
  const refusal = async () => {
    const error = await readAll(ledger).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'NightRefused', refusals: [{ refusal: 'ledgerUnusable' }] });
    return String(error);
  };

  test.each<[string, (text: string) => string, string]>([
    ['one byte changed', (text) => text.replace('Zoë 1', 'Zoe 1'), 'line 4 does not continue'],
    ['a line removed', (text) => joined(lineList(text).toSpliced(1, 1)), 'line 2 does not continue'],
    [
      'two lines swapped',
      (text) => {
        const [first = '', a = '', b = '', ...rest] = lineList(text);
        return joined([first, b, a, ...rest]);
      },
      'line 2 does not continue',
    ],
    ['a line repeated', (text) => `${text}${lineList(text).at(-1)}\n`, 'line 12 does not continue'],
    ['half a line inside', (text) => text.replace(/"Zoë 2".*\n/, '\n'), 'line 5 does not continue'],
    ['a blank line inside', (text) => text.replace('\n', '\n\n'), 'line 2 cannot be read'],
    [
      'an unknown record',
      (text) => text.replace(/nightEnded(?=[\s\S]*nightEnded)/, 'nightBent'),
      'does not continue',
    ],
    ['CRLF', (text) => text.replaceAll('\n', '\r\n'), 'line 2 does not continue'],
  ])('%s', async (_, change, message) => {
    await threeNights();
    await edit(change);
    const before = await readFile(path(), 'utf8');
    expect(await refusal()).toContain(message);
    expect(await readFile(path(), 'utf8')).toBe(before);
  });

  test('another byte that reads as the same character', async () => {
    await writeNight(ledger, night('a'), FIRST, [decided(1, { displayName: 'a\ufffdb' }), ended()]);
    const bytes = await readFile(path());
    const at = bytes.indexOf('\ufffd');
    await writeFile(
      path(),
      Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]),
    );
    expect(await refusal()).toMatch(/line [34] /);
  });

  test('the message says what was not done and what to do', async () => {
    await threeNights();
    await edit((text) => text.replace('Zoë 1', 'Zoe 1'));
    const message = await refusal();
    expect(message).toContain(`${directory} cannot be relied on: ${LOG}`);
    expect(message).toContain('Nothing was purged');
    expect(message).toContain('restore it from a copy');
  });
});

describe('a ledger that cannot be written', () => {
  test('refuses the night where the directory is a file', async () => {
    await writeFile(join(directory, 'log'), '');
    await expect(openAt(ledger, night('a'), FIRST)).rejects.toMatchObject({
      refusals: [{ refusal: 'ledgerUnusable' }],
    });
  });

  test('refuses the night where the lock is no lock', async () => {
    await mkdir(join(directory, 'log'));
    await writeFile(`${path()}.lock`, 'this is no lock'.repeat(100));
    await expect(openAt(ledger, night('a'), FIRST)).rejects.toThrow(`${path()}.lock: `);
  });

  test('fails where something else writes to the same file, and ever after', async () => {
    const open = await openAt(ledger, night('a'), FIRST);
    await open.append(FIRST, [started()]);
    await edit((text) => `${text}x\n`);
    await expect(open.append(FIRST, [ended()])).rejects.toMatchObject({ name: 'LedgerFailed' });
    await edit((text) => text.slice(0, -2));
    await expect(open.append(FIRST, [ended()])).rejects.toThrow('something else writes to it');
    expect(await linesIn(open)).toHaveLength(1);
    await open.release();
  });

  test('fails where the file is gone', async () => {
    const open = await openAt(ledger, night('a'), FIRST);
    await rm(path());
    await expect(open.append(FIRST, [started()])).rejects.toThrow('it is not there any more (ENOENT)');
    await open.release();
  });
});
