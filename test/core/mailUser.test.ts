import { describe, expect, test } from '@jest/globals';
import {
  cloudManagedFact,
  hadMailboxFact,
  licensedFact,
  mailUserFact,
  onPremisesSyncedFact,
  syncFlagOf,
} from '../../lib/core/mailUser.ts';
import type { DeletedUser, Fact } from '../../lib/core/model.ts';
import { deletedMailUser, VERIFIED } from './people.ts';

const TYPE = 'extension_0123456789abcdef0123456789abcdef_msExchRecipientTypeDetails';
const TARGET = 'extension_0123456789abcdef0123456789abcdef_targetAddress';
const NAMES = { recipientTypeAttribute: TYPE, targetAddressAttribute: TARGET };
const user = (changes: Partial<DeletedUser>) => deletedMailUser(1, changes);
const bare = {
  onPremisesSyncEnabled: undefined,
  onPremisesDomainName: undefined,
  onPremisesSecurityIdentifier: undefined,
  onPremisesDistinguishedName: undefined,
};
const internal = { mail: 'a@domain.com', proxyAddresses: ['SMTP:a@domain.com'] };

describe('a mail user, from Graph alone', () => {
  test.each<readonly [string, Partial<DeletedUser>, 'yes' | 'no' | 'unknown']>([
    ['external primary', {}, 'yes'],
    ['mail in another case', { mail: 'USER@Partner1.com' }, 'yes'],
    ['the seed case', blogTest(), 'yes'],
    ['guest', { userType: 'Guest' }, 'no'],
    ['#EXT# in the UPN', { userPrincipalName: 'a_partner.com#ext#@contoso.onmicrosoft.com' }, 'no'],
    ['no userType', { userType: undefined }, 'unknown'],
    ['a userType nobody knows', { userType: 'Robot' }, 'unknown'],
    ['no UPN', { userPrincipalName: undefined }, 'unknown'],
    ['no proxyAddresses', { proxyAddresses: undefined }, 'unknown'],
    ['empty proxyAddresses', { proxyAddresses: [] }, 'unknown'],
    ['no primary', { proxyAddresses: ['smtp:user@partner1.com'] }, 'unknown'],
    ['two primaries', { proxyAddresses: ['SMTP:user@partner1.com', 'SMTP:b@partner2.com'] }, 'unknown'],
    ['malformed primary', { proxyAddresses: ['SMTP:user'] }, 'unknown'],
    ['mail missing', { mail: undefined }, 'unknown'],
    ['mail differs', { mail: 'other@partner1.com' }, 'unknown'],
    ['primary in a verified domain', internal, 'unknown'],
    [
      'primary below a verified domain',
      { mail: 'a@x.Domain.com', proxyAddresses: ['SMTP:a@x.Domain.com'] },
      'unknown',
    ],
    [
      'primary in a domain that only ends alike',
      { mail: 'a@notdomain.com', proxyAddresses: ['SMTP:a@notdomain.com'] },
      'yes',
    ],
  ])('%s', (_name, changes, value) => {
    expect(mailUserFact(user(changes), VERIFIED, {}).value).toBe(value);
  });
});

describe('with directory extension attributes', () => {
  test.each<readonly [string, Record<string, string>, Partial<DeletedUser>, 'yes' | 'no' | 'unknown']>([
    ['type 128 proves an internal primary', { [TYPE]: '128' }, internal, 'yes'],
    ['an external target proves an internal primary', { [TARGET]: 'SMTP:u@partner.com' }, internal, 'yes'],
    ['both agree', { [TYPE]: '128', [TARGET]: 'smtp:u@partner.com' }, internal, 'yes'],
    ['remote mailbox', { [TYPE]: '2147483648' }, {}, 'no'],
    ['a type nobody knows', { [TYPE]: '12345' }, {}, 'unknown'],
    ['the target is the tenant itself', { [TARGET]: 'SMTP:u@domain.com' }, {}, 'no'],
    ['the target is no address', { [TARGET]: 'X400:c=us' }, {}, 'unknown'],
    ['they contradict each other', { [TYPE]: '128', [TARGET]: 'SMTP:u@domain.com' }, {}, 'unknown'],
    ['nothing in them: Graph decides', {}, {}, 'yes'],
    ['a guest stays a guest', { [TYPE]: '128' }, { userType: 'Guest' }, 'no'],
  ])('%s', (_name, directoryExtensions, changes, value) => {
    expect(mailUserFact(user({ ...changes, directoryExtensions }), VERIFIED, NAMES).value).toBe(value);
  });

  // User, linked, shared, legacy, room and equipment mailbox; and the remote ones (Exchange's documentation).
  test.each(['1', '2', '4', '8', '16', '32', '2147483648', '8589934592', '17179869184', '34359738368'])(
    'msExchRecipientTypeDetails %s is a mailbox',
    (type) => {
      expect(mailUserFact(user({ directoryExtensions: { [TYPE]: type } }), VERIFIED, NAMES).value).toBe('no');
    },
  );

  test('an attribute that the policy does not name says nothing', () => {
    const one = user({ ...internal, directoryExtensions: { [TYPE]: '128' } });
    expect(mailUserFact(one, VERIFIED, {}).value).toBe('unknown');
  });
});

describe('with what the directory still holds of it', () => {
  test.each<readonly [string, string | undefined, string | undefined, Partial<DeletedUser>, Fact['value']]>([
    ['type 128 proves an internal primary', '128', undefined, internal, 'yes'],
    ['an external target proves an internal primary', undefined, 'SMTP:u@partner.com', internal, 'yes'],
    ['a remote mailbox is none, whatever Graph shows', '2147483648', undefined, {}, 'no'],
    ['they contradict each other', '128', 'SMTP:u@domain.com', {}, 'unknown'],
    ['a bare tombstone: Graph decides', undefined, undefined, internal, 'unknown'],
  ])('%s', (_name, recipientTypeDetails, targetAddress, changes, value) => {
    const tombstone = { where: 'the deleted object on-premises', recipientTypeDetails, targetAddress };
    expect(mailUserFact(user(changes), VERIFIED, {}, tombstone).value).toBe(value);
  });
});

describe('mailbox and licence', () => {
  const exchange = { service: 'exchange', status: 'Deleted' };
  const foundation = { ...exchange, servicePlanId: '113FEB6C-3fe4-4440-bddc-54d774bf0318' };
  test.each<readonly [Partial<DeletedUser>, 'yes' | 'no' | 'unknown']>([
    [{}, 'no'],
    [{ assignedPlans: [exchange] }, 'yes'],
    [{ provisionedPlans: [{ ...exchange, service: 'Exchange' }] }, 'yes'],
    [{ assignedPlans: [exchange], provisionedPlans: undefined }, 'yes'],
    [{ assignedPlans: [foundation] }, 'no'],
    [{ assignedPlans: [foundation], provisionedPlans: [exchange] }, 'no'],
    [{ assignedPlans: [foundation], provisionedPlans: undefined }, 'unknown'],
    [{ assignedPlans: [foundation, exchange] }, 'yes'],
    [{ assignedPlans: [foundation], provisionedPlans: [exchange, exchange] }, 'yes'],
    [{ assignedPlans: [], provisionedPlans: [exchange] }, 'yes'],
    [{ assignedPlans: undefined, provisionedPlans: [exchange] }, 'yes'],
    [{ assignedPlans: [{ ...exchange, servicePlanId: 'efb87545-963c-4e0d-99df-69c6916d9eb0' }] }, 'yes'],
    [{ assignedPlans: undefined }, 'unknown'],
    [{ provisionedPlans: undefined }, 'unknown'],
    [{ assignedPlans: [{ service: undefined, status: 'Enabled' }] }, 'unknown'],
    [{ provisionedPlans: [{ service: undefined, status: 'Enabled' }, exchange] }, 'yes'],
    [{ provisionedPlans: [{ service: 'MicrosoftExchange', status: 'Enabled' }] }, 'no'],
    [{ provisionedPlans: [{ service: 'exchangeonline', status: 'Enabled' }] }, 'yes'],
    [{ assignedPlans: [{ service: 'SharePoint', status: 'Enabled' }] }, 'no'],
  ])('mailbox, case %#', (changes, value) => {
    expect(hadMailboxFact(user(changes), false).value).toBe(value);
  });
  test.each<readonly [Partial<DeletedUser>, 'yes' | 'no' | 'unknown']>([
    [{}, 'no'],
    [{ assignedLicenses: ['sku'] }, 'yes'],
    [{ assignedLicenses: undefined }, 'unknown'],
  ])('licence, case %#', (changes, value) => {
    expect(licensedFact(user(changes)).value).toBe(value);
  });
});

describe('on-premises-synced', () => {
  test.each<readonly [string, Partial<DeletedUser>, 'yes' | 'no' | 'unknown']>([
    ['flag and id', {}, 'yes'],
    ['other attributes without the flag', { onPremisesSyncEnabled: undefined }, 'yes'],
    ['flag without the attributes', { ...bare, onPremisesSyncEnabled: true }, 'yes'],
    ['a federated cloud-only user', bare, 'no'],
    ['a cloud-only user', { ...bare, immutableId: undefined }, 'no'],
    ['flag without an id', { immutableId: undefined }, 'unknown'],
    [
      'any one other attribute is enough: a SID',
      { ...bare, onPremisesSecurityIdentifier: 'S-1-5-21-1' },
      'yes',
    ],
    ['any one other attribute is enough: a domain', { ...bare, onPremisesDomainName: 'domain.com' }, 'yes'],
    ['any one other attribute is enough: a DN', { ...bare, onPremisesDistinguishedName: 'CN=Jo' }, 'yes'],
    ['an empty attribute is none', { ...bare, onPremisesDomainName: '' }, 'no'],
    [
      'other attributes without an id',
      { ...bare, immutableId: undefined, onPremisesDomainName: 'x' },
      'unknown',
    ],
    ['once synced, no longer', { ...bare, onPremisesSyncEnabled: false }, 'no'],
    ['nothing told at all', { ...bare, immutableId: undefined, userType: undefined }, 'unknown'],
  ])('%s', (_name, changes, value) => {
    expect(onPremisesSyncedFact(user(changes)).value).toBe(value);
  });
});

describe('moved to cloud management', () => {
  const cloud = { onPremisesSyncEnabled: false };
  test.each<readonly [string, Partial<DeletedUser>, 'told' | 'silent', 'yes' | 'no']>([
    ['the flag is false, with on-premises attributes', cloud, 'told', 'yes'],
    ['the flag is false for everybody', cloud, 'silent', 'no'],
    ['the flag is true', {}, 'told', 'no'],
    ['the flag is not told', { onPremisesSyncEnabled: undefined }, 'told', 'no'],
    ['no on-premises attributes', { ...bare, ...cloud }, 'told', 'no'],
    ['the SID alone', { ...bare, ...cloud, onPremisesSecurityIdentifier: 'S-1-5' }, 'told', 'yes'],
  ])('%s', (_, changes, syncFlag, value) => {
    expect(cloudManagedFact(user(changes), syncFlag).value).toBe(value);
  });

  test.each<readonly [string, readonly Partial<DeletedUser>[], 'told' | 'silent']>([
    ['true for one of them', [cloud, {}], 'told'],
    ['false for all', [cloud, cloud], 'silent'],
    ['true, but without on-premises attributes', [cloud, { ...bare, onPremisesSyncEnabled: true }], 'silent'],
    ['nobody was deleted', [], 'silent'],
  ])('the flag says something of the deleted users where it is %s: case %#', (_, deleted, expected) => {
    expect(syncFlagOf(deleted.map(user))).toBe(expected);
  });
});

describe('what proves it is told, for the grounds of a purge', () => {
  const exchange = { service: 'exchange', status: 'Deleted', servicePlanId: 'a-mailbox' };
  const told = (changes: Partial<DeletedUser>) => mailUserFact(user(changes), VERIFIED, NAMES).origin;
  test.each<readonly [string, Partial<DeletedUser>, string]>([
    ['no userType', { userType: undefined }, 'no userType'],
    ['a guest', { userType: 'guest' }, 'Guest'],
    ['a userType nobody knows', { userType: 'Robot' }, 'userType is Robot'],
    ['no UPN', { userPrincipalName: undefined }, 'no userPrincipalName'],
    ['an external user', { userPrincipalName: 'a#EXT#@contoso.onmicrosoft.com' }, '#EXT#'],
    ['no proxies', { proxyAddresses: undefined }, 'no proxyAddresses'],
    ['no primary', { proxyAddresses: [] }, '0 primary SMTP addresses'],
    ['two primaries', { proxyAddresses: ['SMTP:a@b.com', 'SMTP:b@b.com'] }, '2 primary SMTP addresses'],
    ['a malformed primary', { proxyAddresses: ['SMTP:user'] }, 'malformed'],
    ['no mail', { mail: undefined }, 'no mail'],
    ['another mail', { mail: 'other@partner1.com' }, 'mail differs'],
    ['an internal primary', internal, 'own domain domain.com'],
    ['an external primary', {}, 'outside the tenant, in partner1.com'],
    [
      'an extension that says the type',
      { directoryExtensions: { [TYPE]: '128' } },
      `msExchRecipientTypeDetails is 128 (${TYPE})`,
    ],
    [
      'an extension that says the target',
      { directoryExtensions: { [TARGET]: 'SMTP:u@partner.com' } },
      `outside the tenant, in partner.com (${TARGET})`,
    ],
    [
      'a target of our own',
      { directoryExtensions: { [TARGET]: 'SMTP:u@domain.com' } },
      `own domain domain.com (${TARGET})`,
    ],
    [
      'a target that is no address',
      { directoryExtensions: { [TARGET]: 'X400:c=us' } },
      `no SMTP address (${TARGET})`,
    ],
  ])('%s', (_name, changes, words) => expect(told(changes)).toContain(words));

  test('everything that was said, where several speak', () => {
    const directoryExtensions = { [TYPE]: '128', [TARGET]: 'SMTP:u@domain.com' };
    const tombstone = {
      where: 'the deleted object on-premises',
      recipientTypeDetails: '1',
      targetAddress: 'SMTP:u@b.com',
    };
    const { value, origin } = mailUserFact(user({ directoryExtensions }), VERIFIED, NAMES, tombstone);
    expect(value).toBe('unknown');
    expect(origin.split('; ')).toStrictEqual([
      expect.stringContaining(`is 128 (${TYPE})`),
      expect.stringContaining(`domain.com (${TARGET})`),
      expect.stringMatching(/is 1 \(the deleted object on-premises\)/),
      expect.stringMatching(/b\.com \(the deleted object on-premises\)/),
    ]);
  });

  test.each<readonly [Partial<DeletedUser>, string]>([
    [{ assignedPlans: [exchange] }, 'exchange plan (Deleted, a-mailbox)'],
    [{ assignedPlans: [{ ...exchange, status: undefined }] }, 'exchange plan (no status, a-mailbox)'],
    [{ assignedPlans: undefined }, 'no assignedPlans'],
    [{ provisionedPlans: undefined }, 'no provisionedPlans'],
    [{ provisionedPlans: [{ service: undefined, status: undefined }] }, 'without a service name'],
    [{}, 'no exchange plan'],
    [
      { assignedPlans: [{ ...exchange, servicePlanId: '113feb6c-3fe4-4440-bddc-54d774bf0318' }] },
      'Exchange Foundation',
    ],
  ])('the mailbox, case %#', (changes, words) => {
    expect(hadMailboxFact(user(changes), false).origin).toContain(words);
  });

  test.each<readonly [Partial<DeletedUser>, string]>([
    [{ assignedLicenses: undefined }, 'no assignedLicenses'],
    [{ assignedLicenses: ['a', 'b'] }, '2 licence'],
    [{}, 'no licence'],
  ])('the licence, case %#', (changes, words) => {
    expect(licensedFact(user(changes)).origin).toContain(words);
  });

  test.each<readonly [Partial<DeletedUser>, string]>([
    [{}, 'onPremisesSyncEnabled is true'],
    [{ onPremisesSyncEnabled: undefined }, 'other on-premises attributes'],
    [bare, 'an immutable id alone'],
    [{ ...bare, immutableId: undefined }, 'no immutable id and no on-premises attribute'],
    [{ immutableId: undefined }, 'no onPremisesImmutableId'],
  ])('the sync, case %#', (changes, words) => {
    expect(onPremisesSyncedFact(user(changes)).origin).toContain(words);
  });
});

function blogTest(): Partial<DeletedUser> {
  return {
    mail: 'user@microsoft.com',
    proxyAddresses: [
      'smtp:BlogTest@domain1.domain2.com',
      'smtp:BlogTest@serviceDomain.mail.onmicrosoft.com',
      'smtp:BlogTest@domain.com',
      'SMTP:user@microsoft.com',
    ],
  };
}
