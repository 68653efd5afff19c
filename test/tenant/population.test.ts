import { describe, expect, test } from '@jest/globals';
import { seedBlogTest } from './blogTest.ts';
import { DAY_MS, manualClock } from './clock.ts';
import { KINDS, type Tag } from './kinds.ts';
import { seedPopulation } from './population.ts';
import { createWorld, type World } from './world.ts';

const NOW = Date.parse('2026-11-23T02:00:00Z');
const newWorld = () => createWorld({ clock: manualClock(NOW) });

describe('a population', () => {
  const world = newWorld();
  const population = seedPopulation(world, { users: 400, deleted: 300, seed: 3 });
  const truths = (tag: Tag) => world.truth.deleted().filter((truth) => truth.tag === tag);

  test('is as large as asked for, with every kind among the deleted', () => {
    expect(world.entra.liveUsers()).toHaveLength(400);
    expect(world.entra.deletedUsers()).toHaveLength(300);
    expect(world.truth.countDeleted()).toEqual(population);
    for (const tag of Object.keys(KINDS)) expect(population).toHaveProperty(tag, expect.any(Number));
    expect(Math.min(...Object.values(population))).toBeGreaterThan(0);
  });

  test('gives everybody an id of their own, a version 4 GUID', () => {
    const ids = [...world.entra.liveUsers(), ...world.entra.deletedUsers()].map((user) => user.id);
    expect(new Set(ids).size).toBe(700);
    const odd = ids.filter(
      (id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id),
    );
    expect(odd).toEqual([]);
  });

  test('has the deletions spread over the past 30 days, each kind within its own', () => {
    const ages = (tag: Tag) =>
      truths(tag).map(({ user }) => (NOW - Date.parse(user.deletedDateTime ?? '')) / DAY_MS);
    for (const [tag, { deleted }] of Object.entries(KINDS)) {
      for (const age of ages(tag as Tag)) {
        expect(age).toBeLessThanOrEqual(deleted[0]);
        expect(age).toBeGreaterThan(deleted[1] - 1 / 48);
      }
    }
    const days = new Set(world.truth.deleted().map(({ user }) => user.deletedDateTime?.slice(0, 10)));
    expect(days.size).toBeGreaterThan(25);
  });

  test.each<[Tag, object]>([
    ['longGoneMailUser', { onPremises: 'gone', mailUser: true, mailbox: false, licensed: false }],
    ['goneMailUser', { onPremises: 'gone', mailUser: true, mailbox: false }],
    ['migratedMailUser', { onPremises: 'gone', mailUser: true }],
    ['recentlyDeletedMailUser', { onPremises: 'gone', mailUser: true }],
    ['internalPrimaryMailUser', { onPremises: 'gone', mailUser: true, mailbox: false }],
    ['noProxyAddressesMailUser', { mailUser: true, user: expect.objectContaining({ proxyAddresses: [] }) }],
    ['formerMailboxMailUser', { mailUser: true, mailbox: true, licensed: false }],
    ['licensedMailUser', { mailUser: true, mailbox: false, licensed: true }],
    ['privilegedMailUser', { mailUser: true, privileged: true }],
    ['onHoldMailUser', { mailUser: true, onHold: true }],
    ['movedOutOfScopeMailUser', { onPremises: 'present', inScope: false, mailUser: true }],
    ['deletedByAdminMailUser', { onPremises: 'present', inScope: true, mailUser: true }],
    ['recreatedMailUser', { onPremises: 'gone', mailUser: true }],
    ['onPremMailboxUser', { onPremises: 'gone', mailUser: false, mailbox: true }],
    ['remoteMailboxUser', { onPremises: 'gone', mailUser: false, mailbox: true, licensed: true }],
    ['plainUser', { onPremises: 'gone', mailUser: false, mailbox: false }],
    ['guest', { onPremises: 'never', user: expect.objectContaining({ userType: 'Guest' }) }],
    ['cloudUser', { onPremises: 'never' }],
    [
      'federatedUser',
      { onPremises: 'never', user: expect.objectContaining({ onPremisesImmutableId: expect.any(String) }) },
    ],
  ])('%s is what it is called', (tag, expected) => {
    expect(truths(tag)).not.toHaveLength(0);
    for (const truth of truths(tag)) expect(truth).toMatchObject(expected);
  });

  test('every recreated person has a live namesake with the same external address', () => {
    const live = new Set(world.entra.liveUsers().map((user) => user.mail));
    for (const { user } of truths('recreatedMailUser')) expect(live).toContain(user.mail);
    for (const { user } of truths('longGoneMailUser')) expect(live).not.toContain(user.mail);
  });

  test('makes the external addresses of its deleted mail users bounce', () => {
    const bouncing = new Set(world.mail.bouncing());
    for (const { user } of truths('longGoneMailUser')) expect(bouncing).toContain(user.mail);
    for (const { user } of truths('recreatedMailUser')) expect(bouncing).not.toContain(user.mail);
  });

  test('cannot be put into a world that was already used', () => {
    expect(() => seedPopulation(world, { users: 10, deleted: 0 })).toThrow('already past');
  });
});

test('a small recycle bin is possible, and too few live users are refused', () => {
  const world = newWorld();
  seedPopulation(world, { users: 5, deleted: 7 });
  expect(world.entra.deletedUsers()).toHaveLength(7);
  const oneOfEach = Object.keys(KINDS).length;
  const counts = seedPopulation(newWorld(), { users: 5, deleted: oneOfEach });
  expect(Object.values(counts)).toEqual(Array(oneOfEach).fill(1));
  expect(() => seedPopulation(newWorld(), { users: 0, deleted: 40 })).toThrow(RangeError);
});

test('the same seed makes the same population', () => {
  const facts = (seed: number) => {
    const world = newWorld();
    seedPopulation(world, { users: 30, deleted: 40, seed });
    return JSON.stringify([world.entra.liveUsers(), world.entra.deletedUsers()]);
  };
  expect(facts(5)).toBe(facts(5));
  expect(facts(5)).not.toBe(facts(6));
});

test('the case of Blog Test fits into the same past', () => {
  const world: World = newWorld();
  const steps = [
    { daysAgo: 40, run: () => void seedBlogTest(world) },
    {
      daysAgo: 20,
      run: () => {
        const user = world.onPrem.byUserPrincipalName('blogtest@domain.com');
        if (user) world.onPrem.delete(user);
      },
    },
  ];
  seedPopulation(world, { users: 30, deleted: 40, steps });
  expect(world.truth.countDeleted()).toMatchObject({ blogTest: 1 });
  expect(world.mail.send({ to: 'user@microsoft.com' }).delivered).toBe(false);
});
