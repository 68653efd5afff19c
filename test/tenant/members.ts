import type { OnPremUser } from './onPrem.ts';
import type { Person } from './people.ts';
import { PARTNERS_OU, PEOPLE_OU, type World } from './world.ts';

/** One of a population: an on-prem user, or a user that Entra ID alone has. */
export type Member =
  | { readonly person: Person; readonly user: OnPremUser }
  | { readonly person: Person; readonly cloudId: string };

export type Join = (world: World, person: Person) => Member;

export const plainUser: Join = (world, person) => ({ person, user: create(world, person) });

export const mailUser: Join = (world, person) => enabled(world, person, create(world, person, PARTNERS_OU));

/** Came from another forest: its immutable id is not its objectGUID. */
export const migratedMailUser: Join = (world, person) =>
  enabled(world, person, create(world, person, PARTNERS_OU, world.random.guidBase64()));

export const internalPrimaryMailUser: Join = (world, person) => {
  const { externalAddress, internalAddress: primary, routingAddress } = person;
  const user = create(world, person, PARTNERS_OU);
  const mail = { externalAddress, primary, aliases: [externalAddress, routingAddress] };
  return { person, user: world.onPrem.mailEnable(user, mail) };
};

export const noProxyAddressesMailUser: Join = (world, person) => {
  const { user } = enabled(world, person, create(world, person, PARTNERS_OU));
  return { person, user: world.onPrem.change(user, { proxyAddresses: [] }) };
};

export const onPremMailboxUser: Join = (world, person) => {
  const user = create(world, person);
  return { person, user: world.onPrem.enableMailbox(user, person.internalAddress, [person.routingAddress]) };
};

export const remoteMailboxUser: Join = (world, person) => {
  const user = create(world, person);
  return {
    person,
    user: world.onPrem.enableRemoteMailbox(user, person.internalAddress, person.routingAddress),
  };
};

export const guest: Join = (world, person) => ({
  person,
  cloudId: world.entra.createGuest(person.displayName, person.externalAddress).id,
});

export const cloudUser: Join = (world, person) => ({
  person,
  cloudId: world.entra.createUser({
    displayName: person.displayName,
    userPrincipalName: person.internalAddress,
  }).id,
});

/** Another identity provider signs it in, for which it has an immutable id. Directory sync never made it. */
export const federatedUser: Join = (world, person) => ({
  person,
  cloudId: world.entra.createUser({
    displayName: person.displayName,
    userPrincipalName: person.internalAddress,
    onPremisesImmutableId: world.random.guidBase64(),
  }).id,
});

export function becomeMailUser(world: World, id: string, member: Member): void {
  world.entra.removeLicenses(id);
  if ('user' in member) enabled(world, member.person, member.user);
}

function enabled(world: World, person: Person, user: OnPremUser): Member & { user: OnPremUser } {
  const { externalAddress, internalAddress, routingAddress } = person;
  const aliases = [internalAddress, routingAddress];
  return { person, user: world.onPrem.mailEnable(user, { externalAddress, aliases }) };
}

function create(world: World, person: Person, ou = PEOPLE_OU, consistencyGuid?: string): OnPremUser {
  return world.onPrem.create({
    displayName: person.displayName,
    userPrincipalName: person.internalAddress,
    ou,
    ...(consistencyGuid === undefined ? {} : { consistencyGuid }),
  });
}
