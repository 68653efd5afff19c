/** A tenant's Exchange Online with as many soft-deleted recipients as a test wants, and the edge in front of it. */
import type { TokenCredential } from '@azure/identity';
import type { ObjectId } from '../../lib/core/ids.ts';
import { at, objectId, tenantId } from '../../lib/core/ids.ts';
import type { ExchangeCall } from '../../lib/exchange/adminApi.ts';
import { createExchange } from '../../lib/exchange/exchange.ts';
import type { Clock, Exchange } from '../../lib/ports.ts';
import {
  type ExchangeAdmin,
  type ExchangeAdminOptions,
  startExchangeAdmin,
} from '../tenant/exchangeAdmin.ts';
import type { AdminRecipient } from '../tenant/exchangeCmdlets.ts';
import { trustedCertificates } from '../tenant/trust.ts';

export const TENANT = '3f9c6a52-7d1e-4b0a-9c84-51d2e0b7a6f3';

/** The id of the nth recipient. */
export function idOf(n: number): ObjectId {
  const id = objectId(`aaaaaaaa-0000-4000-8000-${n.toString(16).padStart(12, '0')}`);
  if (id === undefined) throw new Error('no such id');
  return id;
}

export function mailUser(n: number, changes: Partial<AdminRecipient> = {}): AdminRecipient {
  return {
    id: idOf(n),
    displayName: `Mail user ${n}`,
    recipientTypeDetails: 'MailUser',
    externalEmailAddress: `user${n}@partner.com`,
    emailAddresses: [`user${n}@partner.com`],
    primarySmtpAddress: `user${n}@partner.com`,
    whenSoftDeleted: '2026-11-01T02:00:00.0000000+00:00',
    isInactive: false,
    inPlaceHolds: [],
    litigationHoldEnabled: false,
    ...changes,
  };
}

export const mailbox = (n: number, changes: Partial<AdminRecipient> = {}) =>
  mailUser(n, { recipientTypeDetails: 'UserMailbox', externalEmailAddress: null, ...changes });

/** Time passes only where somebody sleeps. */
export function sleepyClock(): Clock & { readonly slept: number[] } {
  let now = Date.parse('2026-11-20T02:00:00.000Z');
  const slept: number[] = [];
  return {
    slept,
    now: () => at(now),
    async sleep(milliseconds) {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
}

/** A token as Entra ID would issue it for the scope asked. */
export const credential: TokenCredential = {
  async getToken(scopes) {
    const aud = String(scopes).replace(/\/\.default$/, '');
    const expiresOnTimestamp = Date.now() + 3_600_000;
    const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
    const token = `${part({ typ: 'JWT' })}.${part({ aud, exp: expiresOnTimestamp / 1_000 })}.c2VjcmV0`;
    return { token, expiresOnTimestamp };
  },
};

export interface Setting {
  readonly exchange: Exchange;
  readonly admin: ExchangeAdmin;
  readonly clock: ReturnType<typeof sleepyClock>;
  readonly calls: ExchangeCall[];
  readonly mailUsers: AdminRecipient[];
  readonly mailboxes: AdminRecipient[];
  readonly signal: AbortSignal;
}

export interface SettingOptions extends Partial<ExchangeAdminOptions> {
  readonly timeoutMs?: number;
  readonly credential?: TokenCredential;
  readonly signal?: AbortSignal;
}

const open: ExchangeAdmin[] = [];

export async function setUp(options: SettingOptions = {}): Promise<Setting> {
  const certificates = await trustedCertificates();
  const clock = sleepyClock();
  const mailUsers: AdminRecipient[] = [];
  const mailboxes: AdminRecipient[] = [];
  const admin = await startExchangeAdmin({
    certificates,
    directory: { softDeletedMailUsers: () => mailUsers, softDeletedMailboxes: () => mailboxes },
    tenantId: TENANT,
    now: () => Date.parse(clock.now()),
    ...options,
  });
  open.push(admin);
  const calls: ExchangeCall[] = [];
  const tenant = tenantId(TENANT);
  if (tenant === undefined) throw new Error('no tenant');
  const exchange = createExchange({
    root: admin.root,
    tenantId: tenant,
    credential: options.credential ?? credential,
    clock,
    onCall: (call) => calls.push(call),
    ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
  });
  const signal = options.signal ?? new AbortController().signal;
  return { exchange, admin, clock, calls, mailUsers, mailboxes, signal };
}

export async function tearDown(): Promise<void> {
  await Promise.all(open.splice(0).map((admin) => admin.close()));
}

/** How a read was refused: the name of the refusal and its words. */
export async function refusalOf({ exchange, signal }: Setting): Promise<{ name: string; words: string }> {
  try {
    await exchange.softDeletedRecipients(signal);
  } catch (error) {
    const { refusals } = error as { refusals?: { refusal: string; detail: string }[] };
    const [refusal] = refusals ?? [];
    if (refusal !== undefined) return { name: refusal.refusal, words: refusal.detail };
    throw error;
  }
  throw new Error('The read was not refused.');
}
