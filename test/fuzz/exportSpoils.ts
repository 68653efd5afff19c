/** What can become of an export between the script that writes it and the night that reads it. */
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { EXPORT_COLUMNS } from '../../lib/onprem/exportManifest.ts';
import { partsOf } from '../onprem/exportFixture.ts';
import {
  among,
  anyByteChange,
  anyExtraKey,
  anyLineChange,
  anyNumber,
  anyOtherType,
  type Change,
  isContainer,
  put,
  removed,
  renamed,
  several,
  somewhere,
} from './mutations.ts';

/** The two files of one domain, as bytes. */
export interface Files {
  readonly gzip: Buffer;
  readonly manifest: Buffer;
}

/** The rows with their header, as text. */
export type Csv = string;

const anyManifestValue: fc.Arbitrary<Change<unknown>> = fc
  .tuple(
    fc.constantFrom(
      'rows',
      'sha256',
      'file',
      'domain',
      'columns',
      'started',
      'finished',
      'sourceAnchor',
      'x',
    ),
    fc.constantFrom<unknown[]>(
      -1,
      0,
      1,
      4,
      10_000_000,
      10_000_001,
      1e300,
      '',
      'f'.repeat(64),
      '../users-1.csv.gz',
      'users-1.csv.gz/',
      'manifest.json',
      'CONTOSO.com\nand more',
      'eyJhbGciOiJub25lIn0.e30.x',
      'objectGUID',
      'x'.repeat(50_000),
      '9999-12-31T23:59:59Z',
      '0000-01-01T00:00:00Z',
      '2026-01-05T25:00:00Z',
      [],
      [...EXPORT_COLUMNS, '__proto__'],
      ['immutableId'],
    ),
  )
  .map(([name, value]) => ({
    what: `${name} became ${JSON.stringify(value).slice(0, 80)}`,
    apply: (json) => {
      const copy: unknown = structuredClone(json);
      if (isContainer(copy)) put(copy, name, value);
      return copy;
    },
  }));

const anyManifestChange = several(
  fc.oneof(
    { weight: 2, arbitrary: somewhere(fc.oneof(fc.constant(removed), renamed, anyExtraKey, anyOtherType)) },
    { weight: 3, arbitrary: anyManifestValue },
  ),
  2,
);

/** Somebody else's id in the place of one that is there. */
function withAnother(where: number, csv: Buffer): string {
  const ids = csv.toString().match(/[A-Za-z0-9+/]{22}==/g) ?? [];
  return csv.toString().replace(ids[among(where, ids.length)] ?? '', Buffer.alloc(16, 7).toString('base64'));
}

/** The files as they lie in the folder; nobody makes the hash fit again. */
export const anyFileSpoil: fc.Arbitrary<Change<Files>> = fc.oneof(
  several(anyByteChange).map(({ what, apply }) => ({
    what: `users: ${what}`,
    apply: (files: Files) => ({ ...files, gzip: apply(files.gzip) }),
  })),
  several(anyByteChange).map(({ what, apply }) => ({
    what: `manifest: ${what}`,
    apply: (files: Files) => ({ ...files, manifest: apply(files.manifest) }),
  })),
  several(anyByteChange).map(({ what, apply }) => ({
    what: `users, within the gzip: ${what}`,
    apply: (files: Files) => ({ ...files, gzip: gzipSync(apply(gunzipSync(files.gzip))) }),
  })),
  anyNumber.map((where) => ({
    what: `users: another one for number ${where}`,
    apply: (files: Files) => ({ ...files, gzip: gzipSync(withAnother(where, gunzipSync(files.gzip))) }),
  })),
  anyManifestChange.map(({ what, apply }) => ({
    what: `manifest: ${what}`,
    apply: (files: Files) => ({
      ...files,
      manifest: Buffer.from(JSON.stringify(apply(JSON.parse(files.manifest.toString()))) ?? ''),
    }),
  })),
  fc.constant({
    what: 'one for the other',
    apply: ({ gzip, manifest }: Files) => ({ gzip: manifest, manifest: gzip }),
  }),
  fc.constant({ what: 'both empty', apply: () => ({ gzip: Buffer.alloc(0), manifest: Buffer.alloc(0) }) }),
);

/** A sign put in, taken out or changed for another. Never within a name: that would be a lie that nobody could tell. */
const anySign = (signs: readonly string[], found: RegExp): fc.Arbitrary<Change<Csv>> =>
  fc.tuple(anyNumber, fc.constantFrom('', ...signs)).map(([where, sign]) => ({
    what: `a sign became ${JSON.stringify(sign)} at ${where}`,
    apply: (csv) => {
      const all = [...csv.matchAll(found)];
      const { index = 0, 0: old = '' } = all[among(where, all.length)] ?? {};
      return csv.slice(0, index) + sign + csv.slice(index + old.length);
    },
  }));

const whole = (what: string, apply: (csv: Csv) => Csv): fc.Arbitrary<Change<Csv>> =>
  fc.constant({ what, apply });

/** A sound writer could have chosen these as well. */
export const anyDialect = fc.oneof(
  whole('semicolons', (csv) => csv.replaceAll('","', '";"')),
  whole('tabs', (csv) => csv.replaceAll('","', '"\t"')),
  whole('sep=', (csv) => `sep=;\r\n${csv.replaceAll('","', '";"')}`),
  whole('#TYPE', (csv) => `#TYPE Selected.User\r\n${csv}`),
  whole('line feeds', (csv) => csv.replaceAll('\r\n', '\n')),
  whole('blank lines', (csv) => csv.replaceAll('\r\n', '\r\n\r\n')),
  whole('a byte order mark', (csv) => `\uFEFF${csv}`),
);

const huge = fc.constantFrom<Change<Csv>[]>(
  { what: 'a huge cell', apply: (csv) => csv.replace('"CN=', `"CN=${'x'.repeat(1_100_000)}`) },
  { what: 'a large cell', apply: (csv) => csv.replace('"CN=', `"CN=${'x'.repeat(10_000)}`) },
  { what: 'nothing but line ends', apply: () => '\r\n'.repeat(50_000) },
);

/** What a writer gets wrong, after which a new hash makes it look sound. */
export const anyCsvChange = several(
  fc.oneof(
    anyLineChange,
    anySign(['"', ';', '\t', '""', ' '], /[",]/g),
    anySign(['\n', '\r', '\r\n\r\n', '\u2028', '\0'], /\r\n/g),
    anyNumber.map((where) => ({
      what: `cut off at ${where}`,
      apply: (csv: Csv) => csv.slice(0, among(where, csv.length)),
    })),
    anyNumber.map((where) => ({
      what: `a column renamed`,
      apply: (csv: Csv) => csv.replace(EXPORT_COLUMNS[among(where, EXPORT_COLUMNS.length)] ?? '', 'column'),
    })),
    anyNumber.map((where) => ({
      what: `two columns have the same name`,
      apply: (csv: Csv) => csv.replace(EXPORT_COLUMNS[among(where, EXPORT_COLUMNS.length)] ?? '', 'mail'),
    })),
    whole('carriage returns', (csv) => csv.replaceAll('\r\n', '\r')),
    whole('no header', (csv) => csv.replace(/^.*\r\n/, '')),
    whole('nothing', () => ''),
    whole('the separator is a quote', (csv) => `sep="\r\n${csv}`),
    whole('the separator is a letter', (csv) => `sep=m\r\n${csv}`),
    anyDialect,
    huge,
  ),
  2,
);

export const anyEncoding = fc.constantFrom<((csv: Csv) => Buffer)[]>(
  (csv) => Buffer.from(csv),
  (csv) => Buffer.from(csv),
  (csv) => Buffer.from(csv, 'latin1'),
  (csv) => Buffer.from(csv, 'utf16le'),
  (csv) => Buffer.from(`\uFEFF${csv}`, 'utf16le'),
  (csv) => Buffer.from(`\uFEFF${csv}`, 'utf16le').swap16(),
  (csv) => Buffer.from(`\uFEFF${csv}`, 'utf16le').subarray(0, -1),
  (csv) => Buffer.from(`\uFEFF${csv}`),
);

/** The files of `domain` that hold this text, with a hash that fits. */
export function filesOf(
  csv: Buffer | Csv,
  rows: number,
  manifest: Readonly<Record<string, unknown>> = {},
): Files {
  const parts = partsOf({ csv, rows, manifest });
  return { gzip: parts.stored, manifest: Buffer.from(JSON.stringify(parts.manifest)) };
}
