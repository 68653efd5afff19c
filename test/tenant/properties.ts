/** Which properties of an object Graph shows: the default set, or those selected. */
import { GraphError } from './answer.ts';
import type { EntraUser, OrganizationObject } from './directory.ts';

/** "user resource type": returned unless `$select` says otherwise. */
const USER_DEFAULTS = [
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
  'id',
];

const USER_COLLECTIONS = [
  'businessPhones',
  'proxyAddresses',
  'otherMails',
  'assignedLicenses',
  'assignedPlans',
  'provisionedPlans',
];

const USER_PROPERTIES = new Set([
  ...USER_DEFAULTS,
  ...USER_COLLECTIONS,
  'userType',
  'accountEnabled',
  'mailNickname',
  'createdDateTime',
  'deletedDateTime',
  'onPremisesSyncEnabled',
  'onPremisesImmutableId',
  'onPremisesLastSyncDateTime',
  'onPremisesSecurityIdentifier',
  'onPremisesDistinguishedName',
  'onPremisesSamAccountName',
  'onPremisesDomainName',
  'onPremisesUserPrincipalName',
  'onPremisesExtensionAttributes',
]);

const ORGANIZATION_PROPERTIES = new Set([
  'id',
  'displayName',
  'onPremisesSyncEnabled',
  'onPremisesLastSyncDateTime',
  'verifiedDomains',
]);

const DIRECTORY_OBJECT_PROPERTIES = new Set(['id', 'deletedDateTime']);

const KNOWN = {
  user: USER_PROPERTIES,
  organization: ORGANIZATION_PROPERTIES,
  directoryObject: DIRECTORY_OBJECT_PROPERTIES,
} as const;
export type ResourceType = keyof typeof KNOWN;

const EXTENSION = /^extension_[0-9a-f]{32}_\w+$/i;

/**
 * The names selected, as Graph spells them (it takes any case).
 * @throws GraphError 400 for a name that the type does not have
 */
export function selected(
  type: ResourceType,
  select: readonly string[] | undefined,
): readonly string[] | undefined {
  return select?.map((name) => {
    const known = [...KNOWN[type]].find((property) => property.toLowerCase() === name.toLowerCase());
    if (known !== undefined) return known;
    if (type === 'user' && EXTENSION.test(name)) return name;
    const message = `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`;
    throw new GraphError(400, 'BadRequest', message);
  });
}

/** What an app without the permission gets instead of a value, or `undefined` where it may read. */
export type Withheld = 'null' | 'empty' | undefined;

/**
 * The object as an app sees it. `withheld`: only the id is told ("Limited information returned for inaccessible
 * member objects"); the documented sample has empty arrays for collections, hence the choice.
 */
export function userJson(
  user: EntraUser,
  select: readonly string[] | undefined,
  withheld: Withheld,
): Record<string, unknown> {
  const values: Readonly<Record<string, unknown>> = { businessPhones: [], ...user };
  const json: Record<string, unknown> = {};
  for (const name of select ?? USER_DEFAULTS) {
    if (name === 'id' || withheld === undefined) json[name] = values[name] ?? null;
    else json[name] = withheld === 'empty' && USER_COLLECTIONS.includes(name) ? [] : null;
    // A directory extension without a value is left out, not null.
    if (json[name] === null && EXTENSION.test(name)) delete json[name];
  }
  return json;
}

/** Everything that this tenant knows of itself is in Graph's default set. */
export function organizationJson(
  organization: OrganizationObject,
  select: readonly string[] | undefined,
): Record<string, unknown> {
  const values: Readonly<Record<string, unknown>> = { ...organization };
  return Object.fromEntries((select ?? [...ORGANIZATION_PROPERTIES]).map((name) => [name, values[name]]));
}
