import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '../../lib/core/decide.ts';
import { at } from '../../lib/core/ids.ts';
import type { DeletedUser, Evidence } from '../../lib/core/model.ts';
import type { KeepReason } from '../../lib/core/names.ts';
import { anyEvidence, deletedMailUser, FOUND, idOf, NOW, policyOf, purgeableEvidence } from './people.ts';

const unknown = { value: 'unknown', origin: 'a test' } as const;
const reasonOf = (user: DeletedUser, evidence: Evidence, nights = 9, policy = policyOf()) => {
  const { verdict } = decide({ user, found: FOUND, evidence, nightsAbsent: nights }, policy, NOW);
  return verdict.verdict === 'keep' ? verdict.reason : 'purge';
};

test('whoever is proven gone, a mail user and past every delay is purged', () => {
  expect(reasonOf(deletedMailUser(1), purgeableEvidence)).toBe('purge');
});

describe('each fact alone keeps', () => {
  const cases: readonly (readonly [keyof Evidence, 'yes' | 'no' | 'unknown', KeepReason])[] = [
    ['onPremisesSynced', 'no', 'notOnPremisesSynced'],
    ['onPremisesSynced', 'unknown', 'onPremisesSyncUnknown'],
    ['onPremises', 'yes', 'stillOnPremises'],
    ['onPremises', 'unknown', 'presenceUnknown'],
    ['reappeared', 'yes', 'reappeared'],
    ['reappeared', 'unknown', 'reappearanceUnknown'],
    ['mailUser', 'no', 'notAMailUser'],
    ['mailUser', 'unknown', 'mailUserUnproven'],
    ['hadMailbox', 'yes', 'hadMailbox'],
    ['hadMailbox', 'unknown', 'mailboxUnknown'],
    ['onHold', 'yes', 'onHold'],
    ['onHold', 'unknown', 'holdUnknown'],
    ['highVolumeEmail', 'yes', 'highVolumeEmail'],
    ['highVolumeEmail', 'unknown', 'highVolumeEmailUnknown'],
    ['licensed', 'yes', 'licensed'],
    ['licensed', 'unknown', 'licenceUnknown'],
  ];
  test.each(cases)('%s %s → %s', (name, value, reason) => {
    const evidence = { ...purgeableEvidence, [name]: { value, origin: 'a test' } };
    expect(reasonOf(deletedMailUser(1), evidence)).toBe(reason);
  });
});

test('what Exchange is not asked for is not missed', () => {
  const { onHold, highVolumeEmail, ...fromGraph } = purgeableEvidence;
  expect(reasonOf(deletedMailUser(1), fromGraph)).toBe('purge');
});

describe('time keeps', () => {
  const deletedDaysAgo = (days: number) =>
    deletedMailUser(1, { deletedDateTime: at(Date.parse(NOW) - days * 86_400_000) });
  test.each([
    [deletedDaysAgo(6.99), 9, 'withinGracePeriod'],
    [deletedDaysAgo(7), 9, 'purge'],
    [deletedDaysAgo(-1), 9, 'withinGracePeriod'],
    [deletedMailUser(1, { deletedDateTime: undefined }), 9, 'deletionDateUnknown'],
    [deletedDaysAgo(20), 0, 'notAbsentLongEnough'],
  ] as const)('case %#', (user, nights, reason) => {
    expect(reasonOf(user, purgeableEvidence, nights)).toBe(reason);
  });

  test('the policy says on how many nights', () => {
    const policy = policyOf({ nightsAbsent: 3 });
    expect(reasonOf(deletedMailUser(1), purgeableEvidence, 2, policy)).toBe('notAbsentLongEnough');
    expect(reasonOf(deletedMailUser(1), purgeableEvidence, 3, policy)).toBe('purge');
  });
});

describe('protect rules keep', () => {
  const user = deletedMailUser(1, {
    extensionAttributes: { extensionAttribute7: 'Board Member' },
    onPremisesDistinguishedName: 'CN=Doe\\, Jo,OU=Board,OU=People,DC=domain,DC=com',
  });
  const until = (date: string) => [{ id: idOf(1), until: date, requestedBy: 'Legal', why: 'Case 12' }];
  test.each([
    [{ domains: ['partner1.com'] }, 'protectedBy'],
    [{ domains: ['PARTNER1.COM'] }, 'protectedBy'],
    [{ domains: ['domain.com'] }, 'protectedBy'],
    [{ domains: ['ner1.com'] }, 'purge'],
    [{ userPrincipalNames: ['person?@domain.com'] }, 'protectedBy'],
    [{ userPrincipalNames: ['PERSON*'] }, 'protectedBy'],
    [{ userPrincipalNames: ['person'] }, 'purge'],
    [{ addresses: ['*@partner1.com'] }, 'protectedBy'],
    [{ addresses: ['*@partner1xcom'] }, 'purge'],
    [{ organizationalUnits: ['ou=board, ou=people, dc=domain, dc=com'] }, 'protectedBy'],
    [{ organizationalUnits: ['OU=People,DC=domain,DC=com'] }, 'protectedBy'],
    [{ organizationalUnits: ['OU=oard,OU=People,DC=domain,DC=com'] }, 'purge'],
    [{ extensionAttributes: [{ attribute: 'extensionAttribute7', value: 'board*' }] }, 'protectedBy'],
    [{ extensionAttributes: [{ attribute: 'extensionAttribute8', value: 'board*' }] }, 'purge'],
    [{ users: until('2026-03-01') }, 'protectedBy'],
    [{ users: until('2026-02-28') }, 'purge'],
  ] as const)('%j → %s', (protect, reason) => {
    expect(reasonOf(user, purgeableEvidence, 9, policyOf({ protect }))).toBe(reason);
  });

  test.each([
    [{ domains: ['x.com'] }, { proxyAddresses: undefined }],
    [{ domains: ['x.com'] }, { userPrincipalName: undefined }],
    [{ userPrincipalNames: ['x*'] }, { userPrincipalName: undefined }],
    [{ addresses: ['x*'] }, { proxyAddresses: undefined }],
    [{ organizationalUnits: ['OU=x'] }, { onPremisesDistinguishedName: undefined }],
    [
      { extensionAttributes: [{ attribute: 'extensionAttribute1', value: 'x' }] },
      { extensionAttributes: undefined },
    ],
  ] as const)('a rule that cannot be answered keeps: %j', (protect, missing) => {
    expect(reasonOf(deletedMailUser(1, missing), purgeableEvidence, 9, policyOf({ protect }))).toBe(
      'protectionUnknown',
    );
  });
});

describe('for every evidence', () => {
  test('any fact unknown keeps', () => {
    fc.assert(
      fc.property(anyEvidence, fc.constantFrom(...Object.keys(purgeableEvidence)), (evidence, name) => {
        expect(reasonOf(deletedMailUser(1), { ...evidence, [name]: unknown })).not.toBe('purge');
      }),
    );
  });

  test('exactly one combination of facts purges', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const same = Object.entries(purgeableEvidence).every(
          ([name, { value }]) => Reflect.get(evidence, name).value === value,
        );
        expect(reasonOf(deletedMailUser(1), evidence) === 'purge').toBe(same);
      }),
    );
  });

  test('adding a protect rule never adds a purge', () => {
    const rule = fc.constantFrom(
      { domains: ['partner1.com'] },
      { addresses: ['user@*'] },
      { userPrincipalNames: ['nobody*'] },
      { organizationalUnits: ['OU=Contractors,DC=domain,DC=com'] },
    );
    fc.assert(
      fc.property(anyEvidence, rule, fc.nat(3), (evidence, protect, nights) => {
        const user = deletedMailUser(1);
        const without = reasonOf(user, evidence, nights);
        const withRule = reasonOf(user, evidence, nights, policyOf({ protect }));
        expect(withRule === 'purge' && without !== 'purge').toBe(false);
      }),
    );
  });
});
