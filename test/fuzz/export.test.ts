/** Exports that a disk, a script or somebody's hand has spoilt, in a real folder: read exactly, or refused. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import fc from 'fast-check';
import type { ImmutableId } from '../../lib/core/ids.ts';
import { NightRefused } from '../../lib/errors.ts';
import { EXPORT_COLUMNS } from '../../lib/onprem/exportManifest.ts';
import { sure } from '../core/people.ts';
import { presencesOf } from '../onprem/asking.ts';
import { csvOf, idOf, readAll, rowOf, rowsOf, sourceOf } from '../onprem/exportFixture.ts';
import { anyCsvChange, anyDialect, anyEncoding, anyFileSpoil, type Files, filesOf } from './exportSpoils.ts';
import { expectClear, fuzz, refusedOr } from './fuzz.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fuzz-export-'));
  mkdirSync(join(folder, 'contoso.com'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write({ gzip, manifest }: Files): void {
  writeFileSync(join(folder, 'contoso.com', 'users-1.csv.gz'), gzip);
  writeFileSync(join(folder, 'contoso.com', 'manifest.json'), manifest);
}

/** The last rows have letters and signs that an encoding or a delimiter can lose. */
const rowsFor = (users: number) => [
  ...rowsOf(users),
  ...['Zoë\\; \\"the\\" Sales', 'Żółć\tTab', '山田'].map((name, n) => {
    const [id = '', guid = '', upn = '', ...rest] = rowOf(users + n).slice(0, 7);
    return [id, guid, `${name.slice(0, 3)}${upn}`, ...rest, `CN=${name},OU=Süd,DC=contoso,DC=com`];
  }),
];
/** As Excel writes it: quoted only where it must be. */
const bare = (rows: readonly (readonly string[])[]) =>
  [EXPORT_COLUMNS, ...rows]
    .map((cells) => cells.map((cell) => (/[",;\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)))
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('');

const MANY = 12;
const WANTED = [...rowsFor(MANY).map((_, user) => idOf(user)), idOf(-1)];

const inOrder = (users: readonly object[]) => users.map((user) => JSON.stringify(user)).sort();

/** Reads what lies in the folder, which `users` have written there, and asks again for each of them. */
async function judged(rows: readonly (readonly string[])[]): Promise<string> {
  const source = sourceOf(folder);
  const read = await refusedOr(() => readAll(source, WANTED));
  const presences = await presencesOf(source, WANTED, 'OU=Even,DC=contoso,DC=com');
  for (const [index, { state, origin }] of presences.entries()) {
    expectClear(origin);
    expectState(sure(WANTED[index]), state, rows);
  }
  if (read instanceof NightRefused) {
    expect(['sourceIncomplete', 'sourceEmpty']).toContain(read.refusals[0]?.refusal);
    expect(read.message).toContain('contoso.com');
    expect(new Set(presences.map(({ state }) => state))).toEqual(new Set(['unknown']));
    return 'refused';
  }
  const { users, summary } = read.value;
  const seen = users.map(({ anchor, userPrincipalName, addresses }) => ({
    anchor,
    userPrincipalName,
    addresses,
  }));
  expect(inOrder(seen)).toEqual(inOrder(rows.map(userOf)));
  expect(summary.total).toBe(rows.length);
  return 'read';
}

const expectState = (id: ImmutableId, state: string, rows: readonly (readonly string[])[]) => {
  if (state !== 'unknown') {
    expect({ id, state }).toEqual({ id, state: rows.some(([one]) => one === id) ? 'present' : 'absent' });
  }
};

/** Read anew, without the tool. */
const userOf = ([
  anchor = '',
  ,
  userPrincipalName,
  mail = '',
  proxies = '',
  target = '',
]: readonly string[]) => ({
  anchor,
  userPrincipalName,
  addresses: [...proxies.split(';'), mail, target],
});

const anyRows = fc.nat({ max: MANY }).map(rowsFor);
const anyWriter = fc.constantFrom(csvOf, bare);

fuzz('an export whose files are spoilt', {
  runs: 80,
  of: fc.tuple(anyRows, anyWriter, anyFileSpoil),
  run: ([rows, writer, { apply }]) => {
    write(apply(filesOf(writer(rows), rows.length)));
    return judged(rows);
  },
  atLeast: { refused: 50 },
});

fuzz('an export that was written wrongly, with a hash that fits', {
  runs: 80,
  of: fc.tuple(anyRows, anyWriter, anyCsvChange, anyEncoding),
  run: ([rows, writer, { apply }, encode]) => {
    write(filesOf(encode(apply(writer(rows))), rows.length));
    return judged(rows);
  },
  atLeast: { refused: 40, read: 2 },
});

fuzz('an export in any dialect of CSV is read exactly', {
  runs: 40,
  of: fc.tuple(anyRows, anyDialect, fc.boolean()),
  run: async ([rows, { apply }, wide]) => {
    const csv = apply(csvOf(rows));
    write(filesOf(wide ? Buffer.from(`\uFEFF${csv.replace('\uFEFF', '')}`, 'utf16le') : csv, rows.length));
    expect(await judged(rows)).toBe('read');
    return 'read';
  },
  atLeast: {},
});
