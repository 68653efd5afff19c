import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ImmutableId, immutableId } from '../../lib/core/ids.ts';
import { bytesFromId, guidFromId, idFromBytes, looseText } from '../../lib/core/immutableId.ts';

const id = (text: string): ImmutableId => {
  const made = immutableId(text);
  if (made === undefined) throw new Error(`"${text}" is blank`);
  return made;
};
const bytesOf = (hex: string) => Buffer.from(hex, 'hex');
const anyGuid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter((bytes) => bytes.some((byte) => byte !== 0));

describe('binary anchors', () => {
  test('keep the byte order of the directory, not that of the GUID as text', () => {
    // objectGUID {df2cd2b3-4a7a-4b6b-9c3a-1f0e5d4c3b2a}: the first three groups are stored back to front.
    const bytes = bytesOf('b3d22cdf7a4a6b4b9c3a1f0e5d4c3b2a');
    expect(idFromBytes(bytes)).toBe('s9Is33pKa0ucOh8OXUw7Kg==');
    expect(guidFromId(id('s9Is33pKa0ucOh8OXUw7Kg=='))).toStrictEqual(bytes);
  });

  test('every GUID comes back from its id, and no two share one', () => {
    fc.assert(
      fc.property(anyGuid, anyGuid, (one, other) => {
        const made = idFromBytes(one);
        expect(made).toHaveLength(24);
        expect(made === undefined ? undefined : guidFromId(made)).toStrictEqual(Buffer.from(one));
        expect(made === idFromBytes(other)).toBe(Buffer.compare(one, other) === 0);
      }),
    );
  });

  test('of other lengths come back too, but are no GUID', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        const made = idFromBytes(bytes);
        const hasValue = bytes.some((byte) => byte !== 0);
        expect(made && bytesFromId(made)).toStrictEqual(hasValue ? Buffer.from(bytes) : undefined);
        if (bytes.length !== 16 && made !== undefined) expect(guidFromId(made)).toBeUndefined();
      }),
    );
  });

  test.each([
    ['no bytes', ''],
    ['a GUID of nothing but zeros', '00'.repeat(16)],
  ])('%s make no id', (_name, hex) => {
    expect(idFromBytes(bytesOf(hex))).toBeUndefined();
  });
});

describe('ids that no GUID can have become', () => {
  test.each([
    ['a plain anchor', 'E10442'],
    ['a plain anchor that base64 could have made', 'ABCD'],
    ['a GUID as text', 'df2cd2b3-4a7a-4b6b-9c3a-1f0e5d4c3b2a'],
    ['without padding', 's9Is33pKa0ucOh8OXUw7Kg'],
    ['in the alphabet of URLs', '_-Is33pKa0ucOh8OXUw7Kg=='],
    ['with stray bits before the padding', 's9Is33pKa0ucOh8OXUw7Kh=='],
    ['with a blank', ' s9Is33pKa0ucOh8OXUw7Kg=='],
    ['all zeros', 'AAAAAAAAAAAAAAAAAAAAAA=='],
  ])('%s', (_name, text) => {
    expect(guidFromId(id(text))).toBeUndefined();
  });

  test('whatever text it is, bytes are found only for what base64 would write again', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => text.trim() !== ''),
        (text) => {
          const bytes = bytesFromId(id(text));
          if (bytes !== undefined) expect(bytes.toString('base64')).toBe(text);
        },
      ),
    );
  });
});

describe('plain anchors', () => {
  test.each([
    ['case', 'E10442a', 'e10442A'],
    ['accents', 'Müller', 'MULLER'],
    ['width', 'Ｅ１０', 'e10'],
    ['blanks', ' E  10 ', 'e 10'],
  ])('are the same but for %s', (_name, one, other) => {
    expect(looseText(one)).toBe(looseText(other));
  });

  test('are otherwise different', () => {
    expect(looseText('E10442')).not.toBe(looseText('E10443'));
    expect(looseText('E 10')).not.toBe(looseText('E10'));
  });
});

test('half a character is none: nobody could be asked for it', () => {
  for (const text of ['\ud800', 'ABC\udc00', '\udc00\ud800']) expect(immutableId(text)).toBeUndefined();
  expect(immutableId('\ud83d\ude00')).toBe('😀');
});
