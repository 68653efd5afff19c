/** The token for Microsoft Graph, and the application permissions that it carries. */
import type { TokenCredential } from '@azure/identity';
import { within } from '../azure/timeout.ts';
import { isObject, parseJson, withoutSecrets } from '../core/json.ts';
import type { JsonObject } from '../core/model.ts';
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
 * @throws NightRefused `accessDenied`, also where the credential gives no token within `timeoutMs`
 */
export async function readRoles(
  graphRoot: string,
  credential: TokenCredential,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const what = 'the permissions of this app';
  const { roles } = await readClaims(what, graphRoot, credential, timeoutMs, signal);
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : undefined;
}

/**
 * What the token says; empty where it cannot be read. `what` is what is wanted of it.
 * @throws NightRefused `accessDenied`, also where the credential gives no token within `timeoutMs`
 */
export async function readClaims(
  what: string,
  graphRoot: string,
  credential: TokenCredential,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<JsonObject> {
  const refusal = (why: string) => noToken(what, why);
  const token = await within(timeoutMs, tokenFor(graphRoot, credential), signal).catch((error: unknown) => {
    throw refusal(messageOf(error));
  });
  if (typeof token === 'string') throw refusal(token === 'late' ? 'no answer in time' : 'stopped');
  const [, payload = ''] = token.done.split('.');
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  return isObject(claims) ? claims : {};
}
