import { domainToASCII } from 'node:url';
import type { DeletedUser } from './model.ts';

/** Labels of letters, digits, hyphens and (as Active Directory allows) underscores; the last is no number, as in an IP address. */
const HOST =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*(?!\d+$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** What `domainToASCII` would cut off, leave out or decode: it reads the host of a URL. */
const NOT_OF_A_HOST = /[\s/?#\\%:@[\]\p{Cc}]/u;

/**
 * A domain as the one host name that it means: in ASCII (`xn--mller-kva.de`), lower case, without the dot at its end,
 * however it was written (full width, decomposed, capitals). `undefined` for what is no host name.
 */
export function hostName(domain: string): string | undefined {
  const text = domain.trim();
  if (HOST.test(text)) return text;
  const ascii = NOT_OF_A_HOST.test(text) ? '' : domainToASCII(text).replace(/\.$/, '');
  return HOST.test(ascii) ? ascii : undefined;
}

/**
 * `user@partner.com` of `SMTP:User@Partner.com`, in lower case and with the domain as a host name; other address types
 * give `undefined`. A domain that is none stays as it is written, so that the address can still be looked for.
 */
export function smtpAddress(proxy: string): string | undefined {
  const colon = proxy.indexOf(':');
  const address = proxy.slice(colon + 1).trim();
  const isSmtp = colon < 0 || proxy.slice(0, colon).toLowerCase() === 'smtp';
  return isSmtp && /^[^@\s]+@[^@\s]+$/.test(address) ? normalName(address) : undefined;
}

/** The same address or UPN however it was written. */
export function normalName(name: string): string {
  const at = name.lastIndexOf('@') + 1;
  const plain = (text: string) => text.normalize('NFC').toLowerCase();
  return `${plain(name.slice(0, at))}${hostName(name.slice(at)) ?? plain(name.slice(at))}`;
}

/** The domain of an address or UPN, as a host name; `undefined` where there is none. */
export const domainOf = (address: string): string | undefined =>
  address.includes('@') ? hostName(address.slice(address.lastIndexOf('@') + 1)) : undefined;

/** Is `domain` one of `domains`, or below one? */
export function isWithin(domain: string, domains: readonly string[]): boolean {
  const host = hostName(domain);
  return domains.some((one) => {
    const other = hostName(one);
    return host !== undefined && other !== undefined && (host === other || host.endsWith(`.${other}`));
  });
}

/**
 * The UPN before the deletion. Entra ID puts the object id, without dashes, before the name of a deleted user;
 * it is taken off only where it is this user's own id.
 */
export function formerUpn(user: Pick<DeletedUser, 'id' | 'userPrincipalName'>): string | undefined {
  const upn = user.userPrincipalName;
  if (upn === undefined) return undefined;
  const prefix = user.id.replaceAll('-', '');
  return upn.toLowerCase().startsWith(prefix) ? upn.slice(prefix.length) : upn;
}

/** Every address the user is known by, in lower case: proxies, mail and former UPN. */
export function knownAddresses(user: DeletedUser): ReadonlySet<string> {
  const all = [...(user.proxyAddresses ?? []), user.mail ?? '', formerUpn(user) ?? ''];
  return new Set(all.map(smtpAddress).filter((address) => address !== undefined));
}
