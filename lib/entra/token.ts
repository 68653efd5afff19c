/** The token for Microsoft Graph, and the application permissions that it carries. */
import type { TokenCredential } from '@azure/identity';
import { isObject, parseJson, withoutSecrets } from '../core/json.ts';
import { messageOf } from '../errors.ts';
import { noToken } from './refusals.ts';

/** The credential gave none; the message says why, without secrets. */
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

/**
 * Its `roles` claim ("Access token claims reference"). `undefined` where the token cannot be read or has no such claim.
 * @throws NightRefused `accessDenied`
 */
export async function readRoles(
  graphRoot: string,
  credential: TokenCredential,
): Promise<readonly string[] | undefined> {
  const token = await tokenFor(graphRoot, credential).catch((error: unknown) => {
    throw noToken('the permissions of this app', messageOf(error));
  });
  const [, payload = ''] = token.split('.');
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  const roles = isObject(claims) ? claims['roles'] : undefined;
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : undefined;
}
