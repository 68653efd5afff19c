import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isObject, numberAt, parseJson, withoutSecrets } from '../../lib/core/json.ts';

test('JSON is read as it is; what is none is nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) =>
      expect(parseJson(JSON.stringify(json))).toEqual(JSON.parse(JSON.stringify(json))),
    ),
  );
  for (const text of ['', '<html>', '{"cut": "sho', 'undefined']) expect(parseJson(text)).toBeUndefined();
});

test('an object is neither a list, nor null, nor anything single', () => {
  expect([{}, { a: 1 }].map(isObject)).toEqual([true, true]);
  expect([[], null, undefined, 'a', 1, true].some(isObject)).toBe(false);
});

describe('a number by its path', () => {
  const policy = { limits: { max: 5, name: 'x', none: 0 }, list: [7] };
  test.each([
    [['limits', 'max'], 5],
    [['limits', 'none'], 0],
    [['limits', 'name'], undefined],
    [['limits'], undefined],
    [['nothing'], undefined],
    [['nothing', 'further'], undefined],
    [['limits', 'max', 'further'], undefined],
    [['limits', 'name', 'length'], undefined],
    [['list', 'length'], undefined],
  ])('%j is %p', (path, number) => expect(numberAt(policy, path)).toBe(number));

  test('is not to be had of null', () => expect(numberAt(null, ['limits'])).toBeUndefined());
  test('is the value itself where the path is empty', () => expect(numberAt(3, [])).toBe(3));
});

describe('a text for the log', () => {
  test.each([
    ['the token eyJhbGciOi.eyJzdWIi-_x.c2ln_- was refused', 'the token (token) was refused'],
    ['eyJ', '(token)'],
    ['Authorization: Bearer abc.def/ghi+jkl==', 'Authorization: Bearer (token)'],
    ['bearer   secret, and more', 'Bearer (token), and more'],
    ['heyJude', 'heyJude'],
    ['  two\n\tlines  \r\n', 'two lines'],
  ])('%j becomes %j', (text, expected) => expect(withoutSecrets(text)).toBe(expected));

  test('is one line of at most 300 characters', () => {
    expect(withoutSecrets('x'.repeat(301))).toBe('x'.repeat(300));
    fc.assert(
      fc.property(fc.string({ maxLength: 1000 }), (text) => {
        const told = withoutSecrets(text);
        expect(told.length).toBeLessThanOrEqual(300);
        expect(told).not.toMatch(/[\r\n\t]/);
      }),
    );
  });

  test('holds no token, wherever it stood', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9_-]{4,20}$/);
    const around = fc.constantFrom('', ' ', '"', ': ', '=', '\n', '(');
    fc.assert(
      fc.property(around, fc.tuple(part, part, part), around, (before, [head, body, signature], after) => {
        const told = withoutSecrets(`${before}eyJ${head}.eyJ${body}.${signature}${after}`);
        expect(told).toContain('(token)');
        expect(told).not.toContain(body);
        expect(told).not.toContain(signature);
      }),
    );
  });
});
