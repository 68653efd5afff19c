/**
 * One run of the tool: a process that can be asked to end, and can die. Every port passes its points; at each,
 * time goes by, the world may move, and the process may be gone: then the call never returns, nothing further of
 * the run has any effect, and all that it held in memory is lost.
 */
import { MINUTE_MS } from '../tenant/clock.ts';
import type { Chance } from './chance.ts';
import { type Company, letPass } from './company.ts';
import { moveDuringTheRun, moveInTheGap } from './events.ts';
import { FAULTS, type Fault, type Operation, type Phase } from './faults.ts';
import type { Told } from './told.ts';

export interface Runner {
  readonly company: Company;
  readonly told: Told;
  readonly signal: AbortSignal;
  /** Resolves when the process has died. */
  readonly crashed: Promise<'crashed'>;
  /** Milliseconds by which the clock of this machine is ahead of the world's. */
  readonly skewMs: number;
  /** `dying` is what the process still does in the moment in which it dies. */
  point(operation: Operation, phase: Phase, dying?: () => void): Promise<void>;
  /** Does this go wrong now? */
  fault(name: Fault): boolean;
}

/** More than any night takes; a night that takes more goes round in a circle. */
const MOST_POINTS = 20_000;
/** Runs are cut, or asked to end, at one of the first so many points, or of so many since the purging began. */
const EARLY_POINTS = 70;
const PURGING_POINTS = 50;
const NEVER = new Promise<never>(() => {});

/** Where the world may move in any way. Between a re-read and its DELETE nobody could notice. */
const OPEN: ReadonlySet<string> = new Set([
  'entra.organization before',
  'entra.deletedUsers before',
  'entra.deletedUsers after',
  'source.read before',
  'exchange.read before',
  'entra.sightings before',
  'entra.purge after',
  'clock.sleep before',
]);
/** Where somebody may still be restored, or purged by hand: the DELETE then finds nothing. */
const GAP: ReadonlySet<string> = new Set([
  'source.recheck before',
  'source.recheck after',
  'entra.purge before',
]);

/** Between an intent and its DELETE little time passes: both have a timeout. */
const HURRIED: ReadonlySet<Operation> = new Set(['ledger.append', 'entra.purge']);

export function startRunner(company: Company, told: Told): Runner {
  const { chance, coverage } = company;
  const ending = new AbortController();
  const crash = Promise.withResolvers<'crashed'>();
  let points = 0;
  let dead = false;
  const fault = (name: Fault) => chance.happens(name, FAULTS[name] * company.weather);
  let sinceDecided = 0;
  const isAt = dieRoll(chance, fault);
  const moveAt = new Set(
    company.weather > 0 ? Array.from({ length: 3 }, () => chance.int('move', 1, 150)) : [],
  );

  async function point(operation: Operation, phase: Phase, dying?: () => void): Promise<void> {
    if (dead) return NEVER;
    points += 1;
    if (points > MOST_POINTS) throw new Error(`the night goes round in a circle, at ${operation} ${phase}`);
    if (sinceDecided > 0 || told.decided.size > 0) sinceDecided += 1;
    if (isAt('platform: asks to end', points, sinceDecided)) ending.abort();
    if (isAt('platform: crash', points, sinceDecided)) {
      dead = true;
      dying?.();
      coverage.hit('crash', `${operation} ${phase}`);
      company.trace?.(`crash at ${operation} ${phase}`);
      crash.resolve('crashed');
      return NEVER;
    }
    if (phase !== 'midway') {
      const slow = !HURRIED.has(operation) && fault('time: a slow call');
      letPass(company, chance.int('time', 20, 900) + (slow ? 7 * MINUTE_MS : 0));
      const place = `${operation} ${phase}`;
      if (moveAt.has(points) && OPEN.has(place)) moveDuringTheRun(company);
      if (company.weather > 0 && GAP.has(place)) moveInTheGap(company);
    }
  }

  return {
    company,
    told,
    signal: ending.signal,
    crashed: crash.promise,
    skewMs: skewOf(company, fault),
    point,
    fault,
  };
}

/** Decides for a run whether and where it is cut or asked to end. */
function dieRoll(chance: Chance, fault: Runner['fault']) {
  const fates = (['platform: asks to end', 'platform: crash'] as const).map((name) => {
    const early = chance.int(name, 0, 1) === 0;
    const place = chance.int(name, 1, early ? EARLY_POINTS : PURGING_POINTS);
    return { name, early, place: fault(name) ? place : 0 };
  });
  return (name: Fault, points: number, sinceDecided: number) =>
    fates.some(
      (fate) => fate.name === name && fate.place === (fate.early ? points : sinceDecided) && fate.place > 0,
    );
}

function skewOf({ chance }: Company, fault: (name: Fault) => boolean): number {
  if (fault('clock: wrong')) return chance.pick('skew', [-30, -2, -0.1, 0.1, 3, 30]) * 60 * MINUTE_MS;
  return fault('clock: a little off') ? chance.pick('skew', [-4, 4]) * MINUTE_MS : 0;
}
