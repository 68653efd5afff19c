import { describe, expect, test } from '@jest/globals';
import { hadMailboxFact, licensedFact, mailUserFact, onPremisesSyncedFact } from '../../lib/core/mailUser.ts';
import type { DeletedUser, Fact } from '../../lib/core/model.ts';
import { deletedMailUser, VERIFIED } from './people.ts';

const TYPE = 'extension_0123456789abcdef0123456789abcdef_msExchRecipientTypeDetails';
const TARGET = 'extension_0123456789abcdef0123456789abcdef_targetAddress';
const NAMES = { recipientTypeAttribute: TYPE, targetAddressAttribute: TARGET };
const user = (changes: Partial<DeletedUser>) => deletedMailUser(1, changes);
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
    ['user mailbox', { [TYPE]: '1' }, {}, 'no'],
    ['a type nobody knows', { [TYPE]: '12345' }, {}, 'unknown'],
    ['the target is the tenant itself', { [TARGET]: 'SMTP:u@domain.com' }, {}, 'no'],
    ['the target is no address', { [TARGET]: 'X400:c=us' }, {}, 'unknown'],
    ['they contradict each other', { [TYPE]: '128', [TARGET]: 'SMTP:u@domain.com' }, {}, 'unknown'],
    ['nothing in them: Graph decides', {}, {}, 'yes'],
    ['a guest stays a guest', { [TYPE]: '128' }, { userType: 'Guest' }, 'no'],
  ])('%s', (_name, directoryExtensions, changes, value) => {
    expect(mailUserFact(user({ ...changes, directoryExtensions }), VERIFIED, NAMES).value).toBe(value);
  });

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
    const tombstone = { deletedSince: undefined, recipientTypeDetails, targetAddress };
    expect(mailUserFact(user(changes), VERIFIED, {}, tombstone).value).toBe(value);
  });
});

describe('mailbox and licence', () => {
  const exchange = { service: 'exchange', status: 'Deleted' };
  test.each<readonly [Partial<DeletedUser>, 'yes' | 'no' | 'unknown']>([
    [{}, 'no'],
    [{ assignedPlans: [exchange] }, 'yes'],
    [{ provisionedPlans: [{ ...exchange, service: 'Exchange' }] }, 'yes'],
    [{ assignedPlans: [exchange], provisionedPlans: undefined }, 'yes'],
    [{ assignedPlans: undefined }, 'unknown'],
    [{ provisionedPlans: undefined }, 'unknown'],
    [{ assignedPlans: [{ service: undefined, status: 'Enabled' }] }, 'unknown'],
    [{ assignedPlans: [{ service: 'SharePoint', status: 'Enabled' }] }, 'no'],
  ])('mailbox, case %#', (changes, value) => {
    expect(hadMailboxFact(user(changes)).value).toBe(value);
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
  const bare = {
    onPremisesSyncEnabled: undefined,
    onPremisesDomainName: undefined,
    onPremisesSecurityIdentifier: undefined,
    onPremisesDistinguishedName: undefined,
  };
  test.each<readonly [string, Partial<DeletedUser>, 'yes' | 'no' | 'unknown']>([
    ['flag and id', {}, 'yes'],
    ['other attributes without the flag', { onPremisesSyncEnabled: undefined }, 'yes'],
    ['flag without the attributes', { ...bare, onPremisesSyncEnabled: true }, 'yes'],
    ['a federated cloud-only user', bare, 'no'],
    ['a cloud-only user', { ...bare, immutableId: undefined }, 'no'],
    ['flag without an id', { immutableId: undefined }, 'unknown'],
    ['nothing told at all', { ...bare, immutableId: undefined, userType: undefined }, 'unknown'],
  ])('%s', (_name, changes, value) => {
    expect(onPremisesSyncedFact(user(changes)).value).toBe(value);
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
