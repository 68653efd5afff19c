/** A ledger that version 0.1 wrote: it is continued, and checked as 0.1 checked it. The files are of that version's own hand. */
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  ended,
  LONG_AGO,
  linesIn,
  night,
  openAt,
  readAll,
  time,
  writeNight,
} from '../edges/ledgerRecords.ts';
import { type Folder, makeFolder } from './folder.ts';

const NAMES = [
  '2026/03/10/20260310T020000Z-8ebb32cc417d4a9a4e128b3c95689691.ndjson',
  '2026/03/11/20260311T020000Z-7d86224d006c2340d05d546b427f0c60.ndjson',
  '2026/03/12/20260312T020000Z-68d3450de505c0f29727e0253fe71195.ndjson',
  '2026/03/13/20260313T020000Z-6d00334eb852fee1f5d32d281fb7ed37.ndjson',
  '2026/03/14/20260314T020000Z-18d6c2c88148ad9945c8fd0a5778f059.ndjson',
] as const;
const [FIRST, TAKEN_OVER, MIDDLE, , LAST] = NAMES;
const AT = time('2026-03-15T02:00:00Z');

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
  for (const name of NAMES)
    await folder.put(name, await readFile(resolve('test/ledger/version01', name), 'utf8'));
});
afterEach(() => folder.close());

const migrate = () => writeNight(folder.ledger, night('b'), AT, [ended()]);
const read = async (since = LONG_AGO) => {
  const open = await openAt(folder.ledger, night('c'), AT);
  try {
    return await linesIn(open, since);
  } finally {
    await open.release();
  }
};

type Line = Record<string, unknown> & { record: Record<string, unknown> };
/** Changes the lines, and then makes every hash in this file right again, as who forges them would. */
async function forge(name: string, change: (lines: Line[]) => Line[]): Promise<void> {
  const before: Line[] = (await folder.get(name))
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  const texts: string[] = [];
  for (const line of change(before)) {
    const last = texts.at(-1);
    texts.push(JSON.stringify(last === undefined ? line : { ...line, prev: hash('sha256', last) }));
  }
  await folder.put(name, texts.map((text) => `${text}\n`).join(''));
}
/** One more line, as version 0.1 adds it. */
const add = (name: string, record: Record<string, unknown>, fence?: number) =>
  forge(name, (lines) => {
    const last = lines.at(-1);
    if (last === undefined) throw new Error('the test itself is wrong');
    return [
      ...lines,
      { ...last, seq: Number(last['seq']) + 1, ...(fence !== undefined && { fence }), record },
    ];
  });
const SENT = {
  kind: 'telemetrySent',
  of: NAMES[0].slice(-39, -7),
  events: 1,
  delivered: true,
  detail: 'noted',
};

test('reads the nights of version 0.1 as it wrote them', async () => {
  await migrate();
  expect(await read()).toHaveLength(61);
  expect(await read(time('2026-03-13T00:00:00Z'))).toHaveLength(28);
});

describe('refuses, by file and line,', () => {
  test.each<[string, () => Promise<void>, string]>([
    [
      'a file under another night’s name',
      async () => {
        await folder.put(FIRST.replace('8ebb', '9ebb'), await folder.get(FIRST));
        await folder.remove(FIRST);
      },
      'line 1 is a line of another night',
    ],
    [
      'a line with another number',
      () => forge(FIRST, (lines) => lines.map((line, seq) => (seq === 4 ? { ...line, seq: 7 } : line))),
      `${FIRST} line 5 says that it is line 8 of its night`,
    ],
    [
      'a line with another fence number',
      () => forge(FIRST, (lines) => lines.map((line, seq) => (seq === 4 ? { ...line, fence: 2 } : line))),
      `${FIRST} line 5 has the fence number 2 after 1`,
    ],
    [
      'a line after the night was taken over',
      () => add(TAKEN_OVER, SENT),
      `${TAKEN_OVER} line 12 was written after the night was taken over`,
    ],
    [
      'a take-over by no greater fence number',
      () => forge(TAKEN_OVER, (lines) => lines.map((line) => ({ ...line, fence: 2 }))),
      `${TAKEN_OVER} line 11 has the fence number 2 after 2`,
    ],
    [
      'a night that starts twice',
      () =>
        forge(FIRST, (lines) =>
          lines.map((line, seq) => (seq === 4 ? { ...line, record: lines[0]?.record ?? {} } : line)),
        ),
      `${FIRST} line 5 starts the night a second time`,
    ],
    [
      'a night that does not start',
      () =>
        forge(FIRST, (lines) =>
          lines.slice(1).map((line, seq) => ({ ...line, seq, prev: '0'.repeat(64) }) as unknown as Line),
        ),
      `${FIRST} line 1 does not start the night`,
    ],
    ['a file missing between two others', () => folder.remove(MIDDLE), `whose file is missing`],
    [
      'a file cut at its end',
      () => forge(MIDDLE, (lines) => lines.slice(0, 3)),
      `${MIDDLE} was cut or changed at its end`,
    ],
  ])('%s', async (_, change, message) => {
    await change();
    await migrate();
    await expect(read()).rejects.toThrow(message);
  });
});

describe('of the old files', () => {
  test('all may be gone once they are older than what is read', async () => {
    await migrate();
    for (const name of NAMES) await folder.remove(name);
    expect(await read(time('2026-03-14T02:00:01Z'))).toHaveLength(2);
    await expect(read(time('2026-03-14T02:00:00Z'))).rejects.toThrow(`${LAST}, which is missing`);
  });

  test('the newest may not be gone alone', async () => {
    await migrate();
    await folder.remove(LAST);
    await expect(read(time('2026-03-15T00:00:00Z'))).rejects.toThrow(`${LAST}, which is missing`);
  });

  test('the newest may not be changed', async () => {
    await migrate();
    await forge(LAST, (lines) => lines.slice(0, -1));
    await expect(read()).rejects.toThrow(`${LAST}, which was cut or changed`);
  });

  const OLDER = /version 0\.1 of the tool wrote .* after this ledger was continued.*Stop it/;
  test('a new one says that an older version of the tool still runs', async () => {
    await migrate();
    const later = LAST.replaceAll('03/14', '03/16').replace('20260314', '20260316');
    await folder.put(later, await folder.get(LAST));
    await expect(read()).rejects.toThrow(OLDER);
    await expect(readAll(folder.ledger)).rejects.toThrow(later);
  });

  test('a line more in the newest says so too', async () => {
    await migrate();
    await add(LAST, SENT);
    await expect(read()).rejects.toThrow(OLDER);
    await expect(read()).rejects.toThrow(`${LAST} line 8`);
  });

  test('one beside a log that continued none says so', async () => {
    for (const name of NAMES) await folder.remove(name);
    await migrate();
    await folder.put(FIRST, await readFile(resolve('test/ledger/version01', FIRST), 'utf8'));
    await expect(read()).rejects.toThrow(OLDER);
  });

  test('one that is newer than the files of the log that are read says so', async () => {
    await migrate();
    await writeNight(folder.ledger, night('d'), time('2026-05-01T02:00:00Z'));
    await writeNight(folder.ledger, night('e'), time('2026-06-01T02:00:00Z'));
    expect(await read(time('2026-05-15T00:00:00Z'))).toHaveLength(2);
    await folder.put(LAST.replace('20260314', '20260520'), await folder.get(LAST));
    await expect(read(time('2026-05-15T00:00:00Z'))).rejects.toThrow(OLDER);
  });

  test('an empty new one does not', async () => {
    await migrate();
    await folder.put(LAST.replaceAll('03/14', '03/16').replace('20260314', '20260316'), '');
    expect(await read()).toHaveLength(61);
  });
});
