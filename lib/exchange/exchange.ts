/** Exchange Online's word on soft-deleted recipients. */
import type { TokenCredential } from '@azure/identity';
import type { ObjectId, TenantId } from '../core/ids.ts';
import type { Fact, SoftDeletedRecipient } from '../core/model.ts';
import type { Clock, Exchange } from '../ports.ts';
import { type AdminApi, createAdminApi, type ExchangeCall, READS, type Read } from './adminApi.ts';
import { idIn, merged, type Recipient, recipientIn } from './recipients.ts';
import { ReadRefused } from './refusals.ts';

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
 * them is. A recipient without an id belongs to nobody in Entra ID, so that it can neither prove nor protect anybody
 * in its recycle bin, and is left out. A soft-deleted mailbox has the type that Exchange gives it, or `mailbox`.
 */
export function createExchange(options: ExchangeOptions): Exchange {
  const { timeoutMs = TIMEOUT_MS, onCall = () => {}, root } = options;
  const api = createAdminApi({ ...options, root: new URL(root).origin, timeoutMs, onCall });
  return {
    async softDeletedRecipients(signal) {
      const mailUsers = await recipientsOf(api, READS.softDeletedMailUsers, signal);
      // After the mail users, so that whoever joined them meanwhile is not taken for an ordinary one.
      const highVolume = await highVolumeAccounts(api, signal);
      const mailboxes = await recipientsOf(api, READS.softDeletedMailboxes, signal);
      const recipients = new Map<ObjectId, SoftDeletedRecipient>();
      for (const one of [...mailUsers, ...mailboxes]) {
        const recipient = { ...one, highVolumeEmail: highVolume(one.id) };
        const known = recipients.get(one.id);
        recipients.set(one.id, known === undefined ? recipient : merged(known, recipient));
      }
      return recipients;
    },
  };
}

async function recipientsOf(api: AdminApi, read: Read, signal: AbortSignal): Promise<readonly Recipient[]> {
  const recipients: Recipient[] = [];
  for await (const page of api.pages(read, signal)) {
    for (const object of page) {
      const recipient = recipientIn(object, read.CmdletName);
      if (recipient !== undefined) recipients.push(recipient);
    }
  }
  return recipients;
}

/**
 * No property marks a high-volume-email account; `Get-MailUser -HVEAccount` lists them. Not every cloud has them, nor
 * every role the parameter: where Exchange will not answer that one question, nobody is known not to be one.
 */
async function highVolumeAccounts(api: AdminApi, signal: AbortSignal): Promise<(id: ObjectId) => Fact> {
  const ids = new Set<ObjectId>();
  try {
    for await (const page of api.pages(READS.softDeletedHighVolume, signal)) {
      for (const object of page) {
        const id = idIn(object, 'Get-MailUser');
        if (id !== undefined) ids.add(id);
      }
    }
  } catch (error) {
    if (!(error instanceof ReadRefused)) throw error;
    return () => ({
      value: 'unknown',
      origin: 'Exchange would not say which are high-volume-email accounts',
    });
  }
  return (id) => ({
    value: ids.has(id) ? 'yes' : 'no',
    origin: `Exchange: ${ids.has(id) ? '' : 'not '}among the high-volume-email accounts`,
  });
}
