/** Users for the stand-in domain controller: as an export sees them, a few of them difficult. */
import { guidOf } from '../onprem/sambaSeed.ts';
import type { LdapEntry } from './ldapMessages.ts';

export const DOMAIN = 'corp.contoso.test';
const BASE = 'DC=corp,DC=contoso,DC=test';

/** A security identifier of four sub-authorities, as Active Directory gives out. */
export function sidBytes(relativeId: number): Buffer {
  const bytes = Buffer.from('010500000000000515000000010000000200000003000000' + '00000000', 'hex');
  bytes.writeUInt32LE(relativeId, 24);
  return bytes;
}
export const sidText = (relativeId: number) => `S-1-5-21-1-2-3-${relativeId}`;

export function ldapUser(number: number, changes: Partial<LdapEntry['attributes']> = {}): LdapEntry {
  const name = `user${number}`;
  const attributes: Record<string, readonly (string | Buffer)[] | undefined> = {
    objectGUID: [guidOf(`object ${number}`)],
    'mS-DS-ConsistencyGuid': [guidOf(`anchor ${number}`)],
    objectSid: [sidBytes(number)],
    userPrincipalName: [`${name}@${DOMAIN}`],
    mail: [`${name}@partner.example`],
    proxyAddresses: [`SMTP:${name}@partner.example`, `smtp:${name}@${DOMAIN}`, `X500:/o=Contoso/cn=${name}`],
    targetAddress: [`SMTP:${name}@partner.example`],
    msExchRecipientTypeDetails: ['128'],
    userAccountControl: ['512'],
    whenChanged: ['20260105021109.0Z'],
    ...changes,
  };
  const shown = Object.entries(attributes).flatMap(([key, values]) =>
    values ? [[key, values] as const] : [],
  );
  return { dn: `CN=${name},OU=Team ${number % 40},${BASE}`, attributes: Object.fromEntries(shown) };
}

export const ldapUsers = (count: number) => Array.from({ length: count }, (_, number) => ldapUser(number));

export function ldapTombstone(number: number): LdapEntry {
  const attributes = {
    objectGUID: [guidOf(`object ${number}`)],
    objectSid: [sidBytes(number)],
    lastKnownParent: [`OU=Team ${number % 40},${BASE}`],
    userAccountControl: ['514'],
    whenChanged: ['20260104120000.0Z'],
  };
  return { dn: `CN=user${number}\\0ADEL:${number},CN=Deleted Objects,${BASE}`, attributes };
}
