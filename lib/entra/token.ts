/** The token for Microsoft Graph, and what it says of itself. */
import type { TokenCredential } from '@azure/identity';
import { within } from '../azure/timeout.ts';
import { isObject, parseJson, withoutSecrets } from '../core/json.ts';
import { messageOf } from '../errors.ts';
import { noToken } from './refusals.ts';

/** The credential gave none. */
export class NoToken extends Error {}

/** @throws NoToken */
export async function tokenFor(graphRoot: string, credential: TokenCredential): Promise<string> {
  try {
    const token = await credential.getToken(`${graphRoot}/.default`);
    if (token !== null && token.token !== '') return token.token;
  } catch (error) {
    throw new NoToken(withoutSecrets(messageOf(error)));
  }
  throw new NoToken('the identity gave none');
}

export interface RolesOptions {
  readonly graphRoot: string;
  readonly credential: TokenCredential;
  readonly timeoutMs: number;
}

/**
 * The `roles` claim ("Access token claims reference"). `undefined` where there is none: the token is opaque, or a
 * person's.
 * @throws NightRefused `accessDenied` where there is no token
 */
export async function rolesOf(
  { graphRoot, credential, timeoutMs }: RolesOptions,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const what = 'the application roles of this identity';
  const token = await within(timeoutMs, tokenFor(graphRoot, credential), signal).catch((error: unknown) => {
    throw error instanceof NoToken ? noToken(what, error.message) : error;
  });
  if (typeof token === 'string') throw noToken(what, token === 'late' ? 'no answer in time' : 'stopped');
  const claims = parseJson(Buffer.from(token.done.split('.')[1] ?? '', 'base64url').toString());
  const roles = isObject(claims) ? claims['roles'] : undefined;
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : undefined;
}
