import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { presenceAgain, startDiff } from '../../lib/core/evidence/diff.ts';
import { type GoneRule, goneRules } from '../../lib/core/evidence/gone.ts';
import { eitherWanted, indexIds } from '../../lib/core/evidence/keys.ts';
import { type ImmutableId, immutableId, type SecurityId, securityId } from '../../lib/core/ids.ts';
import type { Coverage, DeletedUser, OnPremUser, Presence } from '../../lib/core/model.ts';
import type { SourceKind } from '../../lib/core/vocabulary.ts';
import { deletedMailUser, NOW, policyOf, sure } from './people.ts';

const nobody: OnPremUser = { immutableIds: [], sidHistory: [], userPrincipalName: undefined, addresses: [] };
const user = deletedMailUser(1);
const id = sure(user.immutableId);
const sid = (n: number): SecurityId => sure(securityId(`S-1-5-21-1-2-3-${n}`));
const otherId = sure(immutableId(Buffer.alloc(16, 7).toString('base64')));
const tombstone = { deletedSince: NOW };
const ENTRA = { kind: 'entra' } as const;

/** A domain that Active Directory or an export covers, as far as the test says. */
const covering = (containers: readonly string[], tombstones = false, canMake = true): Coverage => ({
  'domain.com': { tombstones, containers: new Set(containers), canHaveMade: () => canMake },
});
const HOME = 'ou=contractors,dc=domain,dc=com';

function find(
  deleted: DeletedUser,
  seen: readonly OnPremUser[],
  source: { kind: SourceKind; coverage?: Coverage } = ENTRA,
  gone: readonly GoneRule[] = [],
) {
  const diff = startDiff([deleted]);
  diff.see(source.kind, seen);
  const sources = source.kind === 'entra' ? [source] : [ENTRA, source];
  return sure(diff.finish(sources, gone).get(deleted.id));
}
const directory = (coverage: Coverage) => ({ kind: 'activeDirectory', coverage }) as const;
const shown = (presence: Presence) =>
  presence.state === 'absent' ? `absent: ${presence.kind}` : presence.state;
const inDirectory = (seen: readonly OnPremUser[], coverage = covering([HOME]), deleted = user) =>
  shown(find(deleted, seen, directory(coverage)).presence);

describe('a live object with any of the keys is presence', () => {
  test.each<readonly [string, Partial<OnPremUser>]>([
    ['its immutable id, byte for byte', { immutableIds: [otherId, id] }],
    ['its immutable id as a plain text in another case', { textAnchor: id.toLowerCase() }],
    ['its SID', { sid: sid(1), immutableIds: [otherId] }],
    ['its SID as a former one', { sid: sid(9), sidHistory: [sid(8), sid(1)], immutableIds: [otherId] }],
  ])('%s', (_name, keys) => {
    expect(inDirectory([{ ...nobody, ...keys }])).toBe('present');
    expect(shown(find(user, [{ ...nobody, ...keys }]).presence)).toBe('present');
  });

  test('also beside its tombstone, and wherever a source could not look', () => {
    const live = { ...nobody, sidHistory: [sid(1)], immutableIds: [otherId] };
    expect(inDirectory([{ ...nobody, immutableIds: [id], sid: sid(1), tombstone }, live])).toBe('present');
    const answers = [
      { kind: 'entra', failure: 'it did not answer' },
      { kind: 'activeDirectory', answer: { users: [live], coverage: {} } },
    ] as const;
    expect(presenceAgain(user, answers, []).state).toBe('present');
  });

  test('an immutable id in another case is another id', () => {
    const other = { ...nobody, immutableIds: [id.toLowerCase() as ImmutableId] };
    expect(shown(find(user, [other]).presence)).toBe('absent: entra');
  });
});

describe('a tombstone and no live object is absence', () => {
  const dead = (changes: Partial<OnPremUser>): OnPremUser => ({ ...nobody, tombstone, ...changes });

  test.each<readonly [string, Partial<OnPremUser>, string]>([
    ['by immutable id and SID', { immutableIds: [id], sid: sid(1) }, 'absent: tombstone'],
    ['by immutable id alone', { immutableIds: [id] }, 'absent: tombstone'],
    ['by SID, its anchor lost', { immutableIds: [otherId], sid: sid(1) }, 'absent: tombstone'],
    ['by former SID', { immutableIds: [id], sid: sid(5), sidHistory: [sid(1)] }, 'absent: tombstone'],
    ['by immutable id, with the SID of somebody else', { immutableIds: [id], sid: sid(2) }, 'unknown'],
    ['by SID, with another anchor', { immutableIds: [otherId], anchor: otherId, sid: sid(1) }, 'unknown'],
    ['by SID, with another plain anchor', { textAnchor: 'E17', sid: sid(1) }, 'unknown'],
  ])('%s', (_name, keys, expected) => {
    expect(inDirectory([dead(keys)], covering([], true))).toBe(expected);
  });

  test('of two objects, one of each key, nothing is known', () => {
    const two = [dead({ immutableIds: [id], sid: sid(2) }), dead({ immutableIds: [otherId], sid: sid(1) })];
    expect(inDirectory(two, covering([], true))).toBe('unknown');
  });

  test('its mail attributes are told', () => {
    const keys = { immutableIds: [id], targetAddress: 'SMTP:u@p.com', recipientTypeDetails: '128' };
    expect(find(user, [dead(keys)], directory(covering([], true))).mail).toStrictEqual({
      where: 'the deleted object on-premises',
      targetAddress: 'SMTP:u@p.com',
      recipientTypeDetails: '128',
    });
  });
});

describe('without a tombstone a source can say absent only of a place that it covers', () => {
  test.each<readonly [string, Coverage, Partial<DeletedUser>, string]>([
    ['users are seen in its OU', covering([HOME]), {}, 'absent: covered'],
    [
      'its OU is written in another way',
      covering([HOME]),
      {
        onPremisesDistinguishedName: 'cn=Person 1, OU=CONTRACTORS , dc=domain,DC=com',
      },
      'absent: covered',
    ],
    ['nobody is seen in its OU', covering(['ou=staff,dc=domain,dc=com']), {}, 'unknown'],
    ['users are seen above its OU only', covering(['dc=domain,dc=com']), {}, 'unknown'],
    ['its domain is not read', {}, {}, 'unknown'],
    ['deleted objects are to be seen there', covering([HOME], true), {}, 'unknown'],
    ['its source anchor makes no such id', covering([HOME], false, false), {}, 'unknown'],
    [
      'Graph gave no distinguished name',
      covering([HOME]),
      { onPremisesDistinguishedName: undefined },
      'unknown',
    ],
    [
      'Graph gave a distinguished name that is none',
      covering([HOME]),
      { onPremisesDistinguishedName: 'x' },
      'unknown',
    ],
    ['its domain name is another', covering([HOME]), { onPremisesDomainName: 'fabrikam.com' }, 'unknown'],
  ])('%s', (_name, coverage, changes, expected) => {
    expect(inDirectory([nobody], coverage, deletedMailUser(1, changes))).toBe(expected);
  });

  test('a source that does not say what it covers says nothing', () => {
    expect(shown(find(user, [nobody], { kind: 'export' }).presence)).toBe('unknown');
  });
});

describe('nothing is known', () => {
  test.each<readonly [string, Partial<DeletedUser>]>([
    ['without an immutable id', { immutableId: undefined }],
    ['without any key', { immutableId: undefined, onPremisesSecurityIdentifier: 'S-1' }],
  ])('%s', (_name, changes) => {
    expect(shown(find(deletedMailUser(1, changes), [nobody]).presence)).toBe('unknown');
  });

  test('without a source, and where one does not answer', () => {
    expect(startDiff([user]).finish([], []).get(user.id)?.presence.state).toBe('unknown');
    const absent = { kind: 'entra', answer: { users: [] } } as const;
    expect(shown(presenceAgain(user, [absent], []))).toBe('absent: entra');
    const failed = { kind: 'export', failure: 'no export was read' } as const;
    expect(presenceAgain(user, [absent, failed], [])).toMatchObject({
      state: 'unknown',
      origin: 'no export was read',
    });
    const unread = {
      kind: 'entra',
      answer: { users: [], unread: new Map([[id, 'it answered 503']]) },
    } as const;
    expect(presenceAgain(user, [unread], []).origin).toBe('it answered 503');
  });
});

describe('a parked leaver', () => {
  const rules = (...gone: readonly unknown[]) =>
    goneRules(
      policyOf({
        onPremises: {
          source: 'export',
          domains: ['domain.com'],
          maxAgeHours: 26,
          maxShrinkPercent: 3,
          maxSliceShrinkUsers: 5,
          gone,
        },
      }),
    );
  const LEAVERS = 'OU=Leavers,DC=domain,DC=com';
  const leaver: OnPremUser = {
    ...nobody,
    immutableIds: [id],
    distinguishedName: `CN=Person 1,OU=2026,${LEAVERS}`,
    disabled: true,
    attributes: { admindescription: ['User_NoSync'] },
    addresses: ['SMTP:user@partner1.com'],
  };
  const seenUnder = (gone: readonly GoneRule[], ...seen: readonly OnPremUser[]) =>
    find(user, seen, directory(covering([HOME])), gone).presence;

  test.each<readonly [string, Readonly<Record<string, unknown>>, boolean]>([
    ['in the OU', { organizationalUnit: LEAVERS, forDays: 3 }, true],
    ['in another OU', { organizationalUnit: 'OU=Staff,DC=domain,DC=com', forDays: 3 }, false],
    ['disabled', { disabled: true, forDays: 3 }, true],
    ['with the attribute', { attribute: { name: 'adminDescription', equals: 'user_*' }, forDays: 3 }, true],
    ['with another value', { attribute: { name: 'adminDescription', equals: 'user' }, forDays: 3 }, false],
    [
      'in the OU, with another value',
      {
        organizationalUnit: LEAVERS,
        attribute: { name: 'adminDescription', equals: 'x' },
        forDays: 3,
      },
      false,
    ],
  ])('%s: %j', (_name, rule, isParked) => {
    expect(seenUnder(rules(rule), leaver).state).toBe(isParked ? 'parked' : 'present');
  });

  test('is present where the source does not tell what the rule asks', () => {
    const { disabled: _, ...untold } = leaver;
    expect(seenUnder(rules({ disabled: true, forDays: 3 }), untold).state).toBe('present');
  });

  test('is present where one of its live objects matches no rule', () => {
    const other = { ...leaver, distinguishedName: 'CN=Person 1,OU=Staff,DC=domain,DC=com' };
    expect(seenUnder(rules({ organizationalUnit: LEAVERS, forDays: 3 }), leaver, other).state).toBe(
      'present',
    );
  });

  test('waits for the rule with the fewest days of an object, and for the slowest object', () => {
    const gone = rules({ organizationalUnit: LEAVERS, forDays: 3 }, { disabled: true, forDays: 9 });
    expect(seenUnder(gone, leaver)).toMatchObject({ forDays: 3 });
    const other = { ...leaver, distinguishedName: 'CN=Person 1,OU=Staff,DC=domain,DC=com' };
    expect(seenUnder(gone, leaver, other)).toMatchObject({ forDays: 9 });
  });

  test('does not reappear by the addresses of its own object', () => {
    const { reappeared } = find(user, [leaver], directory(covering([HOME])));
    expect(reappeared.value).toBe('no');
  });

  test('who is live in Entra ID is present', () => {
    const diff = startDiff([user]);
    diff.see('entra', [{ ...nobody, immutableIds: [id] }]);
    diff.see('export', [leaver]);
    const gone = rules({ organizationalUnit: LEAVERS, forDays: 3 });
    const sources = [ENTRA, { kind: 'export', coverage: covering([HOME]) } as const];
    expect(diff.finish(sources, gone).get(user.id)?.presence.state).toBe('present');
  });
});

describe('reappeared', () => {
  test.each([
    ['an address', { addresses: ['smtp:USER@partner1.com'] }],
    ['an address without its prefix', { addresses: ['user@Partner1.com'] }],
    ['a secondary address', { addresses: ['SMTP:person1@domain.com'] }],
    ['its former UPN', { userPrincipalName: 'Person1@domain.com' }],
  ])('a live user holds %s', (_name, changes) => {
    const found = find(user, [{ ...nobody, ...changes }]);
    expect(found.reappeared.value).toBe('yes');
    expect(found.presence.state).toBe('absent');
  });
  test('another address type is no address', () => {
    expect(find(user, [{ ...nobody, addresses: ['x500:user@partner1.com'] }]).reappeared.value).toBe('no');
  });
  test('by the source and the address that the first live user holds', () => {
    const holder = { ...nobody, addresses: ['sip:x@y.com', 'smtp:USER@partner1.com'] };
    expect(find(user, [holder]).reappeared.origin).toBe('Entra ID has a user who holds user@partner1.com');
  });
  test.each(['proxyAddresses', 'userPrincipalName'])('%s missing is unknown', (name) => {
    const { reappeared } = find(deletedMailUser(1, { [name]: undefined }), [nobody]);
    expect(reappeared).toStrictEqual({ value: 'unknown', origin: `no ${name} to look for` });
  });
});

test('whatever the order and the pages, and however often repeated, the diff is the same', () => {
  const deleted = [1, 2, 3, 4].map((n) => deletedMailUser(n));
  const anyone = fc
    .record({
      id: fc.constantFrom(...deleted.map((one) => one.immutableId), undefined),
      sid: fc.constantFrom(sid(1), sid(2), sid(99), undefined),
      userPrincipalName: fc.constantFrom('person2@domain.com', 'other@domain.com', undefined),
      addresses: fc.subarray(['user@partner3.com', 'x@y.com']),
    })
    .map(({ id: own, ...rest }) => ({
      ...rest,
      sidHistory: [],
      immutableIds: own === undefined ? [] : [own],
    }));
  const summarise = (pages: readonly (readonly OnPremUser[])[]) => {
    const diff = startDiff(deleted);
    for (const page of pages) diff.see('entra', page);
    return [...diff.finish([ENTRA], [])].map(([one, { presence, reappeared }]) => [
      one,
      presence.state,
      reappeared.value,
    ]);
  };
  fc.assert(
    fc.property(fc.array(anyone), fc.nat(), (users, turn) => {
      const at = users.length === 0 ? 0 : turn % users.length;
      const turned = [...users.slice(at), ...users.slice(0, at)];
      expect(summarise([turned.slice(0, 2), turned.slice(2), users])).toStrictEqual(summarise([users]));
    }),
  );
});

describe('of several deleted users', () => {
  const [one, other] = [deletedMailUser(1), deletedMailUser(2, { mail: 'user@partner1.com' })];
  const twin = deletedMailUser(3, { immutableId: one.immutableId });

  test('the keys to look for are each there once, and none for who has none', () => {
    const unknown = deletedMailUser(4, { immutableId: undefined, onPremisesSecurityIdentifier: undefined });
    const { ids, sids } = eitherWanted(
      startDiff([one, other, twin, unknown]).wanted,
      indexIds([otherId]).wanted,
    );
    expect(ids).toStrictEqual([one.immutableId, other.immutableId, otherId]);
    expect(sids).toStrictEqual([sid(1), sid(2), sid(3)]);
  });

  test('all who share an id or an address are found by it, and nobody else', () => {
    const diff = startDiff([one, other, twin]);
    diff.see('entra', [{ ...nobody, immutableIds: [sure(one.immutableId)] }]);
    diff.see('export', [{ ...nobody, addresses: ['user@partner1.com'] }]);
    const found = diff.finish([ENTRA], []);
    expect([one, other, twin].map(({ id: own }) => found.get(own)?.presence.state)).toStrictEqual([
      'present',
      'absent',
      'present',
    ]);
    expect(found.get(other.id)?.reappeared.origin).toBe(
      'on-premises export has a user who holds user@partner1.com',
    );
  });
});
