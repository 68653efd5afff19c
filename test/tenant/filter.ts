/** `$filter` of users: equality, joined by `or`. Anything else is refused. */
import { GraphError } from './answer.ts';
import type { EntraUser } from './directory.ts';

export type Filter = (user: EntraUser) => boolean;

/** In a default query (microsoft-graph-docs issue 21098, tried by its author). */
const MAX_CLAUSES = 15;
const TEXT = "'((?:[^']|'')+)'";
const SYNCED = /^onPremisesSyncEnabled eq (true|false)$/;
/** "Advanced query capabilities", table of properties: `eq` works by default for these. */
const PROPERTY = new RegExp(`^(onPremisesImmutableId|mail|userPrincipalName) eq ${TEXT}$`);
const PROXY = new RegExp(`^proxyAddresses/any\\((\\w):\\1 eq ${TEXT}\\)$`);

const unsupported = (message: string) => new GraphError(400, 'Request_UnsupportedQuery', message);

/** @throws GraphError 400 */
export function parseFilter(text: string, advanced: boolean): Filter {
  // No `or` stands between quotes: they come in pairs before it.
  const clauses = text.split(/ or (?=(?:[^']*'[^']*')*[^']*$)/);
  if (!advanced && clauses.length > MAX_CLAUSES) {
    throw unsupported(
      `Too many child clauses specified in search filter expression containing 'OR' operators: ${clauses.length}. Max allowed: ${MAX_CLAUSES}.`,
    );
  }
  const filters = clauses.map(clause);
  return (user) => filters.some((filter) => filter(user));
}

function clause(text: string): Filter {
  const synced = SYNCED.exec(text);
  if (synced) return (user) => user.onPremisesSyncEnabled === (synced[1] === 'true');
  const property = PROPERTY.exec(text);
  if (property) {
    const name = property[1] as 'onPremisesImmutableId' | 'mail' | 'userPrincipalName';
    return (user) => same(user[name], property[2]);
  }
  const proxy = PROXY.exec(text);
  if (proxy) return (user) => user.proxyAddresses.some((address) => same(address, proxy[2]));
  throw new GraphError(400, 'Request_BadRequest', 'Invalid filter clause');
}

/** Texts are compared without regard to case. A text literal doubles its quotes. */
const same = (value: string | null, literal = '') =>
  value?.toLowerCase() === literal.replaceAll("''", "'").toLowerCase();
