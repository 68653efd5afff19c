/**
 * A domain controller in the clear on loopback, for what Samba is too slow or too well-behaved for: 200,000 users,
 * an attribute in ranges, a page that breaks off. It knows the searches of the export, and no others.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { baseOf } from '../onprem/sambaSeed.ts';
import { done, entryOf, type LdapEntry, type Request, requestIn, sizeOf } from './ldapMessages.ts';

export interface LdapServerOptions {
  readonly domain: string;
  readonly users: readonly LdapEntry[];
  readonly tombstones?: readonly LdapEntry[];
  /** How many values of an attribute are shown at once. */
  readonly maxValues?: number;
  /** Ends the live users after so many, with an empty page and success. */
  readonly givesUpAfter?: number;
  /** Answers the page that starts here with a result code of its own. */
  readonly failsAt?: { readonly user: number; readonly code: number };
  /** Answers with empty pages after which there are always more. */
  readonly endless?: boolean;
  /** Called before each page of live users is sent; `drop` cuts the connection in its place. */
  readonly onPage?: (from: number) => 'drop' | undefined;
}

export interface LdapServer {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  close(): Promise<void>;
}

const [BIND, UNBIND] = [0x60, 0x42];
const [BIND_DONE, SEARCH_DONE] = [0x61, 0x65];

const INVOCATION_ID = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

export async function startLdapServer(options: LdapServerOptions): Promise<LdapServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let pending = Buffer.alloc(0);
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data]);
      for (let size = sizeOf(pending); size <= pending.length; size = sizeOf(pending)) {
        const request = requestIn(pending.subarray(0, size));
        pending = pending.subarray(size);
        if (request.kind === UNBIND) socket.end();
        else {
          const answer = answerTo(request, options);
          if (answer === undefined) socket.destroy();
          else socket.write(answer);
        }
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function answerTo(request: Request, options: LdapServerOptions): Buffer | undefined {
  if (request.kind === BIND) return done(request.id, BIND_DONE, 0);
  const found = entriesFor(request, options);
  if (found === options.users && request.page !== undefined) {
    return pageOfUsers(request, request.page, options);
  }
  const { size, from } = request.page ?? { size: found.length, from: 0 };
  return pageOf(
    request,
    found.slice(from, from + size),
    from + size < found.length ? from + size : '',
    options,
  );
}

function pageOfUsers(
  request: Request,
  { size, from }: { readonly size: number; readonly from: number },
  options: LdapServerOptions,
): Buffer | undefined {
  const { users, givesUpAfter = users.length, failsAt, endless, onPage } = options;
  if (onPage?.(from) === 'drop') return undefined;
  if (endless) return pageOf(request, [], '0', options);
  const to = Math.min(from + size, givesUpAfter);
  if (failsAt !== undefined && from <= failsAt.user && failsAt.user < to) {
    return done(request.id, SEARCH_DONE, failsAt.code);
  }
  const isLast = from >= to || to >= users.length;
  return pageOf(request, users.slice(from, to), isLast ? '' : to, options);
}

function pageOf(
  request: Request,
  entries: readonly LdapEntry[],
  cookie: string | number,
  { maxValues }: LdapServerOptions,
): Buffer {
  const end = done(request.id, SEARCH_DONE, 0, request.page && String(cookie));
  return Buffer.concat([...entries.map((entry) => entryOf(request, entry, maxValues)), end]);
}

function entriesFor({ base, scope }: Request, { domain, users, tombstones }: LdapServerOptions) {
  const root = baseOf(domain);
  const configuration = `CN=Configuration,${root}`;
  if (base === '') {
    return [
      {
        dn: '',
        attributes: {
          defaultNamingContext: [root],
          configurationNamingContext: [configuration],
          schemaNamingContext: [`CN=Schema,${configuration}`],
          dnsHostName: [`dc1.${domain}`],
          dsServiceName: [`CN=NTDS Settings,CN=DC1,${configuration}`],
          highestCommittedUSN: ['123456'],
        },
      },
    ];
  }
  if (base.startsWith('CN=NTDS')) return [{ dn: base, attributes: { invocationId: [INVOCATION_ID] } }];
  if (base.startsWith('CN=Schema')) return SCHEMA;
  if (base.startsWith('<WKGUID=')) {
    if (tombstones === undefined) return [];
    return scope === 0
      ? [{ dn: `CN=Deleted Objects,${root}`, attributes: { objectGUID: [INVOCATION_ID] } }]
      : tombstones;
  }
  return scope === 0 ? users.filter(({ dn }) => dn === base) : users;
}

const SCHEMA: readonly LdapEntry[] = [
  ['mS-DS-ConsistencyGuid', '2.5.5.10'],
  ['employeeID', '2.5.5.12'],
  ['department', '2.5.5.12'],
].map(([name = '', syntax = '']) => ({
  dn: `CN=${name}`,
  attributes: { lDAPDisplayName: [name], attributeSyntax: [syntax] },
}));
