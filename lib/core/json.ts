/** JSON as it comes off the wire, before anything is believed of it. */
import type { Json, JsonObject } from './model.ts';

/** `undefined` where `text` is no JSON: empty, HTML, or cut short. */
export function parseJson(text: string): Json | undefined {
  try {
    const json: Json = JSON.parse(text);
    return json;
  } catch {
    return undefined;
  }
}

export const isObject = (json: unknown): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** Are lists and objects nested in it further than `levels`? */
export const isDeeperThan = (json: Json, levels: number): boolean =>
  typeof json === 'object' &&
  json !== null &&
  (levels === 0 || Object.values(json).some((inner: Json) => isDeeperThan(inner, levels - 1)));

/** A JSON Web Token, also where something was written right before it (`Bearer%20eyJ…`), and whatever bears one. */
const TOKENS = [
  [/\beyJ[\w-]*(?:\.[\w-]*)*|eyJ[\w-]{17,}(?:\.[\w-]*)*/g, '(token)'],
  [/\bBearer\s+[^\s()"',;]+/gi, 'Bearer (token)'],
] as const;

/** Nothing in it looks like a token any more. */
export const withoutTokens = (text: string) =>
  TOKENS.reduce((told, [token, instead]) => told.replaceAll(token, instead), text);

/** One line of at most 300 characters in which nothing looks like a token. */
export function withoutSecrets(text: string): string {
  return withoutTokens(text.replaceAll(/\s+/g, ' ')).trim().slice(0, 300);
}

/** The number at `path`, if there is one: a policy of an older version may lack what today's has. */
export function numberAt(json: Json, path: readonly string[]): number | undefined {
  const value = path.reduce<Json | undefined>(
    (at, key) =>
      typeof at === 'object' && at !== null && !Array.isArray(at)
        ? (at as { readonly [key: string]: Json })[key]
        : undefined,
    json,
  );
  return typeof value === 'number' ? value : undefined;
}
