/** The policy's section on where the on-prem user set comes from. */
import { z } from 'zod';
import { comment, zDomain } from './policyParts.ts';

const shrink = {
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
};

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
          ...shrink,
        })
        .describe('Exports that a scheduled task on-premises writes to blob storage.'),
    ],
    { error: 'must have a source: "entra", "activeDirectory" or "export"' },
  )
  .describe('Who is still there, and who says so.');

/** What is spared a user whom only Entra ID says to be gone. The other sources know more and need less. */
export const DELAYS = {
  entra: { gracePeriodDays: 14, nightsAbsent: 3 },
  activeDirectory: { gracePeriodDays: 2, nightsAbsent: 2 },
  export: { gracePeriodDays: 2, nightsAbsent: 2 },
} as const;
