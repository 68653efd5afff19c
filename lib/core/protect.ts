/** The policy's protect rules: who is never purged, whatever else is true. */
import { domainOf, formerUpn, hostName, isWithin, knownAddresses, normalName } from './addresses.ts';
import { canonical, isBelow, parseDn } from './distinguishedName.ts';
import type { Timestamp } from './ids.ts';
import type { DeletedUser } from './model.ts';
import type { Policy } from './policy.ts';

export type Protection =
  | { readonly protection: 'no' }
  | { readonly protection: 'yes'; readonly rule: string }
  /** A rule asks for something that Graph did not tell. */
  | { readonly protection: 'unknown'; readonly rule: string };

/** Does a rule protect this user? */
export function protection(user: DeletedUser, rules: Policy['protect'], now: Timestamp): Protection {
  const rule =
    protectedById(user, rules, now) ??
    protectedByName(user, rules) ??
    protectedByPlace(user, rules) ??
    protectedByAttribute(user, rules);
  if (rule !== undefined) return { protection: 'yes', rule };
  const blind = blindRule(user, rules);
  return blind === undefined ? { protection: 'no' } : { protection: 'unknown', rule: blind };
}

function protectedById(user: DeletedUser, rules: Policy['protect'], now: Timestamp): string | undefined {
  const today = now.slice(0, 10);
  const rule = rules.users.find((one) => one.id === user.id && today <= one.until);
  return rule && `users: until ${rule.until}, asked by ${rule.requestedBy} (${rule.why})`;
}

function protectedByName(user: DeletedUser, rules: Policy['protect']): string | undefined {
  const addresses = [...knownAddresses(user)];
  const upn = formerUpn(user) ?? '';
  const domains = [...addresses, upn].map(domainOf).filter((domain) => domain !== undefined);
  const domain = rules.domains.find((rule) => domains.some((one) => isWithin(one, [rule])));
  if (domain !== undefined) return `domains: ${domain}`;
  const name = rules.userPrincipalNames.find((glob) => globMatches(normalGlob(glob), normalName(upn)));
  if (name !== undefined) return `userPrincipalNames: ${name}`;
  const address = rules.addresses.find((glob) => addresses.some((one) => globMatches(normalGlob(glob), one)));
  return address && `addresses: ${address}`;
}

function protectedByPlace(user: DeletedUser, rules: Policy['protect']): string | undefined {
  const place = placeOf(user);
  if (place === undefined) return undefined;
  const unit = rules.organizationalUnits.find((one) => {
    const container = parseDn(one);
    return container && (isBelow(place, container) || canonical(place) === canonical(container));
  });
  return unit && `organizationalUnits: ${unit}`;
}

const placeOf = (user: DeletedUser) => parseDn(user.onPremisesDistinguishedName ?? '');

function protectedByAttribute(user: DeletedUser, rules: Policy['protect']): string | undefined {
  const rule = rules.extensionAttributes.find((one) =>
    globMatches(one.value, user.extensionAttributes?.[one.attribute] ?? ''),
  );
  return rule && `extensionAttributes: ${rule.attribute} is ${rule.value}`;
}

function blindRule(user: DeletedUser, rules: Policy['protect']): string | undefined {
  const noAddresses = user.proxyAddresses === undefined;
  const noUpn = user.userPrincipalName === undefined;
  const isNoHost = [...knownAddresses(user)].some((address) => domainOf(address) === undefined);
  const blind: readonly (readonly [boolean, string])[] = [
    [rules.domains.length > 0 && (noAddresses || noUpn || isNoHost), 'domains'],
    [rules.userPrincipalNames.length > 0 && noUpn, 'userPrincipalNames'],
    [rules.addresses.length > 0 && noAddresses, 'addresses'],
    [rules.organizationalUnits.length > 0 && placeOf(user) === undefined, 'organizationalUnits'],
    [
      rules.extensionAttributes.some((one) => user.extensionAttributes?.[one.attribute] === undefined),
      'extensionAttributes',
    ],
  ];
  return blind.find(([isBlind]) => isBlind)?.[1];
}

/** The domain of a pattern as a host name, label by label: those with a wildcard stay as they are. */
function normalGlob(glob: string): string {
  const at = glob.lastIndexOf('@') + 1;
  const labels = glob
    .slice(at)
    .replace(/[.。．｡]$/u, '')
    .split(/[.。．｡]/u);
  const domain = labels.map((label) => (/[*?]/.test(label) ? label : (hostName(label) ?? label)));
  return `${glob.slice(0, at).normalize('NFC')}${at === 0 ? glob : domain.join('.')}`;
}

/**
 * Only `*` and `?` are special: in an address nearly every other sign that glob libraries give a meaning is an
 * ordinary one, and a rule that protects nobody for that reason would be a purge.
 */
function globMatches(glob: string, text: string): boolean {
  const pattern = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 'isu').test(text);
}
