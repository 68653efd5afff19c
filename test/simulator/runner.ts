/**
 * One run of the tool: a process that can be asked to end, and can die. Every port passes its points; at each,
 * time goes by, the world may move, and the process may be gone: then the call never returns, nothing further of
 * the run has any effect, and all that it held in memory is lost.
 */
import { MINUTE_MS } from '../tenant/clock.ts';
import type { Chance } from './chance.ts';
import { type Company, letLeasesRunOut, letPass } from './company.ts';
import { CRASH_POINTS, FAULTS, type Fault, type Operation, type Phase } from './faults.ts';
import { moveDuringTheRun, moveInTheGap } from './midway.ts';
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
/** What befalls a run does so at one of its first so many points; or since it has decided, or announced a DELETE. */
const EARLY_POINTS = 70;
const PURGING_POINTS = 60;
const ANNOUNCED_POINTS = 12;
/** Few runs come to a DELETE, and fewer to one of several. */
const PLACES = [
  ...CRASH_POINTS,
  ...CRASH_POINTS.flatMap((place) => (place.startsWith('entra.purge') ? [place, place] : [])),
];
/** A promise of its own for each call: what waits for it can be forgotten with it. */
const never = () => new Promise<never>(() => {});

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

/**
 * DELETEs that are on their way arrive, whatever becomes of who sent them; that the lease was still there a moment
 * before is all that can be asked.
 */
const ON_ITS_WAY: ReadonlySet<string> = new Set(['entra.purge before', 'entra.purge midway']);

/** What makes a call take minutes. Once sent, a DELETE is soon there, or not at all: it has a timeout. */
function slownessOf(operation: Operation): Fault | undefined {
  if (operation === 'entra.purge') return undefined;
  return operation === 'entra.sightings' ? 'time: a slow look' : 'time: a slow call';
}

export function startRunner(company: Company, told: Told): Runner {
  const { chance, coverage } = company;
  const ending = new AbortController();
  const crash = Promise.withResolvers<'crashed'>();
  let points = 0;
  let purging = 0;
  let announced = 0;
  let dead = false;
  /** All of the process stands still, whatever it has under way. */
  let standing: Promise<void> | undefined;
  const passed = new Map<string, number>();
  const fault = (name: Fault) => chance.happens(name, FAULTS[name] * company.weather);
  const isToEnd = drawFate(chance, fault, 'platform: asks to end');
  const isToDie = drawFate(chance, fault, 'platform: crash');
  const isToPause = drawFate(chance, fault, 'platform: paused while another runs');
  const moves = drawMoves(company);

  async function point(operation: Operation, phase: Phase, dying?: () => void): Promise<void> {
    if (dead) return never();
    if (standing !== undefined) await standing;
    points += 1;
    if (points > MOST_POINTS) throw new Error(`the night goes round in a circle, at ${operation} ${phase}`);
    if (told.decided.size > 0) purging += 1;
    if (told.intents.size > 0) announced += 1;
    const place = `${operation} ${phase}`;
    const times = (passed.get(place) ?? 0) + 1;
    passed.set(place, times);
    const here: Passing = { points, purging, announced, place, times };
    if (isToEnd(here)) ending.abort();
    if (isToDie(here)) {
      dead = true;
      dying?.();
      letLeasesRunOut(company, told.night);
      coverage.hit('crash', place);
      company.trace?.(`crash at ${place}`);
      crash.resolve('crashed');
      return never();
    }
    if (isToPause(here) && !ON_ITS_WAY.has(place) && company.tonight.size === 1) {
      standing = pause(company, told);
      await standing;
      standing = undefined;
    }
    if (phase !== 'midway') {
      const slowness = slownessOf(operation);
      const slow = slowness !== undefined && fault(slowness);
      letPass(company, chance.int('time', 20, 900) + (slow ? chance.pick('slow', [7, 13]) * MINUTE_MS : 0));
      if (OPEN.has(place) && moves.areDue(here)) moveDuringTheRun(company);
      if (company.weather > 0 && GAP.has(place)) moveInTheGap(company);
    }
  }

  return {
    company,
    told,
    signal: ending.signal,
    crashed: crash.promise,
    skewMs: clockOf(company, fault),
    point,
    fault,
  };
}

/** The machine sleeps for a while, or a host takes the process for dead: another begins. Then it wakes up. */
async function pause(company: Company, { night }: Told): Promise<void> {
  const { chance, paused, trace } = company;
  trace?.(`${night} stands still`);
  paused.add(night);
  letLeasesRunOut(company, night);
  letPass(company, chance.int('pause', 1, 600) * 1_000);
  await company.meanwhile();
  letPass(company, chance.int('pause', 1, 600) * 1_000);
  paused.delete(night);
  trace?.(`${night} goes on`);
}

/** How far a run has come. */
interface Passing {
  readonly points: number;
  /** Points since somebody was decided to be purged. */
  readonly purging: number;
  /** Points since the first intent. */
  readonly announced: number;
  readonly place: string;
  /** How often it has come to this place. */
  readonly times: number;
}

/** Decides for a run whether and where it is cut or asked to end: rare places are to have their turn as well. */
function drawFate(chance: Chance, fault: Runner['fault'], name: Fault): (here: Passing) => boolean {
  const by = chance.pick(name, ['points', 'purging', 'announced', 'announced', 'place', 'place'] as const);
  const place = chance.pick(name, PLACES);
  const most = {
    points: EARLY_POINTS,
    purging: PURGING_POINTS,
    announced: ANNOUNCED_POINTS,
    place: chance.pick(name, [1, 4]),
  }[by];
  const nth = chance.int(name, 1, most);
  if (!fault(name)) return () => false;
  return (here) => (by === 'place' ? here.place === place && here.times === nth : here[by] === nth);
}

/** The world moves at most twice in a run: at any time, and while it purges. */
function drawMoves({ chance, weather }: Company): { areDue(here: Passing): boolean } {
  const waiting = [
    { by: 'points', nth: chance.int('move', 1, 3 * EARLY_POINTS) },
    { by: 'purging', nth: chance.int('move', 1, 2 * PURGING_POINTS) },
  ] as const;
  const left = new Set(weather > 0 ? waiting : []);
  return {
    areDue(here) {
      const due = [...left].find(({ by, nth }) => here[by] >= nth);
      return due !== undefined && left.delete(due);
    },
  };
}

/**
 * Milliseconds by which a machine's clock is ahead. The ledger knows nights by when they began; a run that would
 * have begun before the one before it is of the same machine.
 */
function clockOf(company: Company, fault: Runner['fault']): number {
  const { chance, clock, latest } = company;
  const drawn = fault('clock: wrong')
    ? chance.pick('skew', [-30, -2, -0.1, 0.1, 3, 30]) * 60 * MINUTE_MS
    : fault('clock: a little off')
      ? chance.pick('skew', [-4, 4]) * MINUTE_MS
      : 0;
  const isSwapped = Math.abs(latest.skewMs) < 5 * MINUTE_MS && clock.now() + drawn <= latest.startedAt;
  return isSwapped ? latest.skewMs : drawn;
}
