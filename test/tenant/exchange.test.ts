import { describe, expect, test } from '@jest/globals';
import { BLOG_TEST, seedBlogTest } from './blogTest.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, manualClock } from './clock.ts';
import { NDR } from './mail.ts';
import * as joins from './members.ts';
import { immutableIdOf } from './onPrem.ts';
import { person } from './people.ts';
import { Random } from './random.ts';
import { ARCHIVE_OU, createWorld, PEOPLE_OU, type WorldOptions } from './world.ts';

const newWorld = (options: Partial<WorldOptions> = {}) =>
  createWorld({ clock: manualClock('2026-11-23T12:00:00Z'), ...options });

function blogTest(options: Partial<WorldOptions> = {}) {
  const world = newWorld(options);
  const user = seedBlogTest(world);
  world.sync.syncNow();
  const id = world.entra.holderOf(immutableIdOf(user)) ?? '';
  return { world, user, id, send: () => world.mail.send({ to: BLOG_TEST.externalAddress }) };
}

describe('the story', () => {
  test('mail to the external address bounces until the deleted user is purged', () => {
    const { world, user, id, send } = blogTest();
    expect(world.entra.liveUser(id)).toMatchObject({
      userPrincipalName: 'BlogTest@domain.com',
      mail: 'user@microsoft.com',
      proxyAddresses: [
        'smtp:BlogTest@domain1.domain2.com',
        'smtp:BlogTest@serviceDomain.mail.onmicrosoft.com',
        'smtp:BlogTest@domain.com',
        'SMTP:user@microsoft.com',
      ],
    });
    world.advance(HOUR_MS);
    expect(world.exchange.recipient(id)).toMatchObject({
      recipientTypeDetails: 'MailUser',
      externalEmailAddress: 'user@microsoft.com',
      whenSoftDeleted: null,
    });
    expect(send()).toEqual({
      delivered: true,
      to: 'user@microsoft.com',
      route: 'externalAddress',
      recipient: id,
    });

    world.onPrem.delete(user);
    world.sync.syncNow();
    world.advance(HOUR_MS);
    expect(world.exchange.softDeletedMailUsers().map((recipient) => recipient.id)).toEqual([id]);
    expect(send()).toEqual({
      delivered: false,
      to: 'user@microsoft.com',
      ndr: '550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found',
      recipient: id,
    });
    expect(world.mail.bouncing()).toEqual(['user@microsoft.com']);

    world.entra.hardDelete(id, 'tool');
    expect(send().delivered).toBe(false);
    world.advance(HOUR_MS);
    expect(world.exchange.recipient(id)).toBeUndefined();
    expect(send()).toMatchObject({ delivered: true, route: 'internet' });
  });

  test('left alone it bounces for 30 days', () => {
    const { world, user, send } = blogTest();
    world.advance(HOUR_MS);
    world.onPrem.delete(user);
    world.sync.syncNow();
    world.advance(30 * DAY_MS);
    expect(send().delivered).toBe(false);
    world.advance(HOUR_MS);
    expect(send().delivered).toBe(true);
  });

  test('merely out of scope it bounces too; back in scope it is the same recipient', () => {
    const { world, user, id, send } = blogTest();
    world.advance(HOUR_MS);
    world.onPrem.move(user, ARCHIVE_OU);
    world.advance(2 * HOUR_MS);
    expect(send().delivered).toBe(false);
    world.onPrem.move(user, PEOPLE_OU);
    world.advance(2 * HOUR_MS);
    expect(send()).toMatchObject({ delivered: true, recipient: id });
  });
});

describe('provisioning', () => {
  test.each([
    ['mailUser', joins.mailUser, 'MailUser', 'external'],
    ['internalPrimaryMailUser', joins.internalPrimaryMailUser, 'MailUser', 'external'],
    ['noProxyAddressesMailUser', joins.noProxyAddressesMailUser, 'MailUser', 'external'],
    ['onPremMailboxUser', joins.onPremMailboxUser, 'MailUser', 'internal'],
    ['remoteMailboxUser', joins.remoteMailboxUser, 'MailUser', 'routing'],
    ['guest', joins.guest, 'GuestMailUser', 'external'],
    ['plainUser', joins.plainUser, undefined, undefined],
    ['cloudUser', joins.cloudUser, undefined, undefined],
    ['federatedUser', joins.federatedUser, undefined, undefined],
  ] as const)('what becomes of a %s', (_kind, join, type, address) => {
    const world = newWorld();
    const someone = person(new Random(1), 1);
    join(world, someone);
    world.advance(2 * HOUR_MS);
    const [recipient] = world.exchange.recipients();
    expect(recipient?.recipientTypeDetails).toBe(type);
    if (address !== undefined) {
      expect(recipient?.externalEmailAddress).toBe(someone[`${address}Address`]);
    }
  });

  test('a remote mailbox user with a licence has a mailbox, and had one ever after', () => {
    const world = newWorld();
    const member = joins.remoteMailboxUser(world, person(new Random(1), 1));
    world.sync.syncNow();
    const id = world.entra.liveUsers()[0]?.id ?? '';
    world.entra.assignLicense(id, 'exchange');
    world.advance(HOUR_MS);
    expect(world.exchange.recipient(id)).toMatchObject({
      recipientTypeDetails: 'UserMailbox',
      externalEmailAddress: null,
    });
    joins.becomeMailUser(world, id, member);
    world.advance(2 * HOUR_MS);
    expect(world.exchange.recipient(id)?.recipientTypeDetails).toBe('MailUser');
    expect(world.entra.liveUser(id)).toMatchObject({
      assignedLicenses: [],
      assignedPlans: [{ service: 'exchange', capabilityStatus: 'Deleted' }],
    });
    expect(world.truth.of(id)).toMatchObject({ mailUser: true, mailbox: true, licensed: false });
  });

  test('follows Entra ID after the lag, not before', () => {
    const { world, id } = blogTest({ provisioningLagMs: 20 * MINUTE_MS, removalLagMs: 5 * HOUR_MS });
    world.advance(20 * MINUTE_MS - 1);
    expect(world.exchange.recipient(id)).toBeUndefined();
    world.advance(1);
    expect(world.exchange.recipient(id)).toBeDefined();
    world.entra.softDelete(id);
    world.advance(20 * MINUTE_MS);
    expect(world.exchange.recipient(id)?.whenSoftDeleted).toBe('2026-11-23T12:20:00Z');
    world.entra.hardDelete(id, 'tool');
    world.advance(5 * HOUR_MS - 1);
    expect(world.exchange.recipient(id)).toBeDefined();
    world.advance(1);
    expect(world.exchange.recipient(id)).toBeUndefined();
  });

  test('a hold keeps the soft-deleted mail user beyond its Entra object', () => {
    const { world, id, send } = blogTest();
    world.advance(HOUR_MS);
    world.exchange.placeHold(id, { inPlaceHolds: ['mbx1'] });
    world.entra.softDelete(id);
    world.advance(HOUR_MS);
    expect(world.exchange.softDeletedMailUsers()).toMatchObject([
      { id, inPlaceHolds: ['mbx1'], litigationHoldEnabled: false, isInactive: false },
    ]);
    world.entra.hardDelete(id, 'tool');
    world.advance(HOUR_MS);
    expect(world.exchange.recipient(id)?.isInactive).toBe(true);
    expect(send().delivered).toBe(false);
    expect(() => world.exchange.removePermanently(id)).toThrow('on hold');
  });

  test('one that lingers goes when it is removed, which needs the Entra object to be gone', () => {
    const { world, id, send } = blogTest();
    world.advance(HOUR_MS);
    world.exchange.keepLingering(id);
    world.entra.softDelete(id);
    world.advance(HOUR_MS);
    expect(() => world.exchange.removePermanently(id)).toThrow('still exists in Entra ID');
    world.entra.hardDelete(id, 'tool');
    world.advance(DAY_MS);
    expect(send().delivered).toBe(false);
    world.exchange.removePermanently(id);
    expect(send().delivered).toBe(true);
  });
});

describe('mail', () => {
  test('to nobody: the internet takes an external address, an internal one is refused', () => {
    const { world } = blogTest();
    expect(world.mail.send({ to: 'x@adatum.com' })).toMatchObject({ delivered: true, route: 'internet' });
    for (const to of ['x@domain.com', 'x@DOMAIN1.domain2.com']) {
      expect(world.mail.send({ to })).toMatchObject({ delivered: false, ndr: NDR.unknownInternalRecipient });
    }
    expect(world.mail.send({ to: 'x@notdomain.com' }).delivered).toBe(true);
  });

  test('to a live recipient: into its mailbox, to on-premises, or onwards, by any address in any case', () => {
    const world = newWorld();
    const random = new Random(1);
    const [outside, inside] = [person(random, 1), person(random, 2)];
    joins.internalPrimaryMailUser(world, outside);
    joins.onPremMailboxUser(world, inside);
    world.advance(2 * HOUR_MS);
    const route = (to: string) => world.mail.send({ to });
    expect(route(outside.internalAddress.toUpperCase())).toMatchObject({ route: 'externalAddress' });
    expect(route(outside.externalAddress)).toMatchObject({ route: 'externalAddress' });
    expect(route(inside.routingAddress)).toMatchObject({ route: 'onPremises' });
  });

  test('to a deleted guest does not bounce', () => {
    const world = newWorld();
    const { id } = world.entra.createGuest('Gus', 'gus@fabrikam.com');
    world.advance(HOUR_MS);
    world.entra.softDelete(id);
    world.advance(HOUR_MS);
    expect(world.exchange.softDeletedMailUsers()).toMatchObject([{ recipientTypeDetails: 'GuestMailUser' }]);
    expect(world.mail.send({ to: 'gus@fabrikam.com' }).delivered).toBe(true);
  });

  test('a live recipient with the address outweighs a soft-deleted one', () => {
    const { world, user, id, send } = blogTest();
    world.advance(HOUR_MS);
    world.onPrem.delete(user);
    world.sync.syncNow();
    const anew = seedBlogTest(world);
    world.advance(2 * HOUR_MS);
    expect(world.entra.deletedUser(id)).toBeDefined();
    expect(send()).toMatchObject({ delivered: true, recipient: world.entra.holderOf(anew.key) });
    expect(world.mail.bouncing()).toEqual([]);
  });
});
