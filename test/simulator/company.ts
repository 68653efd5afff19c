/** A company, its tenant and all that outlives a night. Everything in it follows from one seed. */
import type { NightId } from '../../lib/core/ids.ts';
import type { Policy } from '../../lib/core/policy.ts';
import type { LedgerLine, RecordOf } from '../../lib/core/record.ts';
import type { SourceKind } from '../../lib/core/vocabulary.ts';
import { DAY_MS, MINUTE_MS, manualClock, type SteerableClock } from '../tenant/clock.ts';
import { seedPopulation } from '../tenant/population.ts';
import { createView, type View } from '../tenant/view.ts';
import { createWorld, PARTNERS_OU, type World } from '../tenant/world.ts';
import { type Book, openBook } from './book.ts';
import { Chance } from './chance.ts';
import type { Coverage } from './coverage.ts';
import { type Exports, openExports } from './exports.ts';
import { EXTENSION_APP, type Family, inventPolicy, pickFamily } from './policies.ts';
import type { SourceTold, Told } from './told.ts';

/** The client id of the app in whose name is purged. */
export const TOOL = '5f0c1a2e-3d4b-4c5d-8e6f-7a8b9c0d1e2f';

export interface Company {
  readonly chance: Chance;
  readonly coverage: Coverage;
  readonly clock: SteerableClock;
  readonly world: World;
  /** Entra ID as Graph shows it: a purge takes a while to show. */
  readonly view: View;
  readonly family: Family;
  readonly exports: Exports;
  /** The ledger's storage. */
  readonly files: Map<string, Buffer>;
  /** By file: which night has its lease, and when that ends by itself because its process died. */
  readonly leases: Map<string, { readonly night: NightId; freeAt: number | undefined }>;
  /** Whose process stands still. */
  readonly paused: Set<NightId>;
  /** Runs another night while one stands still. */
  meanwhile: () => Promise<unknown>;
  /** What the ledger holds, read by other means than the tool's. */
  readonly book: Book;
  /** Lines that telemetry has, by night and number. */
  readonly arrived: Map<string, LedgerLine>;
  /** High-volume-email accounts, by id. */
  readonly highVolume: Set<string>;
  /** Those whose recipient stays behind in Exchange Online, by id. */
  readonly lingering: Set<string>;
  /** Nights that are over. */
  readonly past: Set<string>;
  /** Nights so far. */
  nights: number;
  policy: Policy;
  /** 0: nothing goes wrong; 1: ordinary weather; more: a storm. */
  weather: number;
  /** The nights under way: one, or two where a second runner began. */
  readonly tonight: Map<string, Told>;
  /** What each source told on the nights before, as far as it may be the measure of the next. */
  readonly measures: Map<SourceKind, Measure[]>;
  /** By generation: on how many nights in a row it was told to be absent. */
  readonly streaks: Map<string, Streak>;
  /** By generation: when its first DELETE was sent. */
  readonly firstSends: Map<string, number>;
  /** By generation: until when a DELETE that was sent may yet take effect. */
  readonly underWay: Map<string, number>;
  /** Generations of which a source besides Entra ID told a live object. */
  readonly seenLive: Set<string>;
  /** By id: the last verdict that the ledger has of a user in the recycle bin. */
  readonly standing: Map<string, { readonly record: RecordOf<'decided'>; readonly at: number }>;
  /** By generation: since when it is known that it could not be purged, or not be read. */
  readonly stubborn: Map<string, number>;
  lastPurgeAt: number;
  /** Who took the ledger last, when by the clock of its machine, and how far that was ahead. */
  latest: { readonly night: NightId | undefined; readonly startedAt: number; readonly skewMs: number };
  readonly violations: string[];
  readonly trace: ((line: string) => void) | undefined;
}

export interface Measure extends Pick<SourceTold, 'total' | 'slices' | 'parts'> {
  readonly at: LedgerLine['at'];
}

interface Streak {
  readonly dates: number;
  /** UTC date. */
  readonly last: string;
}

export interface CompanyOptions {
  readonly seed: string;
  readonly coverage: Coverage;
  readonly muted: ReadonlySet<string>;
  readonly trace?: (line: string) => void;
}

export function foundCompany({ seed, coverage, muted, trace }: CompanyOptions): Company {
  const chance = new Chance(seed, muted, (name) => coverage.hit(groupOf(name), name));
  const clock = manualClock(Date.parse('2026-03-01T12:00:00Z'));
  const family = pickFamily(chance);
  const world = createWorld({
    clock,
    seed: chance.int('world', 1, 1e9),
    ...(family.extension && { extensionAppId: EXTENSION_APP }),
  });
  seedPopulation(world, { users: 48, deleted: 22, seed: chance.int('population', 1, 1e9) });
  addTwins(world);
  const view = createView(world.entra, chance.int('read lag', 0, 60) * 1000);
  const company: Company = {
    chance,
    coverage,
    clock,
    world,
    view,
    family,
    exports: openExports(world),
    files: new Map(),
    leases: new Map(),
    paused: new Set(),
    meanwhile: async () => undefined,
    book: openBook(),
    arrived: new Map(),
    highVolume: new Set(),
    lingering: new Set(),
    past: new Set(),
    nights: 0,
    policy: inventPolicy(chance, family, world),
    weather: 0,
    tonight: new Map(),
    measures: new Map(),
    streaks: new Map(),
    firstSends: new Map(),
    underWay: new Map(),
    seenLive: new Set(),
    standing: new Map(),
    stubborn: new Map(),
    lastPurgeAt: 0,
    latest: { night: undefined, startedAt: 0, skewMs: 0 },
    violations: [],
    trace,
  };
  world.entra.witness(({ id, by, deletedDateTime }) =>
    trace?.(`purged ${id} of ${deletedDateTime} by ${by}`),
  );
  company.exports.deliver();
  return company;
}

const groupOf = (name: string) => (name.startsWith('world: ') ? 'world' : 'fault');

/** Two immutable ids that differ in nothing but case; one of them leaves. */
function addTwins(world: World): void {
  const base = world.random.guidBase64();
  const flipped = [...base].map((letter, index) => (index < 20 ? flip(letter) : letter)).join('');
  const [leaver] = [base, flipped].map((consistencyGuid, n) => {
    const user = world.onPrem.create({
      displayName: `Twin ${n}`,
      userPrincipalName: `twin${n}@domain.com`,
      ou: PARTNERS_OU,
      consistencyGuid,
    });
    return world.onPrem.mailEnable(user, { externalAddress: `twin${n}@adatum.com` });
  });
  world.advance(60 * MINUTE_MS);
  if (leaver !== undefined) world.onPrem.delete(leaver);
  world.advance(DAY_MS / 2);
}

const flip = (letter: string) =>
  letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();

/** Lets time pass, and purges take effect, and show, when they are due rather than when somebody looks. */
export function letPass({ world, view }: Company, milliseconds: number): void {
  let left = milliseconds;
  for (let step = 0; step < 12 && left > 0; step++) {
    const part = Math.min(left, 30_000);
    world.advance(part);
    view.settle();
    left -= part;
  }
  world.advance(left);
  view.settle();
}

/** Notes what must not be. */
export function violate(company: Company, text: string): void {
  company.violations.push(`night ${company.nights}: ${text}`);
  company.trace?.(`VIOLATION ${text}`);
}

/** Is somebody with this immutable id there, so far as the sources of this company can know? */
export function isKnownPresent(company: Company, immutableId: string): boolean {
  const { world, family, exports } = company;
  const live = world.entra
    .liveUsers()
    .some((user) => user.onPremisesSyncEnabled === true && user.onPremisesImmutableId === immutableId);
  if (live) return true;
  if (family.source === 'activeDirectory') return world.onPrem.byImmutableId(immutableId) !== undefined;
  if (family.source === 'export') return exports.newestHas(immutableId);
  return false;
}

/** By storage's own account. */
export const holdsLease = ({ leases }: Company, name: string, night: NightId) =>
  leases.get(name)?.night === night;

/** Leases of a process that is gone or stands still run out by themselves within a minute. */
export function letLeasesRunOut({ leases, chance, clock }: Company, night: NightId): void {
  for (const lease of leases.values()) {
    if (lease.night === night) lease.freeAt = clock.now() + chance.int('lease', 1, 60) * 1_000;
  }
}
