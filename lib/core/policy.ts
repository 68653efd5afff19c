/** The policy file: what may be purged, and how much of it. Strict, so that a slip of the pen is not a rule. */
import { z } from 'zod';
import { type ObjectId, objectId, type TenantId, tenantId } from './model.ts';

const comment = {
  $comment: z.string().optional().describe('For people; the tool does not read it.'),
};

const zTenantId = z
  .guid()
  .transform((text, context): TenantId => tenantId(text) ?? refuse(context))
  .describe('The Entra tenant this policy is for. A night in any other tenant is refused.');
const zObjectId = z
  .guid()
  .transform((text, context): ObjectId => objectId(text) ?? refuse(context))
  .describe('Entra object id.');

function refuse(context: z.RefinementCtx): never {
  context.addIssue({ code: 'custom', message: 'must be a GUID' });
  return z.NEVER;
}

const zDomain = z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, {
  error: 'must be a domain name such as "contoso.com", without @',
});
const zGlob = z.string().min(1).describe('`*` stands for any characters, `?` for one; case does not matter.');
const zExtensionProperty = (name: string) =>
  z
    .string()
    .regex(/^extension_[0-9a-f]{32}_\w+$/i, {
      error: 'must be the full name of a directory extension attribute, as in "extension_<32 digits>_name"',
    })
    .describe(
      `Directory extension attribute into which Entra Connect syncs \`${name}\`. With it a mail user is proven that Graph alone cannot tell: one with an internal primary address.`,
    );

const zExtensionAttribute = z.templateLiteral([
  'extensionAttribute',
  z.literal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
]);

const protect = z
  .strictObject({
    ...comment,
    domains: z
      .array(zDomain)
      .default([])
      .describe('Keeps whoever has an address or UPN in one of these domains or their subdomains.'),
    userPrincipalNames: z
      .array(zGlob)
      .default([])
      .describe('Keeps whoever had such a UPN before the deletion.'),
    addresses: z.array(zGlob).default([]).describe('Keeps whoever has such an address, primary or not.'),
    organizationalUnits: z
      .array(
        z.string().regex(/=/, {
          error: 'must be a distinguished name such as "OU=Board,DC=contoso,DC=com"',
        }),
      )
      .default([])
      .describe('Keeps whoever was in one of these OUs or below, by distinguished name.'),
    extensionAttributes: z
      .array(z.strictObject({ attribute: zExtensionAttribute, value: zGlob }))
      .default([])
      .describe('Keeps whoever carries such a value in an on-premises extension attribute.'),
    users: z
      .array(
        z.strictObject({
          id: zObjectId,
          until: z.iso.date().describe('The last day (UTC) on which this holds.'),
          requestedBy: z.string().min(1).describe('Who asked.'),
          why: z.string().min(1).describe('Why they asked.'),
        }),
      )
      .default([])
      .describe('Keeps single users until a date.'),
  })
  .describe('Who is never purged, whatever else is true. A rule can only ever keep.');

const accidentalDeletionPrevention = z
  .strictObject({
    ...comment,
    maxPurgesPerNight: z
      .number()
      .int()
      .min(0)
      .describe('More than this in one night refuses the whole night. 0 allows none.'),
    maxPercentOfSyncedUsers: z
      .number()
      .min(0)
      .max(100)
      .describe('More than this share of the live synced users refuses the whole night. 0 allows none.'),
    rollingBudget: z
      .strictObject({
        days: z.number().int().min(1).max(90).describe('How many days the budget covers, today included.'),
        maxPurges: z.number().int().min(0).describe('Purges allowed in those days together. 0 allows none.'),
      })
      .describe('Catches what is spread thinly over many nights.'),
  })
  .describe(
    'Limits. An exceeded limit stops the whole night before the first purge; it never cuts the list short.',
  );

const onPremises = z
  .strictObject({
    ...comment,
    source: z
      .literal('entra')
      .describe(
        'Where the on-prem user set comes from. "entra" needs nothing else, but cannot tell a user removed on-premises from one moved out of sync scope: only the grace period and the nights absent protect the latter.',
      ),
    maxShrinkPercent: z
      .number()
      .min(0)
      .max(100)
      .describe('A source that lost more than this share of the users of the past week refuses the night.'),
    maxSliceShrinkUsers: z
      .number()
      .int()
      .min(0)
      .describe(
        'So does a single domain or OU that lost more than that share, provided that it lost more users than this.',
      ),
  })
  .describe('Who is still there.');

export const policySchema = z
  .strictObject({
    $schema: z.string().optional(),
    ...comment,
    mode: z
      .enum(['report', 'purge'])
      .default('report')
      .describe(
        '"report" decides and records, and purges nothing. "purge" purges. Purging cannot be undone.',
      ),
    tenantId: zTenantId,
    gracePeriodDays: z
      .number()
      .min(0)
      .max(29)
      .describe('Days since the deletion during which nobody is purged. Entra ID itself purges after 30.'),
    nightsAbsent: z
      .number()
      .int()
      .min(1)
      .max(29)
      .describe('On how many nights in a row (UTC dates) a user must have been seen absent on-premises.'),
    maxSyncAgeHours: z
      .number()
      .positive()
      .max(168)
      .describe('A last directory sync older than this refuses the night: what Entra ID says is then stale.'),
    onPremises,
    mailUserEvidence: z
      .strictObject({
        ...comment,
        targetAddressAttribute: zExtensionProperty('targetAddress').optional(),
        recipientTypeAttribute: zExtensionProperty('msExchRecipientTypeDetails').optional(),
      })
      .describe('Further evidence that a deleted user is a mail user.'),
    protect,
    accidentalDeletionPrevention,
    telemetry: z
      .strictObject({
        ...comment,
        spellOutKeeps: z
          .boolean()
          .describe('Also send one event for every user kept. Otherwise keeps are counted by reason.'),
      })
      .describe('What Application Insights receives. The ledger always has everything.'),
  })
  .describe('The policy of mailuser-purge.');

export type Policy = Readonly<z.infer<typeof policySchema>>;

/** The policy in `json`, or everything that is wrong with it: one line a problem, by path, in plain words. */
export function parsePolicy(
  json: unknown,
): { readonly policy: Policy } | { readonly problems: readonly string[] } {
  const result = policySchema.safeParse(json);
  if (result.success) return { policy: result.data };
  return {
    problems: result.error.issues.flatMap((issue) => inPlainWords(issue, json)),
  };
}

function inPlainWords(issue: z.core.$ZodIssue, json: unknown): readonly string[] {
  const where = issue.path.length === 0 ? 'the policy' : issue.path.map(String).join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(
        (key) => `${[...issue.path.map(String), key].join('.')} is not a setting of this policy`,
      );
    case 'invalid_type':
      return valueAt(json, issue.path) === undefined && issue.path.length > 0
        ? [`${where} is missing (${wordFor(issue.expected)} is required)`]
        : [`${where} must be ${wordFor(issue.expected)}`];
    case 'invalid_value':
      return [`${where} must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`];
    case 'too_small':
      return [
        issue.origin === 'string'
          ? `${where} must not be empty`
          : `${where} must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`,
      ];
    case 'too_big':
      return [`${where} must be at most ${issue.maximum}`];
    case 'invalid_format':
      return [
        issue.format === 'template_literal'
          ? `${where} must be extensionAttribute1 to extensionAttribute15`
          : issue.format === 'guid'
            ? `${where} must be a GUID`
            : issue.format === 'date'
              ? `${where} must be a date such as 2026-12-31`
              : `${where} ${issue.message}`,
      ];
    default:
      return [`${where}: ${issue.message}`];
  }
}

const WORDS: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a text in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};
const wordFor = (expected: string) => WORDS[expected] ?? expected;

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    json,
  );
}
