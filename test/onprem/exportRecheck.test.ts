import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { ImmutableId } from '../../lib/core/ids.ts';
import { createFolderExportStore, type ExportStore } from '../../lib/onprem/exportStore.ts';
import type { OnPremSource } from '../../lib/ports.ts';
import { presencesOf } from './asking.ts';
import {
  csvOf,
  dnOf,
  hoursAgo,
  idOf,
  readAll,
  rowsOf,
  sourceOf,
  stillClock,
  writeExport,
  writeUsers,
} from './exportFixture.ts';

const GONE = idOf(99);
const EVEN = `OU=Even,${dnOf('contoso.com')}`;
const WANTED = [idOf(1), GONE];

async function statesOf(source: OnPremSource, wanted: readonly ImmutableId[] = WANTED) {
  const presences = await presencesOf(source, wanted, EVEN);
  return presences.map(({ state }) => state);
}

/** Counts the files of users that are opened. */
function counting(folder: string) {
  const store = createFolderExportStore(folder);
  let files = 0;
  const counted: ExportStore = {
    ...store,
    open: (path, signal) => {
      if (path.endsWith('.gz')) files += 1;
      return store.open(path, signal);
    },
  };
  return { store: counted, files: () => files };
}

/** The next night's export, in which users 0 and 1 are gone and user 99 is back. */
const writeNewer = (folder: string, manifest: Readonly<Record<string, unknown>> = {}) =>
  writeExport(
    {
      csv: csvOf([...rowsOf(3).slice(2), ...rowsOf(100).slice(99)]),
      rows: 2,
      file: 'users-2.csv.gz',
      manifest: { started: hoursAgo(1), finished: hoursAgo(0.5), ...manifest },
    },
    folder,
  );

describe('asked again just before a purge', () => {
  test('the same export answers from what was read, its manifest looked at again', async () => {
    const folder = await writeUsers(3);
    const { store, files } = counting(folder);
    const source = sourceOf(folder, { store });
    await readAll(source, WANTED);
    expect(await statesOf(source)).toEqual(['present', 'absent']);
    expect(files()).toBe(1);
  });

  test('a newer one is read, once', async () => {
    const folder = await writeUsers(3);
    const { store, files } = counting(folder);
    const source = sourceOf(folder, { store });
    await readAll(source, WANTED);
    await writeNewer(folder);
    expect(await statesOf(source)).toEqual(['absent', 'present']);
    expect(await statesOf(source, [GONE])).toEqual(['present']);
    expect(files()).toBe(2);
  });

  test('ids that were not asked for before are looked for', async () => {
    const folder = await writeUsers(3);
    const { store, files } = counting(folder);
    const source = sourceOf(folder, { store });
    await readAll(source, [GONE]);
    expect(await statesOf(source)).toEqual(['present', 'absent']);
    expect(await statesOf(source, [idOf(2)])).toEqual(['present']);
    expect(files()).toBe(3);
    expect(await statesOf(source)).toEqual(['present', 'absent']);
    expect(files()).toBe(3);
  });

  test('nothing was read before: it is read now', async () => {
    expect(await statesOf(sourceOf(await writeUsers(3)))).toEqual(['present', 'absent']);
  });

  test('present in one domain is present', async () => {
    const folder = await writeUsers(3);
    await writeExport({ csv: csvOf(rowsOf(100, 'fabrikam.com')), rows: 100, domain: 'fabrikam.com' }, folder);
    const source = sourceOf(folder, { domains: ['contoso.com', 'fabrikam.com'] });
    expect(await statesOf(source)).toEqual(['present', 'present']);
  });
});

test('an id that its source anchor cannot have made is not said to be absent', async () => {
  const foreign = 'employee-00123' as ImmutableId;
  const source = sourceOf(await writeUsers(3));
  await readAll(source, [foreign]);
  expect(await statesOf(source, [foreign])).toEqual(['unknown']);
});

describe('whatever is wrong by then, nobody is said to be absent', () => {
  const breakIt: readonly [string, (folder: string) => Promise<unknown>][] = [
    ['the manifest is gone', (folder) => rm(join(folder, 'contoso.com', 'manifest.json'))],
    ['the manifest is cut', (folder) => writeFile(join(folder, 'contoso.com', 'manifest.json'), '{')],
    ['the newer one has no file', (folder) => writeNewer(folder, { file: 'users-3.csv.gz' })],
    ['the newer one lies', (folder) => writeNewer(folder, { rows: 3 })],
    ['the newer one is empty', (folder) => writeNewer(folder, { rows: 0 })],
    [
      'the newer one is older',
      (folder) => writeNewer(folder, { started: hoursAgo(9), finished: hoursAgo(8) }),
    ],
  ];
  test.each(breakIt)('%s', async (_, spoil) => {
    const folder = await writeUsers(3);
    const { clock, slept } = stillClock();
    const source = sourceOf(folder, { clock });
    await readAll(source, WANTED);
    await spoil(folder);
    expect(await statesOf(source)).toEqual(['unknown', 'unknown']);
    expect(slept()).toBe(0);
  });

  test('a read that failed leaves nothing to answer from', async () => {
    const folder = await writeUsers(3);
    const file = join(folder, 'contoso.com', 'users-1.csv.gz');
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, -1));
    const source = sourceOf(folder);
    await expect(readAll(source, WANTED)).rejects.toThrow('not one whole gzip file');
    expect(await statesOf(source)).toEqual(['unknown', 'unknown']);
    await writeFile(file, whole);
    expect(await statesOf(source)).toEqual(['present', 'absent']);
  });
});
