/** What people do in a company by day. */
import { DAY_MS } from '../tenant/clock.ts';
import type { EntraUser } from '../tenant/directory.ts';
import { withoutPrefix } from '../tenant/exchange.ts';
import * as joins from '../tenant/members.ts';
import { immutableIdOf, type OnPremUser, RECIPIENT } from '../tenant/onPrem.ts';
import { person } from '../tenant/people.ts';
import { ARCHIVE_OU, DOMAINS, PARTNERS_OU, PEOPLE_OU } from '../tenant/world.ts';
import type { Company } from './company.ts';
import { domainIn } from './exports.ts';
import { BOARD_OU } from './policies.ts';

export type Act = (company: Company) => void;

export const pick = <T>({ chance }: Company, from: Iterable<T>): T => chance.pick('who', [...from]);
export const mailUsers = ({ world }: Company) =>
  [...world.onPrem.users()].filter((user) => user.msExchRecipientTypeDetails === RECIPIENT.mailUser);
const idOf = ({ world }: Company, user: OnPremUser) => world.entra.holderOf(immutableIdOf(user)) ?? '';
const liveId = (company: Company) => pick(company, company.world.entra.liveUsers()).id;

/** While a night is under way, mostly one of those whom it is about to purge. */
export function deletedId(company: Company): string {
  const { world, tonight, chance } = company;
  const planned = [...tonight.values()].flatMap(({ decided }) =>
    [...decided].map((key) => key.split(' ')[0]),
  );
  const there = world.entra.deletedUsers().map(({ id }) => id);
  const those = chance.int('whom', 0, 3) > 0 ? there.filter((id) => planned.includes(id)) : [];
  return pick(company, those.length > 0 ? those : there);
}

export function someone({ chance, world }: Company) {
  return person(world.random, 10_000 + chance.int('number', 0, 1e9));
}

function hireInto(ou: string, alias: (plain: string) => string, domain = 'domain.com'): Act {
  return (company) => {
    const { alias: plain, externalAddress, displayName } = someone(company);
    const name = alias(plain);
    const user = company.world.onPrem.create({ displayName, userPrincipalName: `${name}@${domain}`, ou });
    company.world.onPrem.mailEnable(user, { externalAddress, aliases: [`${name}@${domain}`] });
  };
}

export const leave: Act = (company) => company.world.onPrem.delete(pick(company, mailUsers(company)));

/** The usual traffic: each with its chance per day. */
const DAILY: Readonly<Record<string, readonly [number, Act]>> = {
  'hire a mail user': [0.7, (company) => joins.mailUser(company.world, someone(company))],
  'a mail user leaves': [0.8, leave],
  'another mail user leaves': [0.5, leave],
  'anybody leaves': [
    0.2,
    (company) => company.world.onPrem.delete(pick(company, company.world.onPrem.users())),
  ],
  'hire with an internal primary': [
    0.1,
    (company) => joins.internalPrimaryMailUser(company.world, someone(company)),
  ],
  'hire from another forest': [0.1, (company) => joins.migratedMailUser(company.world, someone(company))],
  'hire a very important partner': [0.08, hireInto(PARTNERS_OU, (plain) => `vip.${plain}`)],
  'hire an administrator': [0.05, hireInto(PARTNERS_OU, (plain) => `${plain}.admin`)],
  'hire for the board': [0.06, hireInto(BOARD_OU, (plain) => plain)],
  'a forest appears': [
    0.03,
    (company) => {
      for (let n = 0; n < 12; n++) hireInto(PARTNERS_OU, (plain) => plain, 'domain2.com')(company);
    },
  ],
  'a forest vanishes': [
    0.006,
    (company) => {
      const theirs = [...company.world.onPrem.users()].filter((user) => domainIn(user) === 'domain2.com');
      for (const user of theirs) company.world.onPrem.delete(user);
      if (theirs.length === 0) throw new Error('there is none');
    },
  ],
  'move out of scope': [
    0.15,
    (company) => company.world.onPrem.move(pick(company, mailUsers(company)), ARCHIVE_OU),
  ],
  'delete out of scope': [0.1, (company) => company.world.onPrem.delete(pick(company, outOfScope(company)))],
  'move back into scope': [
    0.15,
    (company) => company.world.onPrem.move(pick(company, outOfScope(company)), PARTNERS_OU),
  ],
  rename: [
    0.1,
    (company) => {
      const user = pick(company, company.world.onPrem.users());
      company.world.onPrem.rename(user, { displayName: `${user.displayName} II` });
    },
  ],
  'change the UPN': [
    0.05,
    (company) => {
      const user = pick(company, company.world.onPrem.users());
      company.world.onPrem.rename(user, { userPrincipalName: `new.${user.userPrincipalName}` });
    },
  ],
  'restore on-premises': [0.15, (company) => restoreOnPremises(company)],
  'hire again with the same address': [0.12, (company) => hireAgain(company)],
  'change the scope': [
    0.02,
    (company) => company.world.sync.setScope([company.chance.pick('ou', [PEOPLE_OU, PARTNERS_OU])]),
  ],
  'undo the scope': [
    0.3,
    (company) => {
      if (company.world.sync.scope.length > 1) throw new Error('nothing to undo');
      company.world.sync.setScope([PEOPLE_OU, PARTNERS_OU]);
    },
  ],
  'a domain is not verified any more': [0.03, loseADomain],
  'every domain is verified': [0.3, ({ world }) => world.entra.verify(DOMAINS)],
  'pause sync': [0.03, ({ world }) => world.sync.pause()],
  'resume sync': [0.5, ({ world }) => world.sync.resume()],
  'admin deletes a user': [0.05, (company) => company.world.entra.softDelete(liveId(company))],
  'admin restores a user': [0.06, (company) => company.world.entra.restore(deletedId(company))],
  'admin purges a user': [
    0.06,
    (company) => company.world.entra.hardDelete(deletedId(company), 'an administrator'),
  ],
  'invite a guest': [0.05, (company) => joins.guest(company.world, someone(company))],
  'a cloud user comes': [0.03, (company) => joins.cloudUser(company.world, someone(company))],
  'moved to cloud management': [0.08, moveToCloud],
  'give a licence': [
    0.06,
    (company) => company.world.entra.assignLicense(liveMailUser(company), 'SharePoint'),
  ],
  'give Entra ID P2': [
    0.08,
    (company) => company.world.entra.assignLicense(liveMailUser(company), 'foundation'),
  ],
  'give a mailbox': [0.05, (company) => company.world.entra.assignLicense(liveMailUser(company), 'exchange')],
  'take licences': [0.06, (company) => company.world.entra.removeLicenses(liveId(company))],
  'place a hold': [
    0.08,
    (company) => company.world.exchange.placeHold(deletedId(company), { litigationHoldEnabled: true }),
  ],
  'lift a hold': [0.08, (company) => company.world.exchange.placeHold(deletedId(company), {})],
  'a high-volume account': [0.04, (company) => company.highVolume.add(deletedId(company))],
  'a recipient will linger': [
    0.1,
    (company) => {
      const id = deletedId(company);
      company.world.exchange.keepLingering(id);
      company.lingering.add(id);
    },
  ],
  'a privileged user': [0.03, (company) => makePrivileged(company)],
  'an extension attribute': [
    0.08,
    (company) =>
      company.world.onPrem.change(pick(company, mailUsers(company)), {
        extensionAttributes: { extensionAttribute3: 'keep until the audit' },
      }),
  ],
  'make a mailbox of a mail user': [
    0.04,
    (company) => {
      const user = pick(company, mailUsers(company));
      company.world.onPrem.enableMailbox(user, user.userPrincipalName);
    },
  ],
};
export const WORLD_EVENTS = Object.keys(DAILY).map((name) => `world: ${name}`);

/** A day of a company's life: some of it happens, at some time of the day. */
export function liveOneDay(company: Company, milliseconds: number): void {
  const events = Object.entries(DAILY).filter(([name, [chance]]) =>
    company.chance.happens(`world: ${name}`, chance),
  );
  const order = company.chance.shuffled('day', events);
  const each = Math.floor(milliseconds / (order.length + 1));
  for (const [name, [, act]] of order) {
    company.world.advance(each);
    attempt(company, name, act);
  }
  company.world.advance(milliseconds - each * order.length);
  company.view.settle();
}

/** A world may refuse: the name is taken, nobody is there to do it to. */
export function attempt(company: Company, name: string, act: Act): void {
  try {
    act(company);
    company.trace?.(`event: ${name}`);
  } catch (error) {
    company.trace?.(`event: ${name}: not done, ${error instanceof Error ? error.message : ''}`);
  }
}

/** The source of authority becomes Entra ID, and the on-premises object is removed on purpose. */
function moveToCloud(company: Company): void {
  const { entra, onPrem } = company.world;
  const id = liveMailUser(company);
  const anchor = entra.liveUser(id)?.onPremisesImmutableId;
  entra.update(id, { onPremisesSyncEnabled: false });
  const user = [...onPrem.users()].find((one) => immutableIdOf(one) === anchor);
  if (user !== undefined) onPrem.delete(user);
}

/** One that an earlier night saw verified: what nobody ever saw, nobody can know of. */
function loseADomain(company: Company): void {
  const { entra } = company.world;
  const seen = company.book.lines.some(({ record }) => record.kind === 'tenantRead');
  if (!seen) throw new Error('no night has read the tenant');
  const lost = company.chance.pick('domain', [DOMAINS[0], DOMAINS[1]]);
  entra.verify(DOMAINS.filter((name) => name !== lost));
}

function outOfScope({ world }: Company): OnPremUser[] {
  return [...world.onPrem.users()].filter((user) => !world.sync.inScope(user));
}

/** While a night is under way, mostly one of those whom it is about to purge. */
export function restoreOnPremises(company: Company): void {
  const { world, clock, tonight, chance } = company;
  const since = clock.now() - 25 * DAY_MS;
  const candidates = [...world.onPrem.deletedUsers()].filter(({ deletedAt }) => (deletedAt ?? 0) > since);
  const planned = new Set(
    [...tonight.values()].flatMap(({ decided }) => [...decided].map((key) => key.split(' ')[0])),
  );
  const those = candidates.filter((user) => planned.has(idOf(company, user)));
  const some = chance.int('whom', 0, 3) > 0 && those.length > 0 ? those : candidates;
  world.onPrem.restore(pick(company, some));
}

/** Another on-prem object with the UPN and addresses of one who left. */
function hireAgain(company: Company): void {
  const { onPrem } = company.world;
  const former = pick(
    company,
    [...onPrem.deletedUsers()].filter((user) => user.msExchRecipientTypeDetails === RECIPIENT.mailUser),
  );
  const user = onPrem.create({
    displayName: former.displayName,
    userPrincipalName: former.userPrincipalName,
    ou: PARTNERS_OU,
  });
  onPrem.mailEnable(user, { externalAddress: withoutPrefix(former.targetAddress ?? '') });
}

const liveMailUser = (company: Company): string => {
  const ids = new Set(mailUsers(company).map((user) => idOf(company, user)));
  return pick(
    company,
    company.world.entra.liveUsers().filter((user: EntraUser) => ids.has(user.id)),
  ).id;
};

/** Few at a time: many together stop a night, which is what they are meant to do. */
function makePrivileged(company: Company): void {
  const { entra } = company.world;
  const all = [...entra.deletedUsers(), ...entra.liveUsers()];
  if (all.filter(({ id }) => entra.isPrivileged(id)).length > 1) throw new Error('there are enough');
  entra.setPrivileged(liveMailUser(company));
}
