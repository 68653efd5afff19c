/** The query options of a request. Strict: what Graph does not document for a path is refused. */
import { type Call, GraphError } from './answer.ts';

export interface Query {
  readonly select: readonly string[] | undefined;
  readonly top: number;
  /** Asked for, and with the header that it needs. */
  readonly count: boolean;
  /** The header `ConsistencyLevel: eventual` and `$count=true`. */
  readonly advanced: boolean;
  readonly filter: Filter | undefined;
  readonly orderBy: { readonly property: string; readonly descending: boolean } | undefined;
  readonly skipToken: string | undefined;
}

type Filter =
  | { readonly property: 'onPremisesSyncEnabled'; readonly value: boolean }
  | { readonly property: 'onPremisesImmutableId'; readonly value: string };

export type QueryOption = '$select' | '$top' | '$count' | '$filter' | '$orderby' | '$skiptoken';

const badRequest = (message: string) => new GraphError(400, 'Request_BadRequest', message);
const unsupported = (message: string) => new GraphError(400, 'Request_UnsupportedQuery', message);

/** @throws GraphError 400 for an option that `allowed` lacks, that comes twice, or that has no sense. */
export function parseQuery(call: Call, allowed: readonly QueryOption[]): Query {
  const options = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(call.search)) {
    const option = name.toLowerCase();
    if (!allowed.some((known) => known === option)) {
      throw badRequest(`The query parameter '${name}' is not supported.`);
    }
    if (options.has(option)) throw badRequest(`Query option '${name}' was specified more than once.`);
    options.set(option, value);
  }
  const counted = flag(options.get('$count'));
  const eventual = call.headers['consistencylevel']?.toLowerCase() === 'eventual';
  return {
    select: selection(options.get('$select')),
    top: pageSize(options.get('$top')),
    count: counted && eventual,
    advanced: counted && eventual,
    filter: filter(options.get('$filter'), counted && eventual),
    orderBy: order(options.get('$orderby'), counted && eventual),
    skipToken: options.get('$skiptoken'),
  };
}

function selection(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) {
    throw new GraphError(400, 'BadRequest', 'Parsing OData Select and Expand failed: Term is empty.');
  }
  return names;
}

function pageSize(text: string | undefined): number {
  if (text === undefined) return 100;
  const size = /^\d+$/.test(text) ? Number(text) : 0;
  if (size >= 1 && size <= 999) return size;
  throw unsupported(`Invalid page size specified: '${text}'. Must be between 1 and 999 inclusive.`);
}

function flag(text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw badRequest(`Invalid value '${text}' for $count query option found.`);
}

/** The two forms that are used, nothing else. A text literal doubles its quotes. */
function filter(text: string | undefined, advanced: boolean): Filter | undefined {
  if (text === undefined) return undefined;
  const synced = /^onPremisesSyncEnabled eq (true|false)$/.exec(text);
  if (synced) return { property: 'onPremisesSyncEnabled', value: synced[1] === 'true' };
  const anchored = /^onPremisesImmutableId eq '((?:[^']|'')+)'$/.exec(text);
  if (anchored === null) throw badRequest('Invalid filter clause');
  if (!advanced) {
    throw unsupported(
      'Property onPremisesImmutableId is filterable only with the advanced query parameters.',
    );
  }
  return { property: 'onPremisesImmutableId', value: (anchored[1] ?? '').replaceAll("''", "'") };
}

/** "List deletedItems": only `deletedDateTime` needs the advanced parameters. */
function order(text: string | undefined, advanced: boolean): Query['orderBy'] {
  if (text === undefined) return undefined;
  const found = /^(deletedDateTime|displayName|userPrincipalName)(?: (asc|desc))?$/.exec(text);
  if (found?.[1] === undefined) throw unsupported('Sorting not supported for current query.');
  if (found[1] === 'deletedDateTime' && !advanced) {
    throw unsupported('Sorting by deletedDateTime needs the advanced query parameters.');
  }
  return { property: found[1], descending: found[2] === 'desc' };
}
