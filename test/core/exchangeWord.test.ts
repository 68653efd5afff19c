import { describe, expect, test } from '@jest/globals';
import { cureOf, type ExchangeWord, withExchangeWord } from '../../lib/core/exchangeWord.ts';
import { at, HOUR_MS } from '../../lib/core/ids.ts';
import type { Fact, SoftDeletedRecipient } from '../../lib/core/model.ts';
import { idOf, NOW, policyOf, VERIFIED } from './people.ts';

const id = idOf(1);
const fact = (value: Fact['value']): Fact => ({ value, origin: 'a test' });
const recipient = (changes: Partial<SoftDeletedRecipient> = {}): ExchangeWord =>
  new Map([
    [
      id,
      {
        id,
        recipientType: 'MailUser',
        externalAddress: 'user@partner.com',
        onHold: fact('no'),
        highVolumeEmail: fact('no'),
        ...changes,
      },
    ],
  ]);
const nobody: ExchangeWord = new Map();

describe('the mail user', () => {
  test.each<
    readonly [string, Fact['value'], ExchangeWord, 'off' | 'whenAvailable' | 'required', Fact['value']]
  >([
    ['off: only Graph counts', 'unknown', recipient(), 'off', 'unknown'],
    ['a match proves what Graph cannot tell', 'unknown', recipient(), 'whenAvailable', 'yes'],
    ['a match proves, required', 'unknown', recipient(), 'required', 'yes'],
    ['a guest stays a guest', 'no', recipient(), 'required', 'no'],
    ['a mailbox is a veto', 'yes', recipient({ recipientType: 'UserMailbox' }), 'whenAvailable', 'no'],
    ['no clear type is a doubt', 'yes', recipient({ recipientType: undefined }), 'whenAvailable', 'unknown'],
    [
      'a mailbox on-premises is a MailUser of the tenant itself',
      'unknown',
      recipient({ externalAddress: 'user@domain.com' }),
      'required',
      'no',
    ],
    [
      'no external address is a doubt',
      'yes',
      recipient({ externalAddress: undefined }),
      'required',
      'unknown',
    ],
    ['no match adds nothing', 'yes', nobody, 'whenAvailable', 'yes'],
    ['no match removes no doubt', 'unknown', nobody, 'whenAvailable', 'unknown'],
    ['no match is not enough where required', 'yes', nobody, 'required', 'unknown'],
    ['no answer adds nothing', 'yes', undefined, 'whenAvailable', 'yes'],
    ['no answer is not enough where required', 'yes', undefined, 'required', 'unknown'],
  ])('%s', (_name, graph, word, use, expected) => {
    expect(withExchangeWord(fact(graph), id, word, use, VERIFIED).mailUser.value).toBe(expected);
  });
});

test('holds come from a match, and are unknown without one where required', () => {
  const onHold = fact('yes');
  expect(withExchangeWord(fact('yes'), id, recipient({ onHold }), 'whenAvailable', VERIFIED).onHold).toBe(
    onHold,
  );
  expect(withExchangeWord(fact('yes'), id, nobody, 'required', VERIFIED).onHold?.value).toBe('unknown');
  expect(withExchangeWord(fact('yes'), id, nobody, 'whenAvailable', VERIFIED).onHold).toBeUndefined();
});

test.each([
  [recipient(), 23, 'waiting'],
  [recipient(), 25, 'lingering'],
  [nobody, 25, 'gone'],
  [nobody, 0, 'gone'],
] as const)('the cure, case %#', (word, hours, state) => {
  const purgedAt = at(Date.parse(NOW) - hours * HOUR_MS);
  const generation = { id, deletedDateTime: at(0) };
  const { exchange } = policyOf();
  expect(cureOf({ ...generation, purgedAt }, word ?? new Map(), exchange, NOW)).toMatchObject({
    state,
    afterMs: hours * HOUR_MS,
  });
});
