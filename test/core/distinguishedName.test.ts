/** Distinguished names: the same however they were written, and never another one. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  canonical,
  containersOf,
  type DistinguishedName,
  domainOfDn,
  isBelow,
  parentOf,
  parseDn,
} from '../../lib/core/distinguishedName.ts';

function dn(text: string): DistinguishedName {
  const parsed = parseDn(text);
  if (parsed === undefined) throw new Error(`${text} was not understood`);
  return parsed;
}
const same = (one: string, other: string) => canonical(dn(one)) === canonical(dn(other));

describe('two spellings of one name are the same', () => {
  test.each([
    ['letter case', 'CN=Jo,OU=Board,DC=x', 'cn=JO,ou=BOARD,dc=X'],
    ['blanks about the separators', 'CN=Jo,OU=Board,DC=x', ' CN = Jo , OU = Board,  DC=x '],
    ['semicolons, as LDAPv2 wrote them', 'CN=Jo,OU=Board,DC=x', 'CN=Jo;OU=Board;DC=x'],
    ['a quoted value', 'CN=Smith\\, Jo,DC=x', 'CN="Smith, Jo",DC=x'],
    ['a quoted value with a quote', 'CN=a\\"b,DC=x', 'CN="a\\"b",DC=x'],
    ['a comma as hexadecimal digits', 'OU=A\\, B,DC=x', 'OU=A\\2C B,DC=x'],
    ['digits in another case', 'OU=A\\2c B,DC=x', 'OU=A\\2C B,DC=x'],
    ['a plus sign', 'OU=R\\+D,DC=x', 'OU=R\\2BD,DC=x'],
    ['an equals sign, escaped or not', 'OU=a=b,DC=x', 'OU=a\\=b,DC=x'],
    ['a number sign inside', 'OU=C#,DC=x', 'OU=C\\#,DC=x'],
    ['a backslash', 'OU=a\\\\b,DC=x', 'OU=a\\5Cb,DC=x'],
    ['a letter of two bytes', 'OU=\\C3\\A9quipe,DC=x', 'OU=équipe,DC=x'],
    ['the decomposed form', 'OU=équipe,DC=x', 'OU=e\u0301quipe,DC=x'],
    ['the decomposed form, capital', 'OU=équipe,DC=x', 'OU=E\u0301QUIPE,DC=x'],
    ['full width', 'OU=Board,DC=x', 'OU=Ｂｏａｒｄ,DC=x'],
    ['two small forms of one letter', 'OU=ΟΔΟΣ,DC=x', 'OU=οδοσ,DC=x'],
    ['several blanks inside', 'OU=The Board,DC=x', 'OU=The  Board,DC=x'],
    ['a blank at the end, escaped', 'OU=Board,DC=x', 'OU=Board\\ ,DC=x'],
    ['a no-break space', 'OU=The Board,DC=x', 'OU=The\u00A0Board,DC=x'],
    ['a sign that nobody sees', 'OU=Board,DC=x', 'OU=Bo\u200Bard,DC=x'],
    ['two pairs in another order', 'CN=Jo+UID=7,DC=x', 'UID=7 + CN=Jo,DC=x'],
    ['a control sign of two bytes', 'CN=a\\C2\\85b,DC=x', 'CN=a\u0085b,DC=x'],
    ['a tombstone', 'CN=Jo\\0ADEL:1,CN=Deleted Objects,DC=x', 'cn=jo\\0adel:1,cn=deleted objects,dc=x'],
  ])('%s', (_, one, other) => expect(same(one, other)).toBe(true));
});

describe('other names are other names', () => {
  test.each([
    ['another value', 'OU=Board,DC=x', 'OU=Boards,DC=x'],
    ['another type', 'OU=Board,DC=x', 'CN=Board,DC=x'],
    ['a blank more', 'OU=The Board,DC=x', 'OU=TheBoard,DC=x'],
    ['an escaped comma is no separator', 'OU=A\\,DC=x', 'OU=A,DC=x'],
    ['nor one of full width', 'OU=A，DC=x', 'OU=A,DC=x'],
    ['an escaped plus sign is none either', 'CN=Jo\\+UID=7,DC=x', 'CN=Jo+UID=7,DC=x'],
    ['an accent', 'OU=equipe,DC=x', 'OU=équipe,DC=x'],
  ])('%s', (_, one, other) => expect(same(one, other)).toBe(false));
});

describe('what is no distinguished name is not taken for one', () => {
  test.each([
    '',
    '   ',
    'Board',
    'OU=Board,',
    ',OU=Board',
    'OU=Board,,DC=x',
    'OU=,DC=x',
    'OU=\\ ,DC=x',
    'OU=a"b,DC=x',
    'OU="Board,DC=x',
    'OU=Board\\',
    'OU=Bo\\ard',
    'OU=\\C3,DC=x',
    'OU=\\FF\\FE,DC=x',
    'OU=#04024869,DC=x',
    'OU=\uD800,DC=x',
    '=Board,DC=x',
    'O U=Board,DC=x',
    'contoso.com/Board',
  ])('%j', (text) => expect(parseDn(text)).toBeUndefined());
});

describe('a name is below a container', () => {
  test.each([
    ['its parent', 'CN=Jo,OU=Board,DC=x', 'OU=Board,DC=x', true],
    ['one further up', 'CN=Jo,OU=Board,DC=x', 'DC=x', true],
    ['one written otherwise', 'CN=Jo,OU=R\\+D,DC=x', 'ou=R\\2bD, dc=X', true],
    ['not one whose name ends alike', 'CN=Jo,OU=Outboard,DC=x', 'OU=board,DC=x', false],
    ['not one that its own value pretends', 'CN=Jo\\,OU=Board,DC=x', 'OU=Board,DC=x', false],
    ['not one beside it', 'CN=Jo,OU=Staff,DC=x', 'OU=Board,DC=x', false],
    ['not one in the middle', 'CN=Jo,OU=Board,OU=Staff,DC=x', 'OU=Board,DC=x', false],
    ['not itself', 'OU=Board,DC=x', 'OU=Board,DC=x', false],
    ['not what is below it', 'OU=Board,DC=x', 'CN=Jo,OU=Board,DC=x', false],
  ])('%s', (_, one, container, expected) => expect(isBelow(dn(one), dn(container))).toBe(expected));
});

test('containers come innermost first, and the top has no parent', () => {
  const jo = dn('CN=Smith\\, Jo,OU=R\\+D,DC=Contoso,DC=com');
  expect(containersOf(jo).map(canonical)).toEqual([
    'ou=r\\+d,dc=contoso,dc=com',
    'dc=contoso,dc=com',
    'dc=com',
  ]);
  expect(containersOf(jo)[0]).toEqual(parentOf(jo));
  expect(parentOf(dn('DC=com'))).toBeUndefined();
  expect(containersOf(dn('DC=com'))).toEqual([]);
});

describe('the domain of a name', () => {
  test.each([
    ['CN=Jo,OU=Board,DC=Contoso,DC=com', 'contoso.com'],
    ['DC=emea,DC=contoso,DC=com', 'emea.contoso.com'],
    ['CN=Jo,DC=corp', 'corp'],
    ['CN=Jo,DC=my_corp,DC=local', 'my_corp.local'],
    ['CN=Jo,DC=m\\C3\\BCller,DC=de', 'müller.de'],
    ['DC=a,OU=Board,DC=contoso,DC=com', 'contoso.com'],
    ['CN=Jo,DC=contoso.com', undefined],
    ['CN=Jo,O=Contoso', undefined],
  ])('%s: %s', (text, domain) => expect(domainOfDn(dn(text))).toBe(domain));
});

/** Escapes every byte of a value: the one spelling that has no special signs. */
const inHex = (value: string) => Buffer.from(value).toString('hex').replaceAll(/../g, '\\$&');
const value = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());

test('whatever a value holds, its canonical text is read as the same name again', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (values) => {
      const parsed = parseDn(values.map((one) => `OU=${inHex(one)}`).join(','));
      if (parsed === undefined) return;
      expect(parsed.parts).toHaveLength(values.length);
      expect(parseDn(canonical(parsed))).toEqual(parsed);
    }),
  );
});

test('no text takes long to be refused', () => {
  for (const piece of ['\\41', '\\,', ' ', 'OU=a,', 'OU="', '\\', '=', 'a-']) {
    expect(parseDn(`${piece.repeat(50_000)}"`)).toBeUndefined();
  }
});
