/** The README explains every word that an operator may meet. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SETTING_NAMES } from '../lib/config.ts';
import { CURE_STATES, KEEP_REASONS, NIGHT_STATUSES, OUTCOMES, REFUSALS } from '../lib/core/vocabulary.ts';

const README = readFileSync(join(process.cwd(), 'README.md'), 'utf8');

/** What the rows of the table under this header explain, by the word in their first cell. */
function explained(header: string): readonly string[] {
  const table = new RegExp(`^\\| ${header} \\|.*\\n\\|[-|]+\\n((?:\\|.*\\n)+)`, 'm').exec(README)?.[1] ?? '';
  return table
    .trim()
    .split('\n')
    .filter((row) => (row.split('|').at(-2) ?? '').trim().length > 2)
    .map((row) => /^\| `(\w+)`/.exec(row)?.[1] ?? row);
}

test.each([
  ['Reason', KEEP_REASONS],
  ['Refusal', REFUSALS],
  ['Outcome', OUTCOMES],
  ['Setting', [...SETTING_NAMES, 'AD_<NAME>_USERNAME']],
])('every %s is explained, and no other', (header, words) => {
  const rows = explained(header).map((word) => word.replace(/^\| `(AD_<NAME>_USERNAME)`.*/, '$1'));
  expect([...rows].sort()).toEqual([...words].sort());
});

test('every key of the policy is explained, as shipped', () => {
  const policy = JSON.parse(readFileSync(join(process.cwd(), 'policy.schema.json'), 'utf8')) as {
    properties: Record<string, unknown>;
  };
  const keys = Object.keys(policy.properties).filter((key) => !key.startsWith('$'));
  expect([...explained('Key')].sort()).toEqual(keys.sort());
});

test.each([...NIGHT_STATUSES, ...CURE_STATES])('%s is explained', (word) => {
  expect(README).toContain(`\`${word}\``);
});

test('names only scripts that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...README.matchAll(/npm (?:run )?(start|test|(?<=run )[a-z]+)\b/g)].map(
    ([, name = '']) => name,
  );
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  expect(named).toContain('bench');
});
