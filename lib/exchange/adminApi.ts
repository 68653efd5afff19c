/**
 * The admin API of Exchange Online: `POST /adminapi/beta/{tenant}/InvokeCommand`.
 *
 * It is UNDOCUMENTED. Microsoft's own ExchangeOnlineManagement module uses it, and a program has no other way to ask
 * what is asked here: the documented Exchange Online Admin API has no mail users, and Graph knows no holds. So:
 * - Microsoft may change or close it any day without a word. Then the read is refused, and nobody is purged where
 *   Exchange's word is required.
 * - Whatever knows how the API works is in this file: address, headers, envelope, pages, refusals.
 * - An answer is believed only where it looks exactly as expected. Anything else refuses the read.
 * - It runs every cmdlet that the app's roles allow. {@link bodyOf} lets four reads through and nothing else.
 *
 * What public programs send and record of it: the next page is the same POST to `@odata.nextLink`; a missing role or
 * an unknown cmdlet is a 403 whose body is NUL bytes that call themselves gzip, or a 401 or 403 in words; the words
 * of an error are the last of the parts between `|` in `error.details[].message`; `@adminapi.warnings` is there
 * always and mostly empty; `@adminapi.errors` can stand beside a list that is not complete.
 */
import { randomUUID } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import { type Answered, answered, type Failed, failed } from '../azure/answer.ts';
import { createRetry } from '../azure/retry.ts';
import { isObject, parseJson, withoutSecrets } from '../core/json.ts';
import type { JsonObject } from '../core/model.ts';
import type { Reception } from '../core/retry.ts';
import { messageOf } from '../errors.ts';
import type { Clock } from '../ports.ts';
import { incomplete, noToken, refusalOf, unexpected } from './refusals.ts';
import { isOfOneObject } from './warnings.ts';

/** Everything that is ever asked. */
export const READS = {
  softDeletedMailUsers: {
    CmdletName: 'Get-MailUser',
    Parameters: { SoftDeletedMailUser: true, ResultSize: 'Unlimited' },
  },
  /** Those of the former that are high-volume-email accounts (Get-MailUser, parameter set HVEAccount). */
  softDeletedHighVolume: {
    CmdletName: 'Get-MailUser',
    Parameters: { HVEAccount: true, SoftDeletedMailUser: true, ResultSize: 'Unlimited' },
  },
  softDeletedMailboxes: {
    CmdletName: 'Get-Mailbox',
    Parameters: { SoftDeletedMailbox: true, ResultSize: 'Unlimited' },
  },
  /** Retention for the whole organisation stands here, and on no recipient. */
  organization: { CmdletName: 'Get-OrganizationConfig', Parameters: {} },
} as const;
export type Read = (typeof READS)[keyof typeof READS];

const bodies: ReadonlySet<string> = new Set(
  Object.values(READS).map((read) => JSON.stringify({ CmdletInput: read })),
);

/** A command that this tool never sends. Nothing has left the process. It is a defect, whoever asked for it. */
export class CommandForbidden extends Error {
  override readonly name = 'CommandForbidden';
}

/** One request, as it was answered. For measurements. */
export interface ExchangeCall {
  readonly cmdlet: string;
  readonly reception: Reception;
  readonly durationMs: number;
}

export interface AdminApiOptions {
  /** `https://outlook.office365.com`, or that of a national cloud. Origin only. */
  readonly root: string;
  readonly tenantId: string;
  readonly credential: TokenCredential;
  readonly clock: Clock;
  /** For one request, its answer included. */
  readonly timeoutMs: number;
  readonly onCall: (call: ExchangeCall) => void;
}

export interface AdminPage {
  readonly objects: readonly JsonObject[];
  /** Each of them is about one object, listed or not. */
  readonly warnings: readonly string[];
}

export interface AdminApi {
  /**
   * What the cmdlet returns, page by page, to the end.
   * @throws NightRefused `accessDenied` | `sourceIncomplete`
   * @throws CommandForbidden
   */
  pages(read: Read, signal: AbortSignal): AsyncGenerator<AdminPage, void, undefined>;
}

/** The system mailbox that every tenant has: where requests that no mailbox user makes are routed to. */
const SYSTEM_MAILBOX = 'SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}';
const PAGE_SIZE = 1_000;

export function createAdminApi(options: AdminApiOptions): AdminApi {
  const { root, tenantId, credential, clock, timeoutMs, onCall } = options;
  const address = `${root}/adminapi/beta/${tenantId}/InvokeCommand`;

  async function authorization(signal: AbortSignal): Promise<string> {
    const scope = `${root}/.default`;
    try {
      const token = await credential.getToken(scope, { abortSignal: signal });
      if (token !== null) return `Bearer ${token.token}`;
    } catch (error) {
      throw noToken(scope, withoutSecrets(messageOf(error)));
    }
    throw noToken(scope, 'none was issued');
  }

  async function send(url: string, read: Read, night: AbortSignal): Promise<Answered | Failed> {
    const body = bodyOf(read);
    const headers = {
      Authorization: await authorization(night),
      'Content-Type': 'application/json',
      Accept: 'application/json',
      Prefer: `odata.maxpagesize=${PAGE_SIZE}`,
      'X-AnchorMailbox': `APP:${SYSTEM_MAILBOX}@${tenantId}`,
      'X-ResponseFormat': 'json',
      'client-request-id': randomUUID(),
    };
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([night, deadline]);
    try {
      // A redirect would carry the token elsewhere.
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      const { status } = response;
      // The body of a refusal may be unreadable; its status says enough.
      const text = status === 200 ? await response.text() : await response.text().catch(() => '');
      return answered(status, response.headers, parseJson(text), Date.parse(clock.now()));
    } catch (error) {
      return failed(deadline.aborted ? 'timeout' : 'dropped', withoutSecrets(messageOf(error)));
    }
  }

  async function page(url: string, read: Read, signal: AbortSignal): Promise<Page> {
    const { CmdletName: cmdlet } = read;
    const retry = createRetry(clock);
    for (;;) {
      const startedAt = performance.now();
      const answer = await send(url, read, signal);
      const reception = receptionOf(answer);
      onCall({ cmdlet, reception, durationMs: performance.now() - startedAt });
      if (answer.kind === 'answered' && reception === 200) return pageIn(cmdlet, answer);
      if (signal.aborted) throw incomplete(cmdlet, 'was cut off because the night had to end');
      if (await retry.again(reception, answer.retryAfterMs, signal)) continue;
      throw refusalOf(cmdlet, reception, answer, retry.attempts);
    }
  }

  return {
    async *pages(read, signal) {
      const { CmdletName: cmdlet } = read;
      const asked = new Set<string>();
      let total = 0;
      let announced: number | undefined;
      for (let url: string | undefined = address; url !== undefined; ) {
        if (asked.has(url)) throw unexpected(cmdlet, 'its pages lead back to one that was read before');
        asked.add(url);
        const { objects, warnings, nextLink, count } = await page(url, read, signal);
        total += objects.length;
        announced ??= count;
        yield { objects, warnings };
        url = nextLink === undefined ? undefined : following(cmdlet, nextLink, address);
      }
      if (announced !== undefined && announced !== total) {
        throw unexpected(cmdlet, `it announced ${announced} objects and gave ${total}`);
      }
    },
  };
}

/** The body to send: one of {@link READS}, letter by letter. @throws CommandForbidden */
function bodyOf(read: Read): string {
  const body = JSON.stringify({ CmdletInput: read });
  if (bodies.has(body)) return body;
  throw new CommandForbidden(
    `Refused to send ${withoutSecrets(body)} to Exchange Online: this tool only reads there, with ${Object.values(
      READS,
    )
      .map(({ CmdletName }) => CmdletName)
      .join(', ')} and fixed parameters. Nothing was sent. This is a defect of the tool: report it.`,
  );
}

function receptionOf(answer: Answered | Failed): Reception {
  if (answer.kind === 'failed') return answer.reception;
  return answer.status === 200 && answer.body === undefined ? 'malformed' : answer.status;
}

interface Page extends AdminPage {
  readonly nextLink: string | undefined;
  readonly count: number | undefined;
}

/** What Exchange warns of where it does not give everything at once; `@odata.nextLink` then leads to the rest. */
const MORE_TO_COME = /ResultSize/i;

function pageIn(cmdlet: string, { body: json, headers }: Answered): Page {
  if (!isObject(json) || 'error' in json) throw unexpected(cmdlet, 'the answer is no page of results');
  const { value, '@odata.nextLink': nextLink, '@odata.count': count } = json;
  if (!Array.isArray(value) || !value.every(isObject))
    throw unexpected(cmdlet, 'its `value` is no list of objects');
  if (nextLink !== undefined && (typeof nextLink !== 'string' || nextLink === '')) {
    throw unexpected(cmdlet, 'its `@odata.nextLink` is no link');
  }
  if (count !== undefined && typeof count !== 'number')
    throw unexpected(cmdlet, 'its `@odata.count` is no number');
  const [error] = saidIn(json['@adminapi.errors']);
  if (error !== undefined)
    throw unexpected(cmdlet, `it had an error beside its answer: ${withoutSecrets(error)}`);
  const unknown = Object.keys(json).find((key) => key.startsWith('@adminapi.') && !KNOWN.has(key));
  if (unknown !== undefined) throw unexpected(cmdlet, `its answer has an unknown \`${unknown}\``);
  const warnings = [...saidIn(json['@adminapi.warnings']), ...saidIn(headers.get('X-Warnings'))].filter(
    (warning) => nextLink === undefined || !MORE_TO_COME.test(warning),
  );
  const grave = warnings.find((warning) => MORE_TO_COME.test(warning) || !isOfOneObject(warning, value));
  if (grave !== undefined) throw unexpected(cmdlet, `it warned: ${withoutSecrets(grave)}`);
  return { objects: value, warnings, nextLink, count };
}

/** What else is said of an answer than its objects. */
const KNOWN: ReadonlySet<string> = new Set(['@adminapi.errors', '@adminapi.warnings']);

/** Texts, of a list or alone; empty ones are none. */
function saidIn(said: unknown): readonly string[] {
  return (Array.isArray(said) ? said : [said ?? ''])
    .map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
    .filter((one) => one.trim() !== '' && one.trim() !== '[]');
}

/** The next page's address. The token goes to the admin API and nowhere else. */
function following(cmdlet: string, nextLink: string, address: string): string {
  const next = URL.parse(nextLink, address);
  const api = new URL(address);
  if (next?.origin === api.origin && next.pathname.toLowerCase() === api.pathname.toLowerCase())
    return next.href;
  throw unexpected(cmdlet, 'its next page is said to be somewhere else');
}
