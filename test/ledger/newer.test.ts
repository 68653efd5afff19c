/** A line that is whole and continues the log, and that this version does not understand. */
import { hash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ended, night, openAt, readAll, time, writeNight } from '../edges/ledgerRecords.ts';
import { type Folder, makeFolder } from './folder.ts';

const AT = time('2026-11-20T02:00:00Z');
const LOG = 'log/000001.ndjson';

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.close());

/** Adds lines as another version would, each with the hash of the line before. */
async function add(...records: readonly object[]): Promise<void> {
  let text = await folder.get(LOG);
  for (const [seq, record] of records.entries()) {
    const last = text.split('\n').at(-2) ?? '';
    text += `${JSON.stringify({ night: night('b'), seq, at: AT, prev: hash('sha256', last), record })}\n`;
  }
  await folder.put(LOG, text);
}

const NEW_KIND = { kind: 'quarantined', id: 'x' };
const NEW_PROPERTY = { kind: 'tornLine', hash: '0'.repeat(64), colour: 'blue' };

test.each([
  ['a new kind of record at the end', [NEW_KIND], 'record.kind: Invalid'],
  ['a new kind of record in the middle', [NEW_KIND, ended()], 'record.kind: Invalid'],
  ['a new property', [NEW_PROPERTY], 'record: Unrecognized key: "colour"'],
])('refuses %s, says why, and what to do', async (_, records, reason) => {
  await writeNight(folder.ledger, night('a'), AT, [ended()]);
  await add(...records);
  const refused = readAll(folder.ledger);
  await expect(refused).rejects.toMatchObject({ refusals: [{ refusal: 'ledgerUnusable' }] });
  await expect(refused).rejects.toThrow(`${LOG} line 4 `);
  await expect(refused).rejects.toThrow(reason);
  await expect(refused).rejects.toThrow(/written by a newer version of the tool.*Deploy that version again/);
});

test('says why a line cannot be read that no version wrote', async () => {
  await writeNight(folder.ledger, night('a'), AT, [ended()]);
  await folder.put(LOG, `${await folder.get(LOG)}not JSON\n`);
  const open = await openAt(folder.ledger, night('b'), AT);
  await open.release();
  await folder.put(LOG, (await folder.get(LOG)).replace('"tornLine"', '"tornLime"'));
  await expect(readAll(folder.ledger)).rejects.toThrow(/line 5 .*tornLime|line 5 .*record\.kind/);
});
