/** The application permissions that the app's token carries: its `roles` claim ("Access token claims reference"). */
import type { TokenCredential } from '@azure/identity';
import { isObject, parseJson, withoutSecrets } from '../core/json.ts';
import { messageOf } from '../errors.ts';
import { noToken } from './refusals.ts';

/** `undefined` where the token cannot be read or has no such claim. @throws NightRefused `accessDenied` */
export async function readRoles(
  credential: TokenCredential,
  graphRoot: string,
): Promise<readonly string[] | undefined> {
  const what = 'the permissions of this app';
  const token = await credential.getToken(`${graphRoot}/.default`).catch((error: unknown) => {
    throw noToken(what, withoutSecrets(messageOf(error)));
  });
  if (token === null) throw noToken(what, 'the identity gave none');
  const [, payload = ''] = token.token.split('.');
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  const roles = isObject(claims) ? claims['roles'] : undefined;
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : undefined;
}
