import { describe, expect, test } from '@jest/globals';
import { DAY_MS, HOUR_MS, MINUTE_MS, manualClock, offsetClock } from './clock.ts';
import { immutableIdOf, type OnPremUser, rawGuid } from './onPrem.ts';
import { ARCHIVE_OU, createWorld, PEOPLE_OU, type World, type WorldOptions } from './world.ts';

const NOON = '2026-11-23T12:00:00Z';

function newWorld(options: Partial<WorldOptions> = {}) {
  const world = createWorld({ clock: manualClock(NOON), ...options });
  const ada = world.onPrem.create({
    displayName: 'Ada',
    userPrincipalName: 'Ada@domain.com',
    ou: PEOPLE_OU,
    extensionAttributes: { extensionAttribute3: 'keep' },
  });
  world.onPrem.mailEnable(ada, { externalAddress: 'ada@contoso.com', aliases: ['ada@domain.com'] });
  return { world, ada };
}

function synced(options: Partial<WorldOptions> = {}) {
  const { world, ada } = newWorld(options);
  world.sync.syncNow();
  return { world, ada, id: idOf(world, ada) };
}

function idOf(world: World, user: OnPremUser): string {
  const id = world.entra.holderOf(immutableIdOf(user));
  if (id === undefined) throw new Error('never synced');
  return id;
}

describe('directory sync', () => {
  test('takes over a new user within 30 minutes, with every on-premises attribute', () => {
    const { world, ada } = newWorld();
    expect(world.entra.liveUsers()).toHaveLength(0);
    world.advance(30 * MINUTE_MS);
    const user = world.entra.liveUser(idOf(world, ada));
    expect(user).toMatchObject({
      displayName: 'Ada',
      userPrincipalName: 'Ada@domain.com',
      userType: 'Member',
      mail: 'ada@contoso.com',
      proxyAddresses: ['smtp:ada@domain.com', 'SMTP:ada@contoso.com'],
      deletedDateTime: null,
      onPremisesSyncEnabled: true,
      onPremisesLastSyncDateTime: '2026-11-23T12:30:00Z',
      onPremisesDistinguishedName: 'CN=Ada,OU=People,DC=domain,DC=com',
      onPremisesDomainName: 'domain.com',
      onPremisesUserPrincipalName: 'Ada@domain.com',
    });
    expect(user?.onPremisesExtensionAttributes).toMatchObject({
      extensionAttribute3: 'keep',
      extensionAttribute4: null,
    });
    expect(rawGuid(ada)).toHaveLength(16);
    expect(user?.onPremisesImmutableId).toBe(rawGuid(ada).toString('base64'));
    expect(world.entra.organization().onPremisesLastSyncDateTime).toBe('2026-11-23T12:30:00Z');
  });

  test('a changed attribute follows; a cycle without changes only moves the last sync', () => {
    const { world, ada, id } = synced();
    world.onPrem.rename(ada, { displayName: 'Ada, née B' });
    world.advance(HOUR_MS);
    expect(world.entra.liveUser(id)).toMatchObject({
      displayName: 'Ada, née B',
      onPremisesDistinguishedName: 'CN=Ada\\, née B,OU=People,DC=domain,DC=com',
      onPremisesLastSyncDateTime: '2026-11-23T12:30:00Z',
    });
    expect(world.entra.organization().onPremisesLastSyncDateTime).toBe('2026-11-23T13:00:00Z');
  });

  test.each([
    ['removed on-premises', (world: World, ada: OnPremUser) => void world.onPrem.delete(ada)],
    ['moved out of scope', (world: World, ada: OnPremUser) => void world.onPrem.move(ada, ARCHIVE_OU)],
    ['left out by a new scope filter', (world: World) => world.sync.setScope([ARCHIVE_OU])],
  ])('%s: soft-deleted, the name after the object id, everything else kept', (_how, goes) => {
    const { world, ada, id } = synced();
    const before = world.entra.liveUser(id);
    goes(world, ada);
    world.advance(30 * MINUTE_MS);
    expect(world.entra.liveUser(id)).toBeUndefined();
    expect(world.entra.deletedUsers()).toEqual([
      {
        ...before,
        userPrincipalName: `${id.replaceAll('-', '')}Ada@domain.com`,
        deletedDateTime: '2026-11-23T12:30:00Z',
      },
    ]);
  });

  test.each([
    [
      'restored on-premises',
      (world: World, ada: OnPremUser) => void world.onPrem.delete(ada),
      (world: World, ada: OnPremUser) => void world.onPrem.restore(ada),
    ],
    [
      'moved back into scope',
      (world: World, ada: OnPremUser) => void world.onPrem.move(ada, ARCHIVE_OU),
      (world: World, ada: OnPremUser) => void world.onPrem.move(ada, PEOPLE_OU),
    ],
  ])('%s within 30 days: the same object again, under its old name', (_how, goes, comesBack) => {
    const { world, ada, id } = synced();
    goes(world, ada);
    world.sync.syncNow();
    world.advance(29 * DAY_MS);
    comesBack(world, ada);
    world.sync.syncNow();
    expect(world.entra.liveUsers().map((user) => user.id)).toEqual([id]);
    expect(world.entra.liveUser(id)).toMatchObject({
      userPrincipalName: 'Ada@domain.com',
      deletedDateTime: null,
    });
    expect(world.entra.deletedUsers()).toHaveLength(0);
    world.advance(2 * DAY_MS);
    expect(world.entra.liveUser(id)).toBeDefined();
  });

  test('after a purge the one who comes back is another, empty object', () => {
    const { world, ada, id } = synced();
    world.entra.assignLicense(id, 'SharePoint');
    world.onPrem.move(ada, ARCHIVE_OU);
    world.sync.syncNow();
    world.entra.hardDelete(id, 'tool');
    world.onPrem.move(ada, PEOPLE_OU);
    world.sync.syncNow();
    const [user] = world.entra.liveUsers();
    expect(user?.id).not.toBe(id);
    expect(user?.assignedLicenses).toEqual([]);
    expect(world.truth.of(id)).toMatchObject({ state: 'purged', onPremises: 'present', inScope: true });
  });

  test('while paused, nothing follows and the last sync grows old', () => {
    const { world, ada, id } = synced();
    world.sync.pause();
    world.onPrem.delete(ada);
    world.advance(5 * DAY_MS);
    expect(world.entra.liveUser(id)).toBeDefined();
    expect(world.entra.organization().onPremisesLastSyncDateTime).toBe('2026-11-23T12:00:00Z');
    expect(() => world.sync.syncNow()).toThrow('paused');
    world.sync.resume();
    world.advance(30 * MINUTE_MS);
    expect(world.entra.deletedUser(id)?.deletedDateTime).toBe('2026-11-28T12:30:00Z');
  });

  test('a user moved between forests with its consistency GUID stays the same object', () => {
    const { world, ada, id } = synced();
    world.onPrem.delete(ada);
    const moved = world.onPrem.create({
      displayName: 'Ada',
      userPrincipalName: 'Ada@domain.com',
      ou: PEOPLE_OU,
      consistencyGuid: ada.key,
    });
    world.sync.syncNow();
    expect(moved.key).not.toBe(ada.key);
    expect(world.entra.liveUsers().map((user) => user.id)).toEqual([id]);
    expect(world.truth.of(id)).toMatchObject({ onPremises: 'present', mailUser: false });
  });

  test('the old forest may let go of such a user later, and nothing comes of it', () => {
    const { world, ada, id } = synced();
    world.onPrem.create({
      displayName: 'Ada',
      userPrincipalName: 'ada@domain2.com',
      ou: PEOPLE_OU,
      consistencyGuid: ada.key,
    });
    world.sync.syncNow();
    world.onPrem.delete(ada);
    world.sync.syncNow();
    expect(world.entra.liveUser(id)).toMatchObject({ userPrincipalName: 'ada@domain2.com' });
  });

  test('an OU in scope means those below it too, and none that only sounds like it', () => {
    const { world, ada, id } = synced();
    world.onPrem.move(ada, `OU=Sales,${PEOPLE_OU.toUpperCase()}`);
    world.sync.syncNow();
    expect(world.entra.liveUser(id)).toBeDefined();
    world.onPrem.move(ada, `OU=Former${PEOPLE_OU.slice('OU='.length)}`);
    world.sync.syncNow();
    expect(world.entra.liveUser(id)).toBeUndefined();
  });

  test('finds a live federated user by its immutable id and takes it over', () => {
    const { world, ada } = newWorld();
    const cloud = world.entra.createUser({
      displayName: 'Ada',
      userPrincipalName: 'ada@fed.domain.com',
      onPremisesImmutableId: ada.key,
    });
    expect(world.truth.of(cloud.id)?.onPremises).toBe('never');
    world.sync.syncNow();
    expect(world.entra.liveUsers()).toHaveLength(1);
    expect(world.entra.liveUser(cloud.id)).toMatchObject({ onPremisesSyncEnabled: true });
  });

  test('brings the directory extension attributes along, where an app is named for them', () => {
    const extensionAppId = '0123456789abcdef0123456789abcdef';
    const { world, id } = synced({ extensionAppId });
    expect(world.entra.liveUser(id)).toMatchObject({
      [`extension_${extensionAppId}_targetAddress`]: 'SMTP:ada@contoso.com',
      [`extension_${extensionAppId}_msExchRecipientTypeDetails`]: '128',
    });
    const plain = synced();
    expect(Object.keys(plain.world.entra.liveUser(plain.id) ?? {}).join()).not.toContain('extension_');
  });
});

describe('the recycle bin', () => {
  test('keeps a deleted user for 30 days, to the second', () => {
    const { world, ada, id } = synced();
    world.onPrem.delete(ada);
    world.sync.syncNow();
    world.advance(30 * DAY_MS - 1000);
    expect(world.entra.deletedUser(id)).toBeDefined();
    world.advance(1000);
    expect(world.entra.deletedUser(id)).toBeUndefined();
    expect(world.truth.of(id)?.state).toBe('expired');
    expect(world.entra.audit).toEqual([]);
  });

  test('counts the 30 days from the last deletion', () => {
    const { world, id } = synced();
    world.entra.softDelete(id);
    world.advance(20 * DAY_MS);
    world.entra.restore(id);
    world.entra.softDelete(id);
    world.advance(29 * DAY_MS);
    expect(world.entra.deletedUser(id)?.deletedDateTime).toBe('2026-12-13T12:00:00Z');
    world.advance(DAY_MS);
    expect(world.entra.deletedUser(id)).toBeUndefined();
  });

  test('a permanent deletion stands in the audit trail, and cannot be undone', () => {
    const { world, id } = synced();
    world.entra.softDelete(id);
    world.advance(DAY_MS);
    world.entra.hardDelete(id, 'app-1');
    expect(world.entra.audit).toEqual([
      { at: Date.parse(NOON) + DAY_MS, id, by: 'app-1', deletedDateTime: '2026-11-23T12:00:00Z' },
    ]);
    expect(() => world.entra.restore(id)).toThrow('not a deleted user');
    expect(() => world.entra.hardDelete(id, 'app-1')).toThrow('not a user');
  });

  test('does not give a user back whose name is taken', () => {
    const { world, id } = synced();
    world.entra.softDelete(id);
    world.entra.createUser({ displayName: 'Other', userPrincipalName: 'ADA@domain.com' });
    expect(() => world.entra.restore(id)).toThrow('taken');
  });

  test('a user once handed out does not change', () => {
    const { world, id } = synced();
    const before = world.entra.liveUser(id);
    world.entra.assignLicense(id, 'exchange');
    world.entra.softDelete(id);
    expect(before).toMatchObject({ assignedPlans: [], deletedDateTime: null });
    expect(world.entra.deletedUser(id)?.assignedPlans).toMatchObject([{ service: 'exchange' }]);
  });
});

test('guests and members of the cloud are what Entra ID makes of them', () => {
  const { world } = newWorld();
  expect(world.entra.createGuest('Gus', 'gus@fabrikam.com')).toMatchObject({
    userType: 'Guest',
    userPrincipalName: 'gus_fabrikam.com#EXT#@serviceDomain.onmicrosoft.com',
    mail: 'gus@fabrikam.com',
    onPremisesImmutableId: null,
  });
});

test('a name that is taken on-premises is refused, also to one who comes back', () => {
  const { world, ada } = newWorld();
  const twin = { displayName: 'Twin', userPrincipalName: 'ada@DOMAIN.com', ou: PEOPLE_OU };
  expect(() => world.onPrem.create(twin)).toThrow('taken');
  world.onPrem.rename(ada, { userPrincipalName: 'ada2@domain.com' });
  const first = world.onPrem.create(twin);
  world.onPrem.delete(first);
  world.onPrem.create(twin);
  expect(() => world.onPrem.restore(first)).toThrow('taken');
});

test('the same seed makes the same world, another seed another', () => {
  const id = (seed: number) => synced({ seed }).id;
  expect(id(7)).toBe(id(7));
  expect(id(7)).not.toBe(id(8));
  expect(id(7)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a world on real time moves when it is advanced, and never back', () => {
  const clock = offsetClock();
  const { world, id } = synced({ clock });
  world.entra.softDelete(id);
  world.advance(31 * DAY_MS);
  expect(world.entra.deletedUsers()).toHaveLength(0);
  expect(clock.now() - Date.now()).toBe(31 * DAY_MS);
  expect(() => clock.advance(-1)).toThrow(RangeError);
});
