/**
 * Distinguished names as LDAP compares them, not as they are written: RFC 4514 for the text, RFC 4518 for letter case,
 * Unicode forms and blanks. Active Directory, Graph and people write the same name in different ways.
 */

declare const brand: unique symbol;
/** A distinguished name that was understood. Made by {@link parseDn} only. */
export interface DistinguishedName {
  readonly [brand]: true;
  /** Each relative name as text to compare, innermost first: `["cn=jo", "ou=board", "dc=contoso", "dc=com"]`. */
  readonly parts: readonly string[];
}

const named = (parts: readonly string[]) => ({ parts }) as DistinguishedName;

/**
 * One `type=value` and the separator behind it. A value is quoted, as LDAPv2 wrote it, or has its special signs
 * escaped: by a backslash alone, or as the two hexadecimal digits of each UTF-8 byte. The alternatives exclude one
 * another, so that no text makes the pattern try them in many ways.
 */
const PAIR =
  /\s*([a-z][a-z0-9-]*|\d+(?:\.\d+)+)\s*=\s*(?:"((?:[^"\\]|\\[0-9a-f]{2}|\\[^0-9a-f])*)"\s*|((?:[^"\\,;+]|\\[0-9a-f]{2}|\\[^0-9a-f])*))([,;+]|$)/iuy;

/** `undefined` for what is no distinguished name, or holds a value that cannot be compared (`#04024869`). */
export function parseDn(text: string): DistinguishedName | undefined {
  if (!text.isWellFormed()) return undefined;
  const parts: string[] = [];
  let pairs: string[] = [];
  PAIR.lastIndex = 0;
  for (;;) {
    const [, type = '', quoted, plain = '', separator] = PAIR.exec(text) ?? [];
    const value = quoted === undefined && plain.startsWith('#') ? undefined : comparable(quoted ?? plain);
    if (value === undefined) return undefined;
    pairs.push(`${type.toLowerCase()}=${escaped(value)}`);
    if (separator === '+') continue;
    // The pairs of one relative name have no order.
    parts.push(pairs.sort().join('+'));
    if (separator === '') return named(parts);
    pairs = [];
  }
}

/** The name as one text: two names are the same exactly if these are. */
export const canonical = ({ parts }: DistinguishedName): string => parts.join(',');

/** `ou=board,dc=contoso,dc=com` of `cn=jo,ou=board,dc=contoso,dc=com`; `undefined` at the top. */
export const parentOf = ({ parts }: DistinguishedName): DistinguishedName | undefined =>
  parts.length > 1 ? named(parts.slice(1)) : undefined;

/** Is `dn` somewhere below `container`? It is not below itself. */
export function isBelow(dn: DistinguishedName, container: DistinguishedName): boolean {
  const depth = dn.parts.length - container.parts.length;
  return depth > 0 && container.parts.every((part, index) => part === dn.parts[depth + index]);
}

/** Everything that `dn` is below, innermost first. */
export const containersOf = ({ parts }: DistinguishedName): readonly DistinguishedName[] =>
  parts.slice(1).map((_, index) => named(parts.slice(index + 1)));

/** `contoso.com` of `cn=jo,ou=board,dc=contoso,dc=com`: the domain components at its end, in lower case. */
export function domainOfDn({ parts }: DistinguishedName): string | undefined {
  const top = parts.findLastIndex((part) => !/^dc=[^\\+.]+$/u.test(part));
  const labels = parts.slice(top + 1).map((part) => part.slice('dc='.length));
  return labels.length === 0 ? undefined : labels.join('.');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The value without escapes, in one letter case, Unicode form and spacing. `undefined`: empty, or not UTF-8. */
function comparable(written: string): string | undefined {
  const bytes = written.split(/(\\[0-9a-f]{2}|\\[^0-9a-f])/iu).map((piece, index) => {
    if (index % 2 === 0) return Buffer.from(piece);
    return /^\\[0-9a-f]{2}$/i.test(piece) ? Buffer.from(piece.slice(1), 'hex') : Buffer.from(piece.slice(1));
  });
  let value: string;
  try {
    value = utf8.decode(Buffer.concat(bytes));
  } catch {
    return undefined;
  }
  // Upper case first: it makes one letter of those that have two small forms.
  const folded = value.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
  const spaced = folded.replaceAll(UNSEEN, '').replaceAll(/\s+/gu, ' ').trim();
  return spaced === '' ? undefined : spaced;
}

/** What RFC 4518 maps to nothing and people paste by accident: soft hyphen, zero-width and direction signs. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;

const escaped = (value: string) =>
  value
    .replaceAll(/[,+"\\<>;=]|^#/gu, '\\$&')
    .replaceAll(/\p{Cc}/gu, (sign) => Buffer.from(sign).toString('hex').replaceAll(/../g, '\\$&'));
