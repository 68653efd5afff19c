/** What can happen to JSON, to text and to bytes on their way. */
import fc from 'fast-check';

/** Any number; taken modulo whatever there is to choose from. */
export const anyNumber = fc.nat({ max: 2 ** 31 - 1 });
export const among = (number: number, length: number) => number % Math.max(length, 1);

type Container = Record<string | number, unknown>;

/** A value within a JSON value, and the way to it. */
export interface Place {
  readonly parent: Container;
  readonly key: string | number;
  readonly path: readonly (string | number)[];
}

export const isContainer = (value: unknown): value is Container =>
  typeof value === 'object' && value !== null;

/** Every property and every element, from the outside in. */
export function placesIn(json: unknown, path: readonly (string | number)[] = []): Place[] {
  if (!isContainer(json)) return [];
  const keys: readonly (string | number)[] = Array.isArray(json) ? [...json.keys()] : Object.keys(json);
  return keys.flatMap((key) => {
    const own = [...path, key];
    return [{ parent: json, key, path: own }, ...placesIn(json[key], own)];
  });
}

/** Names that every object has or seems to have. */
export const BORROWED = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'] as const;

/** Sets an own property, whatever its name. */
export function put(parent: Container, key: string | number, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

export interface JsonChange {
  /** For whoever reads a failure. */
  readonly what: string;
  apply(place: Place): void;
}

const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e21,
  '',
  'text',
  '0',
  [],
  [null],
  [[]],
  {},
  { toString: null, valueOf: 0 },
];

export const removed: JsonChange = {
  what: 'removed',
  apply: ({ parent, key }) => {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  },
};

/** A value of another type than the one that is there; null is of a type of its own. */
export const anyOtherType: fc.Arbitrary<JsonChange> = fc.constantFrom(...VALUES).map((value) => ({
  what: `became ${JSON.stringify(value)}`,
  apply: ({ parent, key }) => {
    if (kindOf(parent[key]) !== kindOf(value)) put(parent, key, structuredClone(value));
  },
}));

export const anyExtraKey: fc.Arbitrary<JsonChange> = fc
  .tuple(fc.constantFrom(...BORROWED, '', 'unheard of', 'line\nbreak'), fc.constantFrom(...VALUES))
  .map(([name, value]) => ({
    what: `beside it ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
    apply: ({ parent }) => {
      if (!Array.isArray(parent)) put(parent, name, structuredClone(value));
    },
  }));

/** The same value under a name that is nearly the same. */
export const renamed: fc.Arbitrary<JsonChange> = fc
  .constantFrom<((name: string) => string)[]>(
    (name) => name.toUpperCase(),
    (name) => ` ${name}`,
    (name) => `${name}\u0000`,
    (name) => name.slice(1),
    () => '__proto__',
  )
  .map((rename) => ({
    what: `renamed to ${JSON.stringify(rename('name'))}`,
    apply: ({ parent, key }) => {
      if (Array.isArray(parent) || rename(String(key)) === key) return;
      put(parent, rename(String(key)), parent[key]);
      delete parent[key];
    },
  }));

export interface Change<T> {
  readonly what: string;
  apply(value: T): T;
}

/**
 * One change somewhere in a JSON value; gives a changed copy. Every property is as likely, however many objects have
 * it.
 */
export function somewhere(changes: fc.Arbitrary<JsonChange>): fc.Arbitrary<Change<unknown>> {
  return fc.tuple(anyNumber, anyNumber, changes).map(([property, which, change]) => ({
    what: `${property}, ${which}: ${change.what}`,
    apply: (json) => {
      const copy: unknown = structuredClone(json);
      const byProperty = Map.groupBy(placesIn(copy), ({ path }) =>
        path.map((key) => (typeof key === 'number' ? '#' : key)).join('.'),
      );
      const places = [...byProperty.values()][among(property, byProperty.size)] ?? [];
      const place = places[among(which, places.length)];
      if (place !== undefined) change.apply(place);
      return copy;
    },
  }));
}

const splice = (bytes: Buffer, at: number, skip: number, insert: Uint8Array) =>
  Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + skip)]);

/** Bits turned, bytes lost, put in or repeated, and an end that is missing. */
export const anyByteChange: fc.Arbitrary<Change<Buffer>> = fc.oneof(
  fc.tuple(anyNumber, fc.nat(7)).map(([where, bit]) => ({
    what: `bit ${bit} turned at ${where}`,
    apply: (bytes: Buffer) => {
      const copy = Buffer.from(bytes);
      const at = among(where, bytes.length);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << bit);
      return copy;
    },
  })),
  fc.tuple(anyNumber, anyNumber).map(([where, size]) => ({
    what: `some bytes lost at ${where}`,
    apply: (bytes: Buffer) => {
      const at = among(where, bytes.length);
      return splice(bytes, at, 1 + among(size, Math.min(bytes.length - at, 200)), Buffer.alloc(0));
    },
  })),
  anyNumber.map((where) => ({
    what: `cut off at ${where}`,
    apply: (bytes: Buffer) => bytes.subarray(0, among(where, bytes.length)),
  })),
  fc
    .tuple(
      anyNumber,
      fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.constantFrom(
          Buffer.from([0]),
          Buffer.from([0xff]),
          Buffer.from([0xed, 0xa0, 0x80]),
          Buffer.from('\uFEFF'),
          Buffer.from('\n'),
          Buffer.from('\u2028'),
          Buffer.from('"'),
          Buffer.alloc(100_000, 'x'),
        ),
      ),
    )
    .map(([where, insert]) => ({
      what: `${insert.length} bytes put in at ${where}`,
      apply: (bytes: Buffer) => splice(bytes, among(where, bytes.length + 1), 0, insert),
    })),
  fc.tuple(anyNumber, anyNumber, anyNumber).map(([from, size, to]) => ({
    what: `a piece repeated at ${to}`,
    apply: (bytes: Buffer) => {
      const at = among(from, bytes.length);
      const piece = bytes.subarray(at, at + 1 + among(size, 300));
      return splice(bytes, among(to, bytes.length + 1), 0, piece);
    },
  })),
);

/** Whole lines lost, repeated or moved. */
export const anyLineChange: fc.Arbitrary<Change<string>> = fc.oneof(
  anyNumber.map((where) => ({
    what: `line ${where} lost`,
    apply: (text: string) => inLines(text, (lines) => lines.toSpliced(among(where, lines.length), 1)),
  })),
  fc.tuple(anyNumber, anyNumber).map(([from, to]) => ({
    what: `line ${from} repeated at ${to}`,
    apply: (text: string) =>
      inLines(text, (lines) =>
        lines.toSpliced(among(to, lines.length + 1), 0, lines[among(from, lines.length)] ?? ''),
      ),
  })),
  fc.tuple(anyNumber, anyNumber).map(([one, other]) => ({
    what: `lines ${one} and ${other} swapped`,
    apply: (text: string) =>
      inLines(text, (lines) => {
        const [a, b] = [among(one, lines.length), among(other, lines.length)];
        return lines.with(a, lines[b] ?? '').with(b, lines[a] ?? '');
      }),
  })),
);

/** The lines with their ends. */
function inLines(text: string, change: (lines: readonly string[]) => readonly string[]): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.length === 0 ? text : change(lines).join('');
}

/** One change or several, one after the other. */
export function several<T>(change: fc.Arbitrary<Change<T>>, maxLength = 3): fc.Arbitrary<Change<T>> {
  return fc.array(change, { minLength: 1, maxLength }).map((all) => ({
    what: all.map(({ what }) => what).join('; '),
    apply: (value) => all.reduce((changed, { apply }) => apply(changed), value),
  }));
}
