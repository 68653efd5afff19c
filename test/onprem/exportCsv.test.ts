import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { readRows } from '../../lib/onprem/exportCsv.ts';
import { EXPORT_COLUMNS } from '../../lib/onprem/exportManifest.ts';

type Row = Readonly<Record<(typeof EXPORT_COLUMNS)[number], string>>;
const ROW: Row = {
  immutableId: 'AAAAAAAAAAAAAAAAAAAAAA==',
  objectGuid: 'AAAAAAAAAAAAAAAAAAAAAA==',
  userPrincipalName: 'zoë@contoso.com',
  mail: 'zoë@partner.com',
  proxyAddresses: 'SMTP:zoë@partner.com;smtp:z@contoso.com',
  targetAddress: '',
  recipientTypeDetails: '128',
  distinguishedName: 'CN=Zoë "Z" 日本 🦊\r\nLee\\, Dr.,OU=Büro,DC=contoso,DC=com',
};
const HEADER = EXPORT_COLUMNS.map((column) => `"${column}"`).join(',');
const CELLS = EXPORT_COLUMNS.map((column) => `"${ROW[column].replaceAll('"', '""')}"`).join(',');

/** In pieces of a few bytes, so that no letter, quote or newline comes whole. */
async function rowsIn(csv: string | Buffer, pieceSize = 1, required: readonly string[] = []) {
  const bytes = Buffer.from(csv);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceSize) }, (_, piece) =>
    bytes.subarray(piece * pieceSize, (piece + 1) * pieceSize),
  );
  const rows: unknown[] = [];
  const columns = [...EXPORT_COLUMNS, ...required];
  for await (const row of readRows(Readable.from(pieces), columns)) rows.push(Object.fromEntries(row));
  return rows;
}

describe('encodings', () => {
  const csv = `${HEADER}\r\n${CELLS}\r\n`;
  const utf16 = Buffer.from(`\uFEFF${csv}`, 'utf16le');
  test.each([
    ['UTF-8', Buffer.from(csv)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${csv}`)],
    ['UTF-16LE with one', utf16],
    ['UTF-16BE with one', Buffer.from(utf16).swap16()],
  ])('%s', async (_, bytes) => {
    expect(await rowsIn(bytes)).toEqual([ROW]);
    expect(await rowsIn(bytes, 7)).toEqual([ROW]);
    expect(await rowsIn(bytes, 100_000)).toEqual([ROW]);
  });

  test.each([
    ['Windows-1252', Buffer.from(csv, 'latin1'), 'neither UTF-8'],
    ['UTF-16 without a byte order mark', utf16.subarray(2), 'neither UTF-8'],
    ['UTF-8 cut inside a letter', Buffer.from(`${csv}"ë`).subarray(0, -1), 'neither UTF-8'],
    ['UTF-16 cut inside a letter', utf16.subarray(0, -1), 'neither UTF-8'],
    ['nothing', Buffer.alloc(0), 'has no header line'],
    ['one byte', Buffer.from([0xff]), 'has no header line'],
  ])('%s is refused', async (_, bytes, words) => {
    await expect(rowsIn(bytes)).rejects.toThrow(words);
  });
});

describe('what PowerShell and Excel write', () => {
  const plain: Row = { ...ROW, distinguishedName: 'CN=Zoë,OU=Büro,DC=contoso,DC=com' };
  const cells = (delimiter: string, quote: (cell: string) => string) =>
    EXPORT_COLUMNS.map((column) => quote(plain[column])).join(delimiter);
  const always = (cell: string) => `"${cell}"`;
  const whereNeeded = (cell: string) => (/[",;\t]/.test(cell) ? `"${cell}"` : cell);
  const header = EXPORT_COLUMNS.join(',');

  test.each([
    ['Export-Csv of Windows PowerShell 5.1', `${HEADER}\r\n${cells(',', always)}\r\n`],
    [
      'the same without -NoTypeInformation',
      `#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\r\n${HEADER}\r\n${cells(',', always)}\r\n`,
    ],
    ['its empty cells without quotes', `${HEADER}\r\n${cells(',', always).replace(',"",', ',,')}\r\n`],
    ['PowerShell 7 with -UseQuotes AsNeeded on Linux', `${header}\n${cells(',', whereNeeded)}\n`],
    ['no newline at the end', `${header}\n${cells(',', whereNeeded)}`],
    ['empty lines', `${header}\r\n\r\n${cells(',', whereNeeded)}\r\n\r\n`],
    ['-UseCulture in Germany', `${HEADER.replaceAll(',', ';')}\r\n${cells(';', always)}\r\n`],
    ['Excel in Germany', `${header.replaceAll(',', ';')}\r\n${cells(';', whereNeeded)}\r\n`],
    ['an Excel sep line', `sep=;\r\n${header.replaceAll(',', ';')}\r\n${cells(';', whereNeeded)}\r\n`],
    ['an odd sep line', `"sep=|"\r\n${header.replaceAll(',', '|')}\r\n${cells('|', whereNeeded)}\r\n`],
    ['Unicode text of Excel', `${header.replaceAll(',', '\t')}\r\n${cells('\t', whereNeeded)}\r\n`],
    ['CRLF and LF in one file', `${header}\r\n${cells(',', whereNeeded)}\n`],
  ])('%s', async (_, csv) => {
    expect(await rowsIn(csv)).toEqual([plain]);
  });
});

describe('columns', () => {
  test('in any order and case, and more of them', async () => {
    const order = ['extra', ...EXPORT_COLUMNS].reverse();
    const header = order.map((name) => name.toUpperCase()).join(',');
    const cells = order.map((name) => (name === 'extra' ? '"x,y"' : name)).join(',');
    const [row] = await rowsIn(`${header}\n${cells}\n`);
    expect(row).toEqual(Object.fromEntries(EXPORT_COLUMNS.map((column) => [column, column])));
  });

  test.each(EXPORT_COLUMNS)('%s is needed', async (column) => {
    const header = EXPORT_COLUMNS.filter((one) => one !== column).join(',');
    await expect(rowsIn(`${header}\n1,2,3,4,5,6,7\n`)).rejects.toThrow(`has no column ${column}`);
  });

  test('none twice, and none missing that the manifest names', async () => {
    await expect(rowsIn(`${HEADER},MAIL\n`)).rejects.toThrow('has the column mail twice');
    await expect(rowsIn(`${HEADER}\n`, 9, ['Mail', 'sid'])).rejects.toThrow('has no column sid');
  });
});

describe('bounds', () => {
  test('a quote that is never closed does not fill the memory', async () => {
    const endless = `${HEADER}\n"${'x'.repeat(3_000_000)}`;
    await expect(rowsIn(endless, 65_536)).rejects.toThrow('Max Record Size');
  });

  test('nor does a header without an end', async () => {
    await expect(rowsIn('x'.repeat(3_000_000), 65_536)).rejects.toThrow('has no header line');
  });

  test.each([
    ['a cell too few', '1,2,3,4,5,6,7', 'Invalid Record Length'],
    ['a cell too many', '1,2,3,4,5,6,7,8,9', 'Invalid Record Length'],
    ['a quote inside a plain cell', '1,2"2,3,4,5,6,7,8', 'Invalid Opening Quote'],
    ['text after a quoted cell', '"1"2,2,3,4,5,6,7,8', 'Invalid Closing Quote'],
    ['a quote that stays open', '1,2,3,4,5,6,7,"8', 'Quote Not Closed'],
  ])('%s', async (_, line, words) => {
    await expect(rowsIn(`${HEADER}\n${line}\n`)).rejects.toThrow(words);
  });
});
