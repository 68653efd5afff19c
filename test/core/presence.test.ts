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
      expect(summarise([turned.slice(0, 2), turned.slice(2), users])).toEqual(summarise([users]));
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
