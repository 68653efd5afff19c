import { describe, expect, test } from '@jest/globals';
import { type CheckOptions, checkLiveness, checkSafety, observe, oughtToBePurged } from './checkers.ts';
import { HOUR_MS, manualClock } from './clock.ts';
import { factsOfLedger, type NightFacts } from './facts.ts';
import type { Tag } from './kinds.ts';
import { seedPopulation } from './population.ts';
import type { Truth } from './truth.ts';
import { createWorld, PEOPLE_OU } from './world.ts';

const OPTIONS: CheckOptions = {
  by: 'tool',
  graceDays: 10,
  maxPurges: 1000,
  sourceKnowsOnPrem: true,
  mailUserProof: 'graph',
  holdsKnown: true,
};

function newNight(options: Partial<CheckOptions> = {}) {
  const world = createWorld({
    clock: manualClock('2026-11-23T02:00:00Z'),
    extensionAppId: '0123456789abcdef0123456789abcdef',
  });
  seedPopulation(world, { users: 60, deleted: 200 });
  const before = observe(world);
  const all = { ...OPTIONS, ...options };
  const due = [...before.deleted.values()].filter((truth) => oughtToBePurged(world, truth, before, all));
  const intents = (truths: readonly Truth[]): NightFacts['announced'] =>
    truths.map(({ id, user }) => ({ id, deletedDateTime: user.deletedDateTime ?? '' }));
  return {
    world,
    before,
    due,
    intents,
    /** One of this kind, deleted longer ago than the grace period. */
    one(tag: Tag): Truth {
      const old = [...before.deleted.values()].find(
        ({ tag: its, user }) =>
          its === tag && Date.parse(user.deletedDateTime ?? '') < before.at - 10 * 864e5,
      );
      if (old === undefined) throw new Error(`no ${tag} deleted long enough ago`);
      return old;
    },
    purge(truths: readonly Truth[]) {
      for (const { id } of truths) world.entra.hardDelete(id, 'tool');
      const claimed = intents(truths);
      return { announced: claimed, purged: claimed };
    },
    safety: (facts: NightFacts) => checkSafety(world, before, facts, all),
    liveness: () => checkLiveness(world, before, all),
  };
}

describe('a night that does everything right', () => {
  test('has nothing to answer for, and leaves nobody behind', () => {
    const night = newNight();
    expect(night.due.length).toBeGreaterThan(60);
    expect(night.liveness()).toHaveLength(night.due.length);
    const facts = night.purge(night.due);
    expect(night.safety(facts)).toEqual({ violations: [], unknowable: [] });
    expect(night.liveness()).toEqual([]);
  });

  test('ought to purge just those kinds that its means can prove', () => {
    const kinds = (options: Partial<CheckOptions>) => [
      ...new Set(newNight(options).due.map(({ tag }) => tag)),
    ];
    const plain = ['goneMailUser', 'longGoneMailUser', 'migratedMailUser'];
    const hidden = ['internalPrimaryMailUser', 'noProxyAddressesMailUser'];
    expect(kinds({}).sort()).toEqual(plain);
    expect(kinds({ graceDays: 0 }).sort()).toEqual([...plain, 'recentlyDeletedMailUser']);
    expect(kinds({ holdsKnown: false }).sort()).toEqual([...plain, 'onHoldMailUser'].sort());
    expect(kinds({ mailUserProof: 'extension' }).sort()).toEqual([...plain, ...hidden].sort());
    expect(kinds({ mailUserProof: 'exchange' }).sort()).toEqual([...plain, ...hidden].sort());
  });
});

describe('a purge that must not be', () => {
  test.each<[Tag, string]>([
    ['movedOutOfScopeMailUser', 'purged, but it still exists on-premises'],
    ['deletedByAdminMailUser', 'purged, but it still exists on-premises'],
    ['onHoldMailUser', 'purged, but it was on hold'],
    ['privilegedMailUser', 'purged, but it was privileged'],
    ['licensedMailUser', 'purged, but it was licensed'],
    ['formerMailboxMailUser', 'purged, but it had a mailbox'],
    ['recreatedMailUser', 'purged although a live user has its names'],
    ['plainUser', 'purged, but it is not a mail user'],
    ['guest', 'purged, but it never was an on-prem user'],
    ['cloudUser', 'purged, but it never was an on-prem user'],
    ['federatedUser', 'purged, but it never was an on-prem user'],
  ])('of a %s: %s', (tag, violation) => {
    const night = newNight();
    const wrong = night.one(tag);
    const facts = night.purge([...night.due.slice(0, 3), wrong]);
    expect(night.safety(facts)).toEqual({
      violations: [`${tag} ${wrong.id}: ${violation}`],
      unknowable: [],
    });
  });

  test('of mailbox users is wrong in each of its ways', () => {
    const night = newNight();
    const [onPrem, remote] = [night.one('onPremMailboxUser'), night.one('remoteMailboxUser')];
    expect(night.safety(night.purge([onPrem, remote])).violations).toEqual([
      `onPremMailboxUser ${onPrem.id}: purged, but it is not a mail user`,
      `onPremMailboxUser ${onPrem.id}: purged, but it had a mailbox`,
      `remoteMailboxUser ${remote.id}: purged, but it is not a mail user`,
      `remoteMailboxUser ${remote.id}: purged, but it had a mailbox`,
      `remoteMailboxUser ${remote.id}: purged, but it was licensed`,
    ]);
  });

  test('what the night cannot know is told apart from what it must know', () => {
    const night = newNight({ sourceKnowsOnPrem: false, holdsKnown: false });
    const [moved, held] = [night.one('movedOutOfScopeMailUser'), night.one('onHoldMailUser')];
    expect(night.safety(night.purge([moved, held]))).toEqual({
      violations: [],
      unknowable: [
        `movedOutOfScopeMailUser ${moved.id}: purged, but it still exists on-premises`,
        `onHoldMailUser ${held.id}: purged, but it was on hold`,
      ],
    });
  });

  test('within the grace period; a later look does not make it right', () => {
    const night = newNight();
    const [young] = [...night.before.deleted.values()].filter(({ tag }) => tag === 'recentlyDeletedMailUser');
    const facts = night.purge(young ? [young] : []);
    night.world.advance(20 * 24 * HOUR_MS);
    expect(night.safety(facts).violations).toEqual([
      expect.stringContaining('purged within the grace period'),
    ]);
  });

  test('judged by the truth at the time: one restored on-premises afterwards is no fault', () => {
    const night = newNight();
    const [due] = night.due;
    const facts = night.purge(due ? [due] : []);
    night.world.onPrem.restore({ key: due?.user.onPremisesImmutableId ?? '' });
    expect(night.safety(facts).violations).toEqual([]);
  });

  test('of a live user, of a protected one, of one too many', () => {
    const live = newNight();
    const [user] = live.world.entra.liveUsers();
    live.world.entra.hardDelete(user?.id ?? '', 'tool');
    expect(live.safety({ announced: [], purged: [] }).violations).toEqual(
      expect.arrayContaining([expect.stringContaining('a live user was permanently deleted')]),
    );

    const first = newNight().due[0]?.id ?? '';
    const guarded = newNight({ protectedIds: new Set([first]), maxPurges: 1 });
    expect(guarded.due.map(({ id }) => id)).not.toContain(first);
    const truths = [...guarded.before.deleted.values()].filter(({ id }) => id === first);
    expect(guarded.safety(guarded.purge([...truths, ...guarded.due.slice(0, 1)])).violations).toEqual([
      'purged 2 users, where 1 were allowed',
      expect.stringContaining('purged, but it was protected'),
    ]);
  });
});

test('purges before the night are not the night’s', () => {
  const night = newNight({ maxPurges: 0 });
  night.purge(night.due.slice(0, 1));
  const after = observe(night.world);
  const options = { ...OPTIONS, maxPurges: 0 };
  expect(checkSafety(night.world, after, { announced: [], purged: [] }, options).violations).toEqual([]);
});

test.each([
  ['two primary addresses', { proxyAddresses: ['SMTP:x@contoso.com', 'SMTP:y@contoso.com'] }],
  ['a mail that is not its primary address', { mail: 'y@contoso.com' }],
])('Graph alone cannot prove a mail user with %s', (_what, change) => {
  const world = createWorld({ clock: manualClock('2026-11-23T02:00:00Z') });
  const entry = { displayName: 'X', userPrincipalName: 'x@domain.com', ou: PEOPLE_OU };
  const user = world.onPrem.mailEnable(world.onPrem.create(entry), { externalAddress: 'x@contoso.com' });
  const ought = () => {
    world.sync.syncNow();
    world.onPrem.delete(user);
    world.sync.syncNow();
    const before = observe(world);
    const [truth] = before.deleted.values();
    return truth && oughtToBePurged(world, truth, before, { ...OPTIONS, graceDays: 0 });
  };
  expect(ought()).toBe(true);
  world.onPrem.restore(user);
  world.onPrem.change(user, change);
  expect(ought()).toBe(false);
});

describe('a record that must not be', () => {
  test('no intent, one for another deletion, or one written afterwards', () => {
    const night = newNight();
    const [one, other, late, good] = night.due;
    const purged = night.purge([one, other, late, good].filter((truth) => truth !== undefined)).purged;
    const at = night.world.clock.now();
    const announced = [
      { id: other?.id ?? '', deletedDateTime: '2026-11-01T00:00:00.000Z', at },
      { id: late?.id ?? '', deletedDateTime: late?.user.deletedDateTime ?? '', at: at + 1 },
      { id: good?.id ?? '', deletedDateTime: good?.user.deletedDateTime?.replace('Z', '.000Z') ?? '', at },
    ];
    expect(night.safety({ announced, purged }).violations).toEqual(
      [one, other, late].map(
        (truth) => `${truth?.tag} ${truth?.id}: purged without a prior announcement for that deletion`,
      ),
    );
  });

  test('claims that are not so', () => {
    const night = newNight();
    const [there, restored, taken] = night.due.map(({ id }) => id);
    night.world.entra.restore(restored ?? '');
    night.world.entra.hardDelete(taken ?? '', 'somebody else');
    const purged = [there, restored, taken].map((id = '') => ({ id }));
    expect(night.safety({ announced: [], purged }).violations).toEqual([
      `${there}: claimed to be purged, but it is still in the recycle bin`,
      `${restored}: claimed to be purged, but it is a live user`,
      `${taken}: claimed to be purged, but nothing in the audit trail says so`,
    ]);
  });
});

test('whoever is restored, or deleted anew, is no longer owed a purge', () => {
  const night = newNight();
  const [restored, again] = night.due.map(({ id }) => id);
  night.world.advance(HOUR_MS);
  night.world.entra.restore(restored ?? '');
  night.world.entra.restore(again ?? '');
  night.world.entra.softDelete(again ?? '');
  expect(night.liveness()).toHaveLength(night.due.length - 2);
});

test('a namesake counts by address, name or immutable id', () => {
  const night = newNight();
  const [byAddress, byName, byAnchor] = night.due;
  const { world } = night;
  world.entra.createGuest('Guest', byAddress?.user.mail?.toUpperCase() ?? '');
  const userPrincipalName = byName?.user.userPrincipalName.slice(32) ?? '';
  world.entra.createUser({ displayName: 'New', userPrincipalName });
  world.entra.createUser({
    displayName: 'Federated',
    userPrincipalName: 'f@domain.com',
    onPremisesImmutableId: byAnchor?.user.onPremisesImmutableId ?? '',
  });
  const grown = [...observe(world).reappeared].filter((id) => !night.before.reappeared.has(id));
  expect(grown.sort()).toEqual([byAddress, byName, byAnchor].map((truth) => truth?.id).sort());
});

test('reads the facts out of ledger lines, and is not put off by anything else', () => {
  const generation = {
    id: 'ABCDEF00-0000-4000-8000-000000000001',
    deletedDateTime: '2026-11-01T00:00:00.000Z',
  };
  const lines: unknown[] = [
    null,
    'text',
    { at: '2026-11-23T02:00:01.000Z', record: { kind: 'nightStarted' } },
    { at: '2026-11-23T02:00:02.000Z', record: { kind: 'announced', ...generation, attempt: 1 } },
    { record: { kind: 'settled', ...generation, outcome: 'notPurged' } },
    { record: { kind: 'settled', ...generation, outcome: 'purged' } },
  ];
  const id = generation.id.toLowerCase();
  expect(factsOfLedger(lines)).toEqual({
    announced: [{ ...generation, id, at: Date.parse('2026-11-23T02:00:02.000Z') }],
    purged: [{ ...generation, id }],
  });
});
