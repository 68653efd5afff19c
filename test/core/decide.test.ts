import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Before, decide, gatherEvidence } from '../../lib/core/decide.ts';
import type { ExchangeWord } from '../../lib/core/exchangeWord.ts';
import { at } from '../../lib/core/ids.ts';
import type { DeletedUser, Evidence, Fact, OnPremState, Presence } from '../../lib/core/model.ts';
import {
  ABSENCE_KINDS,
  type AbsenceKind,
  type FactName,
  type KeepReason,
} from '../../lib/core/vocabulary.ts';
import {
  anyEvidence,
  deletedMailUser,
  FOUND,
  idOf,
  NOW,
  policyOf,
  purgeableEvidence,
  TENANT_FACTS,
} from './people.ts';

const GONE = { found: FOUND, onPremises: { kind: 'entra' } } as const;
const unknown = { value: 'unknown', origin: 'a test' } as const;
const reasonOf = (user: DeletedUser, evidence: Evidence, nights = 9, policy = policyOf()) => {
  const { verdict } = decide({ ...GONE, user, evidence, nightsAbsent: nights }, policy, NOW);
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
    extensionAttributes: { extensionAttribute7: 'Board Member', extensionAttribute8: null },
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
    [{ userPrincipalNames: ['person@*.org'] }, 'purge'],
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
    [{ organizationalUnits: ['OU=x,DC=y'] }, { onPremisesDistinguishedName: undefined }],
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

test('keeps the user where the policy gives no grace period to the kind of evidence', () => {
  const policy = policyOf({ gracePeriodDays: { tombstone: 0 }, nightsAbsent: 1 });
  const known = { found: FOUND, user: deletedMailUser(1), evidence: purgeableEvidence, nightsAbsent: 9 };
  const reason = (kind: AbsenceKind) => {
    const { verdict } = decide({ ...known, onPremises: { kind } }, policy, NOW);
    return verdict.verdict === 'keep' ? verdict.reason : 'purge';
  };
  expect(ABSENCE_KINDS.map(reason)).toStrictEqual([
    'purge',
    'evidenceNotAccepted',
    'evidenceNotAccepted',
    'evidenceNotAccepted',
  ]);
});

test('each kind of evidence has a grace period and nights of its own', () => {
  const policy = policyOf({
    gracePeriodDays: { tombstone: 3, entra: 25 },
    nightsAbsent: { tombstone: 4 },
  });
  const known = { found: FOUND, user: deletedMailUser(1), evidence: purgeableEvidence };
  const reason = (kind: AbsenceKind, nightsAbsent: number) => {
    const { verdict } = decide({ ...known, nightsAbsent, onPremises: { kind } }, policy, NOW);
    return verdict.verdict === 'keep' ? verdict.reason : 'purge';
  };
  expect(reason('entra', 9)).toBe('withinGracePeriod');
  expect([reason('tombstone', 3), reason('tombstone', 4)]).toStrictEqual(['notAbsentLongEnough', 'purge']);
});

describe('what the verdict rests on is said', () => {
  const verdictOn = (user: DeletedUser, evidence: Evidence, nightsAbsent = 9, policy = policyOf()) =>
    decide({ ...GONE, user, evidence, nightsAbsent }, policy, NOW).verdict;
  const user = deletedMailUser(1);
  const says = (name: FactName): Fact => ({ ...purgeableEvidence[name], origin: `says ${name}` });
  const fromNamedOrigins: Evidence = {
    onPremisesSynced: says('onPremisesSynced'),
    onPremises: says('onPremises'),
    reappeared: says('reappeared'),
    hadMailbox: says('hadMailbox'),
    licensed: says('licensed'),
    mailUser: says('mailUser'),
    onHold: says('onHold'),
    highVolumeEmail: says('highVolumeEmail'),
  };

  test('a purge has every known fact for its grounds', () => {
    const { onHold, highVolumeEmail, ...fromGraph } = fromNamedOrigins;
    const graphAlone =
      'says onPremisesSynced; says onPremises; says reappeared; says hadMailbox; says licensed; says mailUser';
    expect(verdictOn(user, fromGraph)).toStrictEqual({ verdict: 'purge', grounds: graphAlone });
    expect(verdictOn(user, fromNamedOrigins)).toStrictEqual({
      verdict: 'purge',
      grounds: `${graphAlone}; says onHold; says highVolumeEmail`,
    });
  });

  test('a fact that keeps is told with its origin', () => {
    const held = { value: 'yes', origin: 'Exchange says LitigationHold' } as const;
    const detail = held.origin;
    expect(verdictOn(user, { ...purgeableEvidence, onHold: held })).toMatchObject({
      reason: 'onHold',
      detail,
    });
    expect(verdictOn(user, { ...purgeableEvidence, onHold: { ...held, value: 'unknown' } })).toMatchObject({
      reason: 'holdUnknown',
      detail,
    });
  });

  test('a rule that keeps is told, and one that cannot be answered', () => {
    const protect = { domains: ['partner1.com'] };
    expect(verdictOn(user, purgeableEvidence, 9, policyOf({ protect }))).toMatchObject({
      reason: 'protectedBy',
      detail: 'domains: partner1.com',
    });
    const untold = deletedMailUser(2, { userPrincipalName: undefined });
    expect(verdictOn(untold, purgeableEvidence, 9, policyOf({ protect }))).toMatchObject({
      reason: 'protectionUnknown',
      detail: expect.stringContaining('domains'),
    });
  });

  test('a time that keeps is said with when it was deleted and how long it must be', () => {
    const deletedDateTime = at(Date.parse(NOW) - 3.25 * 86_400_000);
    expect(verdictOn(deletedMailUser(1, { deletedDateTime }), purgeableEvidence)).toMatchObject({
      reason: 'withinGracePeriod',
      detail: expect.stringMatching(/2026-02-25T20:00:00\.000Z.* 7 days \(entra\)$/),
    });
    expect(verdictOn(user, purgeableEvidence, 2, policyOf({ nightsAbsent: 3 }))).toMatchObject({
      reason: 'notAbsentLongEnough',
      detail: expect.stringContaining('2 of 3 nights'),
    });
    expect(verdictOn(deletedMailUser(1, { deletedDateTime: undefined }), purgeableEvidence)).toMatchObject({
      reason: 'deletionDateUnknown',
      detail: expect.stringContaining('deletedDateTime'),
    });
  });

  test('of several reasons: a rule before a fact, a fact before time', () => {
    const young = deletedMailUser(1, { deletedDateTime: NOW });
    const licensed = { ...purgeableEvidence, licensed: { value: 'yes', origin: 'a test' } } as const;
    const protect = { domains: ['partner1.com'] };
    expect(reasonOf(young, licensed, 0, policyOf({ protect }))).toBe('protectedBy');
    expect(reasonOf(young, licensed, 0)).toBe('licensed');
    expect(reasonOf(young, purgeableEvidence, 0)).toBe('withinGracePeriod');
  });
});

describe('the evidence', () => {
  const gather = (presence: Presence, user = deletedMailUser(1), policy = policyOf(), before?: Before) =>
    gatherEvidence(user, { ...FOUND, presence }, TENANT_FACTS, { policy, now: NOW }, undefined, before);

  const origin = 'the diff';
  test.each<readonly [Presence, Fact['value'], OnPremState]>([
    [{ state: 'present', origin }, 'yes', { live: true }],
    [{ state: 'absent', kind: 'tombstone', origin }, 'no', { kind: 'tombstone' }],
    [{ state: 'absent', kind: 'covered', origin }, 'no', { kind: 'covered' }],
    [{ state: 'unknown', origin }, 'unknown', {}],
  ])('%j on-premises is %s', (presence, value, state) => {
    const { evidence, onPremises } = gather(presence);
    expect(evidence.onPremises).toStrictEqual({ value, origin });
    expect(onPremises).toStrictEqual(state);
  });

  test('does not know of a user who was seen on-premises and vanished without a tombstone', () => {
    const covered = { state: 'absent', kind: 'covered', origin } as const;
    const { evidence, onPremises } = gather(covered, undefined, undefined, { wasLive: true });
    expect(evidence.onPremises?.value).toBe('unknown');
    expect(onPremises).toStrictEqual({});
    const tombstone = { ...covered, kind: 'tombstone' } as const;
    expect(gather(tombstone, undefined, undefined, { wasLive: true }).onPremises.kind).toBe('tombstone');
  });

  describe('of a user whom Exchange had on hold on an earlier night', () => {
    const held = { value: 'yes', origin: 'LitigationHoldEnabled is true' } as const;
    const id = deletedMailUser(1).id;
    const recipient = {
      id,
      recipientType: 'MailUser',
      externalAddress: 'user@partner1.com',
      onHold: { value: 'no', origin: 'no hold' },
      highVolumeEmail: { value: 'no', origin: 'no' },
    } as const;
    const holdTold = (word: ExchangeWord, facts: Before['facts'] = { onHold: held }) => {
      const policy = policyOf({ exchange: { use: 'whenAvailable' } });
      const before = { wasLive: false, facts };
      const context = { policy, now: NOW };
      return gatherEvidence(deletedMailUser(1), FOUND, TENANT_FACTS, context, word, before).evidence.onHold;
    };

    test.each<readonly [string, ExchangeWord]>([
      ['does not answer', undefined],
      ['does not list the user', new Map()],
      ['does not say', new Map([[id, { ...recipient, onHold: { value: 'unknown', origin: 'not told' } }]])],
    ])('the hold stands where Exchange %s', (_name, word) => {
      const hold = holdTold(word);
      expect(hold).toStrictEqual({
        value: 'yes',
        origin: 'LitigationHoldEnabled is true (as an earlier night recorded it)',
      });
      // Told again, it is the same text: no new line each night.
      expect(holdTold(word, { onHold: hold ?? held })).toStrictEqual(hold);
    });

    test('the hold is over where Exchange says so', () => {
      expect(holdTold(new Map([[id, recipient]]))).toStrictEqual(recipient.onHold);
    });
  });

  describe('of a parked user', () => {
    const daysAgo = (days: number) => at(Date.parse(NOW) - days * 86_400_000);
    const parked = { state: 'parked', rule: 'in ou=leavers', forDays: 5, origin } as const;
    const seen = (days: number, rule = 'in ou=leavers') => ({
      wasLive: true,
      parked: { rule, since: daysAgo(days) },
    });

    test('begins on the first night that sees it', () => {
      const { evidence, onPremises } = gather(parked);
      expect(evidence.onPremises?.value).toBe('yes');
      expect(onPremises).toStrictEqual({ live: true, parked: { rule: 'in ou=leavers', since: NOW } });
    });

    test('is absence once the days of the rule are over, and no earlier', () => {
      const young = gather(parked, undefined, undefined, seen(4.9));
      expect([young.evidence.onPremises?.value, young.onPremises.kind]).toStrictEqual(['yes', undefined]);
      const old = gather(parked, undefined, undefined, seen(5));
      expect([old.evidence.onPremises?.value, old.onPremises.kind]).toStrictEqual(['no', 'parked']);
      expect(old.onPremises.parked?.since).toBe(daysAgo(5));
    });

    test('begins anew under another rule', () => {
      const { evidence, onPremises } = gather(parked, undefined, undefined, seen(9, 'disabled'));
      expect(evidence.onPremises?.value).toBe('yes');
      expect(onPremises.parked?.since).toBe(NOW);
    });
  });

  test('is what Graph and the diff know; Exchange adds nothing where it is not asked', () => {
    const { evidence } = gather(FOUND.presence);
    const values = Object.fromEntries(Object.entries(evidence).map(([name, { value }]) => [name, value]));
    expect(values).toStrictEqual({
      onPremisesSynced: 'yes',
      cloudManaged: 'no',
      onPremises: 'no',
      reappeared: 'no',
      mailUser: 'yes',
      hadMailbox: 'no',
      licensed: 'no',
    });
    expect(evidence.reappeared).toBe(FOUND.reappeared);
  });

  test('is unknown in all that Exchange would say, where the policy requires its word and has none', () => {
    const { evidence } = gather(
      FOUND.presence,
      deletedMailUser(1),
      policyOf({ exchange: { use: 'required' } }),
    );
    expect([evidence.mailUser, evidence.onHold, evidence.highVolumeEmail]).toStrictEqual(
      Array(3).fill({ value: 'unknown', origin: expect.stringContaining('Exchange') }),
    );
  });

  test('takes in what a directory still holds of the user', () => {
    const internal = { mail: 'a@domain.com', proxyAddresses: ['SMTP:a@domain.com'] };
    const mail = { where: 'the deleted object', targetAddress: undefined, recipientTypeDetails: '128' };
    const user = deletedMailUser(1, internal);
    expect(gather(FOUND.presence, user).evidence.mailUser?.value).toBe('unknown');
    const context = { policy: policyOf(), now: NOW };
    const { evidence } = gatherEvidence(
      user,
      { ...FOUND, mail },
      TENANT_FACTS,
      context,
      undefined,
      undefined,
    );
    expect(evidence.mailUser?.value).toBe('yes');
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
