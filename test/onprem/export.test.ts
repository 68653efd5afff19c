import { appendFile, chmod, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { ImmutableId } from '../../lib/core/ids.ts';
import type { SourceSummary } from '../../lib/core/model.ts';
import { EXPORT_COLUMNS } from '../../lib/onprem/exportManifest.ts';
import { presencesOf, wantedOf } from './asking.ts';
import {
  csvOf,
  dnOf,
  hoursAgo,
  idOf,
  newFolder,
  type partsOf,
  readAll,
  refusalOf,
  rowOf,
  rowsOf,
  SIGNAL,
  sourceOf,
  stillClock,
  writeExport,
  writeUsers,
} from './exportFixture.ts';

const containersIn = ({ coverage }: SourceSummary, domain = 'contoso.com') =>
  [...(coverage?.[domain]?.containers ?? [])].sort();

describe('an export that is in order', () => {
  test('is read whole, in pages, with its slices and its time', async () => {
    const { users, pages, summary } = await readAll(sourceOf(await writeUsers(2_500)));
    expect(pages).toEqual([1_000, 1_000, 500]);
    expect(users.map(({ immutableIds: [own] }) => own)).toEqual(
      Array.from({ length: 2_500 }, (_, user) => idOf(user)),
    );
    expect(users[7]).toMatchObject({
      immutableIds: [idOf(7), idOf(1_000_007)],
      anchor: idOf(7),
      sidHistory: [],
      distinguishedName: 'CN=User 7,OU=Odd,DC=contoso,DC=com',
      targetAddress: 'SMTP:user7@partner.com',
      recipientTypeDetails: '128',
      userPrincipalName: 'user7@contoso.com',
      addresses: [
        'SMTP:user7@partner.com',
        'smtp:user7@contoso.com',
        'user7@partner.com',
        'SMTP:user7@partner.com',
      ],
    });
    expect(summary).toMatchObject({
      kind: 'export',
      total: 2_500,
      slices: { 'contoso.com': 2_500 },
      asOf: hoursAgo(2),
      parts: { 'contoso.com': hoursAgo(2) },
    });
    expect(summary.coverage?.['contoso.com']).toMatchObject({ tombstones: false });
    expect(containersIn(summary)).toEqual(['ou=even,dc=contoso,dc=com', 'ou=odd,dc=contoso,dc=com']);
  });

  test('of several domains adds up, as of the oldest', async () => {
    const folder = await writeUsers(3);
    await writeUsers(
      2,
      { domain: 'emea.contoso.com', manifest: { started: hoursAgo(9), finished: hoursAgo(8) } },
      folder,
    );
    const { summary } = await readAll(sourceOf(folder, { domains: ['Contoso.com', 'EMEA.contoso.com'] }));
    expect(summary.total).toBe(5);
    expect(summary.asOf).toBe(hoursAgo(8));
    expect(summary.parts).toEqual({ 'contoso.com': hoursAgo(2), 'emea.contoso.com': hoursAgo(8) });
    expect(summary.slices).toEqual({ 'contoso.com': 3, 'emea.contoso.com': 2 });
    expect(containersIn(summary, 'emea.contoso.com')).toContain('ou=even,dc=emea,dc=contoso,dc=com');
  });

  test('may have plain anchors', async () => {
    const rows = [' 00123', '00123', 'Müller'].map((id, user) => [id, ...rowOf(user).slice(1)]);
    const folder = await writeExport({
      csv: csvOf(rows),
      rows: 3,
      manifest: { sourceAnchor: 'employeeNumber' },
    });
    const { users } = await readAll(sourceOf(folder, { sourceAnchor: 'EmployeeNumber' }));
    expect(users.map(({ textAnchor }) => textAnchor)).toEqual([' 00123', '00123', 'Müller']);
  });

  test('says that a user is there by any of the ids it answers to', async () => {
    const rows = ['00123', 'MuellÉr'].map((id, user) => [id, ...rowOf(user).slice(1)]);
    const folder = await writeExport({ csv: csvOf(rows), rows: 2, manifest: { sourceAnchor: 'employeeID' } });
    const guid = idOf(1_000_001);
    const wanted = ['MÜLLER', 'Mueller', guid, '00124'].map((id) => id as ImmutableId);
    const source = sourceOf(folder, { sourceAnchor: 'employeeID' });
    expect((await readAll(source, wanted)).summary.total).toBe(2);
    const presences = await presencesOf(source, wanted, `OU=Even,${dnOf('contoso.com')}`);
    expect(presences.map(({ state }) => state)).toEqual(['absent', 'present', 'present', 'absent']);
  });

  test('knows the OU of names with commas, quotes and backslashes', async () => {
    const names = ['CN=Smith\\, John', 'CN=Back\\\\', 'CN=O\\"Hara', 'CN=A\\2C B'];
    const rows = names.map((name, user) => [
      ...rowOf(user).slice(0, 7),
      `${name},OU=A\\, B,${dnOf('contoso.com')}`,
    ]);
    const { summary } = await readAll(sourceOf(await writeExport({ csv: csvOf(rows), rows: 4 })));
    expect(containersIn(summary)).toEqual(['ou=a\\, b,dc=contoso,dc=com']);
  });

  test('of cloned accounts has both, and of an anchor of another length that one', async () => {
    const odd = Buffer.from('seventeen bytes !').toString('base64');
    const rows = [idOf(0), idOf(0), odd].map((id, user) => [id, ...rowOf(user).slice(1)]);
    const source = sourceOf(await writeExport({ csv: csvOf(rows), rows: 3 }));
    const wanted = [idOf(0), odd as ImmutableId];
    expect((await readAll(source, wanted)).users).toHaveLength(3);
    const presences = await presencesOf(source, wanted, `OU=Even,${dnOf('contoso.com')}`);
    expect(presences.map(({ state }) => state)).toEqual(['present', 'present']);
  });

  test('is left alone by a newer one that has no manifest yet', async () => {
    const folder = await writeUsers(3);
    await writeFile(join(folder, 'contoso.com', 'users-2.csv.gz'), 'half');
    expect((await readAll(sourceOf(folder))).users).toHaveLength(3);
  });
});

/** Writes an export of three users whose manifest says something else. */
const withManifest = (manifest: Readonly<Record<string, unknown>>) => writeUsers(3, { manifest });

describe('a manifest that is not in order refuses the night', () => {
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['of another format version', { formatVersion: 3 }, 'not of format version 1 or 2 (formatVersion:'],
    ['with an unknown key', { note: 'x' }, 'Unrecognized key'],
    ['with rows as text', { rows: '3' }, 'rows: Invalid input: expected number'],
    ['with a local time', { finished: '2026-01-05T01:00:00' }, 'finished: must be a UTC time'],
    ['without a hash', { sha256: '' }, 'sha256: must be 64 hexadecimal digits'],
    ['that leads elsewhere', { file: '../other.com/users-1.csv.gz' }, 'file: must be a file name'],
    ['of another domain', { domain: 'fabrikam.com' }, 'says that it is of the domain fabrikam.com'],
    ['of another anchor', { sourceAnchor: 'objectGUID' }, 'took the immutable ids from objectGUID'],
    ['without a column', { columns: EXPORT_COLUMNS.slice(1) }, 'has no column immutableId'],
    ['that ends before it starts', { started: hoursAgo(1) }, 'before it started'],
    ['of the future', { started: hoursAgo(1), finished: hoursAgo(-0.1) }, 'which is yet to come'],
    ['that is stale', { started: hoursAgo(26.1), finished: hoursAgo(1) }, 'began 26.1 hours ago'],
    ['of too many rows', { rows: 10_000_001 }, 'rows: Too big'],
    ['that names a missing file', { file: 'users-2.csv.gz' }, 'names users-2.csv.gz, which is not there'],
  ])('%s', async (_, manifest, words) => {
    const refusal = await refusalOf(sourceOf(await withManifest(manifest)));
    expect(refusal).toMatch(/^sourceIncomplete: The export of contoso\.com \(.*manifest\.json\) /);
    expect(refusal).toContain(words);
    expect(refusal).toContain('Nobody is purged');
  });

  test('of no users', async () => {
    const folder = await writeUsers(0);
    expect(await refusalOf(sourceOf(folder))).toMatch(/^sourceEmpty: .*says that it holds not one user/);
  });

  test.each([
    ['', 'not JSON'],
    ['{"formatVersion": 1', 'not JSON'],
    ['null', 'expected object'],
    ['[]', 'expected object'],
    [' '.repeat(70_000), 'has more than 65536 bytes'],
  ])('%j', async (text, words) => {
    const folder = await writeUsers(3);
    await writeFile(join(folder, 'contoso.com', 'manifest.json'), text);
    expect(await refusalOf(sourceOf(folder))).toContain(words);
  });

  test('a byte order mark does no harm', async () => {
    const folder = await writeUsers(3);
    const path = join(folder, 'contoso.com', 'manifest.json');
    await writeFile(path, `\uFEFF${await readFile(path, 'utf8')}`);
    expect(await refusalOf(sourceOf(folder))).toBe('read 3 users');
  });
});

describe('an export that went backwards refuses the night', () => {
  const seen = { finished: hoursAgo(2), domainController: 'DC01.contoso.com', highestUsn: '1000' };
  test.each([
    [{}, 'read 3 users'],
    [{ finished: hoursAgo(1) }, 'before the one that was read last'],
    [{ highestUsn: '99999999999999999999' }, 'an old state of that domain controller was restored'],
    [{ highestUsn: '9007199254740993', domainController: 'dc02.contoso.com' }, 'read 3 users'],
  ])('%j', async (change, words) => {
    const lastSeen = { 'Contoso.com': { ...seen, ...change } };
    expect(await refusalOf(sourceOf(await writeUsers(3), { lastSeen }))).toContain(words);
  });

  test('within one run as well', async () => {
    const folder = await writeUsers(3, { manifest: { finished: hoursAgo(1) } });
    const source = sourceOf(folder);
    await readAll(source);
    await writeUsers(3, {}, folder);
    expect(await refusalOf(source)).toContain('before the one that was read last');
  });
});

describe('a file that is not what its manifest says refuses the night', () => {
  const three = csvOf(rowsOf(3));
  const withRow = (cells: readonly string[]) => csvOf([...rowsOf(2), cells]);
  const [, ...rest] = rowOf(2);
  test.each<[string, Partial<Parameters<typeof partsOf>[0]>, string]>([
    ['truncated gzip', { gzip: (gzip) => gzip.subarray(0, -9) }, 'is not one whole gzip file'],
    [
      'trailing garbage',
      { gzip: (gzip) => Buffer.concat([gzip, Buffer.from('x')]) },
      'not one whole gzip file',
    ],
    [
      'trailing zeros',
      { gzip: (gzip) => Buffer.concat([gzip, Buffer.alloc(9)]) },
      'has something behind its end',
    ],
    ['no gzip', { gzip: () => Buffer.from(three) }, 'is not one whole gzip file'],
    ['an empty file', { gzip: () => Buffer.alloc(0) }, 'is not one whole gzip file'],
    ['another file', { manifest: { sha256: 'a'.repeat(64) } }, 'has another SHA-256'],
    ['a row fewer', { rows: 4 }, 'holds 3 rows, not the 4 announced'],
    ['a row more', { rows: 2 }, 'holds more than the 2 rows'],
    ['a header only', { csv: csvOf([]) }, 'holds 0 rows'],
    ['nothing at all', { csv: '' }, 'has no header line'],
    ['no header', { csv: rowsOf(3).join('\n') }, 'has no column immutableId'],
    [
      'a column that the manifest names',
      { manifest: { columns: [...EXPORT_COLUMNS, 'sid'] } },
      'no column sid',
    ],
    ['a user twice', { csv: withRow(rowOf(0)) }, 'twice, the second time in row 3'],
    ['a malformed id', { csv: withRow(['AAAAAAAAAAAAAAAAAAAAAB==', ...rest]) }, 'row 3 that is not base64'],
    ['an id with a blank', { csv: withRow([`${idOf(2)} `, ...rest]) }, 'in row 3 that is not base64'],
    ['a malformed objectGuid', { csv: withRow([idOf(2), 'x', ...rest.slice(1)]) }, 'an objectGuid in row 3'],
    ['no id', { csv: withRow(['', ...rest]) }, 'has no immutable id in row 3'],
    [
      'a user of another domain',
      { csv: withRow(rowOf(2, 'fabrikam.com')) },
      'a user of another domain in row 3',
    ],
    ['a user of a child domain', { csv: withRow(rowOf(2, 'a.contoso.com')) }, 'of another domain in row 3'],
    [
      'a user of nowhere',
      { csv: withRow([...rowOf(2).slice(0, 7), 'John']) },
      'a distinguished name in row 3',
    ],
    ['a row too short', { csv: withRow(rowOf(2).slice(1)) }, 'Invalid Record Length'],
    ['a quote that stays open', { csv: `${three.slice(0, -3)}\r\n` }, 'is not the CSV it should be'],
    [
      'bytes of another encoding',
      { csv: Buffer.from(three.replace('User', 'Ü'), 'latin1') },
      'neither UTF-8',
    ],
  ])('%s', async (_, parts, words) => {
    const folder = await writeExport({ csv: three, rows: 3, ...parts });
    const refusal = await refusalOf(sourceOf(folder));
    expect(refusal).toMatch(/^sourceIncomplete: The export of contoso\.com \(.*users-1\.csv\.gz\) /);
    expect(refusal).toContain(words);
  });

  test('blank plain anchors', async () => {
    const rows = ['1', '2', ' '].map((one, user) => [one, ...rowOf(user).slice(1)]);
    const csv = csvOf(rows);
    const folder = await writeExport({ csv, rows: 3, manifest: { sourceAnchor: 'employeeID' } });
    expect(await refusalOf(sourceOf(folder, { sourceAnchor: 'employeeID' }))).toContain(
      'has no immutable id in row 3',
    );
  });

  test('cut or grown after the manifest was written', async () => {
    const folder = await writeUsers(300);
    const file = join(folder, 'contoso.com', 'users-1.csv.gz');
    await appendFile(file, gzipSync(''));
    expect(await refusalOf(sourceOf(folder))).toContain('has another SHA-256');
    await truncate(file, 100);
    expect(await refusalOf(sourceOf(folder))).toContain('is not one whole gzip file');
  });
});

describe('an export under way', () => {
  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['stale', { started: hoursAgo(27) }],
    ['without its file', { file: 'users-0.csv.gz' }],
  ])('is waited for where the one before is %s', async (_, manifest) => {
    const folder = await withManifest(manifest);
    const { clock, slept } = stillClock((so) => (so === 60_000 ? writeUsers(5, {}, folder) : undefined));
    expect(await refusalOf(sourceOf(folder, { clock }))).toBe('read 5 users');
    expect(slept()).toBe(60_000);
  });

  test('is waited for where there was none, and not for ever', async () => {
    const { clock, slept } = stillClock();
    const refusal = await refusalOf(sourceOf(await newFolder(), { clock, waitMinutes: 2 }));
    expect(refusal).toMatch(/^sourceIncomplete: The export of contoso.com .* has no manifest\./);
    expect(slept()).toBe(120_000);
  });

  test('is not waited for where waiting mends nothing, or the night is over', async () => {
    const { clock, slept } = stillClock();
    await refusalOf(sourceOf(await withManifest({ domain: 'fabrikam.com' }), { clock }));
    expect(slept()).toBe(0);
    const reading = sourceOf(await newFolder(), { clock }).read(wantedOf([]), AbortSignal.abort());
    await expect(reading.next()).rejects.toThrow('has no manifest');
    expect(slept()).toBe(0);
  });

  test('every domain is needed', async () => {
    const folder = await writeUsers(3);
    expect(await refusalOf(sourceOf(folder, { domains: ['contoso.com', 'fabrikam.com'] }))).toMatch(
      /^sourceIncomplete: The export of fabrikam.com .* has no manifest/,
    );
    expect(await refusalOf(sourceOf(folder, { domains: [] }))).toMatch(/^sourceEmpty: No domain is named/);
  });
});

describe('the folder', () => {
  test('a night that is stopped, or a reader that leaves, ends the read', async () => {
    const folder = await writeUsers(5_000);
    const stop = new AbortController();
    const reading = sourceOf(folder).read(wantedOf([]), stop.signal);
    await reading.next();
    stop.abort();
    await expect(
      (async () => {
        for await (const _ of reading);
      })(),
    ).rejects.toThrow('was not read to its end, since the night was stopped');
    for await (const _ of sourceOf(folder).read(wantedOf([]), SIGNAL)) break;
  });

  test('that cannot be opened', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'contoso.com', 'manifest.json'), { recursive: true });
    expect(await refusalOf(sourceOf(folder))).toContain('EISDIR');
    await rm(join(folder, 'contoso.com'), { recursive: true });
    await writeFile(join(folder, 'contoso.com'), '');
    expect(await refusalOf(sourceOf(folder))).toMatch(/^sourceIncomplete: .*ENOTDIR.*Nobody is purged/);
  });

  test('that may not be read', async () => {
    const folder = await writeUsers(3);
    await chmod(join(folder, 'contoso.com'), 0);
    // Root may read everything, so it must become somebody else for a moment.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    const refusal = await refusalOf(sourceOf(folder)).finally(() => isRoot && process.seteuid?.(0));
    expect(refusal).toMatch(/^accessDenied: .*Nobody is purged/);
    await chmod(join(folder, 'contoso.com'), 0o700);
  });
});
