/**
 * What Graph's JSON must look like ("user resource type", "organization resource type"). A property that is missing or
 * null is `undefined`; one of another type than documented is never guessed at. Properties not named here are fine.
 */
import { z } from 'zod';
import { immutableId, objectId, tenantId, timestamp } from '../core/ids.ts';
import { isDeeperThan } from '../core/json.ts';
import type { DeletedUser, JsonObject, ServicePlan } from '../core/model.ts';
import { incomplete } from './refusals.ts';

/** Where an object comes from, for the operator. */
export interface Origin {
  /** "the deleted users" */
  readonly what: string;
  /** "a page" */
  readonly object: string;
}

const made = <T>(make: (text: string) => T | undefined, expected: string) =>
  z.string().transform((text, context) => {
    const value = make(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });

/** Missing and null both become `undefined`. */
const told = <S extends z.ZodType>(schema: S) => schema.nullish().transform((value) => value ?? undefined);

const zObjectId = made(objectId, 'a GUID');
const zMoment = made(timestamp, 'a UTC time');
const zText = told(z.string());
const zTexts = told(z.array(z.string()));
const zFlag = told(z.boolean());
const zImmutableId = zText.transform((text) => (text === undefined ? undefined : immutableId(text)));
/** Both kinds have `capabilityStatus`; the `provisioningStatus` beside it says nothing about the right to use it. */
const zPlans = told(
  z.array(
    z.object({ service: zText, capabilityStatus: zText, servicePlanId: zText }).transform(
      ({ service, capabilityStatus, servicePlanId }): ServicePlan => ({
        service,
        status: capabilityStatus,
        ...(servicePlanId !== undefined && { servicePlanId }),
      }),
    ),
  ),
);
const zExtensionAttributes = told(
  z
    .record(z.string(), z.string().nullable())
    .transform((attributes) =>
      Object.fromEntries(Object.entries(attributes).filter(([name]) => /^extensionAttribute\d+$/.test(name))),
    ),
);
/** A directory extension can be of several types; the whole numbers among them stay exact. */
const zExtension = told(
  z.union([z.string(), z.int(), z.boolean()], { error: 'expected a text, a whole number or a truth value' }),
).transform((value) => (value === undefined ? undefined : String(value)));

const zDeletedUser = z.object({
  id: zObjectId,
  deletedDateTime: told(zMoment),
  displayName: zText,
  userPrincipalName: zText,
  userType: zText,
  mail: zText,
  proxyAddresses: zTexts,
  onPremisesImmutableId: zImmutableId,
  onPremisesSyncEnabled: zFlag,
  onPremisesDomainName: zText,
  onPremisesSecurityIdentifier: zText,
  onPremisesDistinguishedName: zText,
  onPremisesExtensionAttributes: zExtensionAttributes,
  assignedLicenses: told(z.array(z.object({ skuId: z.string() }).transform(({ skuId }) => skuId))),
  assignedPlans: zPlans,
  provisionedPlans: zPlans,
});

/** Kept in the snapshot only, so that whoever must make the user anew finds them in the ledger. */
export const SNAPSHOT_PROPERTIES: readonly string[] = [
  'mailNickname',
  'otherMails',
  'createdDateTime',
  'accountEnabled',
  'onPremisesLastSyncDateTime',
  'onPremisesSamAccountName',
  'onPremisesUserPrincipalName',
];

export const DELETED_USER_PROPERTIES: readonly string[] = Object.keys(zDeletedUser.shape);

/** A user is an object with lists of objects. One that is nested without end could not be written to the ledger. */
const MAX_LEVELS = 20;

/** @throws NightRefused `sourceIncomplete`, naming the property and the object */
export function parseDeletedUser(json: JsonObject, directoryExtensions: readonly string[]): DeletedUser {
  const what = 'the deleted users';
  const object = `the deleted user ${nameOf(json)}`;
  if (isDeeperThan(json, MAX_LEVELS)) {
    throw incomplete(what, `Lists or objects are nested more than ${MAX_LEVELS} deep in ${object}.`);
  }
  const { onPremisesImmutableId, onPremisesExtensionAttributes, ...user } = parsed(zDeletedUser, json, {
    what,
    object,
  });
  const extensions = directoryExtensions.flatMap((name) => {
    // The policy may spell the name in another case than Graph.
    const key = Object.keys(json).find((known) => known.toLowerCase() === name.toLowerCase());
    const value = key && parsed(z.object({ [key]: zExtension }), json, { what, object })[key];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...user,
    immutableId: onPremisesImmutableId,
    extensionAttributes: onPremisesExtensionAttributes,
    directoryExtensions: Object.fromEntries(extensions),
    snapshot: json,
  };
}

export const zLiveUser = z.object({
  id: zObjectId,
  userPrincipalName: zText,
  mail: zText,
  proxyAddresses: zTexts,
  onPremisesImmutableId: zImmutableId,
  onPremisesSecurityIdentifier: zText,
  onPremisesSyncEnabled: zFlag,
});

export const zOrganization = z.object({
  id: made(tenantId, 'a GUID'),
  onPremisesSyncEnabled: zFlag,
  onPremisesLastSyncDateTime: told(zMoment),
  verifiedDomains: told(z.array(z.object({ name: z.string().min(1) }).transform(({ name }) => name))),
});

/** For the operator. Only what can be nothing but an id is repeated. */
export const nameOf = ({ id }: JsonObject) =>
  (typeof id === 'string' && objectId(id)) || '(without a usable id)';

/** @throws NightRefused `sourceIncomplete`, naming the property and the object */
export function parsed<S extends z.ZodType>(schema: S, json: unknown, { what, object }: Origin): z.output<S> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => {
    const [expected = ''] = message.replace(/^Invalid input: /, '').split('\n');
    return `"${path.map(String).join('.')}": ${expected}`;
  });
  throw incomplete(
    what,
    `A property of ${object} is not what Microsoft Graph documents (${problems.slice(0, 3).join('; ')}).`,
  );
}
