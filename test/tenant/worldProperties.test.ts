import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS, manualClock } from './clock.ts';
import { RECYCLE_BIN_MS } from './entra.ts';
import { unmangled } from './entraUser.ts';
import { immutableIdOf, type OnPremUser } from './onPrem.ts';
import { ARCHIVE_OU, createWorld, PEOPLE_OU, type World } from './world.ts';

type Act = (world: World, user: OnPremUser) => void;

const isOnPrem = (world: World, user: OnPremUser) => world.onPrem.find(user.key) !== undefined;
const idOf = (world: World, user: OnPremUser) => world.entra.holderOf(immutableIdOf(user)) ?? '';

/** What people do, each where it can be done. */
const ON_PREM: Record<string, Act> = {
  delete: (world, user) => isOnPrem(world, user) && world.onPrem.delete(user),
  restore: (world, user) => isOnPrem(world, user) || world.onPrem.restore(user),
  moveOut: (world, user) => isOnPrem(world, user) && world.onPrem.move(user, ARCHIVE_OU),
  moveIn: (world, user) => isOnPrem(world, user) && world.onPrem.move(user, PEOPLE_OU),
  wait: (world) => world.advance(HOUR_MS),
  waitLong: (world) => world.advance(11 * DAY_MS),
};
const IN_ENTRA: Record<string, Act> = {
  purge: (world, user) => {
    const id = idOf(world, user);
    if (world.entra.deletedUser(id)) world.entra.hardDelete(id, 'tool');
  },
  adminDelete: (world, user) => {
    const id = idOf(world, user);
    if (world.entra.liveUser(id)) world.entra.softDelete(id);
  },
  adminRestore: (world, user) => {
    const id = idOf(world, user);
    if (world.entra.deletedUser(id)) world.entra.restore(id);
  },
};

function people(world: World): OnPremUser[] {
  return ['a', 'b', 'c'].map((name) => {
    const user = world.onPrem.create({
      displayName: name,
      userPrincipalName: `${name}@domain.com`,
      ou: PEOPLE_OU,
    });
    return world.onPrem.mailEnable(user, { externalAddress: `${name}@contoso.com` });
  });
}

/** Lives through a story; `check` looks at the world after each of its acts. */
function live(story: readonly (readonly [string, number])[], check: (world: World) => void): World {
  const world = createWorld({ clock: manualClock('2026-11-23T12:00:00Z') });
  const users = people(world);
  for (const [name, who] of story) {
    const user = users[who];
    const act = ON_PREM[name] ?? IN_ENTRA[name];
    if (user !== undefined) act?.(world, user);
    check(world);
  }
  return world;
}

const stories = (acts: Record<string, Act>) =>
  fc.array(fc.tuple(fc.constantFrom(...Object.keys(acts)), fc.nat(2)), { maxLength: 40 });

test('whatever happens, every object is in one place, under the right name, and not too long', () => {
  fc.assert(
    fc.property(stories({ ...ON_PREM, ...IN_ENTRA }), (story) => {
      const ever = new Set<string>();
      live(story, (world) => {
        const [alive, deleted] = [world.entra.liveUsers(), world.entra.deletedUsers()];
        for (const user of world.onPrem.users()) ever.add(idOf(world, user));
        for (const { id } of [...alive, ...deleted]) ever.add(id);
        ever.delete('');
        const listed = [...alive, ...deleted].map(({ id }) => id).sort();
        expect(listed).toEqual([...ever].filter((id) => world.entra.grave(id) === undefined).sort());
        for (const id of ever) {
          const places = [world.entra.liveUser(id), world.entra.deletedUser(id), world.entra.grave(id)];
          expect(places.filter((place) => place !== undefined)).toHaveLength(1);
        }
        for (const user of alive) {
          expect(user.userPrincipalName).toMatch(/^[abc]@domain\.com$/);
          expect(user.deletedDateTime).toBeNull();
        }
        for (const user of deleted) {
          expect(user.userPrincipalName).toBe(`${user.id.replaceAll('-', '')}${unmangled(user)}`);
          expect(world.clock.now() - Date.parse(user.deletedDateTime ?? '')).toBeLessThan(RECYCLE_BIN_MS);
        }
        const anchors = [...alive, ...deleted].map((user) => user.onPremisesImmutableId);
        expect(new Set(anchors).size).toBe(anchors.length);
      });
    }),
    { numRuns: 150 },
  );
});

test('left to directory sync, Entra ID comes to have just those who are in scope', () => {
  fc.assert(
    fc.property(stories({ ...ON_PREM, purge: IN_ENTRA['purge'] ?? (() => {}) }), (story) => {
      const world = live(story, () => {});
      world.advance(HOUR_MS);
      const inScope = [...world.onPrem.users()].filter((user) => world.sync.inScope(user));
      expect(
        world.entra
          .liveUsers()
          .map((user) => user.userPrincipalName)
          .sort(),
      ).toEqual(inScope.map((user) => user.userPrincipalName).sort());
    }),
    { numRuns: 150 },
  );
});

test('an object id lives as long as it is neither purged nor 30 days deleted', () => {
  fc.assert(
    fc.property(stories(ON_PREM), (story) => {
      const last = new Map<string, string>();
      live(story, (world) => {
        for (const user of [...world.entra.liveUsers(), ...world.entra.deletedUsers()]) {
          const anchor = user.onPremisesImmutableId ?? '';
          const before = last.get(anchor);
          if (before !== undefined && before !== user.id) {
            expect(world.entra.grave(before)?.how).toBe('expired');
          }
          last.set(anchor, user.id);
        }
      });
    }),
    { numRuns: 150 },
  );
});

test('an address bounces only while Exchange holds it as soft-deleted, and never one of a live user', () => {
  fc.assert(
    fc.property(stories({ ...ON_PREM, ...IN_ENTRA }), (story) => {
      const world = live(story, () => {});
      world.advance(2 * HOUR_MS);
      const alive = new Set(world.entra.liveUsers().map((user) => user.mail));
      const deleted = world.entra.deletedUsers().map((user) => user.mail);
      const bouncing = world.mail.bouncing();
      for (const address of bouncing) {
        expect(alive).not.toContain(address);
        expect(deleted).toContain(address);
        expect(world.mail.send({ to: address }).delivered).toBe(false);
      }
    }),
    { numRuns: 150 },
  );
});
