/** What `tonight --json` prints. */
import { z } from 'zod';
import { KEEP_REASONS, NIGHT_STATUSES, REFUSALS } from '../core/vocabulary.ts';

const moment = z.iso.datetime();
const user = z.strictObject({
  id: z.guid(),
  displayName: z.string().optional(),
  userPrincipalName: z.string().optional().describe('Before the deletion.'),
  mail: z.string().optional(),
  deletedDateTime: moment.optional(),
  removedAt: moment.optional().describe('When Entra ID itself purges it.'),
  asOf: moment,
});
export type ToldUser = z.infer<typeof user>;

const waiting = user.extend({
  dueAt: moment.describe('From when on a night may purge it, if nothing else changes.'),
  reason: z.enum(KEEP_REASONS),
  detail: z.string(),
});
export type WaitingUser = z.infer<typeof waiting>;

export const tonightResult = z
  .strictObject({
    command: z.literal('tonight'),
    status: z.enum(NIGHT_STATUSES),
    detail: z.string(),
    refusals: z.array(z.strictObject({ refusal: z.enum(REFUSALS), detail: z.string() })),
    from: z
      .enum(['thisDesk', 'ledger'])
      .describe(
        'Whom the lists name: as decided here, or as nights recorded it, where this desk came to no plan.',
      ),
    plan: z
      .strictObject({
        state: z.enum(['ready', 'overLimit']),
        fingerprint: z.string().describe('The same as the function has for the same input.'),
        deletedUsers: z.int(),
        purge: z.int(),
        keep: z.int(),
      })
      .optional(),
    purge: z.array(user),
    waiting: z.array(waiting).describe('Kept for time alone, the first due first.'),
    keptBy: z.partialRecord(z.enum(KEEP_REASONS), z.int()).describe('Everybody kept, the waiting too.'),
    limits: z.array(
      z.strictObject({
        what: z.string(),
        setting: z.string(),
        limit: z.number(),
        actual: z.number(),
        said: z.string(),
      }),
    ),
    exchange: z
      .strictObject({ available: z.boolean(), detail: z.string(), recordedAt: moment.optional() })
      .optional()
      .describe('What Exchange Online said here, or to the night that asked it last.'),
    html: z.string().optional().describe('Where the page is.'),
  })
  .describe('What a night would do now.');
export type TonightResult = z.infer<typeof tonightResult>;
