/** The policy's protect rules: who is never purged, whatever else is true. */
import { domainOf, formerUpn, hostName, isWithin, knownAddresses, normalName } from './addresses.ts';
import { canonical, type DistinguishedName, isBelow, parseDn } from './distinguishedName.ts';
import type { Timestamp } from './ids.ts';
import type { DeletedUser, RuleMatches } from './model.ts';
import type { Policy } from './policy.ts';

export type Protection =
  | { readonly protection: 'no' }
  | { readonly protection: 'yes'; readonly rule: string }
  /** A rule asks for something that Graph did not tell. */
  | { readonly protection: 'unknown'; readonly rule: string };

/** Does a rule protect this user? */
export function protection(user: DeletedUser, rules: Policy['protect'], now: Timestamp): Protection {
  const names = namesOf(user);
  const found = tests(rules, now).find(({ protects }) => protects(user, names));
  if (found !== undefined) return { protection: 'yes', rule: found.rule };
  const blind = blindRule(user, rules);
  return blind === undefined ? { protection: 'no' } : { protection: 'unknown', rule: blind };
}

/** How many of these users each rule protects, in the order of the policy. One that protects nobody may be mistyped. */
export function ruleMatches(
  deleted: readonly DeletedUser[],
  rules: Policy['protect'],
  now: Timestamp,
): readonly RuleMatches[] {
  const known = deleted.map((user) => ({ user, names: namesOf(user) }));
  return tests(rules, now).map(({ rule, expired, protects }) => ({
    rule,
    users: known.filter(({ user, names }) => protects(user, names)).length,
    ...(expired && { expired }),
  }));
}

/** By what a user is known, ready to compare. */
interface Names {
  readonly addresses: readonly string[];
  readonly upn: string;
  readonly domains: readonly string[];
  readonly place: DistinguishedName | undefined;
}

function namesOf(user: DeletedUser): Names {
  const addresses = [...knownAddresses(user)];
  const upn = normalName(formerUpn(user) ?? '');
  const domains = [...addresses, upn].map(domainOf).filter((domain) => domain !== undefined);
  return { addresses, upn, domains, place: placeOf(user) };
}

interface Test {
  /** As the policy has it. */
  readonly rule: string;
  readonly expired?: true;
  readonly protects: (user: DeletedUser, names: Names) => boolean;
}

/** The rules in the order in which they are named. */
function tests(rules: Policy['protect'], now: Timestamp): readonly Test[] {
  const today = now.slice(0, 10);
  return [
    ...rules.users.map(
      ({ id, until, requestedBy, why }): Test => ({
        rule: `users: until ${until}, asked by ${requestedBy} (${why})`,
        ...(today > until && { expired: true }),
        protects: (user) => user.id === id && today <= until,
      }),
    ),
    ...rules.domains.map(
      (rule): Test => ({
        rule: `domains: ${rule}`,
        protects: (_, { domains }) => domains.some((one) => isWithin(one, [rule])),
      }),
    ),
    ...rules.userPrincipalNames.map((glob): Test => {
      const matches = matcher(normalGlob(glob));
      return { rule: `userPrincipalNames: ${glob}`, protects: (_, { upn }) => matches(upn) };
    }),
    ...rules.addresses.map((glob): Test => {
      const matches = matcher(normalGlob(glob));
      return { rule: `addresses: ${glob}`, protects: (_, { addresses }) => addresses.some(matches) };
    }),
    ...rules.organizationalUnits.map((unit): Test => {
      const container = parseDn(unit);
      const protects: Test['protects'] = (_, { place }) =>
        place !== undefined &&
        container !== undefined &&
        (isBelow(place, container) || canonical(place) === canonical(container));
      return { rule: `organizationalUnits: ${unit}`, protects };
    }),
    ...rules.extensionAttributes.map(({ attribute, value }): Test => {
      const matches = matcher(value);
      return {
        rule: `extensionAttributes: ${attribute} is ${value}`,
        protects: (user) => matches(user.extensionAttributes?.[attribute] ?? ''),
      };
    }),
  ];
}

const placeOf = (user: DeletedUser) => parseDn(user.onPremisesDistinguishedName ?? '');

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
export function matcher(glob: string): (text: string) => boolean {
  const pattern = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${pattern}$`, 'isu');
  return (text) => expression.test(text);
}
