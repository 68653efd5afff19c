import { DAY_MS } from './clock.ts';
import type { EntraUser } from './directory.ts';
import type { AuditEntry } from './entra.ts';
import { unmangled } from './entraUser.ts';
import { withoutPrefix } from './exchange.ts';
import type { NightFacts } from './facts.ts';
import { isInternal } from './mail.ts';
import type { Truth } from './truth.ts';
import type { World } from './world.ts';

/** What a night with such means must have known, and what it was allowed to do. */
export interface CheckOptions {
  /** The app whose purges are checked. Purges by others are none of its business. */
  by: string;
  graceDays: number;
  maxPurges: number;
  /** False where Entra ID alone is asked: then a user out of scope cannot be told from one who is gone. */
  sourceKnowsOnPrem: boolean;
  /** `graph`: by its properties alone; `extension`: by a synced target address; `exchange`: by its word. */
  mailUserProof: 'graph' | 'extension' | 'exchange';
  holdsKnown: boolean;
  /** Ids that policy protects: need not be purged, and must not be. */
  protectedIds?: ReadonlySet<string>;
}

/** The world as it was before the night. */
export interface Observation {
  readonly at: number;
  readonly audit: number;
  readonly deleted: ReadonlyMap<string, Truth>;
  /** Ids of deleted users of whom a live user has the immutable id, an address or the former name. */
  readonly reappeared: ReadonlySet<string>;
}

export interface Findings {
  /** Must never be. */
  readonly violations: readonly string[];
  /** Regrettable, but the night had no means to know. */
  readonly unknowable: readonly string[];
}

export function observe(world: World): Observation {
  const deleted = new Map(world.truth.deleted().map((truth) => [truth.id, truth]));
  const owners = new Map<string, Set<string>>();
  for (const { id, user } of deleted.values()) {
    for (const name of namesOf(user)) owners.set(name, (owners.get(name) ?? new Set()).add(id));
  }
  const reappeared = new Set<string>();
  for (const user of world.entra.liveUsers()) {
    for (const name of namesOf(user)) for (const id of owners.get(name) ?? []) reappeared.add(id);
  }
  return { at: world.clock.now(), audit: world.truth.hardDeletes.length, deleted, reappeared };
}

/** Was anything purged that should not have been, or claimed that is not so? */
export function checkSafety(
  world: World,
  before: Observation,
  facts: NightFacts,
  options: CheckOptions,
): Findings {
  const violations: string[] = [];
  const unknowable: string[] = [];
  const ours = world.truth.hardDeletes.slice(before.audit).filter(({ entry }) => entry.by === options.by);
  if (ours.length > options.maxPurges) {
    violations.push(`purged ${ours.length} users, where ${options.maxPurges} were allowed`);
  }
  const announced = byId(facts.announced);
  for (const { entry, truth } of ours) {
    const name = `${truth.tag} ${entry.id}`;
    for (const wrong of whatIsWrongWith(entry, truth, options)) violations.push(`${name}: ${wrong}`);
    if (before.reappeared.has(entry.id))
      violations.push(`${name}: purged although a live user has its names`);
    if (!wasAnnounced(entry, announced.get(entry.id) ?? []))
      violations.push(`${name}: purged without a prior announcement for that deletion`);
    if (truth.onPremises === 'present') {
      (options.sourceKnowsOnPrem ? violations : unknowable).push(
        `${name}: purged, but it still exists on-premises`,
      );
    }
    if (truth.onHold)
      (options.holdsKnown ? violations : unknowable).push(`${name}: purged, but it was on hold`);
  }
  const done = byId(world.truth.hardDeletes.map(({ entry }) => entry).filter(({ by }) => by === options.by));
  for (const claim of facts.purged) {
    const wrong = whatIsWrongWithClaim(world, claim, done.get(claim.id) ?? []);
    if (wrong !== undefined) violations.push(`${claim.id}: ${wrong}`);
  }
  return { violations, unknowable };
}

/**
 * Is anybody still in the recycle bin whom a night with such means ought to have purged? To be asked of a night
 * that purged, was not refused and ran to its end.
 */
export function checkLiveness(world: World, before: Observation, options: CheckOptions): string[] {
  return [...before.deleted.values()]
    .filter((truth) => {
      const now = world.entra.deletedUser(truth.id);
      return now !== undefined && now.deletedDateTime === truth.user.deletedDateTime;
    })
    .filter((truth) => oughtToBePurged(world, truth, before, options))
    .map((truth) => `${truth.tag} ${truth.id}: ought to have been purged, and was not`);
}

/** The truth about who ought to go, of whom was in the recycle bin before the night. */
export function oughtToBePurged(
  world: World,
  truth: Truth,
  before: Observation,
  options: CheckOptions,
): boolean {
  const age = before.at - Date.parse(truth.user.deletedDateTime ?? '');
  return (
    truth.onPremises === 'gone' &&
    truth.mailUser &&
    !truth.mailbox &&
    !truth.licensed &&
    !truth.privileged &&
    !(truth.onHold && options.holdsKnown) &&
    age >= options.graceDays * DAY_MS &&
    !before.reappeared.has(truth.id) &&
    !options.protectedIds?.has(truth.id) &&
    (options.mailUserProof === 'exchange' || !truth.user.provisionedPlans.some(isExchange)) &&
    canBeProven(world, truth, options)
  );
}

/** Graph does not say which exchange plan it is, and Exchange Foundation has no mailbox. */
const isExchange = ({ service }: { service: string }) => service === 'exchange';

function whatIsWrongWith(entry: AuditEntry, truth: Truth, options: CheckOptions): string[] {
  const wrong: string[] = [];
  if (entry.deletedDateTime === null) wrong.push('a live user was permanently deleted');
  else if (entry.at - Date.parse(entry.deletedDateTime) < options.graceDays * DAY_MS) {
    wrong.push(`purged within the grace period, deleted ${entry.deletedDateTime}`);
  }
  if (truth.onPremises === 'never') wrong.push('purged, but it never was an on-prem user');
  else if (!truth.mailUser) wrong.push('purged, but it is not a mail user');
  if (truth.mailbox) wrong.push('purged, but it had a mailbox');
  if (truth.licensed) wrong.push('purged, but it was licensed');
  if (truth.privileged) wrong.push('purged, but it was privileged');
  if (options.protectedIds?.has(truth.id)) wrong.push('purged, but it was protected');
  return wrong;
}

function wasAnnounced(entry: AuditEntry, intents: NightFacts['announced']): boolean {
  return intents.some(
    ({ deletedDateTime, at }) =>
      sameMoment(deletedDateTime, entry.deletedDateTime) && (at === undefined || at <= entry.at),
  );
}

function whatIsWrongWithClaim(
  world: World,
  { id, deletedDateTime }: NightFacts['purged'][number],
  done: readonly AuditEntry[],
): string | undefined {
  if (world.entra.liveUser(id)) return 'claimed to be purged, but it is a live user';
  if (world.entra.deletedUser(id)) return 'claimed to be purged, but it is still in the recycle bin';
  // Its 30 days ended while a DELETE without an answer was being proven: nobody outside can tell that from a purge.
  if (world.entra.grave(id)?.how === 'expired') return undefined;
  const proof = done.some(
    (entry) => deletedDateTime === undefined || sameMoment(deletedDateTime, entry.deletedDateTime),
  );
  return proof ? undefined : 'claimed to be purged, but nothing in the audit trail says so';
}

/** The ledger may write a moment with more digits than Graph does. */
const sameMoment = (one: string, other: string | null) => Date.parse(one) === Date.parse(other ?? '');

function byId<T extends { readonly id: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.id);
    if (group === undefined) groups.set(item.id, [item]);
    else group.push(item);
  }
  return groups;
}

/** Could a night with such means know that it is a mail user? */
function canBeProven(world: World, { id, user }: Truth, { mailUserProof }: CheckOptions): boolean {
  if (hasOnlyAnExternalPrimary(user, world.entra.verifiedDomains)) return true;
  if (mailUserProof === 'exchange') return world.exchange.recipient(id)?.recipientTypeDetails === 'MailUser';
  if (mailUserProof === 'graph') return false;
  return Object.entries(user).some(
    ([name, value]) => /^extension_.*_targetAddress$/.test(name) && typeof value === 'string',
  );
}

function hasOnlyAnExternalPrimary(user: EntraUser, domains: readonly string[]): boolean {
  const primaries = user.proxyAddresses.filter((address) => address.startsWith('SMTP:')).map(withoutPrefix);
  const [primary] = primaries;
  return (
    primary !== undefined &&
    primaries.length === 1 &&
    primary.toLowerCase() === user.mail?.toLowerCase() &&
    !isInternal(primary, domains)
  );
}

function namesOf(user: EntraUser): Set<string> {
  const names = new Set(user.proxyAddresses.map((address) => withoutPrefix(address).toLowerCase()));
  if (user.mail !== null) names.add(user.mail.toLowerCase());
  names.add(unmangled(user).toLowerCase());
  if (user.onPremisesImmutableId !== null) names.add(`immutable id ${user.onPremisesImmutableId}`);
  return names;
}
