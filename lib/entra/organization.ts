/** The tenant itself ("List organizations"). */

import { at } from '../core/ids.ts';
import { isObject } from '../core/json.ts';
import type { Organization } from '../core/model.ts';
import type { GraphClient } from './client.ts';
import { read } from './read.ts';
import { incomplete } from './refusals.ts';
import { parsed, zOrganization } from './schema.ts';

const WHAT = 'the organization';
const URL = '/organization?$select=id,onPremisesSyncEnabled,onPremisesLastSyncDateTime,verifiedDomains';

/** @throws NightRefused `accessDenied` | `sourceIncomplete`; Error where `signal` stops it */
export async function readOrganization(client: GraphClient, signal: AbortSignal): Promise<Organization> {
  const { body, headers } = await read(client, { what: WHAT, url: URL }, signal);
  const [only, ...others] = Array.isArray(body['value']) ? body['value'] : [];
  if (!isObject(only) || others.length > 0) {
    throw incomplete(WHAT, 'Microsoft Graph did not give exactly one organization.');
  }
  const organization = parsed(zOrganization, only, { what: WHAT, object: WHAT });
  const domains = organization.verifiedDomains ?? [];
  if (domains.length === 0) {
    throw incomplete(
      WHAT,
      'Microsoft Graph gave no verified domains, without which every address would look external.',
    );
  }
  const served = Date.parse(headers.get('date') ?? '');
  return {
    tenantId: organization.id,
    onPremisesSyncEnabled: organization.onPremisesSyncEnabled,
    lastSync: organization.onPremisesLastSyncDateTime,
    verifiedDomains: domains.map((domain) => domain.toLowerCase()),
    serverTime: Number.isNaN(served) ? undefined : at(served),
  };
}
