/** Exchange Online's word on soft-deleted recipients. */
import type { TokenCredential } from '@azure/identity';
import type { ObjectId, TenantId } from '../core/ids.ts';
import { withoutSecrets } from '../core/json.ts';
import type { Fact, JsonObject, OrphanedRecipient, SoftDeletedRecipient } from '../core/model.ts';
import type { Clock, Exchange } from '../ports.ts';
import {
  type AdminApi,
  type AdminPage,
  createAdminApi,
  type ExchangeCall,
  READS,
  type Read,
} from './adminApi.ts';
import { doubted, idIn, merged, organizationHoldsIn, recipientIn } from './recipients.ts';
import { ReadRefused } from './refusals.ts';
import { names } from './warnings.ts';

export interface ExchangeOptions {
  /**
   * `https://outlook.office365.com`; GCC High: `https://outlook.office365.us`; DoD: `https://outlook-dod.office365.us`;
   * China: `https://outlook.office365.cn` or `https://partner.outlook.cn` ("Get started with the Exchange Online Admin
   * API", Connect-ExchangeOnline). The token is asked for this root.
   */
  readonly root: string;
  readonly tenantId: TenantId;
  readonly credential: TokenCredential;
  readonly clock: Clock;
  /** For one request. Cmdlets can be slow: two minutes, unless told. */
  readonly timeoutMs?: number;
  /** Hears of every request. */
  readonly onCall?: (call: ExchangeCall) => void;
}

const TIMEOUT_MS = 120_000;

/**
 * An id that Exchange names more than once comes back as one recipient whose type is `conflict`, on hold if any of
 * them is. A soft-deleted mailbox has the type that Exchange gives it, or `mailbox`.
 */
export function createExchange(options: ExchangeOptions): Exchange {
  const { timeoutMs = TIMEOUT_MS, onCall = () => {}, root } = options;
  const api = createAdminApi({ ...options, root: new URL(root).origin, timeoutMs, onCall });
  return {
    async softDeletedRecipients(signal) {
      const mailUsers = await listed(api, READS.softDeletedMailUsers, signal);
      // After the mail users, so that whoever joined them meanwhile is not taken for an ordinary one.
      const highVolume = await highVolumeAccounts(api, signal);
      const mailboxes = await listed(api, READS.softDeletedMailboxes, signal);
      const byId = new Map<ObjectId, SoftDeletedRecipient>();
      const orphans: OrphanedRecipient[] = [];
      for (const { id, recipient } of [...mailUsers.recipients, ...mailboxes.recipients]) {
        if (id === undefined) {
          orphans.push(recipient);
          continue;
        }
        const one = { id, ...recipient, highVolumeEmail: highVolume(id) };
        const known = byId.get(id);
        byId.set(id, known === undefined ? one : merged(known, one));
      }
      const organizationHolds = await organizationHoldsOf(api, signal);
      return { byId, orphans, organizationHolds, doubts: [...mailUsers.doubts, ...mailboxes.doubts] };
    },
  };
}

interface Listed {
  readonly recipients: readonly {
    readonly id: ObjectId | undefined;
    readonly recipient: OrphanedRecipient;
  }[];
  /** Warnings of objects that are not in the list. */
  readonly doubts: readonly string[];
}

async function listed(api: AdminApi, read: Read, signal: AbortSignal): Promise<Listed> {
  const { objects, warnings } = await all(api, read, signal);
  const from = read.CmdletName;
  const recipients = objects.map((object) => {
    const warning = warnings.find((one) => names(one, object));
    const recipient = recipientIn(object, from);
    return {
      id: idIn(object, from),
      recipient: warning === undefined ? recipient : doubted(recipient, withoutSecrets(warning)),
    };
  });
  const doubts = warnings.filter((one) => !objects.some((object) => names(one, object)));
  return { recipients, doubts: doubts.map(withoutSecrets) };
}

async function all(api: AdminApi, read: Read, signal: AbortSignal): Promise<AdminPage> {
  const objects: JsonObject[] = [];
  const warnings: string[] = [];
  for await (const page of api.pages(read, signal)) {
    objects.push(...page.objects);
    warnings.push(...page.warnings);
  }
  return { objects, warnings };
}

/** Exchange understood the question and will not answer it: `undefined`. Not every role may ask everything. */
async function ifAllowed(api: AdminApi, read: Read, signal: AbortSignal): Promise<AdminPage | undefined> {
  try {
    return await all(api, read, signal);
  } catch (error) {
    if (error instanceof ReadRefused) return undefined;
    throw error;
  }
}

/**
 * No property marks a high-volume-email account; `Get-MailUser -HVEAccount` lists them. Not every cloud has them, nor
 * every role the parameter: where Exchange will not answer that one question, nobody is known not to be one.
 */
async function highVolumeAccounts(api: AdminApi, signal: AbortSignal): Promise<(id: ObjectId) => Fact> {
  const accounts = await ifAllowed(api, READS.softDeletedHighVolume, signal);
  if (accounts === undefined) {
    return () => ({
      value: 'unknown',
      origin: 'Exchange would not say which are high-volume-email accounts',
    });
  }
  const ids = new Set(accounts.objects.map((object) => idIn(object, 'Get-MailUser')));
  return (id) => ({
    value: ids.has(id) ? 'yes' : 'no',
    origin: `Exchange: ${ids.has(id) ? '' : 'not '}among the high-volume-email accounts`,
  });
}

async function organizationHoldsOf(api: AdminApi, signal: AbortSignal): Promise<Fact> {
  const config = await ifAllowed(api, READS.organization, signal);
  return config === undefined
    ? {
        value: 'unknown',
        origin:
          'Exchange would not say whether there is organisation-wide retention: that takes the role View-Only Configuration',
      }
    : organizationHoldsIn(config.objects);
}
