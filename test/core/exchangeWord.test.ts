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
    expect(withExchangeWord(fact(graph), id, word, use, VERIFIED).mailUser?.value).toBe(expected);
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

describe('what Exchange says is told', () => {
  const told = (word: ExchangeWord, graph = fact('yes')) =>
    withExchangeWord(graph, id, word, 'required', VERIFIED).mailUser?.origin;
  test.each<readonly [string, ExchangeWord, string]>([
    ['no answer', undefined, 'did not answer'],
    ['nobody of that id', nobody, 'no soft-deleted recipient'],
    ['no type', recipient({ recipientType: undefined }), 'no clear recipient type'],
    ['another type', recipient({ recipientType: 'UserMailbox' }), 'UserMailbox'],
    ['no address', recipient({ externalAddress: undefined }), 'without a usable external address'],
    ['no domain', recipient({ externalAddress: 'user' }), 'without a usable external address'],
    ['an address of our own', recipient({ externalAddress: 'user@x.domain.com' }), 'own domain x.domain.com'],
    ['an address of theirs', recipient(), 'external address in partner.com'],
  ])('%s', (_name, word, words) => expect(told(word)).toContain(words));

  test('and where Graph vetoes, it is Graph that is told', () => {
    expect(told(recipient(), { value: 'no', origin: 'userType is Guest' })).toBe('userType is Guest');
  });

  test('where nothing is asked, nothing of Exchange’s is there', () => {
    const graph = fact('yes');
    for (const use of ['off', 'whenAvailable'] as const) {
      expect(withExchangeWord(graph, id, nobody, use, VERIFIED)).toStrictEqual({ mailUser: graph });
    }
    expect(withExchangeWord(graph, id, recipient(), 'off', VERIFIED)).toStrictEqual({ mailUser: graph });
  });

  test('holds and high-volume accounts come through as they are', () => {
    const held = { onHold: fact('yes'), highVolumeEmail: fact('unknown') };
    expect(withExchangeWord(fact('yes'), id, recipient(held), 'required', VERIFIED)).toMatchObject(held);
    const unknown = expect.objectContaining({ value: 'unknown' });
    expect(withExchangeWord(fact('yes'), id, undefined, 'required', VERIFIED)).toStrictEqual({
      mailUser: unknown,
      onHold: unknown,
      highVolumeEmail: unknown,
    });
  });
});

describe('the cure is told', () => {
  const { exchange } = policyOf();
  const cure = (word: NonNullable<ExchangeWord>, hours: number) =>
    cureOf(
      { id, deletedDateTime: at(0), purgedAt: at(Date.parse(NOW) - hours * HOUR_MS) },
      word,
      exchange,
      NOW,
    );
  const still = new Map(recipient());

  test('as gone, as normal for some hours, or with how long it lingers and what to do', () => {
    expect(cure(new Map(), 3).detail).toContain('no soft-deleted recipient');
    expect(cure(still, 24)).toMatchObject({
      state: 'waiting',
      detail: expect.stringContaining('takes hours'),
    });
    const { state, detail } = cure(still, 30.2);
    expect(state).toBe('lingering');
    expect(detail).toContain('30 hours after the purge');
    expect(detail).toContain('Remove-MailUser -PermanentlyDelete');
  });

  test('a purge that the clock puts in the future was just now', () => {
    expect(cure(still, -1)).toMatchObject({ state: 'waiting', afterMs: 0 });
  });
});
