import { describe, expect, test } from '@jest/globals';
import { GuardsTripped, messageOf, NightRefused } from '../lib/errors.ts';

const HOSTILE = 'a\nb\r\n\u0000c\u2028d\u202Ee \u001b[2Kf\ud800';
const HARMLESS = 'a b c d e [2Kf\ufffd';

describe('whatever a message quotes, it is one line', () => {
  test('of a refusal', () => {
    const refused = new NightRefused('policyInvalid', HOSTILE);
    expect(refused.message).toBe(HARMLESS);
    expect(refused.refusals).toEqual([{ refusal: 'policyInvalid', detail: HARMLESS }]);
  });

  test('of several', () => {
    const { message, refusals } = new GuardsTripped([
      { refusal: 'sourceShrank', detail: HOSTILE, limit: 3 },
      { refusal: 'sourceStale', detail: 'x\ty' },
    ]);
    expect(message).toBe(`${HARMLESS} x y`);
    expect(refusals).toEqual([
      { refusal: 'sourceShrank', detail: HARMLESS, limit: 3 },
      { refusal: 'sourceStale', detail: 'x y' },
    ]);
  });

  test('of anything thrown', () => {
    expect(messageOf(new Error(HOSTILE))).toBe(HARMLESS);
    expect(messageOf(HOSTILE)).toBe(HARMLESS);
    expect(messageOf(new RangeError(''))).toBe('RangeError');
  });
});

test.each([
  [
    'said back',
    'you sent Authorization: Bearer eyJ0eXAi.eyJhdWQi.c2ln; why?',
    'you sent Authorization: Bearer (token); why?',
  ],
  ['in a URL', `a?b=Bearer%20eyJ0eXAiOiJKV1QiLCJh.eyJhdWQi.c2ln&c`, 'a?b=Bearer%20(token)&c'],
  ['of no known kind', 'bearer opaque-1234 was refused', 'Bearer (token) was refused'],
  ['that is none', 'Monkey Jones, monkeyJones@partner.com', 'Monkey Jones, monkeyJones@partner.com'],
])('a token %s is not told', (_, said, told) => {
  expect(messageOf(new Error(said))).toBe(told);
  expect(new NightRefused('accessDenied', said).message).toBe(told);
  // Messages quote messages.
  expect(messageOf(new Error(told))).toBe(told);
});

test('an endless one loses its middle, not its advice', () => {
  const { message } = new NightRefused(
    'sourceIncomplete',
    `It begins. ${'x'.repeat(1_000_000)} Nobody is purged.`,
  );
  expect(message.length).toBeLessThan(4_100);
  expect(message).toMatch(/^It begins\. x+ … x+ Nobody is purged\.$/);
});
