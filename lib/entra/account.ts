/** Who is signed in, as the token for Microsoft Graph tells it ("Access token claims reference"). */
import type { TokenCredential } from '@azure/identity';
import { tenantId } from '../core/ids.ts';
import type { Account } from '../ports.ts';
import { readClaims } from './token.ts';

/**
 * What a claim does not say is `undefined`: Microsoft calls these tokens opaque to clients, and only people read this.
 * @throws NightRefused `accessDenied`, also where the credential gives no token within `timeoutMs`
 */
export async function readAccount(
  graphRoot: string,
  credential: TokenCredential,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Account> {
  const claims = await readClaims('the account', graphRoot, credential, timeoutMs, signal);
  const text = (...names: readonly string[]) =>
    names.map((name) => claims[name]).find((value) => typeof value === 'string' && value !== '') as
      | string
      | undefined;
  const person = text('upn', 'preferred_username', 'unique_name', 'email');
  return {
    kind: person === undefined ? 'app' : 'person',
    name: person ?? text('app_displayname', 'appid', 'azp'),
    tenantId: tenantId(text('tid') ?? ''),
  };
}
