/** What `why --json` prints. */
import { z } from 'zod';
import { FACT_NAMES, KEEP_REASONS } from '../core/vocabulary.ts';

const text = z.string();
const maybe = z.string().optional();
const moment = z.iso.datetime();

const liveHolder = z
  .strictObject({
    kind: z.enum(['liveUser', 'guest']),
    id: z.guid(),
    displayName: maybe,
    userPrincipalName: maybe,
    holds: z.array(text).describe('Which of the addresses asked for.'),
  })
  .describe('A live user in Entra ID.');

const deletedHolder = z
  .strictObject({
    kind: z.literal('deletedUser'),
    id: z.guid(),
    displayName: maybe,
    userPrincipalName: maybe.describe('Before the deletion.'),
    userType: maybe,
    deletedDateTime: moment.optional(),
    daysLeft: z.number().optional().describe('Until Entra ID itself purges it.'),
    inExchange: z
      .enum(['yes', 'no', 'unknown'])
      .describe('Does Exchange Online hold a soft-deleted recipient of this id?'),
    holds: z.array(text),
  })
  .describe('A user in the recycle bin of Entra ID.');

const softDeletedHolder = z
  .strictObject({
    kind: z.literal('softDeletedRecipient'),
    id: z.guid().optional().describe('Entra object id; absent where Exchange has none: an orphan.'),
    guid: maybe.describe("Exchange's own."),
    recipientType: maybe,
    externalAddress: maybe,
    legacyExchangeDN: maybe,
    onHold: z.enum(['yes', 'no', 'unknown']),
    holds: z.array(text),
  })
  .describe('A soft-deleted recipient in Exchange Online whose Entra user is not in the recycle bin.');

const holder = z.discriminatedUnion('kind', [liveHolder, deletedHolder, softDeletedHolder]);
export type Holder = z.infer<typeof holder>;
export type DeletedHolder = z.infer<typeof deletedHolder>;
export type SoftDeletedHolder = z.infer<typeof softDeletedHolder>;

const verdict = z
  .strictObject({
    id: z.guid(),
    verdict: z.enum(['purge', 'keep']),
    reason: z.enum(KEEP_REASONS).optional(),
    detail: text,
    facts: z.array(
      z.strictObject({
        fact: z.enum(FACT_NAMES),
        value: z.enum(['yes', 'no', 'unknown']),
        origin: text,
      }),
    ),
    nightsAbsent: z.int().nonnegative(),
    dueAt: moment.optional().describe('From when on a night may purge it, if nothing else changes.'),
    asOf: moment,
    from: z.enum(['thisDesk', 'ledger']).describe('Decided just now, or as a night recorded it.'),
  })
  .describe('What the policy says of a deleted user who holds the address.');
export type ToldVerdict = z.infer<typeof verdict>;

const command = z.strictObject({
  shell: z.enum(['bash', 'PowerShell', 'Exchange Online PowerShell']),
  line: text,
});

export const ANSWERS = {
  deletedUser:
    'A deleted user holds it. If that user was a mail user, mail to it bounces until it is purged or restored.',
  softDeletedRecipient:
    'A soft-deleted recipient in Exchange Online holds it, and its user is not in the recycle bin of Entra ID.',
  staleX500:
    'The bounce names an X.500 address that nobody holds, deleted or not: somebody’s stale address, not a deleted user.',
  liveUser: 'A live user holds it, and nobody deleted does. A purge would not change anything.',
  nobody: 'Nobody holds it in Entra ID, and nobody soft-deleted in Exchange Online.',
  cannotSay: 'This cannot be said: something could not be read, and what was read shows no deleted holder.',
} as const;

export const whyResult = z
  .strictObject({
    command: z.literal('why'),
    asked: z.strictObject({
      from: z.enum(['argument', 'bounce']),
      addresses: z.array(text),
      legacyExchangeDNs: z.array(text),
      ids: z.array(z.guid()),
      diagnostic: maybe.describe('What the bounce says.'),
    }),
    answer: z.enum(Object.keys(ANSWERS) as [keyof typeof ANSWERS, ...(keyof typeof ANSWERS)[]]),
    holders: z.array(holder),
    notRead: z
      .array(z.strictObject({ what: text, why: text }))
      .describe('Nothing is said of what is in here.'),
    verdicts: z.array(verdict),
    noVerdict: maybe.describe('Why the policy could not be asked about a deleted holder.'),
    cures: z.array(
      z.strictObject({
        what: text,
        caution: maybe,
        portal: maybe,
        commands: z.array(command),
      }),
    ),
    otherCauses: z.array(text),
  })
  .describe('Who holds an address, and whether that makes mail to it bounce.');
export type WhyResult = z.infer<typeof whyResult>;
export type Cure = WhyResult['cures'][number];
