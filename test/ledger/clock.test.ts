/** A clock that was wrong when a file of the log was begun. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ended, night, readAll, time, writeNight } from '../edges/ledgerRecords.ts';
import { type Folder, makeFolder } from './folder.ts';

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.close());

const day = (number: number) => time(`2026-11-${String(number).padStart(2, '0')}T02:00:00Z`);
const run = (id: string, at = day(20)) => writeNight(folder.ledger, night(id), at, [ended()]);
const nightsSince = async (since: string) => [
  ...new Set((await readAll(folder.ledger, time(since))).map(({ night: id }) => id[0])),
];

test('leaves a file that a clock far ahead began', async () => {
  await run('a', time('2099-01-01T02:00:00Z'));
  await run('b', day(20));
  expect(await folder.logs()).toHaveLength(2);
  await run('c', day(21));
  expect(await folder.logs()).toHaveLength(2);
});

test('leaves a file that a clock far behind began', async () => {
  await run('a', time('2020-01-01T02:00:00Z'));
  await run('b', day(20));
  expect(await folder.logs()).toHaveLength(2);
});

test('reads the days before a night whose clock was far behind', async () => {
  await run('a', day(18));
  await run('b', day(19));
  await run('c', time('2020-01-01T02:00:00Z'));
  await run('d', day(21));
  expect(await nightsSince('2026-10-20T00:00:00Z')).toEqual(['a', 'b', 'c', 'd']);
});

test('reads the days before several weeks of a clock far behind', async () => {
  await run('a', day(18));
  await run('b', time('2020-01-01T02:00:00Z'));
  await run('c', time('2020-01-09T02:00:00Z'));
  await run('d', time('2020-01-17T02:00:00Z'));
  await run('e', day(21));
  expect(await nightsSince('2026-10-20T00:00:00Z')).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('does not read a file that ended before the window', async () => {
  await run('a', day(1));
  await run('b', day(10));
  await run('c', day(20));
  expect(await nightsSince('2026-11-15T00:00:00Z')).toEqual(['b', 'c']);
});

test('refuses a missing file that held days of the window', async () => {
  await run('a', day(1));
  await run('b', day(10));
  await run('c', day(20));
  await folder.remove('log/000001.ndjson');
  expect(await nightsSince('2026-11-15T00:00:00Z')).toEqual(['b', 'c']);
  await folder.remove('log/000002.ndjson');
  await expect(nightsSince('2026-11-15T00:00:00Z')).rejects.toThrow('log/000002.ndjson is missing');
});
