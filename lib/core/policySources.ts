/** The policy's section on where the on-prem user set comes from. */
import { z } from 'zod';
import { comment, zDistinguishedName, zDomain } from './policyParts.ts';
import { ABSENCE, type AbsenceKind } from './vocabulary.ts';

const shrink = {
  maxShrinkPercent: z
    .number()
    .min(0)
    .max(100)
    .describe(
      'A source that lost more than this share of the users of the past week, and more users than maxSliceShrinkUsers, refuses the night. Not asked of sources that show deleted objects.',
    ),
  maxSliceShrinkUsers: z
    .number()
    .int()
    .min(0)
    .describe(
      'So many users may be missing whatever their share: in a small company one leaver is a large one.',
    ),
};

const goneRule = z
  .strictObject({
    ...comment,
    organizationalUnit: zDistinguishedName
      .optional()
      .describe('The object is in this OU or below, by distinguished name.'),
    attribute: z
      .strictObject({
        name: z.string().min(1).describe('LDAP name of an attribute of the on-premises object.'),
        equals: z
          .string()
          .min(1)
          .describe('`*` stands for any characters, `?` for one; case does not matter.'),
      })
      .optional()
      .describe('The object carries such a value.'),
    disabled: z.literal(true).optional().describe('The account is disabled.'),
    forDays: z
      .number()
      .min(0)
      .max(29)
      .describe('For so many days since the tool first saw it so, after the deletion in Entra ID.'),
  })
  .refine(({ organizationalUnit, attribute, disabled }) => organizationalUnit ?? attribute ?? disabled, {
    error: 'must name an organizationalUnit, an attribute or disabled; else it would hold for everybody',
  });
const gone = z
  .array(goneRule)
  .default([])
  .describe(
    'Live objects on-premises that do not count: leavers who are parked before they are deleted. An object must match everything that a rule names. A user is absent (kind "parked") when each of their live objects matches a rule.',
  );

const directoryDomain = z.strictObject({
  ...comment,
  domain: zDomain.describe('DNS name of one Active Directory domain; name every domain of every forest.'),
  domainControllers: z
    .array(z.url({ protocol: /^ldaps?$/, error: 'must be an ldaps:// URL, or ldap:// with startTls' }))
    .min(1)
    .describe('Tried in turn.'),
  startTls: z.boolean().default(false).describe('Begin in the clear on port 389, then StartTLS.'),
  sourceAnchor: z
    .string()
    .min(1)
    .default('auto')
    .describe(
      '"auto": mS-DS-ConsistencyGuid, else objectGUID, as Entra Connect does. Otherwise an attribute.',
    ),
  ignoredDomains: z
    .array(zDomain)
    .default([])
    .describe('Other domains of the forest, known to hold no synced user. Any other unnamed domain refuses.'),
  credentials: z
    .string()
    .regex(/^[A-Z0-9]+$/, { error: 'must be capital letters and digits' })
    .default('DEFAULT')
    .describe('NAME in the app settings AD_<NAME>_USERNAME, AD_<NAME>_PASSWORD and AD_<NAME>_CA.'),
});

/** The section `onPremises`. */
export const onPremises = z
  .discriminatedUnion(
    'source',
    [
      z
        .strictObject({ ...comment, source: z.literal('entra'), ...shrink })
        .describe(
          'The live synced users in Entra ID. Needs nothing else, but cannot tell a user removed on-premises from one moved out of sync scope: only the grace period and the nights absent protect the latter.',
        ),
      z
        .strictObject({
          ...comment,
          source: z.literal('activeDirectory'),
          domains: z.array(directoryDomain).min(1),
          gone,
          ...shrink,
        })
        .describe('Active Directory itself, over LDAPS. Every domain must answer, or the night is refused.'),
      z
        .strictObject({
          ...comment,
          source: z.literal('export'),
          domains: z.array(zDomain).min(1).describe('Every one must have delivered its export.'),
          sourceAnchor: z
            .string()
            .min(1)
            .default('auto')
            .describe('The anchor that the export was made with: "auto", or the attribute.'),
          maxAgeHours: z.number().positive().max(168).describe('An older export refuses the night.'),
          gone,
          ...shrink,
        })
        .describe('Exports that a scheduled task on-premises writes to blob storage.'),
    ],
    { error: 'must have a source: "entra", "activeDirectory" or "export"' },
  )
  .describe('Who is still there, and who says so.');

/** Days since the deletion, and nights seen absent, by what shows that a user is gone. The better the evidence, the fewer. */
const DELAYS = {
  gracePeriodDays: { tombstone: 3, parked: 7, covered: 7, entra: 14 },
  nightsAbsent: { tombstone: 1, parked: 2, covered: 2, entra: 3 },
} as const satisfies Record<string, Readonly<Record<AbsenceKind, number>>>;

const byKind = (number: z.ZodNumber) =>
  z.strictObject({
    ...comment,
    ...mapOf((kind) => number.optional().describe(`Where ${ABSENCE[kind]}.`)),
  });

function mapOf<T>(make: (kind: AbsenceKind) => T): Record<AbsenceKind, T> {
  return {
    tombstone: make('tombstone'),
    parked: make('parked'),
    covered: make('covered'),
    entra: make('entra'),
  };
}

/** One number holds for every kind of evidence; of a table only the kinds that have a number count. */
const delay = (number: z.ZodNumber, what: string) =>
  z.union([number, byKind(number)], {
    error: `must be ${what}, or a table such as {"tombstone": 3, "covered": 7}`,
  });

export const zGracePeriodDays = delay(z.number().min(0).max(29), 'a number')
  .default(DELAYS.gracePeriodDays)
  .transform((days) => mapOf((kind): number | undefined => (typeof days === 'number' ? days : days[kind])))
  .describe(
    `Days since the deletion during which nobody is purged. Entra ID itself purges after 30. A table has a number for each kind of evidence that is to count; who is absent by a kind without a number is kept. Default: ${shown(DELAYS.gracePeriodDays)}.`,
  );
export const zNightsAbsent = delay(z.number().int().min(1).max(29), 'a whole number')
  .default(DELAYS.nightsAbsent)
  .transform((nights) =>
    mapOf((kind) => (typeof nights === 'number' ? nights : (nights[kind] ?? DELAYS.nightsAbsent[kind]))),
  )
  .describe(
    `On how many nights in a row (UTC dates) a user must have been seen absent on-premises. A night counts only if every source is newer than on the one before. Default: ${shown(DELAYS.nightsAbsent)}.`,
  );

function shown(table: Readonly<Record<string, number>>): string {
  return Object.entries(table)
    .map(([kind, number]) => `${kind} ${number}`)
    .join(', ');
}
