import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  isDeeperThan,
  isObject,
  numberAt,
  parseJson,
  withoutSecrets,
  withoutTokens,
} from '../../lib/core/json.ts';
import type { Json } from '../../lib/core/model.ts';

test('JSON is read as it is; what is none is nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) =>
      expect(parseJson(JSON.stringify(json))).toStrictEqual(JSON.parse(JSON.stringify(json))),
    ),
  );
  for (const text of ['', '<html>', '{"cut": "sho', 'undefined']) expect(parseJson(text)).toBeUndefined();
});

test('an object is neither a list, nor null, nor anything single', () => {
  expect([{}, { a: 1 }].map(isObject)).toStrictEqual([true, true]);
  expect([[], null, undefined, 'a', 1, true].some(isObject)).toBe(false);
});

describe('how deep lists and objects are nested', () => {
  /** So many lists or objects, one in another, about `inner`. */
  const nested = (levels: number, inner: Json = 'x'): Json =>
    Array.from({ length: levels }).reduce<Json>(
      (json, _, n) => (n % 2 === 0 ? [1, json] : { a: null, b: json }),
      inner,
    );

  test.each([
    ['x', 0, false],
    [null, 0, false],
    [[], 0, true],
    [{}, 0, true],
    [{ a: 1, b: [] }, 1, true],
    [{ a: 1, b: null }, 1, false],
    [[[], [[]]], 2, true],
    [[[], []], 2, false],
  ])('%j is deeper than %i: %s', (json, levels, deeper) => expect(isDeeperThan(json, levels)).toBe(deeper));

  test('is told exactly', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), (depth, levels) => {
        expect(isDeeperThan(nested(depth), levels)).toBe(depth > levels);
      }),
    );
  });
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
    ['theyJustSaidSoAgain', 'theyJustSaidSoAgain'],
    ['Bearer%20eyJhbGciOiJSUzI1NiIsInR5.eyJz.c2ln', 'Bearer%20(token)'],
    ['xeyJhbGciOiJSUzI1NiIsInR5 and more', 'x(token) and more'],
    ['{"Bearer abc","more"}', '{"Bearer (token)","more"}'],
    ["'Bearer abc'; (Bearer\tdef)", "'Bearer (token)'; (Bearer (token))"],
    ['a Forbearer abc', 'a Forbearer abc'],
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

  test('keeps its lines where only the tokens have to go', () => {
    expect(withoutTokens('one\n  eyJhbGciOi.eyJz\n')).toBe('one\n  (token)\n');
    expect(withoutTokens('x'.repeat(301))).toBe('x'.repeat(301));
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
