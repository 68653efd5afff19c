import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ExportStore } from '../../lib/onprem/exportStore.ts';
import { createIdTable } from '../../lib/onprem/idTable.ts';
import { presencesOf } from './asking.ts';
import { csvOf, dnOf, hoursAgo, idOf, partsOf, readAll, rowsOf, sourceOf } from './exportFixture.ts';

interface Stored {
  readonly gzip: Buffer;
  readonly manifest: Readonly<Record<string, unknown>>;
}
type Spoil = (rows: readonly string[][], honest: Stored) => Stored;

function inMemory({ gzip, manifest }: Stored, chunkSize: number): ExportStore {
  const files: Readonly<Record<string, Buffer>> = {
    'contoso.com/manifest.json': Buffer.from(JSON.stringify(manifest)),
    'contoso.com/users-1.csv.gz': gzip,
  };
  async function* chunksOf(bytes: Buffer) {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
  }
  return {
    location: 'memory',
    open: async (path) => {
      const bytes = files[path];
      return bytes && { size: bytes.length, content: chunksOf(bytes) };
    },
  };
}

const honestOf = (rows: readonly string[][], count = rows.length): Stored => {
  const { stored, manifest } = partsOf({ csv: csvOf(rows), rows: count });
  return { gzip: stored, manifest };
};
/** The hash is made to fit again, so that only the other checks can notice. */
const rehashed = ({ gzip, manifest }: Stored): Stored => ({
  gzip,
  manifest: { ...manifest, sha256: createHash('sha256').update(gzip).digest('hex') },
});
const slot = (random: number, length: number) => random % Math.max(length, 1);

const number = fc.nat({ max: 1_000_000 });
const spoils: readonly fc.Arbitrary<Spoil>[] = [
  // What a wire, a disk or a full quota does to the bytes.
  fc.tuple(number, fc.integer({ min: 1, max: 255 })).map(([where, flip]) => (_, { gzip, manifest }) => {
    const bytes = Buffer.from(gzip);
    const at = slot(where, bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ flip;
    return { gzip: bytes, manifest };
  }),
  fc.tuple(number, number).map(([from, count]) => (_, { gzip, manifest }) => {
    const at = slot(from, gzip.length);
    const end = at + 1 + slot(count, gzip.length - at);
    return { gzip: Buffer.concat([gzip.subarray(0, at), gzip.subarray(end)]), manifest };
  }),
  fc.tuple(number, fc.boolean()).map(([at, fit]) => (_, { gzip, manifest }) => {
    const cut = { gzip: gzip.subarray(0, slot(at, gzip.length)), manifest };
    return fit ? rehashed(cut) : cut;
  }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.boolean())
    .map(([more, fit]) => (_, { gzip, manifest }) => {
      const grown = { gzip: Buffer.concat([gzip, more]), manifest };
      return fit ? rehashed(grown) : grown;
    }),
  // What an exporter does wrong that makes a well-formed file of it all the same.
  fc.tuple(number, number).map(([from, count]) => (rows) => {
    const at = slot(from, rows.length);
    const end = at + 1 + slot(count, rows.length - at);
    return honestOf([...rows.slice(0, at), ...rows.slice(end)], rows.length);
  }),
  fc.tuple(number, number).map(([from, to]) => (rows) => {
    const repeated = rows[slot(from, rows.length)] ?? [];
    return honestOf([
      ...rows.slice(0, slot(to, rows.length)),
      repeated,
      ...rows.slice(slot(to, rows.length)),
    ]);
  }),
  fc.tuple(number, number).map(([from, to]) => (rows) => {
    const repeated = rows[slot(from, rows.length)] ?? [];
    return honestOf(rows.map((row, index) => (index === slot(to, rows.length) ? repeated : row)));
  }),
  number.map((at) => (rows) => {
    const csv = csvOf(rows);
    const { stored, manifest } = partsOf({ csv: csv.slice(0, slot(at, csv.length)), rows: rows.length });
    return { gzip: stored, manifest };
  }),
  // What a manifest says.
  fc
    .oneof(
      fc.record({ rows: fc.integer({ min: -1, max: 100 }) }),
      fc.record({ sha256: fc.constantFrom('', '0'.repeat(64), 'f'.repeat(64)) }),
      fc.record({ domain: fc.constantFrom('com', 'a.contoso.com', 'fabrikam.com') }),
      fc.record({ file: fc.constantFrom('users-2.csv.gz', '/users-1.csv.gz', 'manifest.json') }),
      fc.record({ finished: fc.constantFrom(hoursAgo(-1), hoursAgo(99), '', null) }),
      fc.record({ columns: fc.constantFrom([], ['immutableId'], null) }),
      fc.record({ formatVersion: fc.constantFrom(0, 2, '1', null) }),
    )
    .map((lie) => (_, { gzip, manifest }) => ({ gzip, manifest: { ...manifest, ...lie } })),
];

describe('whatever is done to an export', () => {
  const size = fc.integer({ min: 1, max: 40 });
  const chunkSize = fc.integer({ min: 1, max: 400 });

  test('it is read exactly or refused', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(size, chunkSize, fc.oneof(...spoils), async (count, chunk, spoil) => {
        const rows = rowsOf(count);
        const spoilt = spoil(rows, honestOf(rows));
        const source = sourceOf('', { store: inMemory(spoilt, chunk) });
        const wanted = [...rows.map((_, user) => idOf(user)), idOf(-1)];
        const read = await readAll(source, wanted).catch(() => undefined);
        const presences = await presencesOf(source, wanted, `OU=Even,${dnOf('contoso.com')}`);
        const states = presences.map(({ state }) => state);
        if (read === undefined) {
          refused += 1;
          expect(new Set(states)).toEqual(new Set(['unknown']));
          return;
        }
        const honest = await readAll(sourceOf('', { store: inMemory(honestOf(rows), chunk) }), wanted);
        expect(read.users).toEqual(honest.users);
        expect(read.summary.total).toBe(count);
        expect(states).toEqual([...rows.map(() => 'present'), 'absent']);
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(300);
  }, 120_000);

  test('nothing done to it, it is read', async () => {
    await fc.assert(
      fc.asyncProperty(size, chunkSize, async (count, chunk) => {
        const store = inMemory(honestOf(rowsOf(count)), chunk);
        expect((await readAll(sourceOf('', { store }))).users).toHaveLength(count);
      }),
      { numRuns: 50 },
    );
  });
});
test('the table of ids knows exactly which it has', () => {
  const word = fc.constantFrom(0, 1, 2, 0x80000000, 0xffffffff);
  const id = fc.oneof(
    fc.tuple(word, word, word, word),
    fc.tuple(...[0, 1, 2, 3].map(() => fc.nat({ max: 0xffffffff }))),
  );
  fc.assert(
    fc.property(fc.array(id, { maxLength: 300 }), (ids) => {
      const table = createIdTable(ids.length);
      const known = new Set<string>();
      for (const one of ids) {
        expect(table.add(Uint32Array.from(one))).toBe(!known.has(one.join()));
        known.add(one.join());
      }
    }),
    { numRuns: 300 },
  );
  const zeros = createIdTable(2);
  expect([1, 2].map(() => zeros.add(new Uint32Array(4)))).toEqual([true, false]);
  const full = createIdTable(1);
  full.add(Uint32Array.of(1, 2, 3, 4));
  expect(() => full.add(Uint32Array.of(4, 3, 2, 1))).toThrow(RangeError);
});
