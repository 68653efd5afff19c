/** For the servers' own tests: a directory of a few users in memory, and a client that fails no request. */
import type { EntraDirectory, EntraUser } from './directory.ts';
import { startTenantServers, type TenantOptions, type TenantServers } from './server.ts';
import { trustedCertificates } from './trust.ts';

const TENANT = 'a1b2c3d4-0000-4000-8000-00000000c0de';

export const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export function tinyUser(n: number, changes: Partial<EntraUser> = {}): EntraUser {
  return {
    id: idOf(n),
    displayName: `User ${n}`,
    userPrincipalName: `user${n}@contoso.com`,
    userType: 'Member',
    accountEnabled: true,
    mail: `user${n}@partner.com`,
    mailNickname: `user${n}`,
    proxyAddresses: [`SMTP:user${n}@partner.com`],
    otherMails: [],
    createdDateTime: '2020-01-01T00:00:00Z',
    deletedDateTime: null,
    onPremisesSyncEnabled: true,
    onPremisesImmutableId: Buffer.alloc(16, n).toString('base64'),
    onPremisesLastSyncDateTime: '2026-01-05T01:00:00Z',
    onPremisesSecurityIdentifier: `S-1-5-21-1-2-3-${n}`,
    onPremisesDistinguishedName: `CN=User ${n},DC=contoso,DC=com`,
    onPremisesSamAccountName: `user${n}`,
    onPremisesDomainName: 'contoso.com',
    onPremisesUserPrincipalName: `user${n}@contoso.com`,
    onPremisesExtensionAttributes: { extensionAttribute1: null },
    assignedLicenses: [],
    assignedPlans: [],
    provisionedPlans: [],
    ...changes,
  };
}

export interface TinyDirectory extends EntraDirectory {
  /** Milliseconds since 1970 UTC; a test moves it. */
  time: number;
  readonly live: Map<string, EntraUser>;
  readonly deleted: Map<string, EntraUser>;
  readonly privileged: Set<string>;
  /** `<app> purged <id>` */
  readonly audit: string[];
}

export function tinyDirectory(live: readonly EntraUser[], deleted: readonly EntraUser[]): TinyDirectory {
  const byId = (users: readonly EntraUser[]) => new Map(users.map((user) => [user.id, user]));
  const directory: TinyDirectory = {
    time: Date.parse('2026-01-05T02:00:00Z'),
    clock: { now: () => directory.time },
    live: byId(live),
    deleted: byId(deleted),
    privileged: new Set(),
    audit: [],
    organization: () => ({
      id: TENANT,
      displayName: 'Contoso',
      onPremisesSyncEnabled: true,
      onPremisesLastSyncDateTime: '2026-01-05T01:00:00Z',
      verifiedDomains: [],
    }),
    liveUsers: () => [...directory.live.values()],
    deletedUsers: () => [...directory.deleted.values()],
    liveUser: (id) => directory.live.get(id),
    deletedUser: (id) => directory.deleted.get(id),
    isPrivileged: (id) => directory.privileged.has(id),
    softDelete: (id) => move(directory.live, directory.deleted, id, '2026-01-05T02:00:00Z'),
    restore: (id) => move(directory.deleted, directory.live, id, null),
    hardDelete(id, by) {
      directory.deleted.delete(id);
      directory.audit.push(`${by} purged ${id}`);
    },
  };
  return directory;
}

function move(from: Map<string, EntraUser>, to: Map<string, EntraUser>, id: string, at: string | null): void {
  const user = from.get(id);
  if (user === undefined) throw new Error(`No user ${id} there.`);
  from.delete(id);
  to.set(id, { ...user, deletedDateTime: at });
}

export const deletedUser = (n: number, changes: Partial<EntraUser> = {}) =>
  tinyUser(n, { deletedDateTime: `2026-01-0${1 + (n % 4)}T00:00:00Z`, ...changes });

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}
/** What a test reads of an answer, without a cast at every step. */
interface Json {
  readonly [name: string]: unknown;
  readonly value: readonly Readonly<Record<string, unknown>>[];
  readonly error: { readonly code: string; readonly message: string };
  readonly responses: readonly BatchReply[];
}
interface BatchReply {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

export interface Client {
  readonly servers: TenantServers;
  readonly token: string;
  /** `path` without the version, or a whole URL. */
  send(method: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<Reply>;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  /** A batch of `[method, url]`, with ids from 1; the answers in the order of the requests. */
  batch(...requests: readonly (readonly [string, string])[]): Promise<readonly BatchReply[]>;
}

export async function connect(options: TenantOptions): Promise<Client> {
  const servers = await startTenantServers({ certificates: await trustedCertificates(), ...options });
  const token = await tokenOf(servers);
  const send: Client['send'] = async (method, path, headers = {}, body) => {
    const url = path.startsWith('https:') ? path : `${servers.graphRoot}/v1.0${path}`;
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    return { status: response.status, headers: response.headers, text, json: isJson ? parse(text) : NO_JSON };
  };
  return {
    servers,
    token,
    send,
    get: (path, headers) => send('GET', path, headers),
    async batch(...requests) {
      const items = requests.map(([method, url], at) => ({ id: String(at + 1), method, url }));
      const { json } = await send('POST', '/$batch', {}, { requests: items });
      return json.responses.toSorted((one, other) => Number(one.id) - Number(other.id));
    },
  };
}

const NO_JSON = {} as Json;

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return NO_JSON;
  }
}

export async function tokenOf(servers: TenantServers): Promise<string> {
  const url = `${servers.identityEndpoint}?resource=${servers.graphRoot}&api-version=2019-08-01`;
  const response = await fetch(url, { headers: { 'X-IDENTITY-HEADER': servers.identityHeader } });
  const { access_token } = (await response.json()) as { readonly access_token: string };
  return access_token;
}

/** Follows every nextLink to the end. */
export async function pages(client: Client, path: string, headers?: Record<string, string>) {
  const replies: Reply[] = [];
  for (let next: unknown = path; typeof next === 'string'; next = replies.at(-1)?.json['@odata.nextLink']) {
    replies.push(await client.get(next, headers));
  }
  return replies;
}
