import { KINDS, type Kind, type Tag } from './kinds.ts';
import type { Member } from './members.ts';
import * as joins from './members.ts';
import { immutableIdOf } from './onPrem.ts';
import { type Person, person } from './people.ts';
import { Random } from './random.ts';
import type { Step } from './timeline.ts';
import type { World } from './world.ts';

export interface PopulationOptions {
  /** Live users in the end. */
  users: number;
  /** Users in the recycle bin in the end: of every kind at least one, if there are enough. */
  deleted: number;
  seed?: number;
  /** What else happened in that past, at most 44 days ago. */
  steps?: readonly Step[];
  /** What is to be different about some kinds of deleted users. */
  kinds?: Partial<Record<Tag, Partial<Kind>>>;
}

/** How many of each kind are in the recycle bin. */
export type Population = Readonly<Record<Tag, number>>;

const JOINED_DAYS_AGO = 44;
const LIVE: readonly (readonly [join: joins.Join, share: number])[] = [
  [joins.onPremMailboxUser, 50],
  [joins.remoteMailboxUser, 20],
  [joins.mailUser, 20],
  [joins.plainUser, 6],
  [joins.guest, 3],
  [joins.cloudUser, 1],
];

/**
 * Fills a new world with people, and lives through the six weeks in which some of them go. What comes out is
 * what those weeks lead to: nothing is put into the recycle bin by hand.
 *
 * @throws RangeError if the world was used before, or if `users` cannot be
 */
export function seedPopulation(world: World, options: PopulationOptions): Population {
  const random = new Random(options.seed ?? 1);
  const tags = Object.keys(KINDS) as Tag[];
  const kindOf = (tag: Tag): Kind => ({ ...KINDS[tag], ...options.kinds?.[tag] });
  const counts = apportion(
    options.deleted,
    tags.map((tag) => kindOf(tag).share),
  );
  const population = Object.fromEntries(tags.map((tag, index) => [tag, counts[index] ?? 0])) as Population;
  const crowd = options.users - population.recreatedMailUser;
  if (crowd < 0) throw new RangeError(`${options.users} users are fewer than those who were created anew`);

  let number = 0;
  const steps: Step[] = [];
  for (const tag of tags) {
    for (let left = population[tag]; left > 0; left--) {
      steps.push(...life(world, [tag, kindOf(tag)], person(random, ++number), random));
    }
  }
  steps.push(...livesOfTheLiving(world, crowd, () => person(random, ++number)));
  world.replay([...steps, ...(options.steps ?? [])]);
  return population;
}

/** From joining to leaving. */
function life(world: World, [tag, kind]: readonly [Tag, Kind], someone: Person, random: Random): Step[] {
  const { join, grow = [], leave = goFromWhereTheyAre, afterwards, deleted } = kind;
  const leftDaysAgo = random.between(...deleted);
  let member: Member | undefined;
  const step = (daysAgo: number, run: (joined: Member) => void): Step => ({
    daysAgo,
    run: () => member && run(member),
  });
  const steps = [
    {
      daysAgo: JOINED_DAYS_AGO,
      run: () => {
        member = join(world, someone);
        world.truth.tag('user' in member ? member.user.key : member.cloudId, tag);
      },
    },
    ...grow.map((change, day) =>
      step(JOINED_DAYS_AGO - 1 - day, (joined) => change(world, idOf(world, joined), joined)),
    ),
    step(leftDaysAgo, (joined) => leave(world, idOf(world, joined), joined)),
  ];
  if (afterwards !== undefined) steps.push(step(leftDaysAgo - 0.5, (joined) => afterwards(world, joined)));
  return steps;
}

function livesOfTheLiving(world: World, users: number, next: () => Person): Step[] {
  const withMailboxInTheCloud: Member[] = [];
  const join = () => {
    const counts = apportion(
      users,
      LIVE.map(([, share]) => share),
    );
    for (const [index, [become]] of LIVE.entries()) {
      for (let left = counts[index] ?? 0; left > 0; left--) {
        const member = become(world, next());
        if (become === joins.remoteMailboxUser) withMailboxInTheCloud.push(member);
      }
    }
  };
  const license = () => {
    for (const member of withMailboxInTheCloud) world.entra.assignLicense(idOf(world, member), 'exchange');
  };
  return [
    { daysAgo: JOINED_DAYS_AGO, run: join },
    { daysAgo: JOINED_DAYS_AGO - 1, run: license },
  ];
}

function goFromWhereTheyAre(world: World, id: string, member: Member): void {
  if ('user' in member) world.onPrem.delete(member.user);
  else world.entra.softDelete(id);
}

function idOf(world: World, member: Member): string {
  if ('cloudId' in member) return member.cloudId;
  const id = world.entra.holderOf(immutableIdOf(member.user));
  if (id === undefined) throw new Error(`${member.user.userPrincipalName} was never synced`);
  return id;
}

/** `total` in parts by `shares`: exactly so many in sum, and no part empty if that can be. */
function apportion(total: number, shares: readonly number[]): number[] {
  const each = total >= shares.length ? 1 : 0;
  const rest = total - each * shares.length;
  const whole = shares.reduce((sum, share) => sum + share, 0);
  let soFar = 0;
  return shares.map((share) => {
    const before = Math.round((rest * soFar) / whole);
    soFar += share;
    return each + Math.round((rest * soFar) / whole) - before;
  });
}
