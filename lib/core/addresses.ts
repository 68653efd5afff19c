import type { DeletedUser } from './model.ts';

/** `user@partner.com` of `SMTP:User@Partner.com`, in lower case; other address types give `undefined`. */
export function smtpAddress(proxy: string): string | undefined {
  const colon = proxy.indexOf(':');
  const address = proxy
    .slice(colon + 1)
    .trim()
    .toLowerCase();
  const isSmtp = colon < 0 || proxy.slice(0, colon).toLowerCase() === 'smtp';
  return isSmtp && /^[^@\s]+@[^@\s]+$/.test(address) ? address : undefined;
}

/** The domain of an address or UPN, in lower case. */
export function domainOf(address: string): string | undefined {
  const domain = address
    .slice(address.lastIndexOf('@') + 1)
    .trim()
    .toLowerCase();
  return address.includes('@') && domain !== '' ? domain : undefined;
}

/** Is `domain` one of `domains`, or below one? */
export function isWithin(domain: string, domains: readonly string[]): boolean {
  const lower = domain.toLowerCase();
  return domains.some((one) => lower === one.toLowerCase() || lower.endsWith(`.${one.toLowerCase()}`));
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
