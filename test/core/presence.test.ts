import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DeletedUser, OnPremUser, Presence, SourceSummary } from '../../lib/core/model.ts';
import { combinePresence, startDiff } from '../../lib/core/presence.ts';
import { deletedMailUser, NOW, sure } from './people.ts';

const entra: SourceSummary = { kind: 'entra', total: 10, slices: {}, asOf: NOW };
const nobody: OnPremUser = { immutableId: undefined, userPrincipalName: undefined, addresses: [] };

function find(user: DeletedUser, seen: readonly OnPremUser[], sources: readonly SourceSummary[] = [entra]) {
  const diff = startDiff([user]);
  diff.see('entra', seen);
  return sure(diff.finish(sources).get(user.id));
}

describe('presence by immutable id', () => {
  const user = deletedMailUser(1);
  test('absent from all that was read', () => {
    expect(find(user, [nobody]).presence.state).toBe('absent');
  });
  test('present, byte for byte', () => {
    expect(find(user, [{ ...nobody, immutableId: user.immutableId }]).presence.state).toBe('present');
  });
  test('an id in another case is another id', () => {
    const other = { ...nobody, immutableId: sure(user.immutableId).toLowerCase() as typeof user.immutableId };
    expect(find(user, [other]).presence.state).toBe('absent');
  });
  test('a tombstone is not presence', () => {
    const tombstone = { deletedSince: NOW, targetAddress: undefined, recipientTypeDetails: undefined };
    expect(find(user, [{ ...nobody, immutableId: user.immutableId, tombstone }]).presence.state).toBe(
      'absent',
    );
  });
  test('without an immutable id nothing is known', () => {
    expect(find(deletedMailUser(1, { immutableId: undefined }), [nobody]).presence.state).toBe('unknown');
  });
  test('without a source nothing is known', () => {
    expect(find(user, [], []).presence.state).toBe('unknown');
  });
});

describe('reappeared', () => {
  test.each([
    ['an address', { addresses: ['smtp:USER@partner1.com'] }],
    ['an address without its prefix', { addresses: ['user@Partner1.com'] }],
    ['a secondary address', { addresses: ['SMTP:person1@domain.com'] }],
    ['its former UPN', { userPrincipalName: 'Person1@domain.com' }],
  ])('a live user holds %s', (_name, changes) => {
    const found = find(deletedMailUser(1), [{ ...nobody, ...changes }]);
    expect(found.reappeared.value).toBe('yes');
    expect(found.presence.state).toBe('absent');
  });
  test('nobody holds any', () => {
    expect(find(deletedMailUser(1), [{ ...nobody, addresses: ['smtp:a@b.com'] }]).reappeared.value).toBe(
      'no',
    );
  });
  test('another address type is no address', () => {
    const found = find(deletedMailUser(1), [{ ...nobody, addresses: ['x500:user@partner1.com'] }]);
    expect(found.reappeared.value).toBe('no');
  });
  test.each(['immutableId', 'proxyAddresses', 'userPrincipalName'])('%s missing → unknown', (name) => {
    expect(find(deletedMailUser(1, { [name]: undefined }), [nobody]).reappeared.value).toBe('unknown');
  });
});

test('whatever the order and the pages, and however often repeated, the diff is the same', () => {
  const deleted = [1, 2, 3, 4].map((n) => deletedMailUser(n));
  const anyone = fc.record({
    immutableId: fc.constantFrom(...deleted.map((user) => user.immutableId), undefined),
    userPrincipalName: fc.constantFrom('person2@domain.com', 'other@domain.com', undefined),
    addresses: fc.subarray(['user@partner3.com', 'x@y.com']),
  });
  const summarise = (pages: readonly (readonly OnPremUser[])[]) => {
    const diff = startDiff(deleted);
    for (const page of pages) diff.see('entra', page);
    return [...diff.finish([entra])].map(([id, { presence, reappeared }]) => [
      id,
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

test('of several sources present beats everything, and absent needs all of them', () => {
  const state = (...states: Presence['state'][]) =>
    combinePresence(states.map((one) => ({ state: one, origin: 'a test' }))).state;
  expect(state('absent', 'unknown', 'present')).toBe('present');
  expect(state('absent', 'unknown')).toBe('unknown');
  expect(state('absent', 'absent')).toBe('absent');
  expect(state()).toBe('unknown');
});

describe('where it was found, or not, is told', () => {
  const user = deletedMailUser(1);
  const exported: SourceSummary = { ...entra, kind: 'export' };
  const untold = deletedMailUser(1, {
    immutableId: undefined,
    proxyAddresses: undefined,
    userPrincipalName: undefined,
  });

  test('by the source that has its immutable id', () => {
    const { presence, reappeared } = find(user, [{ ...nobody, immutableId: user.immutableId }]);
    expect(presence).toStrictEqual({ state: 'present', origin: 'entra has a user with its immutable id' });
    expect(reappeared).toStrictEqual({ value: 'yes', origin: presence.origin });
  });

  test('by the source and the address that somebody holds', () => {
    const holder = { ...nobody, addresses: ['sip:x@y.com', 'smtp:USER@partner1.com'] };
    expect(find(user, [holder]).reappeared.origin).toBe('entra has a user who holds user@partner1.com');
  });

  test('by the first who was found, and by the immutable id rather than an address', () => {
    const byName = { ...nobody, userPrincipalName: 'person1@domain.com' };
    const byAddress = { ...nobody, addresses: ['user@partner1.com'] };
    expect(find(user, [byName, byAddress]).reappeared.origin).toContain('person1@domain.com');
    const byId = { ...nobody, immutableId: user.immutableId };
    expect(find(user, [byName, byId]).reappeared.origin).toContain('immutable id');
    expect(find(user, [byId, byName]).reappeared.origin).toContain('immutable id');
  });

  test('by all the sources that were read to their end', () => {
    const { presence, reappeared } = find(user, [nobody], [entra, exported]);
    expect(presence.origin).toBe('not in entra and export, read to the end');
    expect(reappeared.origin).toContain('nobody in entra and export');
  });

  test('by what there was nothing to look for', () => {
    const { presence, reappeared } = find(untold, [nobody], []);
    expect(presence.origin).toContain('onPremisesImmutableId');
    expect(reappeared).toStrictEqual({
      value: 'unknown',
      origin: 'no onPremisesImmutableId, no proxyAddresses, no userPrincipalName, no source to look for',
    });
    expect(find(user, [], []).presence.origin).toContain('no source was read');
    expect(find(user, [], []).reappeared).toMatchObject({
      value: 'unknown',
      origin: 'no source to look for',
    });
  });

  test('by the directory that still holds what was deleted in it', () => {
    const tombstone = { deletedSince: NOW, targetAddress: 'SMTP:u@p.com', recipientTypeDetails: '128' };
    const dead = { ...nobody, immutableId: user.immutableId, userPrincipalName: 'person1@domain.com' };
    const found = find(user, [{ ...dead, tombstone }]);
    expect(found.tombstone).toStrictEqual(tombstone);
    expect(found.presence.origin).toContain(`deleted objects since ${NOW}`);
    expect(found.reappeared.value).toBe('no');
    const undated = find(user, [{ ...dead, tombstone: { ...tombstone, deletedSince: undefined } }]);
    expect(undated.presence.origin).toContain('since an unknown time');
    expect(find(user, [nobody])).not.toHaveProperty('tombstone');
  });
});

describe('of several deleted users', () => {
  const [one, other] = [deletedMailUser(1), deletedMailUser(2, { mail: 'user@partner1.com' })];
  const twin = deletedMailUser(3, { immutableId: one.immutableId });

  test('the immutable ids to look for are each there once, and none for who has none', () => {
    const unknown = deletedMailUser(4, { immutableId: undefined });
    expect(startDiff([one, other, twin, unknown]).wanted).toStrictEqual([one.immutableId, other.immutableId]);
  });

  test('all who share an id or an address are found by it, and nobody else', () => {
    const diff = startDiff([one, other, twin]);
    diff.see('entra', [{ ...nobody, immutableId: one.immutableId }]);
    diff.see('export', [{ ...nobody, addresses: ['user@partner1.com'] }]);
    const found = diff.finish([entra]);
    const of = (user: DeletedUser) => sure(found.get(user.id));
    expect([one, other, twin].map((user) => of(user).presence.state)).toStrictEqual([
      'present',
      'absent',
      'present',
    ]);
    expect(of(other).reappeared.origin).toBe('export has a user who holds user@partner1.com');
  });

  test('a live user without anything is nobody’s', () => {
    const empty = { immutableId: undefined, userPrincipalName: '', addresses: ['', 'smtp:'] };
    const found = find(deletedMailUser(1, { mail: undefined, proxyAddresses: [] }), [empty]);
    expect([found.presence.state, found.reappeared.value]).toStrictEqual(['absent', 'no']);
  });
});

test('the word of several sources is told by who decides it', () => {
  const says = (state: Presence['state'], origin: string): Presence => ({ state, origin });
  const absent = says('absent', 'not in A');
  expect(combinePresence([absent, says('unknown', 'B failed'), says('present', 'C has it')]).origin).toBe(
    'C has it',
  );
  expect(combinePresence([absent, says('unknown', 'B failed')]).origin).toBe('B failed');
  expect(combinePresence([absent, says('absent', 'not in B')]).origin).toBe('not in A; not in B');
  expect(combinePresence([]).origin).toContain('no source');
});
