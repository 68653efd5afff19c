/** Policy files that a hand, an editor or a disk has spoilt: a policy that means what it says, or a refusal. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compose } from '../../lib/compose.ts';
import { readConfig } from '../../lib/config.ts';
import { makePlan } from '../../lib/core/plan.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { NightRefused } from '../../lib/errors.ts';
import { deletedMailUser, FOUND, policyJson, purgeableEvidence, sure } from '../core/people.ts';
import { fuzz, refusedOr } from './fuzz.ts';
import {
  among,
  anyByteChange,
  anyExtraKey,
  anyNumber,
  anyOtherType,
  BORROWED,
  type Change,
  isContainer,
  placesIn,
  put,
  removed,
  renamed,
  several,
  somewhere,
} from './mutations.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fuzz-policy-'));
  file = join(folder, 'policy.json');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shrink = { maxShrinkPercent: 3, maxSliceShrinkUsers: 20 };
const protect = {
  domains: ['board.domain.com'],
  userPrincipalNames: ['svc-*@domain.com'],
  addresses: ['*@vip.example'],
  organizationalUnits: ['OU=Geschäftsführung,DC=domain,DC=com'],
  extensionAttributes: [{ attribute: 'extensionAttribute7', value: 'keep' }],
  users: [
    {
      id: '00000000-0000-4000-8000-000000000009',
      until: '2027-01-31',
      requestedBy: 'Zoë',
      why: 'an investigation',
    },
  ],
};
const domain = { domain: 'domain.com', domainControllers: ['ldaps://dc1.domain.com'], credentials: 'CORP' };

const POLICIES: readonly unknown[] = [
  JSON.parse(readFileSync('policy.json', 'utf8')),
  policyJson({ protect }),
  policyJson({
    protect,
    onPremises: { source: 'activeDirectory', domains: [domain], ...shrink },
    exchange: { use: 'required', lingeringAfterHours: 24 },
  }),
  policyJson({
    protect,
    onPremises: { source: 'export', domains: ['domain.com'], maxAgeHours: 26, ...shrink },
    telemetry: { spellOutKeeps: true, personalData: false },
  }),
];
const anyPolicy = fc.constantFrom(...POLICIES);

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const read = (path = file): Policy =>
  compose(
    readConfig({
      LEDGER_DIRECTORY: folder,
      EXPORT_DIRECTORY: folder,
      POLICY_FILE: path,
      AD_CORP_USERNAME: 'reader',
      AD_CORP_PASSWORD: 'secret',
    }),
    log,
  ).policy;

/** One number of the file holds for every kind of evidence. */
function asWritten(policy: Policy, json: unknown) {
  const delays = (['gracePeriodDays', 'nightsAbsent'] as const).flatMap((name) => {
    const days = field(json, name);
    if (typeof days !== 'number') return [];
    expect(Object.values(policy[name])).toEqual([days, days, days, days]);
    return [[name, days]];
  });
  return { ...policy, ...Object.fromEntries(delays) };
}

/** Reads the file; the refusal names it, and a policy means what the file says. */
async function judged(bytes: Buffer | string): Promise<string> {
  writeFileSync(file, bytes);
  const result = await refusedOr(() => read(), ['secret']);
  if (result instanceof NightRefused) {
    const [first] = result.refusals;
    if (first?.refusal === 'configurationInvalid') expect(result.message).toContain('AD_');
    else expect(first).toMatchObject({ refusal: 'policyInvalid', detail: expect.stringContaining(file) });
    return 'refused';
  }
  expectToMean(result.value, Buffer.from(bytes));
  return result.value.mode;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const field = (json: unknown, name: string) =>
  isContainer(json) && Object.hasOwn(json, name) ? json[name] : undefined;

/** Read anew, without the tool: it purges only where the file says so, and within limits that the file sets. */
function expectToMean(policy: Policy, bytes: Buffer): void {
  const json: unknown = JSON.parse(utf8.decode(bytes));
  expect(policy.mode).toBe(field(json, 'mode') === 'purge' ? 'purge' : 'report');
  const { $comment: _, ...limits } = policy.accidentalDeletionPrevention;
  const said = field(json, 'accidentalDeletionPrevention');
  for (const name of ['perNight', 'rollingBudget'] as const) {
    for (const part of ['users', 'percent'] as const) {
      // What does not stand there allows nothing.
      expect(limits[name][part]).toBe(field(field(said, name), part) ?? 0);
      expect(limits[name][part]).toBeGreaterThanOrEqual(0);
    }
    expect(limits[name].percent).toBeLessThanOrEqual(100);
  }
  expect(limits.rollingBudget.days).toBe(field(field(said, 'rollingBudget'), 'days') ?? 7);
  const rules = Object.entries(protect).map(([name]) => [name, field(field(json, 'protect'), name) ?? []]);
  const { $comment: __, ...kept } = policy.protect;
  expect(kept).toEqual(Object.fromEntries(rules));
  // Nothing that stands in the file is passed over. GUIDs are taken in any case.
  expect(lowerCase(asWritten(policy, json))).toMatchObject(Object(lowerCase(json)));
  expectBrakes(policy);
}

const lowerCase = (json: unknown): unknown => JSON.parse(JSON.stringify(json).toLowerCase());

const ONE = deletedMailUser(1);
const PURGE = {
  user: ONE,
  found: FOUND,
  evidence: purgeableEvidence,
  nightsAbsent: 5,
  verdict: { verdict: 'purge', grounds: 'a test' },
} as const;

/** One purge more than a limit allows stops them all. */
function expectBrakes({ accidentalDeletionPrevention: limits }: Policy): void {
  const { perNight, rollingBudget } = limits;
  const planned = (purges: number, syncedUsers: number, budgetSpent: number) =>
    makePlan(Array(purges).fill(PURGE), { limits, syncedUsers, budgetSpent }).state;
  // So few synced users that no percentage comes to one of them; then as many as 100 % are.
  const few = 0.5;
  if (perNight.users < 200) expect(planned(perNight.users + 1, few, 0)).toBe('overLimit');
  expect(planned(1, few, rollingBudget.users)).toBe('overLimit');
  expect(planned(1, 1_000, Math.max(rollingBudget.users, 1_000))).toBe('overLimit');
  expect(planned(1, 0, 0)).toBe('overLimit');
}

const textOf = (json: unknown) => JSON.stringify(json, undefined, 2);

test('the policies that are spoilt here are read as they are', async () => {
  const modes = [];
  for (const policy of POLICIES) modes.push(await judged(textOf(policy)));
  expect(modes).toEqual(['report', 'purge', 'purge', 'purge']);
});

fuzz('a policy with keys lost, renamed, added or of another type', {
  runs: 80,
  of: fc.tuple(
    anyPolicy,
    several(somewhere(fc.oneof(fc.constant(removed), renamed, anyExtraKey, anyOtherType))),
    fc.boolean(),
  ),
  run: ([policy, { apply }, bom]) => judged(`${bom ? '\uFEFF' : ''}${textOf(apply(policy))}`),
  atLeast: { refused: 50, purge: 3 },
});

const LIMITS = [
  ['accidentalDeletionPrevention'],
  ['accidentalDeletionPrevention', 'perNight'],
  ['accidentalDeletionPrevention', 'perNight', 'users'],
  ['accidentalDeletionPrevention', 'perNight', 'percent'],
  ['accidentalDeletionPrevention', 'rollingBudget'],
  ['accidentalDeletionPrevention', 'rollingBudget', 'days'],
  ['accidentalDeletionPrevention', 'rollingBudget', 'users'],
  ['accidentalDeletionPrevention', 'rollingBudget', 'percent'],
  ['onPremises', 'maxShrinkPercent'],
  ['maxSyncAgeHours'],
  ['tenantId'],
] as const;

fuzz('a limit that is lost, renamed or of another type allows nothing', {
  runs: 60,
  of: fc.tuple(
    anyPolicy,
    fc.constantFrom(...LIMITS),
    fc.oneof(fc.constant(removed), fc.constant(removed), renamed, anyOtherType),
  ),
  run: async ([policy, path, change]) => {
    const copy: unknown = structuredClone(policy);
    const before = textOf(copy);
    for (const place of placesIn(copy)) if (place.path.join() === path.join()) change.apply(place);
    const what = await judged(textOf(copy));
    // Of the limits on purges, one that is lost is one that allows nobody.
    const isNone = change === removed && path.length > 1 && path[0] === 'accidentalDeletionPrevention';
    expect(what === 'refused').toBe(textOf(copy) !== before && !isNone);
    return what;
  },
  atLeast: { refused: 50 },
});

const NUMBERS = [
  'NaN',
  '-Infinity',
  '1e999',
  '-1',
  '-0',
  '0',
  '0.5',
  '1e-400',
  '9007199254740993',
  '100.00000000000001',
  '1'.repeat(400),
  '0x10',
  '07',
  '"5"',
  'null',
  'true',
  '[5]',
  '{"valueOf": 5}',
];
/** The text with one number in it replaced. */
const anyNumberChange = fc.tuple(anyNumber, fc.constantFrom(...NUMBERS)).map(
  ([where, number]): Change<string> => ({
    what: `${number} for a number`,
    apply: (text) => {
      const found = [...text.matchAll(/(?<=: )\d+/g)];
      const { index = 0, 0: old = '' } = found[among(where, found.length)] ?? {};
      return text.slice(0, index) + number + text.slice(index + old.length);
    },
  }),
);

fuzz('a policy with a number that is none, or none that is meant', {
  runs: 80,
  of: fc.tuple(anyPolicy, several(anyNumberChange, 2)),
  run: ([policy, { apply }]) => judged(apply(textOf(policy))),
  atLeast: { refused: 50, purge: 3 },
});

/** A second value for a key that is there already, before it or after it. */
fuzz('a policy with a key that comes twice is refused, whichever of the two is meant', {
  runs: 80,
  of: fc.tuple(anyPolicy, anyNumber, fc.constantFrom('5', '"purge"', '[]', '{}', 'null'), fc.boolean()),
  run: async ([policy, where, value, first]) => {
    const copy: unknown = structuredClone(policy);
    const named = placesIn(copy).filter(({ key }) => typeof key === 'string');
    const { parent, key } = sure(named[among(where, named.length)]);
    const old = parent[key];
    put(parent, key, '@here@');
    const pair = (text: string) => `${JSON.stringify(key)}: ${text}`;
    const both = first ? [pair(textOf(old)), pair(value)] : [pair(value), pair(textOf(old))];
    const text = textOf(copy).replace(pair('"@here@"'), () => both.join(', '));
    expect(await judged(text)).toBe('refused');
    return 'refused';
  },
  atLeast: {},
});

fuzz('a policy file with bytes turned, lost, put in or repeated', {
  runs: 80,
  of: fc.tuple(anyPolicy, several(anyByteChange)),
  run: ([policy, { apply }]) => judged(apply(Buffer.from(textOf(policy)))),
  atLeast: { refused: 50 },
});

const anyKey = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...BORROWED, 'mode', 'tenantId', 'protect'),
);
const anyText = fc.oneof(
  fc.json(),
  fc.dictionary(anyKey, fc.jsonValue(), { maxKeys: 80 }).map(textOf),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', ' ', '\uFEFF', 'null', '[]', '{}', '"purge"', '\u0000', '{"mode":"purge"}'),
  fc.nat({ max: 200_000 }).map((depth) => '['.repeat(depth)),
  fc.nat({ max: 20_000 }).map((depth) => `{"$comment":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`),
  fc
    .nat({ max: 20_000 })
    .map((depth) => textOf(policyJson()).replace('"purge"', `${'['.repeat(depth)}${']'.repeat(depth)}`)),
);

fuzz('whatever else the file holds is refused', {
  runs: 80,
  of: anyText,
  run: async (text) => {
    expect(await judged(Buffer.from(text))).toBe('refused');
    return 'refused';
  },
  atLeast: {},
});

test('a directory, a missing file and a path that is none are refused by name', async () => {
  mkdirSync(join(folder, 'directory'));
  for (const path of [
    join(folder, 'directory'),
    join(folder, 'none'),
    join(file, 'below'),
    'x'.repeat(5_000),
  ]) {
    const result = await refusedOr(() => read(path));
    expect(result).toMatchObject({ message: expect.stringContaining(path.slice(0, 100)) });
  }
});
