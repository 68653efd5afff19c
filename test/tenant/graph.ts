/** Microsoft Graph v1.0, as far as it is documented for users, the recycle bin and the organization. */
import { type Answer, type Call, GraphError, noContent, ok } from './answer.ts';
import { type Collections, createCollections } from './collections.ts';
import type { EntraDirectory, EntraUser } from './directory.ts';
import type { Token } from './identity.ts';
import { organizationJson, selected, userJson, type Withheld } from './properties.ts';
import { parseQuery, type Query } from './query.ts';
import type { View } from './view.ts';

export interface GraphOptions {
  readonly directory: EntraDirectory;
  readonly view: View;
  /** `https://127.0.0.1:1234/v1.0` */
  readonly base: () => string;
  /** What an app without User.Read.All gets to see of a user. */
  readonly withheld: 'null' | 'empty' | 'forbidden';
}

/** How a fault changes what a request does. */
export interface Twist {
  /** Milliseconds after which a permanent delete takes effect, though it answers 204 now. */
  readonly purgeDelay?: number;
}

export type Graph = (call: Call, token: Token, twist?: Twist) => Answer;

const READ_USERS = ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];
const READ_ORGANIZATION = ['Organization.Read.All', ...READ_USERS];
const DELETE_USERS = ['User.DeleteRestore.All'];

interface Context extends GraphOptions {
  readonly call: Call;
  readonly token: Token;
  readonly twist: Twist;
  readonly collections: Collections;
}

/** Segments in lower case; `*` is an id. */
const ROUTES: Readonly<Record<string, Readonly<Record<string, (context: Context, id: string) => Answer>>>> = {
  organization: { GET: organization },
  'directory/deleteditems': { GET: uncast },
  'directory/deleteditems/microsoft.graph.user': { GET: deletedUsers },
  'directory/deleteditems/*': { GET: deletedObject, DELETE: purge },
  'directory/deleteditems/*/microsoft.graph.user': { GET: deletedUser },
  'directory/deleteditems/*/restore': { POST: restore },
  users: { GET: users },
  'users/*': { GET: liveUser, DELETE: softDelete },
};

export function createGraph(options: GraphOptions): Graph {
  const collections = createCollections(options.base);
  return (call, token, twist = {}) => {
    const segments = call.path.replace(/^\//, '').split('/');
    const { methods, id } = route(segments);
    const handle = methods[call.method];
    if (handle === undefined) {
      const message = 'Specified HTTP method is not allowed for the request target.';
      throw new GraphError(405, 'Request_BadRequest', message);
    }
    return handle({ ...options, call, token, twist, collections }, id);
  };
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function route(segments: readonly string[]) {
  for (const [pattern, methods] of Object.entries(ROUTES)) {
    const parts = pattern.split('/');
    const fits = parts.every((part, at) => part === '*' || part === segments[at]?.toLowerCase());
    if (!fits || parts.length !== segments.length) continue;
    const id = segments[parts.indexOf('*')] ?? '';
    if (pattern.startsWith('directory/deleteditems/*') && !GUID.test(id)) {
      throw new GraphError(400, 'Request_BadRequest', `Invalid object identifier '${id}'.`);
    }
    return { methods, id };
  }
  throw new GraphError(400, 'BadRequest', `Resource not found for the segment '${segments.at(-1) ?? ''}'.`);
}

const holds = (token: Token, roles: readonly string[]) => roles.some((role) => token.roles?.includes(role));

const denied = () =>
  new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');

/** @throws GraphError 403 */
function demand(token: Token, roles: readonly string[]): void {
  if (!holds(token, roles)) throw denied();
}

function withheldFrom({ token, withheld }: Context): Withheld {
  if (withheld === 'forbidden') demand(token, READ_USERS);
  return holds(token, READ_USERS) || withheld === 'forbidden' ? undefined : withheld;
}

/** @throws GraphError 404 where there is none */
function found(user: EntraUser | undefined, id: string): EntraUser {
  if (user !== undefined) return user;
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  throw new GraphError(404, 'Request_ResourceNotFound', message);
}

function metadata({ base }: Context, set: string, select: readonly string[] | undefined, one: boolean) {
  const names = select === undefined ? '' : `(${select.join(',')})`;
  return { '@odata.context': `${base()}/$metadata#${set}${names}${one ? '/$entity' : ''}` };
}

function organization(context: Context): Answer {
  demand(context.token, READ_ORGANIZATION);
  const select = selected('organization', parseQuery(context.call, ['$select']).select);
  const value = [organizationJson(context.directory.organization(), select)];
  return ok({ ...metadata(context, 'organization', select, false), value });
}

function uncast(): Answer {
  const message = 'Searches against this resource are not supported. Only specific instances can be queried.';
  throw new GraphError(400, 'Request_UnsupportedQuery', message);
}

/** No `$filter`: whether any works on the recycle bin is not documented. */
function deletedUsers(context: Context): Answer {
  const query = parseQuery(context.call, ['$select', '$top', '$count', '$orderby', '$skiptoken']);
  return userPage(context, query, {
    members: () => sorted(context.view.deletedUsers(), query),
    find: (id) => context.view.deletedUser(id),
  });
}

function users(context: Context): Answer {
  const query = parseQuery(context.call, ['$select', '$top', '$count', '$filter', '$skiptoken']);
  const { filter } = query;
  return userPage(context, query, {
    members: () => {
      const all = context.view.liveUsers();
      return filter === undefined ? all : all.filter(filter);
    },
    find: (id) => context.view.liveUser(id),
  });
}

function userPage(
  context: Context,
  query: Query,
  source: { members(): readonly EntraUser[]; find(id: string): EntraUser | undefined },
): Answer {
  const select = selected('user', query.select);
  const withheld = withheldFrom(context);
  const { page, members, first } = context.collections.page(context.call, query, source);
  const end = page.offset + page.size;
  const body = {
    ...metadata(context, 'users', select, false),
    ...(query.count && first ? { '@odata.count': page.total } : {}),
    ...(end < page.total ? { '@odata.nextLink': page.link(end) } : {}),
    value: members.map((user) => userJson(user, select, withheld)),
  };
  return ok(body, page);
}

function sorted(members: readonly EntraUser[], { orderBy }: Query): readonly EntraUser[] {
  if (orderBy === undefined) return members;
  const key = orderBy.property as 'deletedDateTime' | 'displayName' | 'userPrincipalName';
  const sign = orderBy.descending ? -1 : 1;
  return members.toSorted((one, other) => {
    const [a, b] = [one[key] ?? '', other[key] ?? ''];
    return a === b ? 0 : a < b ? -sign : sign;
  });
}

function deletedUser(context: Context, id: string): Answer {
  return oneUser(context, 'users', found(context.view.deletedUser(id), id));
}

/**
 * "Get deleted item": a directoryObject, told with the default properties of what it really is. Those that only a
 * user has cannot be selected without the cast; no document promises that they can.
 */
function deletedObject(context: Context, id: string): Answer {
  const select = selected('directoryObject', parseQuery(context.call, ['$select']).select);
  const user = userJson(found(context.view.deletedUser(id), id), select, withheldFrom(context));
  const type = { '@odata.type': '#microsoft.graph.user' };
  return ok({ ...metadata(context, 'directoryObjects', select, true), ...type, ...user });
}

/** By id or by user principal name. */
function liveUser(context: Context, id: string): Answer {
  const named = (user: EntraUser) => user.userPrincipalName.toLowerCase() === id.toLowerCase();
  const user = id.includes('@') ? context.view.liveUsers().find(named) : context.view.liveUser(id);
  return oneUser(context, 'users', found(user, id));
}

function oneUser(context: Context, set: string, user: EntraUser): Answer {
  const select = selected('user', parseQuery(context.call, ['$select']).select);
  return ok({ ...metadata(context, set, select, true), ...userJson(user, select, withheldFrom(context)) });
}

function purge(context: Context, id: string): Answer {
  const { call, token, twist, view, directory } = context;
  parseQuery(call, []);
  demand(token, DELETE_USERS);
  const user = found(view.purgeable(id), id);
  if (directory.isPrivileged(user.id)) throw denied();
  if (twist.purgeDelay === undefined) view.purge(user, token.appid);
  else view.purgeLater(user, token.appid, twist.purgeDelay);
  return noContent;
}

function restore(context: Context, id: string): Answer {
  parseQuery(context.call, []);
  demand(context.token, DELETE_USERS);
  const user = found(context.view.purgeable(id), id);
  context.directory.restore(user.id);
  const restored = userJson(found(context.view.liveUser(user.id), id), undefined, withheldFrom(context));
  const type = { '@odata.type': '#microsoft.graph.user' };
  return ok({ ...metadata(context, 'directoryObjects', undefined, true), ...type, ...restored });
}

function softDelete(context: Context, id: string): Answer {
  parseQuery(context.call, []);
  demand(context.token, DELETE_USERS);
  context.directory.softDelete(found(context.view.liveUser(id), id).id);
  return noContent;
}
