import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFileLedger } from '../../lib/ledger/file.ts';
import type { Ledger } from '../../lib/ports.ts';
import {
  claimed,
  decided,
  ended,
  intended,
  keep,
  night,
  readAll,
  started,
  time,
  writeNight,
} from './ledgerRecords.ts';

const FIRST = time('2026-11-20T02:00:00Z');
const SECOND = time('2026-11-21T02:00:00Z');
const THIRD = time('2026-11-22T02:00:00Z');

let directory: string;
let ledger: Ledger;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ledger-'));
  ledger = createFileLedger(directory);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const names = async () =>
  (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.ndjson')).sort();
/** Three nights; `pathOf(0)` is the oldest. */
async function threeNights(): Promise<void> {
  await writeNight(ledger, night('a'), FIRST, [decided(1), keep(2, 'licensed'), ended()]);
  await writeNight(ledger, night('b'), SECOND, [decided(1), intended(1), ended()]);
  await writeNight(ledger, night('c'), THIRD, [ended()]);
}
const pathOf = async (index: number) => join(directory, (await names())[index] ?? 'none');
async function edit(index: number, change: (text: string) => string): Promise<void> {
  const path = await pathOf(index);
  const before = await readFile(path, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(path, after);
}
const lineList = (text: string) => text.split('\n').slice(0, -1);
const joined = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

describe('what is written is read back', () => {
  test('nothing at all, also where the directory does not exist yet', async () => {
    expect(await readAll(ledger)).toEqual({ lines: [], end: undefined });
    expect(await readAll(createFileLedger(join(directory, 'new')))).toEqual({ lines: [], end: undefined });
  });

  test('three nights, line by line and in order', async () => {
    const first = await writeNight(ledger, night('a'), FIRST);
    const more = await first.append(time('2026-11-20T02:00:01Z'), [decided(1), keep(2, 'licensed')]);
    const again = await first.append(time('2026-11-20T02:00:02Z'), [ended()]);
    await writeNight(ledger, night('b'), SECOND);
    const { lines, end } = await readAll(ledger);
    expect(lines.slice(1, 4)).toEqual([...more, ...again]);
    expect(lines.map((line) => [line.night[0], line.seq, line.record.kind])).toEqual([
      ['a', 0, 'nightStarted'],
      ['a', 1, 'decided'],
      ['a', 2, 'decided'],
      ['a', 3, 'nightEnded'],
      ['b', 0, 'nightStarted'],
    ]);
    expect(end?.night).toBe(night('b'));
    expect(await names()).toEqual([
      join('2026', '11', '20', `20261120T020000Z-${night('a')}.ndjson`),
      join('2026', '11', '21', `20261121T020000Z-${night('b')}.ndjson`),
    ]);
  });

  test('only the nights since a moment, and the newest end however old', async () => {
    await threeNights();
    const all = await readAll(ledger);
    const some = await readAll(ledger, SECOND);
    expect(some.lines).toEqual(all.lines.filter((line) => line.night !== night('a')));
    expect(await readAll(ledger, time('2027-01-01T00:00:00Z'))).toEqual({ lines: [], end: all.end });
  });

  test('two appends at once keep their order', async () => {
    const open = await writeNight(ledger, night('a'), FIRST);
    await Promise.all([open.append(FIRST, [decided(1), decided(2)]), open.append(FIRST, [decided(3)])]);
    const { lines } = await readAll(ledger);
    expect(lines.slice(1).map(({ record }) => record.kind === 'decided' && record.displayName)).toEqual([
      'Zoë 1',
      'Zoë 2',
      'Zoë 3',
    ]);
  });

  test('files that are no nights lie beside them', async () => {
    await threeNights();
    await writeFile((await pathOf(0)).replace('.ndjson', '.html'), '<html>');
    expect((await readAll(ledger)).lines).toHaveLength(10);
  });
});

describe('what happens honestly is accepted', () => {
  test('a last line that a crash tore off', async () => {
    await threeNights();
    await edit(2, (text) => text.slice(0, -40));
    const { lines, end } = await readAll(ledger);
    expect(lines).toHaveLength(9);
    await writeNight(ledger, night('d'), time('2026-11-23T02:00:00Z'));
    const after = await readAll(ledger);
    expect(after.lines.slice(0, 9)).toEqual(lines);
    expect(after.lines.slice(9).map(({ record }) => record.kind)).toEqual(['takenOver', 'nightStarted']);
    expect(end?.night).toBe(night('c'));
  });

  test('a night that ended before its first line', async () => {
    await threeNights();
    const before = await readAll(ledger);
    await ledger.begin(await claimed(ledger, night('d'), time('2026-11-23T02:00:00Z')), before.end);
    expect(await readAll(ledger)).toEqual(before);
    await writeNight(ledger, night('e'), time('2026-11-24T02:00:00Z'));
    const { lines } = await readAll(ledger);
    expect(lines.slice(10).map(({ night: id, record }) => [id, record.kind])).toEqual([
      [night('d'), 'takenOver'],
      [night('e'), 'nightStarted'],
    ]);
    expect(lines.at(-1)?.record).toMatchObject({ continues: { night: night('c') } });
  });

  test('a night that was still telling telemetry when the next began', async () => {
    const first = await writeNight(ledger, night('a'), FIRST, [ended()]);
    await writeNight(ledger, night('b'), SECOND, [ended()]);
    const told = { kind: 'telemetrySent', of: night('a'), events: 1, delivered: true, detail: '' } as const;
    await first.append(SECOND, [told]);
    await writeNight(ledger, night('c'), THIRD);
    expect((await readAll(ledger)).lines).toHaveLength(6);
  });

  test('old nights gone from the old end', async () => {
    await threeNights();
    await rm(await pathOf(0));
    expect((await readAll(ledger)).lines).toHaveLength(6);
  });
});

describe('what does not fit refuses the night, by file and line', () => {
  const refusal = async () => {
    const error = await readAll(ledger).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'NightRefused', refusals: [{ refusal: 'ledgerUnusable' }] });
    return String(error);
  };
  const NIGHT_A = `20261120T020000Z-${night('a')}.ndjson`;

  test.each<[string, number, (text: string) => string, string]>([
    ['one byte changed', 0, (text) => text.replace('Zoë 1', 'Zoe 1'), `${NIGHT_A} line 3 does not continue`],
    [
      'a line removed',
      0,
      (text) => joined(lineList(text).toSpliced(1, 1)),
      `${NIGHT_A} line 2 says that it is`,
    ],
    [
      'two lines swapped',
      0,
      (text) => {
        const [a, b, c, d] = lineList(text);
        return joined([a ?? '', c ?? '', b ?? '', d ?? '']);
      },
      `${NIGHT_A} line 2 says`,
    ],
    ['the first line removed', 0, (text) => joined(lineList(text).slice(1)), `${NIGHT_A} line 1 says`],
    ['a line repeated', 0, (text) => `${text}${lineList(text).at(-1)}\n`, `${NIGHT_A} line 5 says`],
    [
      'half a line inside',
      0,
      (text) => text.replace(/"Zoë 2".*\n/, '\n'),
      `${NIGHT_A} line 3 cannot be read`,
    ],
    ['a blank line', 0, (text) => text.replace('\n', '\n\n'), `${NIGHT_A} line 2 cannot be read`],
    ['an unknown record', 2, (text) => text.replace('nightEnded', 'nightBent'), 'line 2 cannot be read'],
    [
      'cut at a line end',
      0,
      (text) => joined(lineList(text).slice(0, -1)),
      `${NIGHT_A} was cut or changed at its end`,
    ],
    [
      'its last line changed',
      0,
      (text) => text.replace('all done', 'all gone'),
      `${NIGHT_A} was cut or changed`,
    ],
    ['emptied', 1, () => '', 'was cut or changed at its end'],
  ])('%s', async (_, index, change, message) => {
    await threeNights();
    await edit(index, change);
    expect(await refusal()).toContain(message);
  });

  test('another byte that reads as the same character', async () => {
    await writeNight(ledger, night('a'), FIRST, [decided(1, { displayName: 'a\ufffdb' }), ended()]);
    const path = await pathOf(0);
    const bytes = await readFile(path);
    const at = bytes.indexOf('\ufffd');
    await writeFile(
      path,
      Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]),
    );
    expect(await refusal()).toContain('line 2 cannot be read');
  });

  test('a night missing between two', async () => {
    await threeNights();
    await rm(await pathOf(1));
    expect(await refusal()).toContain(`continues the night ${night('b')}, whose file is missing`);
  });

  test('a night copied, renamed, or put in the place of another', async () => {
    await threeNights();
    const text = await readFile(await pathOf(0), 'utf8');
    const copy = (await pathOf(0)).replace('20261120T02', '20261120T03');
    await writeFile(copy, text);
    expect(await refusal()).toContain('claim to be the same night');
    await rm(copy);
    await writeFile(join(directory, 'copy.ndjson'), text);
    expect(await refusal()).toContain('copy.ndjson has not the name of a night');
    await rm(join(directory, 'copy.ndjson'));
    await writeFile(await pathOf(1), text);
    expect(await refusal()).toContain('line 1 is a line of another night');
  });

  test('a file that cannot be read, by name, whoever reads it', async () => {
    await threeNights();
    const path = await pathOf(2);
    await rm(path);
    await mkdir(path);
    expect(await refusal()).toContain(`20261122T020000Z-${night('c')}.ndjson cannot be read: `);
    const next = () => claimed(ledger, night('d'), time('2026-11-23T02:00:00Z'));
    await expect(next()).rejects.toThrow(`${night('c')}.ndjson cannot be read: `);
    await rm(path, { recursive: true });
    await writeFile(path, 'x\n');
    await expect(next()).rejects.toThrow(`${night('c')}.ndjson line 1 cannot be read: `);
    for (const name of ['claims.log', 'lock']) {
      await rm(join(directory, name));
      await mkdir(join(directory, name));
      await expect(next()).rejects.toThrow(name);
      await rm(join(directory, name), { recursive: true });
    }
    await writeFile(join(directory, 'lock'), 'this is no lock'.repeat(100));
    await expect(next()).rejects.toThrow(`${join(directory, 'lock')}: `);
  });

  test('the message says what was not done and what to do', async () => {
    await threeNights();
    await edit(0, (text) => text.replace('Zoë 1', 'Zoe 1'));
    const message = await refusal();
    expect(message).toContain(directory);
    expect(message).toContain('Nothing was purged');
    expect(message).toContain('restore it from a copy');
  });
});

describe('a ledger that cannot be written', () => {
  test('where the directory is a file, the night is refused before it begins', async () => {
    await writeFile(join(directory, '2026'), '');
    const begun = ledger.begin(await claimed(ledger, night('a'), FIRST), undefined);
    await expect(begun).rejects.toMatchObject({
      name: 'NightRefused',
      refusals: [{ refusal: 'ledgerUnusable' }],
    });
  });

  test('where a night of this name is there already', async () => {
    await writeNight(ledger, night('a'), FIRST, [ended()]);
    const again = await claimed(ledger, night('a'), FIRST);
    await expect(ledger.begin(again, undefined)).rejects.toThrow('it exists already');
  });

  test('where something else writes to the same file, and ever after', async () => {
    const open = await writeNight(ledger, night('a'), FIRST);
    await edit(0, (text) => `${text}x\n`);
    await expect(open.append(FIRST, [ended()])).rejects.toMatchObject({ name: 'LedgerFailed' });
    await edit(0, (text) => text.slice(0, -2));
    await expect(open.append(FIRST, [ended()])).rejects.toThrow('an earlier write failed');
    expect((await readAll(ledger)).lines).toHaveLength(1);
  });

  test('where the file is gone', async () => {
    const open = await writeNight(ledger, night('a'), FIRST);
    await rm(await pathOf(0));
    await expect(open.append(FIRST, [ended()])).rejects.toThrow('it is not there any more (ENOENT)');
    expect(await names()).toEqual([]);
  });

  test('nothing is written that could not be read again', async () => {
    const open = await writeNight(ledger, night('a'), FIRST);
    const wrong = { ...ended(), measurements: { ...ended().measurements, durationMs: Number.NaN } };
    await expect(open.append(FIRST, [decided(1), wrong])).rejects.toThrow('record.measurements.durationMs');
    expect((await readAll(ledger)).lines).toHaveLength(1);
  });

  test('a night that does not start, or continues something else than it said', async () => {
    const open = await ledger.begin(await claimed(ledger, night('a'), FIRST), undefined);
    await expect(open.append(FIRST, [ended()])).rejects.toThrow('nightStarted');
    const other = await ledger.begin(await claimed(ledger, night('b'), SECOND), undefined);
    const link = { night: night('c'), fence: 1, hash: 'f'.repeat(64) };
    await expect(other.append(FIRST, [started(link)])).rejects.toThrow('nightStarted');
  });
});

test('the report stands beside its night, once, and is no night', async () => {
  const open = await writeNight(ledger, night('a'), FIRST, [ended()]);
  const location = await open.attach('<p>Zoë</p>');
  expect(location).toBe(open.location.replace('.ndjson', '.html'));
  expect(await readFile(location, 'utf8')).toBe('<p>Zoë</p>');
  await expect(open.attach('<p>another</p>')).rejects.toThrow('it exists already');
  expect((await readAll(ledger)).lines).toHaveLength(2);
});
