import type { Member } from './members.ts';
import * as joins from './members.ts';
import { ARCHIVE_OU, type World } from './world.ts';

/** A kind of deleted user that a purge must tell from the others. */
export interface Kind {
  readonly share: number;
  /** When they are deleted, in days before the present. */
  readonly deleted: readonly [most: number, least: number];
  readonly join: joins.Join;
  /** What becomes of them before, on one day after the other. */
  readonly grow?: readonly ((world: World, id: string, member: Member) => void)[];
  /** How they go, where it is not by deletion on-premises (or in Entra ID, who is there alone). */
  readonly leave?: (world: World, id: string, member: Member) => void;
  /** Half a day after they went. */
  readonly afterwards?: (world: World, member: Member) => void;
}

const ANY_TIME = [29.5, 1] as const;

const kinds = {
  longGoneMailUser: { share: 30, deleted: [29.5, 15], join: joins.mailUser },
  goneMailUser: { share: 15, deleted: [15, 4], join: joins.mailUser },
  migratedMailUser: { share: 3, deleted: [29.5, 15], join: joins.migratedMailUser },
  recentlyDeletedMailUser: { share: 11, deleted: [3, 0.1], join: joins.mailUser },
  /** Its primary address is the tenant's own: Graph alone cannot tell that it is a mail user. */
  internalPrimaryMailUser: { share: 5, deleted: ANY_TIME, join: joins.internalPrimaryMailUser },
  /** Its addresses never came into Entra ID. */
  noProxyAddressesMailUser: { share: 1, deleted: ANY_TIME, join: joins.noProxyAddressesMailUser },
  /** Had a mailbox in Exchange Online, and was made a mail user on leaving the company. */
  formerMailboxMailUser: {
    share: 6,
    deleted: ANY_TIME,
    join: joins.remoteMailboxUser,
    grow: [(world, id) => world.entra.assignLicense(id, 'exchange'), joins.becomeMailUser],
  },
  licensedMailUser: {
    share: 3,
    deleted: ANY_TIME,
    join: joins.mailUser,
    grow: [(world, id) => world.entra.assignLicense(id, 'SharePoint')],
  },
  privilegedMailUser: {
    share: 1,
    deleted: ANY_TIME,
    join: joins.mailUser,
    grow: [(world, id) => world.entra.setPrivileged(id)],
  },
  onHoldMailUser: {
    share: 2,
    deleted: ANY_TIME,
    join: joins.mailUser,
    grow: [(world, id) => world.exchange.placeHold(id, { litigationHoldEnabled: true })],
  },
  /** Out of sync scope; on-premises it is as alive as ever. */
  movedOutOfScopeMailUser: {
    share: 3,
    deleted: ANY_TIME,
    join: joins.mailUser,
    leave: (world, _id, member) => {
      if ('user' in member) world.onPrem.move(member.user, ARCHIVE_OU);
    },
  },
  /** Deleted in Entra ID by an administrator, alive on-premises. */
  deletedByAdminMailUser: {
    share: 1,
    deleted: ANY_TIME,
    join: joins.mailUser,
    leave: (world, id) => world.entra.softDelete(id),
  },
  /** Somebody with the same name and addresses was created anew on-premises. */
  recreatedMailUser: {
    share: 2,
    deleted: ANY_TIME,
    join: joins.mailUser,
    afterwards: (world, member) => {
      joins.mailUser(world, member.person);
    },
  },
  onPremMailboxUser: { share: 5, deleted: ANY_TIME, join: joins.onPremMailboxUser },
  remoteMailboxUser: {
    share: 5,
    deleted: ANY_TIME,
    join: joins.remoteMailboxUser,
    grow: [(world, id) => world.entra.assignLicense(id, 'exchange')],
  },
  plainUser: { share: 3, deleted: ANY_TIME, join: joins.plainUser },
  guest: { share: 2, deleted: ANY_TIME, join: joins.guest },
  cloudUser: { share: 1, deleted: ANY_TIME, join: joins.cloudUser },
  federatedUser: { share: 1, deleted: ANY_TIME, join: joins.federatedUser },
} satisfies Record<string, Kind>;

/** The tags that {@link seedPopulation} gives to deleted users. */
export type Tag = keyof typeof kinds;
export const KINDS: Readonly<Record<Tag, Kind>> = kinds;
