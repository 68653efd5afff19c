/** What can happen to the files of a ledger in a folder. */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import {
  among,
  anyByteChange,
  anyExtraKey,
  anyLineChange,
  anyNumber,
  anyOtherType,
  type Change,
  type Place,
  removed,
  renamed,
  several,
  somewhere,
} from './mutations.ts';

export interface FolderSpoil {
  readonly what: string;
  apply(folder: string): void;
}

/** Every file, as a path, in order. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
const logsIn = (folder: string) => filesIn(folder).filter((path) => path.endsWith('.ndjson'));

const edit = (path: string, change: (bytes: Buffer) => Buffer | string) =>
  writeFileSync(path, change(readFileSync(path)));
const bytesOf = (change: Change<string>, encoding: BufferEncoding = 'latin1'): Change<Buffer> => ({
  what: change.what,
  apply: (bytes) => Buffer.from(change.apply(bytes.toString(encoding)), encoding),
});

/** One line that is JSON all the same, and says something else. */
const anyRecordChange: fc.Arbitrary<Change<Buffer>> = fc
  .tuple(
    anyNumber,
    somewhere(
      fc.oneof(
        fc.constant(removed),
        renamed,
        anyExtraKey,
        anyOtherType,
        anyNumber.map((number) => ({
          what: `another value (${number})`,
          apply: ({ parent, key }: Place) => {
            const value = parent[key];
            if (typeof value === 'number') parent[key] = number;
            if (typeof value === 'string') parent[key] = value.replace(/[0-9a-z]/, String(number % 10));
          },
        })),
      ),
    ),
  )
  .map(([where, change]) => ({
    what: `in line ${where}: ${change.what}`,
    apply: (bytes) => {
      const lines = bytes.toString().split('\n');
      const at = among(where, lines.length - 1);
      try {
        lines[at] = JSON.stringify(change.apply(JSON.parse(lines[at] ?? ''))) ?? '';
      } catch {
        // An earlier change left no JSON there.
      }
      return Buffer.from(lines.join('\n'));
    },
  }));

const anyContent = several(
  fc.oneof(
    anyByteChange,
    anyByteChange,
    anyLineChange.map((change) => bytesOf(change)),
    anyRecordChange,
    fc.constantFrom<Change<Buffer>[]>(
      { what: 'emptied', apply: () => Buffer.alloc(0) },
      { what: 'a blank line behind it', apply: (bytes) => Buffer.concat([bytes, Buffer.from('\n')]) },
      { what: 'zeros behind it', apply: (bytes) => Buffer.concat([bytes, Buffer.alloc(512)]) },
      { what: 'all zeros', apply: (bytes) => Buffer.alloc(bytes.length) },
      { what: 'CRLF', apply: (bytes) => Buffer.from(bytes.toString().replaceAll('\n', '\r\n')) },
      { what: 'a byte order mark', apply: (bytes) => Buffer.concat([Buffer.from('\uFEFF'), bytes]) },
      { what: 'another encoding', apply: (bytes) => Buffer.from(bytes.toString(), 'utf16le') },
      { what: 'decomposed', apply: (bytes) => Buffer.from(bytes.toString().normalize('NFD')) },
      { what: 'written anew', apply: (bytes) => Buffer.from(bytes.toString().replaceAll('":', '": ')) },
      { what: 'deep', apply: (bytes) => Buffer.from(`${'['.repeat(200_000)}\n${bytes}`) },
    ),
  ),
  2,
);

const ofFiles = (
  what: string,
  apply: (path: string, other: string, folder: string) => void,
): fc.Arbitrary<FolderSpoil> =>
  fc.tuple(anyNumber, anyNumber).map(([one, two]) => ({
    what: `file ${one}: ${what} (${two})`,
    apply: (folder) => {
      const paths = logsIn(folder);
      const [path, other] = [paths[among(one, paths.length)], paths[among(two, paths.length)]];
      if (path !== undefined && other !== undefined) apply(path, other, folder);
    },
  }));

const lines = (path: string) => readFileSync(path, 'utf8').match(/.*\n/g) ?? [];

const STRAY: readonly string[] = [
  'x.ndjson',
  'notes.txt',
  '.DS_Store',
  'line\nbreak.ndjson',
  'log/1.ndjson',
  'log/000000.ndjson',
  'log/000001.NDJSON',
  'log/000001.ndjson.bak',
  'log/000003.ndjson',
  'log/000009.ndjson',
  'log/more/000003.ndjson',
  '2026/11/25/20261125T020000Z-eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee.ndjson',
];
const anyStray: fc.Arbitrary<FolderSpoil> = fc
  .tuple(
    fc.constantFrom(...STRAY),
    fc.constantFrom('', 'x', '{}\n'),
    fc.constantFrom('file', 'folder', 'link'),
  )
  .map(([name, content, kind]) => ({
    what: `${kind} ${JSON.stringify(name)} holding ${JSON.stringify(content)}`,
    apply: (folder) => {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      if (kind === 'folder') mkdirSync(path, { recursive: true });
      else if (kind === 'link') symlinkSync(join(folder, 'nowhere'), path);
      else writeFileSync(path, content);
    },
  }));

/** Anything that can happen to one file or more of the folder. */
export const anyFolderSpoil: fc.Arbitrary<FolderSpoil> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(anyNumber, anyContent).map(([where, { what, apply }]) => ({
      what: `file ${where}: ${what}`,
      apply: (folder: string) => {
        const paths = logsIn(folder);
        edit(paths[among(where, paths.length)] ?? '', apply);
      },
    })),
  },
  ofFiles('removed', (path) => rmSync(path)),
  ofFiles('holds another', (path, other) => copyFileSync(other, path)),
  ofFiles('holds a line of another', (path, other) =>
    writeFileSync(path, [...lines(path), lines(other).at(-1) ?? ''].join('')),
  ),
  ofFiles('holds another as well', (path, other) =>
    writeFileSync(path, [...lines(path), ...lines(other)].join('')),
  ),
  ofFiles('under the name of another', (path, other) => renameSync(path, other)),
  ofFiles('renamed', (path) => renameSync(path, path.replace('00000', '00001'))),
  ofFiles('renamed out of sight', (path) => renameSync(path, `${path}.old`)),
  ofFiles('copied', (path) => copyFileSync(path, path.replace('00000', '00001'))),
  ofFiles('a folder in its place', (path) => {
    rmSync(path);
    mkdirSync(path);
  }),
  anyStray,
);
