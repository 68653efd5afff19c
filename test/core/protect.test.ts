/** Which rule protects whom, and what it says to whoever asks why somebody was kept. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DeletedUser } from '../../lib/core/model.ts';
import { protection, ruleMatches } from '../../lib/core/protect.ts';
import { deletedMailUser, idOf, NOW, policyOf } from './people.ts';

type Rules = Readonly<Record<string, unknown>>;
const asked = (rules: Rules, changes: Partial<DeletedUser> = {}) =>
  protection(deletedMailUser(1, changes), policyOf({ protect: rules }).protect, NOW);
const protects = (rules: Rules, changes: Partial<DeletedUser> = {}) =>
  asked(rules, changes).protection === 'yes';

const userRule = (n: number, until: string) => ({
  id: idOf(n),
  until,
  requestedBy: 'Legal',
  why: 'Case 12',
});

test('no rule protects nobody, however little is known of them', () => {
  const untold = {
    proxyAddresses: undefined,
    userPrincipalName: undefined,
    mail: undefined,
    onPremisesDistinguishedName: undefined,
    extensionAttributes: undefined,
  };
  expect(asked({})).toStrictEqual({ protection: 'no' });
  expect(asked({}, untold)).toStrictEqual({ protection: 'no' });
});

describe('the rule that protects is named as the policy has it', () => {
  const attribute = { attribute: 'extensionAttribute7', value: 'board*' };
  test.each<readonly [Rules, string]>([
    [{ users: [userRule(1, '2026-12-31')] }, 'users: until 2026-12-31, asked by Legal (Case 12)'],
    [{ domains: ['other.org', 'Partner1.com'] }, 'domains: Partner1.com'],
    [{ userPrincipalNames: ['x*', 'Person?@*'] }, 'userPrincipalNames: Person?@*'],
    [{ addresses: ['x*', '*@partner1.com'] }, 'addresses: *@partner1.com'],
    [
      { organizationalUnits: ['OU=Board,DC=domain,DC=com', 'OU=Contractors,DC=domain,DC=com'] },
      'organizationalUnits: OU=Contractors,DC=domain,DC=com',
    ],
    [{ extensionAttributes: [attribute] }, 'extensionAttributes: extensionAttribute7 is board*'],
  ])('%j', (rules, rule) => {
    const user = { extensionAttributes: { extensionAttribute7: 'Board' } };
    expect(asked(rules, user)).toStrictEqual({ protection: 'yes', rule });
  });
});

describe('a single user is protected', () => {
  test.each([
    ['until a later day', userRule(1, '2026-03-02'), true],
    ['on the last day itself', userRule(1, '2026-03-01'), true],
    ['no longer on the day after', userRule(1, '2026-02-28'), false],
    ['not by the rule for somebody else', userRule(2, '2026-12-31'), false],
  ])('%s', (_, rule, expected) => expect(protects({ users: [rule] })).toBe(expected));
});

describe('a domain and an address are compared as host names', () => {
  const user = { proxyAddresses: ['SMTP:Jo@MÜLLER.de', 'smtp:jo@ｄomain．com.'] };
  test.each<readonly [Rules, boolean]>([
    [{ domains: ['xn--mller-kva.de'] }, true],
    [{ addresses: ['jo@xn--mller-kva.de'] }, true],
    [{ addresses: ['*@müller.de'] }, true],
    [{ addresses: ['j?@*.mu\u0308ller.de'] }, false],
    [{ addresses: ['j?@mu\u0308ller.*'] }, true],
    [{ addresses: ['jo@domain.com.'] }, true],
    [{ userPrincipalNames: ['*@DOMAIN.com.'] }, true],
  ])('%j: %s', (rules, expected) => expect(protects(rules, user)).toBe(expected));

  test('one that is no host name may be in any domain', () => {
    const odd = { proxyAddresses: ['SMTP:jo@[10.0.0.1]'] };
    expect(asked({ domains: ['other.org'] }, odd)).toEqual({ protection: 'unknown', rule: 'domains' });
    expect(asked({ addresses: ['x*'] }, odd)).toEqual({ protection: 'no' });
  });
});

describe('an organizational unit', () => {
  const inUnit = (dn: string, unit: string) =>
    protects({ organizationalUnits: [unit] }, { onPremisesDistinguishedName: dn });
  test.each([
    ['itself', 'CN=Jo,OU=Board,DC=x', 'OU=Board,DC=x', true],
    ['from further up', 'CN=Jo,OU=Board,DC=x', 'DC=x', true],
    ['in another case', 'CN=Jo,OU=Board,DC=x', 'ou=BOARD,dc=X', true],
    ['with blanks about its separators', 'CN=Jo, OU = Board , DC=x', ' OU=Board,  DC =x ', true],
    ['whose name is only the end of another', 'CN=Jo,OU=Outboard,DC=x', 'OU=board,DC=x', false],
    ['beside it', 'CN=Jo,OU=Staff,DC=x', 'OU=Board,DC=x', false],
    ['further down', 'CN=Jo,OU=Board,DC=x', 'OU=Audit,OU=Board,DC=x', false],
    ['whose own name has blanks in it', 'CN=Jo,OU=The Board,DC=x', 'OU=TheBoard,DC=x', false],
    ['whose own name has an escaped comma', 'CN=Jo,OU=A\\, B,DC=x', 'OU=A\\, B,DC=x', true],
    ['the same, escaped otherwise', 'CN=Jo,OU=A\\, B,DC=x', 'OU=A\\2C B,DC=x', true],
    ['with an accent, in another Unicode form', 'CN=Jo,OU=\u00C9quipe,DC=x', 'OU=e\u0301quipe,DC=x', true],
    ['with an accent, as bytes', 'CN=Jo,OU=équipe,DC=x', 'OU=\\C3\\A9quipe,DC=x', true],
    ['that is the name itself', 'CN=Jo,OU=Board,DC=x', 'CN=Jo,OU=Board,DC=x', true],
  ])('%s', (_, dn, unit, expected) => expect(inUnit(dn, unit)).toBe(expected));
});

describe('a pattern', () => {
  const matches = (glob: string, value: string) =>
    protects(
      { extensionAttributes: [{ attribute: 'extensionAttribute1', value: glob }] },
      { extensionAttributes: { extensionAttribute1: value } },
    );
  test.each([
    ['*', '', true],
    ['*', 'two\nlines', true],
    ['a*z', 'az', true],
    ['a*z', 'a to z', true],
    ['a*z', 'a to z!', false],
    ['a*z', '!a to z', false],
    ['a?z', 'abz', true],
    ['a?z', 'az', false],
    ['a?z', 'abbz', false],
    ['a?z', 'a😀z', true],
    ['ÄRGER', 'ärger', true],
    ['a.c', 'abc', false],
    ['a+', 'aa', false],
    ['[ab]', 'a', false],
    ['(a|b)', 'a', false],
    ['^a$', 'a', false],
    ['a{2}', 'aa', false],
    ['\\d', '1', false],
  ])('%j of %j: %s', (glob, value, expected) => expect(matches(glob, value)).toBe(expected));

  const noWildcard = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !/[*?]/.test(text));
  test('without a wildcard means itself, whatever signs it has', () => {
    fc.assert(fc.property(noWildcard, (text) => expect(matches(text, text)).toBe(true)));
    for (const sign of '.+^{$}()|[]\\-/#@!') expect(matches(`a${sign}b`, `a${sign}b`)).toBe(true);
  });
  test('matches what was put in place of its wildcards', () => {
    const letter = fc.constantFrom('x', '.', '😀', '(', '\\');
    fc.assert(
      fc.property(noWildcard, fc.string(), letter, noWildcard, (start, middle, one, end) => {
        expect(matches(`${start}*${end}?`, `${start}${middle}${end}${one}`)).toBe(true);
      }),
    );
  });
});

describe('a rule that cannot be answered is named too', () => {
  const attribute = { attribute: 'extensionAttribute1', value: 'x' };
  test.each<readonly [string, Rules, Partial<DeletedUser>, 'unknown' | 'no']>([
    ['domains', { domains: ['x.com'] }, { proxyAddresses: undefined }, 'unknown'],
    ['domains', { domains: ['x.com'] }, { userPrincipalName: undefined }, 'unknown'],
    ['userPrincipalNames', { userPrincipalNames: ['x*'] }, { userPrincipalName: undefined }, 'unknown'],
    ['userPrincipalNames', { userPrincipalNames: ['x*'] }, { proxyAddresses: undefined }, 'no'],
    ['addresses', { addresses: ['x*'] }, { proxyAddresses: undefined }, 'unknown'],
    ['addresses', { addresses: ['x*'] }, { userPrincipalName: undefined }, 'no'],
    [
      'organizationalUnits',
      { organizationalUnits: ['OU=x,DC=y'] },
      { onPremisesDistinguishedName: '' },
      'unknown',
    ],
    [
      'organizationalUnits',
      { organizationalUnits: ['OU=x,DC=y'] },
      { onPremisesDistinguishedName: 'CN=Jo,OU="x' },
      'unknown',
    ],
    [
      'extensionAttributes',
      { extensionAttributes: [attribute] },
      { extensionAttributes: undefined },
      'unknown',
    ],
    ['extensionAttributes', { extensionAttributes: [attribute] }, { extensionAttributes: {} }, 'unknown'],
    [
      'extensionAttributes',
      { extensionAttributes: [attribute] },
      { extensionAttributes: { extensionAttribute1: null } },
      'no',
    ],
  ])('%s, case %#', (rule, rules, changes, expected) => {
    expect(asked(rules, changes)).toStrictEqual(
      expected === 'no' ? { protection: 'no' } : { protection: 'unknown', rule },
    );
  });

  test('but a rule that does protect is enough, whatever the others lack', () => {
    const rules = { domains: ['partner1.com'], userPrincipalNames: ['x*'] };
    expect(asked(rules, { userPrincipalName: undefined })).toStrictEqual({
      protection: 'yes',
      rule: 'domains: partner1.com',
    });
  });

  test('what Graph did not tell is not taken for a text that a pattern could match', () => {
    const anything = { attribute: 'extensionAttribute1', value: '?*' };
    expect(asked({ userPrincipalNames: ['?*'] }, { userPrincipalName: undefined }).protection).toBe(
      'unknown',
    );
    expect(asked({ extensionAttributes: [anything] }, { extensionAttributes: undefined }).protection).toBe(
      'unknown',
    );
    const without = { extensionAttributes: { extensionAttribute1: null } };
    expect(asked({ extensionAttributes: [anything] }, without).protection).toBe('no');
  });
});

test('each rule counts the users whom it protects, also where another one comes first', () => {
  const deleted = [deletedMailUser(1), deletedMailUser(2), deletedMailUser(3)];
  const { protect } = policyOf({
    protect: {
      users: [userRule(1, '2026-12-31'), userRule(2, '2026-02-28')],
      domains: ['partner1.com', 'partner2.com'],
      addresses: ['*@partner?.com', 'ceo@partner.com'],
      organizationalUnits: ['OU=Contractors,DC=domain,DC=com'],
    },
  });
  expect(ruleMatches(deleted, protect, NOW)).toStrictEqual([
    { rule: 'users: until 2026-12-31, asked by Legal (Case 12)', users: 1 },
    { rule: 'users: until 2026-02-28, asked by Legal (Case 12)', users: 0, expired: true },
    { rule: 'domains: partner1.com', users: 1 },
    { rule: 'domains: partner2.com', users: 1 },
    { rule: 'addresses: *@partner?.com', users: 3 },
    { rule: 'addresses: ceo@partner.com', users: 0 },
    { rule: 'organizationalUnits: OU=Contractors,DC=domain,DC=com', users: 3 },
  ]);
});
