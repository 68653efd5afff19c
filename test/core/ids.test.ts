import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  at,
  DAY_MS,
  elapsedMs,
  HOUR_MS,
  immutableId,
  nightId,
  objectId,
  tenantId,
  timestamp,
} from '../../lib/core/ids.ts';
import { sure } from './people.ts';

const GUID = 'ABCDEF01-2345-6789-abcd-ef0123456789';

describe.each([
  ['an object id', objectId],
  ['a tenant id', tenantId],
])('%s', (_, parse) => {
  test('is a GUID, in lower case', () => expect(parse(GUID)).toBe(GUID.toLowerCase()));

  test.each([
    ['empty', ''],
    ['without dashes', GUID.replaceAll('-', '')],
    ['with something in front', `x${GUID}`],
    ['with something behind', `${GUID}0`],
    ['in braces', `{${GUID}}`],
    ['with a digit too few', GUID.slice(1)],
    ['with a sign that is no digit', GUID.replace('A', 'G')],
    ['with a line break behind', `${GUID}\n`],
    ['with a path behind', `${GUID}/../users`],
  ])('is none %s', (_name, text) => expect(parse(text)).toBeUndefined());
});

test('an immutable id is taken exactly as given, unless blank', () => {
  expect(immutableId(' aB== ')).toBe(' aB== ');
  for (const blank of ['', ' ', '\t\n']) expect(immutableId(blank)).toBeUndefined();
});

describe('a night id', () => {
  const id = '0123456789abcdef0123456789abcdef';
  test('is 32 lower-case hexadecimal digits', () => {
    expect(nightId(id)).toBe(id);
    expect(nightId(`${'0'.repeat(31)}1`)).toBe(`${'0'.repeat(31)}1`);
    expect(nightId(`1${'0'.repeat(31)}`)).toBe(`1${'0'.repeat(31)}`);
  });
  test.each(['', id.toUpperCase(), id.slice(1), `${id}0`, `x${id}`, '0'.repeat(32)])('and not %j', (text) => {
    expect(nightId(text)).toBeUndefined();
  });
});

describe('a moment', () => {
  test.each([
    ['2026-01-05T02:11:09Z', '2026-01-05T02:11:09.000Z'],
    ['2026-01-05T02:11:09.5Z', '2026-01-05T02:11:09.500Z'],
    ['2026-01-05T02:11:09.1234567Z', '2026-01-05T02:11:09.123Z'],
    ['2024-02-29T23:59:59.999Z', '2024-02-29T23:59:59.999Z'],
  ])('%s is %s', (text, moment) => expect(timestamp(text)).toBe(moment));

  test.each([
    '',
    'yesterday',
    '2026-01-05',
    '2026-01-05 02:11:09Z',
    '2026-01-05T02:11:09',
    '2026-01-05T02:11:09+02:00',
    '2026-01-05T02:11:09.Z',
    '2026-01-05T02:11:09.12345678Z',
    ' 2026-01-05T02:11:09Z',
    '2026-01-05T02:11:09Z ',
    '2026-13-05T02:11:09Z',
    '2026-01-05T25:11:09Z',
    '12026-01-05T02:11:09Z',
  ])('%j is none', (text) => expect(timestamp(text)).toBeUndefined());

  test('compares as text as it does in time, and measures what has passed', () => {
    const anyMs = fc.integer({ min: 0, max: Date.UTC(9999, 0) });
    fc.assert(
      fc.property(anyMs, anyMs, (one, other) => {
        expect(at(one) < at(other)).toBe(one < other);
        expect(elapsedMs(at(one), at(other))).toBe(other - one);
        expect(timestamp(at(one))).toBe(at(one));
      }),
    );
  });

  test('that no date can hold is a mistake', () => expect(() => at(Number.NaN)).toThrow(RangeError));

  test('hours and days are as long as they are', () => {
    const midnight = sure(timestamp('2026-03-01T00:00:00Z'));
    expect(at(Date.parse(midnight) + HOUR_MS)).toBe('2026-03-01T01:00:00.000Z');
    expect(at(Date.parse(midnight) + DAY_MS)).toBe('2026-03-02T00:00:00.000Z');
  });
});
