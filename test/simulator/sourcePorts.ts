/** The sources of the on-prem user set: Entra ID's live users, Active Directory, and exports. */
import type { Wanted } from '../../lib/core/evidence/keys.ts';
import { at, immutableId, securityId } from '../../lib/core/ids.ts';
import type { Coverage, OnPremUser, Recheck, SourceSummary } from '../../lib/core/model.ts';
import type { SourceKind } from '../../lib/core/vocabulary.ts';
import { NightRefused } from '../../lib/errors.ts';
import type { OnPremSource } from '../../lib/ports.ts';
import { HOUR_MS } from '../tenant/clock.ts';
import { type OnPremUser as AdUser, distinguishedName, immutableIdOf, sidOf } from '../tenant/onPrem.ts';
import type { Company } from './company.ts';
import { type Delivery, domainIn, ON_PREM_DOMAINS } from './exports.ts';
import type { Runner } from './runner.ts';
import type { SourceTold, Told } from './told.ts';

/** A source as it is this night, before anything goes wrong on the way. */
interface Reading {
  readonly users: readonly OnPremUser[];
  readonly total: number;
  readonly slices: Readonly<Record<string, number>>;
  readonly asOf: number;
  readonly parts?: Readonly<Record<string, number>>;
  readonly coverage?: Coverage;
  /** Knows other people than Entra ID does, also when it is asked again. */
  readonly disagrees: boolean;
}

export function sourcePorts(runner: Runner): readonly OnPremSource[] {
  const { source } = runner.company.family;
  const entra = sourcePort(runner, 'entra', () => liveUsers(runner.company));
  return source === 'entra' ? [entra] : [entra, sourcePort(runner, source, onPremises(runner, source))];
}

function sourcePort(runner: Runner, kind: SourceKind, look: () => Reading): OnPremSource {
  const { told, point, fault } = runner;
  return {
    kind,
    async *read(_wanted, signal) {
      await point('source.read', 'before');
      try {
        const problem = failing(runner, kind, signal);
        if (problem !== undefined) throw problem;
        const reading = look();
        const { pages, total } = pagesOf(runner, reading);
        const noted = startNoting();
        for (const page of pages) {
          for (const user of page) note(user, noted);
          yield page;
          if (fault('source: ends midway')) throw new NightRefused('sourceIncomplete', 'It ended midway.');
        }
        const { slices, asOf, parts, disagrees, coverage } = reading;
        const moments =
          parts && Object.fromEntries(Object.entries(parts).map(([name, ms]) => [name, at(ms)]));
        told.sources.set(kind, { ...noted, total, slices, parts: moments, disagrees });
        await point('source.read', 'after');
        const summary: SourceSummary = { kind, total, slices, asOf: at(asOf), ...(coverage && { coverage }) };
        return moments === undefined ? summary : { ...summary, parts: moments };
      } catch (error) {
        told.failedReads.push(kind);
        throw error;
      }
    },
    async recheck(wanted) {
      await point('source.recheck', 'before');
      if (fault('recheck: no answer')) {
        noteRecheck(told, kind, wanted, undefined);
        throw new Error(`${kind} did not answer again`);
      }
      const { users, coverage } = look();
      const unknown = wanted.ids.filter(() => fault('recheck: unknown'));
      const answer: Recheck = {
        users: users.filter(wanted.has),
        unread: new Map(unknown.map((id) => [id, `${kind} did not answer for it`])),
        ...(coverage && { coverage }),
      };
      noteRecheck(told, kind, wanted, answer);
      await point('source.recheck', 'after');
      return answer;
    },
  };
}

function failing({ fault }: Runner, kind: SourceKind, signal: AbortSignal): Error | undefined {
  if (signal.aborted) return new Error('asked to end');
  if (fault('source: denied')) return new NightRefused('accessDenied', `May not read ${kind}.`);
  if (fault('source: empty')) return new NightRefused('sourceEmpty', `${kind} is empty.`);
  return fault('source: fails') ? new Error(`${kind} cannot be reached`) : undefined;
}

type Noted = Pick<SourceTold, 'ids' | 'names' | 'tombstones' | 'places'>;
export const startNoting = (): Noted => ({
  ids: new Set(),
  names: new Set(),
  tombstones: new Set(),
  places: new Set(),
});

export function note(user: OnPremUser, { ids, names, tombstones, places }: Noted): void {
  const { immutableIds, userPrincipalName, addresses, tombstone, sid, distinguishedName = '' } = user;
  if (tombstone !== undefined) {
    if (sid !== undefined) tombstones.add(sid);
    return;
  }
  for (const id of immutableIds) ids.add(id);
  const dn = distinguishedName.toLowerCase();
  places.add(dn.slice(dn.indexOf(',ou=') + 1));
  for (const name of [userPrincipalName ?? '', ...addresses]) {
    if (name !== '') names.add(name.toLowerCase().replace(/^smtp:/, ''));
  }
}

/** Whom a source, asked again, does not have. */
export function noteRecheck(
  told: Told,
  kind: SourceKind,
  { ids }: Wanted,
  answer: Recheck | undefined,
): void {
  for (const id of ids) {
    const isThere = answer?.users.some(
      ({ tombstone, immutableIds }) => tombstone === undefined && immutableIds.includes(id),
    );
    if (isThere === false && answer?.unread?.has(id) !== true) told.rechecks.add(`${kind} ${id}`);
    else told.rechecks.delete(`${kind} ${id}`);
  }
}

/** Leaving out users is survived by asking again, and counting them out by the memory of what there was. */
function pagesOf({ company, fault }: Runner, { users, total }: Reading) {
  const hides = fault('source: leaves out users');
  const counts = !hides && fault('source: leaves out users and counts them');
  const told = hides || counts ? users.filter(() => company.chance.int('leave out', 0, 1) > 0) : users;
  const half = Math.ceil(told.length / 2);
  const pages = [told.slice(0, half), told.slice(half)];
  if (fault('source: tells users twice')) pages.push(told.slice(0, half));
  return { pages, total: counts ? told.length : total };
}

function liveUsers({ world, clock }: Company): Reading {
  const users = world.entra
    .liveUsers()
    .filter((user) => user.onPremisesSyncEnabled === true)
    .map((user) => ({
      ...keysOf(user.onPremisesImmutableId ?? '', user.onPremisesSecurityIdentifier ?? ''),
      userPrincipalName: user.userPrincipalName,
      addresses: user.mail === null ? user.proxyAddresses : [...user.proxyAddresses, user.mail],
    }));
  const slices = count(users.map((user) => user.userPrincipalName.split('@')[1] ?? ''));
  return { users, total: users.length, slices, asOf: clock.now(), disagrees: false };
}

function onPremises(runner: Runner, source: 'activeDirectory' | 'export'): () => Reading {
  const { company, fault } = runner;
  const wrongAnchor = fault('source: wrong anchor');
  const lost = !wrongAnchor && secondForestIsLarge(company) && fault('source: a forest is lost');
  const putBack = !wrongAnchor && !lost && fault('source: an old export is put back');
  const tooOld = fault('source: the export is too old');
  const { onPremises: rules } = runner.told.policy;
  const maxAgeMs = rules.source === 'export' ? rules.maxAgeHours * HOUR_MS : 0;
  return () => {
    const deliveries = ON_PREM_DOMAINS.map((domain): Delivery | undefined => {
      if (source === 'activeDirectory') return presentState(company, domain);
      const old = putBack && domain === 'domain2.com' ? company.exports.older(domain) : undefined;
      return old ?? company.exports.newest(domain);
    });
    const parts = deliveries.map((delivery) => delivery?.at ?? 0);
    const oldest = Math.min(...parts);
    if (source === 'export' && (tooOld || company.clock.now() - oldest > maxAgeMs)) {
      throw new NightRefused('sourceStale', 'An export is too old. Nobody is purged.');
    }
    const people = deliveries
      .flatMap((delivery) => delivery?.users ?? [])
      .filter((user) => !lost || domainIn(user) === 'domain.com');
    const users = people.map((user) => told(user, wrongAnchor));
    const tombstones = source === 'activeDirectory' && company.family.tombstones;
    const tombs = tombstones ? [...company.world.onPrem.deletedUsers()].map(tombstone) : [];
    return {
      users: [...users, ...tombs],
      total: users.length,
      slices: count(people.map(domainIn)),
      asOf: oldest,
      coverage: { 'domain.com': { tombstones, containers: containersOf(people), canHaveMade: () => true } },
      ...(source === 'export' && {
        parts: Object.fromEntries(ON_PREM_DOMAINS.map((domain, n) => [domain, parts[n] ?? 0])),
      }),
      disagrees: wrongAnchor || lost,
    };
  };
}

/** Losing a forest is noticed where Entra ID has enough users of it. */
function secondForestIsLarge({ world }: Company): boolean {
  const synced = world.entra.liveUsers().filter((user) => user.onPremisesSyncEnabled === true);
  const there = synced.filter((user) => {
    const source = world.onPrem.byImmutableId(user.onPremisesImmutableId ?? '');
    return source !== undefined && domainIn(source) === 'domain2.com';
  });
  return there.length > 4 && there.length > synced.length * 0.15;
}

function presentState({ world, clock }: Company, domain: string): Delivery {
  const users = [...world.onPrem.users()].filter((user) => domainIn(user) === domain);
  return { at: clock.now(), users, ids: new Set() };
}

function keysOf(id: string, sid: string) {
  const own = immutableId(id);
  return { immutableIds: own === undefined ? [] : [own], sid: securityId(sid), sidHistory: [] };
}

const told = (user: AdUser, wrongAnchor: boolean): OnPremUser => ({
  ...keysOf(
    wrongAnchor ? `employee ${user.relativeId}` : immutableIdOf(user),
    wrongAnchor ? '' : sidOf(user),
  ),
  userPrincipalName: user.userPrincipalName,
  addresses: user.mail === null ? user.proxyAddresses : [...user.proxyAddresses, user.mail],
  distinguishedName: distinguishedName(user),
  targetAddress: user.targetAddress ?? undefined,
  recipientTypeDetails: user.msExchRecipientTypeDetails?.toString(),
});

const tombstone = (user: AdUser): OnPremUser => ({
  ...told(user, false),
  tombstone: { deletedSince: user.deletedAt === null ? undefined : at(user.deletedAt) },
});

const containersOf = (users: readonly AdUser[]): ReadonlySet<string> =>
  new Set(users.map(({ ou }) => ou.toLowerCase()));

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
