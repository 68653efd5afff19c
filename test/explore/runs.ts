/** What is explored: which fates, for how many users, under which pace, and what may disturb a night. */
import type { Pace } from '../../lib/core/pace.ts';
import { type Explored, explore } from './explore.ts';
import { FATE_NAMES, type FateName } from './fates.ts';
import { BATCHES, OVERLAPPING, STRICT } from './paces.ts';
import type { Disturbance } from './world.ts';

export interface Run {
  readonly name: string;
  readonly users: number;
  readonly fates: readonly FateName[];
  readonly pace: Pace;
  readonly mayHappen: readonly Disturbance[];
}

const FEW = ['ok', 'acceptedInVain', 'denied', 'failed', 'throttled'] as const;
const SOME = ['ok', 'failed', 'outer', 'silent', 'restored'] as const;
const TOLD: readonly Disturbance[] = ['stop', 'halt', 'standstill'];

/** In the test command. */
export const SHORT_RUNS: readonly Run[] = [
  { name: 'one after another', users: 2, fates: FATE_NAMES, pace: STRICT, mayHappen: ['crash'] },
  { name: 'one after another, disturbed', users: 2, fates: FEW, pace: STRICT, mayHappen: TOLD },
  { name: 'overlapping', users: 2, fates: SOME, pace: OVERLAPPING, mayHappen: [] },
  { name: 'two in a request', users: 2, fates: FEW, pace: BATCHES, mayHappen: ['crash'] },
];

/** By `npm run explore`. */
export const LONG_RUNS: readonly Run[] = [
  ...SHORT_RUNS,
  { name: 'overlapping, crash', users: 2, fates: FATE_NAMES, pace: OVERLAPPING, mayHappen: ['crash'] },
  { name: 'overlapping, disturbed', users: 2, fates: SOME, pace: OVERLAPPING, mayHappen: TOLD },
  { name: 'three overlapping', users: 3, fates: FEW, pace: OVERLAPPING, mayHappen: ['crash'] },
];

/** Until the first violation. */
export function exploreAll({ users, fates, pace, mayHappen }: Run): Explored {
  let states = 0;
  for (const some of tuples(fates, users)) {
    const explored = explore(some, pace, mayHappen);
    states += explored.states;
    if (explored.violation !== undefined) return { ...explored, states };
  }
  return { states, violation: undefined };
}

function tuples(fates: readonly FateName[], users: number): readonly (readonly FateName[])[] {
  if (users === 0) return [[]];
  return tuples(fates, users - 1).flatMap((some) => fates.map((fate) => [...some, fate]));
}
