import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  domainOf,
  formerUpn,
  hostName,
  isWithin,
  knownAddresses,
  smtpAddress,
} from '../../lib/core/addresses.ts';
import { objectId } from '../../lib/core/ids.ts';
import { deletedMailUser, idOf, sure } from './people.ts';

describe('the SMTP address of a proxy address', () => {
  test.each([
    ['SMTP:User@Partner.com', 'user@partner.com'],
    ['smtp:user@partner.com', 'user@partner.com'],
    ['Smtp: user@partner.com ', 'user@partner.com'],
    ['User@Partner.com', 'user@partner.com'],
    ['smtp:a+b@x', 'a+b@x'],
    ['SMTP:user@MÜLLER.de', 'user@xn--mller-kva.de'],
    ['SMTP:user@partner.com.', 'user@partner.com'],
    ['SMTP:user@[10.0.0.1]', 'user@[10.0.0.1]'],
  ])('%j is %s', (proxy, address) => {
    expect(smtpAddress(proxy)).toBe(address);
  });

  test.each([
    'x500:/o=org/cn=user@partner.com',
    'sip:user@partner.com',
    'notes:user@partner.com',
    ':user@partner.com',
    'smtp:',
    'smtp:user',
    'smtp:@partner.com',
    'smtp:user@',
    'smtp:one@two@three',
    'smtp:one user@partner.com',
    'smtp:user@partner.com other@partner.com',
    '',
  ])('%j is none', (proxy) => {
    expect(smtpAddress(proxy)).toBeUndefined();
  });
});

describe('a host name', () => {
  test.each([
    ['Partner.COM', 'partner.com'],
    ['partner.com.', 'partner.com'],
    [' partner.com ', 'partner.com'],
    ['müller.de', 'xn--mller-kva.de'],
    ['MÜLLER.de', 'xn--mller-kva.de'],
    ['mu\u0308ller.de', 'xn--mller-kva.de'],
    ['XN--MLLER-KVA.de', 'xn--mller-kva.de'],
    ['ｐａｒｔｎｅｒ．ｃｏｍ', 'partner.com'],
    ['partner。com。', 'partner.com'],
    ['part\u00ADner.com', 'partner.com'],
    ['contoso', 'contoso'],
    ['my_corp.local', 'my_corp.local'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
  ])('of %j is %s', (text, host) => expect(hostName(text)).toBe(host));

  test.each([
    '',
    '.',
    'a..b',
    '-a.com',
    'a-.com',
    'part ner.com',
    'part\tner.com',
    'partner.com..',
    'partner.com/x',
    'partner.com#x',
    'partner.com?x',
    'partner.com:25',
    'part%6Eer.com',
    'part\\ner.com',
    'user@partner.com',
    '10.0.0.1',
    '0x7f.1',
    '[10.0.0.1]',
    '\u202Epartner.com',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(127)}com`,
  ])('is not %j', (text) => expect(hostName(text)).toBeUndefined());

  test('is its own host name', () => {
    fc.assert(
      fc.property(fc.domain(), fc.webUrl(), (domain, url) => {
        expect(hostName(domain)).toBe(domain.toLowerCase());
        const host = hostName(url.slice(8));
        if (host !== undefined) expect(hostName(host)).toBe(host);
      }),
    );
  });
});

describe('the domain', () => {
  test.each([
    ['user@Partner.com', 'partner.com'],
    ['"odd@name"@partner.com', 'partner.com'],
    ['user@partner.com ', 'partner.com'],
    ['user@ｐartner．com.', 'partner.com'],
    ['user@[10.0.0.1]', undefined],
    ['user@', undefined],
    ['user@ ', undefined],
    ['partner.com', undefined],
    ['', undefined],
  ])('of %j is %s', (address, domain) => {
    expect(domainOf(address)).toBe(domain);
  });

  test.each([
    ['partner.com', true],
    ['PARTNER.com', true],
    ['mail.partner.com', true],
    ['Mail.Partner.Com', true],
    ['notpartner.com', false],
    ['com', false],
    ['partner.com.evil.org', false],
    ['ｐartner．com.', true],
    ['10.0.0.1', false],
  ])('%s is within Partner.COM: %s', (domain, within) => {
    expect(isWithin(domain, ['other.org', 'Partner.COM'])).toBe(within);
  });

  test('nothing is within no domains', () => expect(isWithin('partner.com', [])).toBe(false));
});

describe('the UPN before the deletion', () => {
  const id = sure(objectId('abcdef00-0000-4000-8000-0000000000ef'));
  const digits = id.replaceAll('-', '');
  test.each([
    ['is what follows its own id', `${digits}John@contoso.com`, 'John@contoso.com'],
    ['whatever case the id is in', `${digits.toUpperCase()}John@contoso.com`, 'John@contoso.com'],
    ['is untouched where the id is not in front', `John${digits}@contoso.com`, `John${digits}@contoso.com`],
    [
      'is untouched where the id is somebody else’s',
      `${idOf(8).replaceAll('-', '')}John@contoso.com`,
      `${idOf(8).replaceAll('-', '')}John@contoso.com`,
    ],
    ['is unknown where Graph gave none', undefined, undefined],
  ])('%s', (_, userPrincipalName, expected) => {
    expect(formerUpn({ id, userPrincipalName })).toBe(expected);
  });

  test('comes back whole, whatever it was', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(formerUpn({ id, userPrincipalName: `${digits}${name}` })).toBe(name);
      }),
    );
  });
});

describe('the addresses somebody is known by', () => {
  test('are proxies, mail and former UPN, each once and in lower case', () => {
    const user = deletedMailUser(1, { mail: 'Other@Partner1.com' });
    expect([...knownAddresses(user)]).toStrictEqual([
      'user@partner1.com',
      'person1@domain.com',
      'other@partner1.com',
    ]);
  });

  test('are none where Graph gave none', () => {
    const untold = { proxyAddresses: undefined, mail: undefined, userPrincipalName: undefined };
    expect([...knownAddresses(deletedMailUser(1, untold))]).toStrictEqual([]);
  });
});
