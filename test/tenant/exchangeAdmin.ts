/**
 * Exchange Online's `POST /adminapi/beta/{tenant}/InvokeCommand` over TLS, for the cmdlets that list soft-deleted
 * recipients and show the organisation. The call is not documented; answers are made after what public programs record of it.
 */
import { createServer } from 'node:https';
import type { Answer, Call } from './answer.ts';
import { type Command, createCmdlets, type ExchangeDirectory, Refused } from './exchangeCmdlets.ts';
import { createProgramme, type Programme } from './faults.ts';
import { listen, listener } from './wire.ts';

type ExchangeGrant = 'Exchange.ManageAsApp' | 'View-Only Recipients' | 'View-Only Configuration';

export interface ExchangeAdminOptions {
  readonly certificates: { readonly cert: string; readonly key: string };
  readonly directory: ExchangeDirectory;
  readonly tenantId: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** What the app may do at the start: everything, unless told. See {@link ExchangeAdmin.grants}. */
  readonly grants?: readonly ExchangeGrant[];
  /** How a missing role is told: an unreadable body, as recorded, or Exchange's words. */
  readonly refusal?: 'unreadable' | 'words';
  /** More requests than this in a window (by the tenant's clock) are throttled. */
  readonly throttle?: { readonly requests: number; readonly windowMs: number };
  /** A page is never larger, whatever is preferred. */
  readonly maxPageSize?: number;
  readonly latency?: number;
  readonly seed?: number;
}

interface ExchangeLogEntry {
  readonly at: number;
  readonly cmdlet: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  /** 0 where no answer was sent. */
  readonly status: number;
}

export interface ExchangeAdmin {
  /** `https://127.0.0.1:1234`: the audience that a token must have. */
  readonly root: string;
  readonly log: ExchangeLogEntry[];
  /** Matched over `POST /adminapi/beta/…/InvokeCommand Get-MailUser SoftDeletedMailUser,ResultSize`. */
  readonly faults: Programme;
  readonly grants: Set<ExchangeGrant>;
  /** Ends every connection, stalled ones too. */
  close(): Promise<void>;
}

export async function startExchangeAdmin(options: ExchangeAdminOptions): Promise<ExchangeAdmin> {
  const { certificates, tenantId, now } = options;
  const log: ExchangeLogEntry[] = [];
  const faults = createProgramme(options.seed ?? 1, now);
  const grants = new Set<ExchangeGrant>(options.grants ?? EVERY_GRANT);
  const path = `/adminapi/beta/${tenantId}/InvokeCommand`;
  const times: number[] = [];
  let root = '';
  const cmdlets = createCmdlets({
    directory: options.directory,
    address: () => `${root}${path}`,
    maxPageSize: options.maxPageSize ?? 1_000,
  });

  function throttled(): Answer | undefined {
    const { throttle } = options;
    if (throttle === undefined) return undefined;
    const since = now() - throttle.windowMs;
    while ((times[0] ?? now()) < since) times.shift();
    const [oldest] = times;
    if (oldest === undefined || times.length < throttle.requests) {
      times.push(now());
      return undefined;
    }
    const seconds = Math.ceil((oldest + throttle.windowMs - now()) / 1_000) + 1;
    return refused(new Refused(429, 'TooManyRequests', 'Too many requests.'), {
      'Retry-After': String(seconds),
    });
  }

  function answer(call: Call, command: Command | undefined): Answer {
    const token = claimsIn(call.headers['authorization']);
    if (token?.aud !== root || token.exp * 1_000 <= Date.now()) return unauthenticated;
    if (call.path.toLowerCase() !== path.toLowerCase())
      return refused(new Refused(404, 'NotFound', 'Not found.'));
    if (call.method !== 'POST') return refused(new Refused(405, 'MethodNotAllowed', 'Method not allowed.'));
    if (command === undefined) return refused(new Refused(400, 'BadRequest', 'Invalid request.'));
    if (!/^(APP|UPN):SystemMailbox\{[0-9a-f-]{36}\}@/.test(call.headers['x-anchormailbox'] ?? '')) {
      return refused(new Refused(400, 'BadRequest', 'The anchor mailbox is missing.'));
    }
    if (!grants.has('Exchange.ManageAsApp')) {
      return refused(new Refused(401, 'Unauthorized', `User is not allowed to call ${command.cmdlet}`));
    }
    const role =
      command.cmdlet === 'Get-OrganizationConfig' ? 'View-Only Configuration' : 'View-Only Recipients';
    if (!grants.has(role)) return options.refusal === 'words' ? refused(NO_ROLE) : unreadable;
    const wait = throttled();
    if (wait !== undefined) return wait;
    try {
      const preferred = /odata\.maxpagesize\s*=\s*(\d+)/.exec(call.headers['prefer'] ?? '')?.[1];
      const { page, body } = cmdlets(command, new URLSearchParams(call.search), Number(preferred ?? 100));
      return { status: 200, headers: { ...JSON_HEADERS, 'Rate-Limit-Limit': '30000' }, body, page };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return error.status === 403 ? unreadable : refused(error);
    }
  }

  async function logged(call: Call): Promise<Answer> {
    const command = commandIn(call.body);
    const { cmdlet = '', parameters = {} } = command ?? {};
    const inWords = { ...call, path: `${call.path} ${cmdlet} ${Object.keys(parameters).join()}` };
    const result = await faults.around(inWords, () => answer(call, command));
    const status = result.wire === 'drop' || result.wire === 'stall' ? 0 : result.status;
    log.push({ at: now(), cmdlet, parameters, headers: call.headers, status });
    return result;
  }

  const server = createServer(certificates, listener({ answer: logged, now, latency: options.latency ?? 0 }));
  root = `https://127.0.0.1:${await listen(server)}`;
  return {
    root,
    log,
    faults,
    grants,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function commandIn(body: unknown): Command | undefined {
  try {
    const { CmdletInput: input } = JSON.parse(String(body)) as {
      CmdletInput: { CmdletName: string; Parameters?: Record<string, unknown> };
    };
    if (typeof input.CmdletName !== 'string') return undefined;
    return { cmdlet: input.CmdletName, parameters: input.Parameters ?? {} };
  } catch {
    return undefined;
  }
}

/** What the token says. Who signed it is the identity endpoint's own affair. */
function claimsIn(
  authorization: string | undefined,
): { readonly aud: string; readonly exp: number } | undefined {
  const payload = /^Bearer [\w-]+\.([\w-]+)\.[\w-]*$/i.exec(authorization ?? '')?.[1];
  if (payload === undefined) return undefined;
  const { aud, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
    aud: string;
    exp: number;
  };
  return { aud: aud.replace(/\/$/, ''), exp };
}

const EVERY_GRANT: readonly ExchangeGrant[] = [
  'Exchange.ManageAsApp',
  'View-Only Recipients',
  'View-Only Configuration',
];

const JSON_HEADERS = {
  'Content-Type':
    'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
  'OData-Version': '4.0',
};

const unauthenticated: Answer = { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } };

const NO_ROLE = new Refused(
  403,
  'Forbidden',
  "The role assigned to application 6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10 isn't supported in this scenario. Please check online documentation for assigning correct Directory Roles to Azure AD Application for EXO App-Only Authentication.",
);

/** As recorded where a role is missing or the cmdlet is unknown: NUL bytes that call themselves gzip. */
const unreadable: Answer = {
  status: 403,
  headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
  body: '\0'.repeat(64),
};

function refused({ status, code, message, details }: Refused, headers: Answer['headers'] = {}): Answer {
  const type = 'Microsoft.Exchange.Admin.OData.Core.ODataServiceException';
  const error = { code, message, ...(details && { details }), innererror: { message, type } };
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: { error } };
}
