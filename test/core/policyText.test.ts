import { describe, expect, test } from '@jest/globals';
import { parsePolicyText } from '../../lib/core/policyText.ts';
import { policyJson, TENANT } from './people.ts';

const text = (changes: Readonly<Record<string, unknown>> = {}) => JSON.stringify(policyJson(changes));
const parse = (policy: string, encoding: BufferEncoding = 'utf8') =>
  parsePolicyText(Buffer.from(policy, encoding));
const UMLAUT = { protect: { organizationalUnits: ['OU=Geschäftsführung,DC=domain,DC=com'] } };

describe('the encoding', () => {
  test('is UTF-8, with or without a byte order mark', () => {
    for (const mark of ['', '\uFEFF']) expect(parse(mark + text(UMLAUT))).toMatchObject({ policy: UMLAUT });
  });

  test('another one would protect somebody of another name: it is no policy', () => {
    expect(() => parse(text(UMLAUT), 'latin1')).toThrow('it is not UTF-8');
    expect(() => parse(`\uFEFF${text()}`, 'utf16le')).toThrow('it is not UTF-8');
  });

  test.each(['', '{', 'null}', '{"mode": NaN}'])('%j is no JSON', (broken) => {
    expect(() => parse(broken)).toThrow();
  });
});

describe('a key that comes twice', () => {
  test.each([
    ['at the top', text().replace('"mode"', '"mode":"report","mode"'), ['mode']],
    ['under another spelling', text().replace('"mode"', '"m\\u006fde":"report","mode"'), ['mode']],
    [
      'with all its rules',
      text().replace('"protect"', '"protect":{"domains":["vip.com"]},"protect"'),
      ['protect'],
    ],
    [
      'further in',
      text().replace('"days"', '"days":1,"days"'),
      ['accidentalDeletionPrevention.rollingBudget.days'],
    ],
    [
      'in a list',
      text({ protect: { users: [{ id: 1 }, { why: 2 }] } }).replace('"why"', '"why":3,"why"'),
      ['protect.users.why'],
    ],
  ])('%s is named', (_, policy, keys) => {
    expect(parse(policy)).toStrictEqual({
      problems: keys.map((key) => `${key} stands there twice, and only one can be meant`),
    });
  });

  test('as a value that comes twice, or that is also a key, is none', () => {
    const protect = {
      domains: ['x.com', 'x.com'],
      $comment: 'domains',
      addresses: ['addresses@x.com'],
      extensionAttributes: [{ attribute: 'extensionAttribute1', value: 'addresses' }],
    };
    expect(parse(text({ protect }))).toMatchObject({ policy: { protect } });
    const users = [{ id: TENANT, until: '2026-12-31', requestedBy: 'why', why: 'why' }];
    expect(parse(text({ protect: { users } }))).toMatchObject({ policy: { protect: { users } } });
  });

  test('in different objects, or as a value, is none', () => {
    const rules = [1, 2].map((n) => ({ attribute: `extensionAttribute${n}`, value: '"value": {"value": [' }));
    expect(parse(text({ protect: { extensionAttributes: rules } }))).toMatchObject({
      policy: { protect: { extensionAttributes: rules } },
    });
  });
});
