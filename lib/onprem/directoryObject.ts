/** One object of Active Directory as a row of the on-prem user set. */
import type { Entry } from 'ldapts';
import type { OnPremUser } from '../core/model.ts';
import type { DomainController } from './domainController.ts';
import { binaries, text, texts, time } from './ldapEntry.ts';
import { sidFromBytes } from './sid.ts';
import { idsIn, OBJECT_GUID } from './sourceAnchor.ts';

/** What is asked for besides the source anchor and what the policy names. */
export const SEARCHED = [
  'objectClass',
  'objectSid',
  'sIDHistory',
  'userAccountControl',
  'userPrincipalName',
  'mail',
  'proxyAddresses',
  'targetAddress',
  'msExchRecipientTypeDetails',
  'whenChanged',
] as const;

/** UF_ACCOUNT_DISABLE ([MS-ADTS] 2.2.16). */
const DISABLED = 2;

export function objectOf(dc: DomainController, entry: Entry, state: 'live' | 'deleted' = 'live'): OnPremUser {
  const { configured, searched } = dc.anchor;
  const binary = searched.filter(({ syntax }) => syntax !== 'text');
  const [preferred] = configured.filter(
    (attribute) => attribute !== OBJECT_GUID && attribute.syntax !== 'text',
  );
  const textual = configured.find(({ syntax }) => syntax === 'text');
  const flags = text(entry, 'userAccountControl');
  return {
    immutableIds: [...new Set(binary.flatMap((attribute) => idsIn(entry, attribute)))],
    anchor: preferred && idsIn(entry, preferred)[0],
    textAnchor: textual && text(entry, textual.name),
    sid: binaries(entry, 'objectSid').map(sidFromBytes)[0],
    sidHistory: binaries(entry, 'sIDHistory').flatMap((bytes) => sidFromBytes(bytes) ?? []),
    userPrincipalName: text(entry, 'userPrincipalName'),
    addresses: ['proxyAddresses', 'mail', 'targetAddress'].flatMap((name) => texts(entry, name)),
    distinguishedName: entry.dn,
    disabled: flags === undefined ? undefined : (Number(flags) & DISABLED) !== 0,
    attributes: Object.fromEntries(dc.goneAttributes.map((name) => [name.toLowerCase(), texts(entry, name)])),
    targetAddress: text(entry, 'targetAddress'),
    recipientTypeDetails: text(entry, 'msExchRecipientTypeDetails'),
    // Not replicated: on another domain controller it is a little later, never earlier than the deletion.
    ...(state === 'deleted' && { tombstone: { deletedSince: time(entry, 'whenChanged') } }),
  };
}
