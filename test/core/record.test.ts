/** The ledger outlives the code that wrote it: what a line may hold, what it may lack, and what it must never be. */
import { describe, expect, test } from '@jest/globals';
import { type LedgerRecord, ledgerLine, ledgerRecord } from '../../lib/core/record.ts';
import { ANSWERS, KEEP_REASONS, OUTCOMES, REFUSALS } from '../../lib/core/vocabulary.ts';
import { AT, EVERY_KIND, linesOf } from '../edges/telemetryLines.ts';
import { sure } from './people.ts';

/** Every kind, with every field that it can have. */
const FULL: readonly LedgerRecord[] = EVERY_KIND.map((record) => {
  if (record.kind === 'announced') return { ...record, readAt: AT };
  if (record.kind === 'sourceRead') return { ...record, parts: { 'domain.com': AT } };
  return record;
});
const accepts = (record: unknown) => ledgerRecord.safeParse(record).success;
const sample = (kind: LedgerRecord['kind']) => sure(FULL.find((record) => record.kind === kind));

type Path = readonly (string | number)[];
type Branch = Record<string | number, unknown>;
const isBranch = (value: unknown): value is Branch => typeof value === 'object' && value !== null;

/** Every place in `value`, with the value there. */
function places(value: unknown, path: Path = []): readonly (readonly [Path, unknown])[] {
  const below = isBranch(value) ? Object.entries(value) : [];
  return [[path, value], ...below.flatMap(([key, inner]) => places(inner, [...path, key]))];
}

/** A copy of `record` in which `change` was done to what holds the last key of `path`. */
function changed(
  record: unknown,
  path: Path,
  change: (branch: Branch, key: string | number) => void,
): unknown {
  const copy: unknown = structuredClone(record);
  let branch = copy;
  for (const key of path.slice(0, -1)) branch = isBranch(branch) ? branch[key] : undefined;
  const last = path.at(-1);
  if (!isBranch(branch) || last === undefined) throw new Error('the test itself is wrong');
  change(branch, last);
  return copy;
}
const without = (record: unknown, path: Path) =>
  changed(record, path, (branch, key) => {
    delete branch[key];
  });
const having = (record: unknown, path: Path, value: unknown) =>
  changed(record, path, (branch, key) => {
    branch[key] = value;
  });

/** Of the places in a record, those that the schema knows of: what is inside free JSON is nobody's business. */
const known = (record: LedgerRecord) =>
  places(record).filter(([path]) => !['policy', 'snapshot'].includes(String(path[0])) || path.length === 1);
/** Tables have names for keys, any of which may be missing. */
const isTable = (path: Path) =>
  ['slices', 'parts', 'keptBy', 'outcomes', 'facts'].includes(String(path.at(-1)));
const isJson = (path: Path) => ['policy', 'snapshot'].includes(String(path.at(-1)));
const named = (record: LedgerRecord, path: Path) => [record.kind, ...path].join('.');

describe.each(FULL.map((record) => [record.kind, record] as const))('%s', (_, record) => {
  test('comes back as it was written', () => {
    expect(ledgerRecord.parse(JSON.parse(JSON.stringify(record)))).toStrictEqual(record);
  });

  test('has nothing unheard of in it', () => {
    const objects = known(record).filter(
      ([path, value]) => isBranch(value) && !isTable(path) && !isJson(path),
    );
    const accepted = objects.filter(
      ([path, value]) => !Array.isArray(value) && accepts(having(record, [...path, 'unheardOf'], 1)),
    );
    expect(accepted).toStrictEqual([]);
    expect(objects.length).toBeGreaterThan(0);
  });

  test('has nothing of another type in it', () => {
    const fields = known(record).filter(([path]) => path.length > 0 && !isJson(path));
    const accepted = fields.filter(([path, value]) =>
      accepts(having(record, path, isBranch(value) ? 'text' : {})),
    );
    expect(accepted).toStrictEqual([]);
  });
});

test('what a record may lack, and nothing else', () => {
  const lacking = FULL.flatMap((record) =>
    known(record)
      .filter(([path]) => path.length > 0 && !isTable(path.slice(0, -1)) && accepts(without(record, path)))
      .map(([path]) => named(record, path)),
  );
  expect([...new Set(lacking)].toSorted()).toStrictEqual([
    'announced.readAt',
    'answered.retryAfterMs',
    'decided.deletedDateTime',
    'decided.displayName',
    'decided.immutableId',
    'decided.mail',
    'decided.reason',
    'decided.userPrincipalName',
    'logBegun.continues',
    'nightEnded.counts',
    'nightEnded.refusals.0.actual',
    'nightEnded.refusals.0.limit',
    'nightEnded.stack',
    'nightStarted.version',
    'planned.allowed',
    'planned.protectRules',
    'planned.protectRules.0.expired',
    'planned.syncFlagIgnored',
    'settled.announcedBy',
    'settled.verifiedAfterMs',
    'sourceRead.baseline',
    'sourceRead.parts',
    'tenantRead.clockSkewSeconds',
    'tenantRead.lastSync',
    'tenantRead.vanishedDomains',
  ]);
});

describe('a number', () => {
  /** Where the number may be `value`. */
  const placesFor = (value: number) => {
    const numbers = FULL.flatMap((record) =>
      known(record)
        .filter(([path, before]) => typeof before === 'number' && accepts(having(record, path, value)))
        .map(([path]) => named(record, path)),
    );
    return [...new Set(numbers)].toSorted();
  };

  test('is whole, but for times, limits and what exceeded them', () => {
    expect(placesFor(1.5)).toStrictEqual([
      'answered.retryAfterMs',
      'cureSeen.afterMs',
      'nightEnded.measurements.durationMs',
      'nightEnded.refusals.0.actual',
      'nightEnded.refusals.0.limit',
      'settled.verifiedAfterMs',
      'tenantRead.clockSkewSeconds',
    ]);
  });

  test('is not negative, but for a clock that is behind', () => {
    expect(placesFor(-1)).toStrictEqual([
      'nightEnded.refusals.0.actual',
      'nightEnded.refusals.0.limit',
      'tenantRead.clockSkewSeconds',
    ]);
  });

  test('may be nought, but for what is counted from one', () => {
    expect(placesFor(1).filter((place) => !placesFor(0).includes(place))).toStrictEqual([
      'announced.attempt',
      'answered.attempt',
      'withdrawn.attempt',
    ]);
  });
});

describe('a text', () => {
  const problem = (kind: LedgerRecord['kind'], path: Path, value: unknown) =>
    ledgerRecord.safeParse(having(sample(kind), path, value)).error?.issues.map(({ message }) => message);

  test.each([
    ['announced', ['id'], 'is not an object id'],
    ['tenantRead', ['tenantId'], 'is not a tenant id'],
    ['decided', ['immutableId'], 'is not an immutable id'],
    ['telemetrySent', ['of'], 'is not a night id'],
    ['cureSeen', ['purgedAt'], 'is not a UTC time'],
  ] as const)('%s %j that cannot be one: %s', (kind, path, message) => {
    expect(problem(kind, path, ' ')).toStrictEqual([message]);
  });

  test.each(['a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), 'g'.repeat(64), ` ${'a'.repeat(64)}`])(
    'a hash is not %j',
    (hash) => expect(accepts(having(sample('planned'), ['fingerprint'], hash))).toBe(false),
  );

  test.each([
    ['nightStarted', ['mode'], ['report', 'purge']],
    ['sourceRead', ['source'], ['entra', 'activeDirectory', 'export']],
    ['decided', ['verdict'], ['purge', 'keep']],
    ['decided', ['reason'], KEEP_REASONS],
    ['decided', ['facts', 'onPremises', 'value'], ['yes', 'no', 'unknown']],
    ['planned', ['state'], ['ready', 'overLimit']],
    ['planned', ['refusals', 0, 'refusal'], REFUSALS],
    ['answered', ['answer'], ANSWERS],
    ['settled', ['outcome'], OUTCOMES],
    ['cureSeen', ['state'], ['gone', 'waiting', 'lingering']],
    ['nightEnded', ['status'], ['completed', 'refused', 'stopped', 'failed']],
  ] as const)('%s %j is a name of a closed list', (kind, path, names) => {
    for (const name of names) expect(accepts(having(sample(kind), path, name))).toBe(true);
    for (const other of ['', 'Report', 'maybe'])
      expect(accepts(having(sample(kind), path, other))).toBe(false);
  });

  test('no table has a name that is not of its list', () => {
    expect(accepts(having(sample('nightEnded'), ['outcomes', 'vanished'], 1))).toBe(false);
    expect(accepts(having(sample('planned'), ['counts', 'keptBy', 'whim'], 1))).toBe(false);
  });
});

describe('a line', () => {
  const [line] = linesOf(FULL);
  test('puts a record in its place', () => expect(ledgerLine.parse(line)).toStrictEqual(line));
  test.each(['night', 'seq', 'at', 'prev', 'record'])('is none without its %s', (name) => {
    expect(ledgerLine.safeParse(without(line, [name])).success).toBe(false);
  });
  test.each([
    ['seq', -1],
    ['prev', 'x'],
    ['unheardOf', 1],
    ['record', { kind: 'imagined' }],
  ])('is none with %s %j', (name, value) => {
    expect(ledgerLine.safeParse(having(line, [name], value)).success).toBe(false);
  });
});
