/** `policy check`: by line and column, what is there and what to write. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { findingsIn, policyCheckResult } from '../../lib/cli/policyCheck.ts';
import { type DeskRig, deskRig } from './rig.ts';

jest.setTimeout(60_000);

const SHIPPED = readFileSync('policy.json', 'utf8').replace(
  /0{8}-[0-]+/,
  'a1b2c3d4-0000-4000-8000-00000000c0de',
);
const check = (text: string) => findingsIn(Buffer.from(text));
/** Where `needle` stands, as an editor counts. */
function placeIn(text: string, needle: string) {
  const before = text.slice(0, text.indexOf(needle)).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

test('nothing is wrong with the shipped policy but that it names no tenant', () => {
  expect(check(SHIPPED)).toEqual([]);
  expect(findingsIn(readFileSync('policy.json'))).toMatchObject([{ path: 'tenantId', grade: 'doubtful' }]);
});

const protect = (name: string, list: readonly unknown[]) =>
  SHIPPED.replace(`"${name}": []`, `"${name}": ${JSON.stringify(list)}`);
const HELD = { id: 'a1b2c3d4-0000-4000-8000-00000000c0de', requestedBy: 'Legal', why: 'a matter' };

test.each<readonly [text: string, needle: string, path: string, grade: string, what: RegExp]>([
  [SHIPPED.replace('"report"', '"purg"'), '"purg"', 'mode', 'wrong', /must be "report" or "purge"/],
  [
    SHIPPED.replace('"gracePeriodDays": 14', '"gracePeriodDays": "14"'),
    '"14"',
    'gracePeriodDays',
    'wrong',
    /must be a number/,
  ],
  [
    protect('users', [{ ...HELD, until: '2026-13-01' }]),
    '"2026-13-01"',
    'protect.users.0.until',
    'wrong',
    /date such as/,
  ],
  [
    protect('users', [{ ...HELD, until: '2020-01-31' }]),
    '{"id"',
    'protect.users.0',
    'doubtful',
    /nobody since 2020-01-31/,
  ],
  [protect('addresses', ['a@b.com', 'ceo']), '"ceo"', 'protect.addresses.1', 'wrong', /a whole name such as/],
  [protect('userPrincipalNames', ['*']), '"*"', 'protect.userPrincipalNames.0', 'wrong', /everybody/],
  [
    protect('userPrincipalNames', ['c eo@*']),
    '"c eo',
    'protect.userPrincipalNames.0',
    'wrong',
    /a whole name such as/,
  ],
  [
    protect('organizationalUnits', ['OU=Board']),
    '"OU=Board"',
    'protect.organizationalUnits.0',
    'wrong',
    /DC=contoso/,
  ],
  [
    protect('extensionAttributes', [{ attribute: 'extensionAttribute1', value: '*' }]),
    '{"attribute"',
    'protect.extensionAttributes.0',
    'wrong',
    /everybody/,
  ],
  [
    SHIPPED.replace('"gracePeriodDays": 14', '"gracePeriodDays": 29'),
    '29',
    'gracePeriodDays',
    'doubtful',
    /one night before day 30/,
  ],
  [
    SHIPPED.replace('"nightsAbsent": 3', '"nightsAbsent": 28'),
    '28',
    'nightsAbsent',
    'doubtful',
    /2 nights before day 30/,
  ],
])('%#: it is found in its place', (text, needle, path, grade, what) => {
  expect(check(text)).toEqual([
    { ...placeIn(text, needle), path, grade, what: expect.stringMatching(what), there: expect.any(String) },
  ]);
  expect(text).toContain(needle);
});

test('an unknown setting and a missing one are named where they belong', () => {
  const text = SHIPPED.replace('"maxSyncAgeHours": 3', '"maxSyncAgeHour": 3');
  const found = check(text);
  expect(found).toHaveLength(2);
  expect(found).toContainEqual(
    expect.objectContaining({ path: 'maxSyncAgeHour', ...placeIn(text, '3,\n  "onPremises"') }),
  );
  expect(found).toContainEqual(expect.objectContaining({ path: 'maxSyncAgeHours', line: 1, column: 1 }));
});

test.each(['', '{', '{"mode": report}', '[]', 'null', `${SHIPPED}}`, '\u0000', '{"a":1,"a":2}'])(
  'what is no policy is one finding or more, with a place (%#)',
  (text) => {
    const [first] = check(text);
    expect(first).toMatchObject({ grade: 'wrong', line: expect.any(Number), column: expect.any(Number) });
  },
);

test('a comma too many is found where it is', () => {
  const text = SHIPPED.replace('"report",', '"report",,');
  expect(check(text)).toMatchObject([placeIn(text, ',,') && { line: placeIn(text, ',,').line }]);
});

let rig: DeskRig;
beforeAll(async () => {
  rig = await deskRig([], []);
});
afterAll(() => rig.close());

test('the command ends with 0, 1 or 2, and asks nobody', async () => {
  const good = rig.write('good.json', SHIPPED);
  expect(await rig.run(['policy', 'check', good])).toMatchObject({ code: 0, stderr: '' });
  const bad = rig.write('bad.json', SHIPPED.replace('"report"', '"\\u001b[2J\u009b"'));
  const { code, stdout } = await rig.run(['policy', 'check'], { POLICY_FILE: bad });
  expect([code, stdout]).toEqual([1, expect.stringMatching(/bad\.json:\d+:\d+ {2}wrong {2}mode must be/)]);
  expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
  expect((await rig.json(policyCheckResult, 'policy', 'check', bad)).findings).toHaveLength(1);
  expect(await rig.run(['policy', 'check', '/nowhere.json'])).toMatchObject({ code: 2, stdout: '' });
  expect(await rig.run(['policy'])).toMatchObject({ code: 2, stdout: '' });
  expect(rig.servers.log).toEqual([]);
});
