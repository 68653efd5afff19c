/** The policy file: what may be purged, and how much of it. Strict, so that a slip of the pen is not a rule. */
import { z } from 'zod';
import { hostName } from './addresses.ts';
import { domainOfDn, parseDn } from './distinguishedName.ts';
import { type ObjectId, objectId, type TenantId, tenantId } from './ids.ts';
import { comment } from './policyParts.ts';
import { onPremises, zGracePeriodDays, zNightsAbsent } from './policySources.ts';
import { inPlainWords } from './policyWords.ts';

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

const WILDCARDS = '`*` stands for any characters, `?` for one; case does not matter.';
/** The prefix of a proxy address, and the digits that Entra ID puts before the UPN of a deleted user, are not meant. */
const zNameGlob = z
  .string()
  .trim()
  .min(1)
  .transform((text) => text.replace(/^smtp:/i, '').replace(/^[0-9a-f]{32}(?=[^@]+@)/i, ''))
  .refine((glob) => /^[^@\s:]+@[^@\s:]+$/.test(glob) || /^[^@\s:]*\*[^@\s:]*$/.test(glob), {
    error: 'must be a whole name such as "ceo@partner.com", or a pattern of one such as "*@partner.com"',
  })
  .describe(WILDCARDS);
const zGlob = z.string().min(1).describe(WILDCARDS);
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

/** One without a domain at its end is the end of nobody's. */
const isWholeDn = (text: string) => {
  const dn = parseDn(text);
  return dn !== undefined && domainOfDn(dn) !== undefined;
};
const NO_DN = { error: 'must be a whole distinguished name such as "OU=Board,DC=contoso,DC=com"' };

const protect = z
  .strictObject({
    ...comment,
    domains: z
      .array(
        z
          .string()
          .trim()
          .refine((text) => hostName(text)?.includes('.') === true, {
            error: 'must be a domain name such as "contoso.com", without @',
          }),
      )
      .default([])
      .describe('Keeps whoever has an address or UPN in one of these domains or their subdomains.'),
    userPrincipalNames: z
      .array(zNameGlob)
      .default([])
      .describe('Keeps whoever had such a UPN before the deletion.'),
    addresses: z.array(zNameGlob).default([]).describe('Keeps whoever has such an address, primary or not.'),
    organizationalUnits: z
      .array(
        z
          .string()
          .regex(/=/, { ...NO_DN, abort: true })
          .refine((text) => isWholeDn(text), NO_DN),
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

const limit = {
  users: z.number().int().min(0).default(0).describe('So many users are allowed in any company.'),
  percent: z
    .number()
    .min(0)
    .max(100)
    .default(0)
    .describe('Or this share of the live synced users, where that is more.'),
};

const accidentalDeletionPrevention = z
  .strictObject({
    ...comment,
    perNight: z
      .strictObject(limit)
      .prefault({})
      .describe('More purges than this in one night refuse the whole night. Absent, it allows none.'),
    rollingBudget: z
      .strictObject({
        days: z
          .number()
          .int()
          .min(1)
          .max(90)
          .default(7)
          .describe('How many days the budget covers, today included.'),
        ...limit,
      })
      .prefault({})
      .describe(
        'More purges than this in those days together do so too, which catches what is spread thinly over many nights. Absent, it allows none.',
      ),
  })
  .describe(
    'Limits, each the larger of a number and a percentage. An exceeded limit stops the whole night before the first purge; it never cuts the list short.',
  );

const exchange = z
  .strictObject({
    ...comment,
    use: z
      .enum(['off', 'whenAvailable', 'required'])
      .default('off')
      .describe(
        'Exchange Online\'s own word on soft-deleted mail users and holds, over a REST call that Microsoft does not document. "whenAvailable" adds evidence and vetoes; "required" purges nobody without it.',
      ),
    lingeringAfterHours: z
      .number()
      .positive()
      .max(720)
      .default(24)
      .describe('A mail user that Exchange still holds this long after its purge is told as lingering.'),
  })
  .default({ use: 'off', lingeringAfterHours: 24 })
  .describe('What Exchange Online is asked.');

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
    gracePeriodDays: zGracePeriodDays,
    nightsAbsent: zNightsAbsent,
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
    exchange,
    protect,
    accidentalDeletionPrevention,
    telemetry: z
      .strictObject({
        ...comment,
        spellOutKeeps: z
          .boolean()
          .describe('Also send one event for every user kept. Otherwise keeps are counted by reason.'),
        personalData: z
          .boolean()
          .default(true)
          .describe(
            'true: telemetry, log and report name people, so that whoever reads them can tell a wrong purge. false: names, addresses, anchors, distinguished names and every text that may hold one are left out, and people appear by their Entra object id alone; search the ledger for the id to learn who it is.',
          ),
      })
      .describe(
        'What Application Insights, the log and the report of each night hold. The ledger always has everything.',
      ),
  })
  .describe('The policy of mailuser-purge.');

export type Policy = Readonly<z.output<typeof policySchema>>;

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
