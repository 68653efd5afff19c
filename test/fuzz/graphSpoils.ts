/**
 * What can become of an answer of Graph on its way, as faults of the tenant. Nothing here is a lie that reads like an
 * honest answer: no other value of the same kind, no 404 for somebody who is there, no list that is shorter together
 * with its count. Nobody could tell those.
 */
import fc from 'fast-check';
import type { Fault, Kind } from '../tenant/faults.ts';
import {
  among,
  anyExtraKey,
  anyNumber,
  anyOtherType,
  type Change,
  isContainer,
  type JsonChange,
  put,
  removed,
  renamed,
  several,
  somewhere,
} from './mutations.ts';

/** A fault, yet without the requests that it befalls. */
export interface Spoil {
  readonly what: string;
  readonly kind: Kind;
}

/** A property that is lost. An element that is lost from a list of addresses would be a lie. */
const lost: JsonChange = {
  what: 'lost',
  apply: (place) => {
    if (!Array.isArray(place.parent)) removed.apply(place);
  },
};

/** The same id in capitals: the same user. */
const capitals: JsonChange = {
  what: 'id in capitals',
  apply: ({ parent, key }) => {
    const value = parent[key];
    if (key === 'id' && typeof value === 'string') put(parent, key, value.toUpperCase());
  },
};

const anyRowChange = fc.oneof(
  { weight: 4, arbitrary: fc.constant(lost) },
  { weight: 4, arbitrary: anyOtherType },
  renamed,
  anyExtraKey,
  fc.constant(capitals),
);

/** Rows of a page or responses of a batch that are lost, or come again, the same or not. */
const anyListChange: fc.Arbitrary<Change<unknown>> = fc
  .tuple(anyNumber, fc.constantFrom('lost', 'twice', 'twice, not alike', 'backwards', 'null', 'all lost'))
  .map(([where, how]) => ({
    what: `row ${where} ${how}`,
    apply: (body) => {
      const copy: unknown = structuredClone(body);
      const list = isContainer(copy) ? (copy['value'] ?? copy['responses']) : undefined;
      if (!Array.isArray(list) || list.length === 0) return copy;
      const at = among(where, list.length);
      const row: unknown = structuredClone(list[at]);
      if (how === 'lost') list.splice(at, 1);
      if (how === 'all lost') list.splice(0);
      if (how === 'null') list[at] = null;
      if (how === 'backwards') list.reverse();
      if (how.startsWith('twice')) {
        if (how !== 'twice' && isContainer(row)) put(row, 'displayName', 'Somebody else');
        if (how !== 'twice' && isContainer(row) && 'status' in row) put(row, 'status', 403);
        list.splice(at, 0, row);
      }
      return copy;
    },
  }));

const REPLY_CHANGES: readonly (readonly [string, unknown])[] = [
  ['id', 'never asked'],
  ['id', '99'],
  ['id', '00'],
  ['id', 0],
  ['id', ''],
  ['id', '__proto__'],
  ['status', '204'],
  ['status', 0],
  ['status', 99],
  ['status', 200.5],
  ['status', 299],
  ['status', 302],
  ['status', 418],
  ['status', 424],
  ['status', 429],
  ['status', 503],
  ['status', 600],
  ['status', -204],
  ['headers', null],
  ['headers', []],
  ['headers', { 'Retry-After': { toString: null, valueOf: 0 } }],
  ['headers', { 'Retry-After': [[[]]], 'x-ms-resource-unit': { toString: 1 } }],
  ['headers', { 'Retry-After': '-5', 'x-ms-resource-unit': '-7' }],
  ['headers', { 'Retry-After': 1e300, 'x-ms-resource-unit': 1e300 }],
  ['headers', { 'retry-after': '9000000000000' }],
  ['body', 'text'],
  ['body', null],
  ['body', []],
  ['body', { error: { code: { toString: 1 }, message: ['eyJhbGciOiJub25lIn0.e30.x'] } }],
  ['body', { error: { code: 'x\ny', message: `Bearer secret-word ${'long '.repeat(5_000)}` } }],
];
/** One reply of a batch that says something else of itself. */
const anyReplyChange: fc.Arbitrary<Change<unknown>> = fc
  .tuple(anyNumber, fc.constantFrom(...REPLY_CHANGES))
  .map(([where, [name, value]]) => ({
    what: `reply ${where}: ${name} became ${JSON.stringify(value).slice(0, 60)}`,
    apply: (body) => {
      const copy: unknown = structuredClone(body);
      const replies = isContainer(copy) ? copy['responses'] : undefined;
      const reply: unknown = Array.isArray(replies) ? replies[among(where, replies.length)] : undefined;
      if (isContainer(reply)) put(reply, name, structuredClone(value));
      return copy;
    },
  }));

const nest = (depth: number, inner = '1') => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;
const textOf = (body: unknown) => JSON.stringify(body) ?? '';

/** The answer as text, after which it may be no JSON. */
const anyTextChange: fc.Arbitrary<Change<unknown>> = fc.oneof(
  anyNumber.map((where) => ({
    what: `cut off at ${where}`,
    apply: (body: unknown) => textOf(body).slice(0, among(where, textOf(body).length)),
  })),
  fc.constantFrom('', 'null', '[]', '""', '0', '{}', '{"value":{}}', '{"value":[[]]}').map((text) => ({
    what: `became ${text}`,
    apply: () => text,
  })),
  fc.constantFrom(10, 3_000, 100_000).map((depth) => ({
    what: `${depth} levels deep in a row`,
    apply: (body: unknown) =>
      textOf(body).replace('"displayName":', () => `"deep":${nest(depth)},"displayName":`),
  })),
  fc.constantFrom('1e999', '-1', '9007199254740993', '01', 'NaN').map((count) => ({
    what: `a count of ${count}`,
    apply: (body: unknown) => textOf(body).replace(/(?<="@odata\.count":)\d+/, () => count),
  })),
  fc.constant({
    what: 'a megabyte more',
    apply: (body: unknown) => `${textOf(body)}${' '.repeat(1_000_000)}`,
  }),
  fc.constant({ what: 'rubbish behind it', apply: (body: unknown) => `${textOf(body)}</html>` }),
);

const HTML = '<!DOCTYPE html><html><head><title>Sign in</title></head><body>at x:1:1</body></html>';
const anyBody = fc.oneof(
  { weight: 5, arbitrary: several(somewhere(anyRowChange)) },
  { weight: 2, arbitrary: several(anyListChange, 2) },
  { weight: 2, arbitrary: several(anyReplyChange) },
  { weight: 2, arbitrary: anyTextChange },
  { weight: 1, arbitrary: fc.constant<Change<unknown>>({ what: 'HTML', apply: () => HTML }) },
);

/** Not 404: of one user, it is Graph's own word that nobody is there. */
const STATUSES = [
  200, 201, 202, 206, 302, 307, 400, 401, 403, 405, 409, 410, 418, 423, 424, 429, 500, 503, 599,
];
const RETRY_AFTER = [
  '0',
  '-1',
  '1e9',
  'NaN',
  '9000000000000',
  'Fri, 31 Dec 9999 23:59:59 GMT',
  'Sat, 99 GMT',
];
const anyStatus = fc
  .tuple(
    fc.constantFrom(...STATUSES),
    fc.constantFrom<('json' | 'html' | 'empty')[]>('json', 'html', 'empty'),
    fc.constantFrom(...RETRY_AFTER),
    fc.boolean(),
  )
  .map(
    ([status, body, wait, effect]): Spoil => ({
      what: `status ${status}, ${body}, Retry-After ${wait}, ${effect ? '' : 'not '}carried out`,
      kind: {
        kind: 'status',
        status,
        body,
        effect,
        headers: { 'Retry-After': wait, Location: 'https://127.0.0.1:1/v1.0/users' },
      },
    }),
  );

const anyTransform = anyBody.map(
  ({ what, apply }): Spoil => ({
    what,
    kind: { kind: 'transform', transform: apply },
  }),
);

/** Before every reply, or after it, the word that nobody is there. Of the two neither can be believed. */
const atOdds: fc.Arbitrary<Change<unknown>> = fc.boolean().map((before) => ({
  what: `404 ${before ? 'before' : 'after'} every reply`,
  apply: (body) => {
    const replies = isContainer(body) && Array.isArray(body['responses']) ? body['responses'] : [];
    const both = replies.flatMap((reply: object) => {
      const pair = [{ ...reply, status: 404, body: {} }, reply];
      return before ? pair : pair.reverse();
    });
    return { responses: both };
  },
}));

/** What happens to the replies in a batch, and not to the batch as a whole. */
export const anyBatchSpoil = fc
  .oneof({ weight: 6, arbitrary: several(fc.oneof(anyReplyChange, anyReplyChange, anyListChange)) }, atOdds)
  .map(({ what, apply }): Spoil => ({ what, kind: { kind: 'transform', transform: apply } }));

export const anySpoil: fc.Arbitrary<Spoil> = fc.oneof(
  { weight: 8, arbitrary: anyTransform },
  { weight: 2, arbitrary: anyStatus },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<('drop' | 'cutOff' | 'cutShort')[]>('drop', 'cutOff', 'cutShort')
      .map((kind): Spoil => ({ what: kind, kind: { kind } })),
  },
);

/** The spoil on every request that fits, on the first few, or on one of them. */
export const anyTiming = fc.constantFrom<Pick<Fault, 'times' | 'after' | 'probability'>[]>(
  { times: Number.POSITIVE_INFINITY },
  { times: Number.POSITIVE_INFINITY, after: 1 },
  { times: 1 },
  { times: 1, after: 1 },
  { times: 2 },
  { times: Number.POSITIVE_INFINITY, probability: 0.3 },
);
