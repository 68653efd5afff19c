/** How often each thing that the simulator is there for came about. A row that is zero is a hole in it. */
import {
  ANSWERS,
  CURE_STATES,
  KEEP_REASONS,
  NIGHT_STATUSES,
  OUTCOMES,
  REFUSALS,
  type RefusalName,
} from '../../lib/core/vocabulary.ts';
import { CRASH_POINTS, FAULTS } from './faults.ts';

/** They come of configuration, before a night begins. */
const NOT_OF_A_NIGHT: readonly RefusalName[] = ['configurationInvalid', 'policyInvalid'];

export type Group =
  | 'verdict'
  | 'keep'
  | 'refusal'
  | 'outcome'
  | 'night'
  | 'answer'
  | 'cure'
  | 'fault'
  | 'crash'
  | 'world'
  | 'wire'
  | 'check';

const EXPECTED: readonly (readonly [Group, readonly string[]])[] = [
  ['verdict', ['purge', 'keep']],
  ['keep', KEEP_REASONS],
  ['refusal', REFUSALS.filter((name) => !NOT_OF_A_NIGHT.includes(name))],
  ['outcome', OUTCOMES],
  ['night', [...NIGHT_STATUSES, 'crashed', 'without a ledger', 'report mode']],
  ['answer', ANSWERS],
  ['cure', CURE_STATES],
  ['fault', Object.keys(FAULTS)],
  ['crash', CRASH_POINTS],
];

export class Coverage {
  readonly #counts = new Map<Group, Map<string, number>>();

  constructor() {
    for (const [group, names] of EXPECTED) this.expect(group, names);
  }

  /** `names` are to come about as well. */
  expect(group: Group, names: readonly string[]): void {
    for (const name of names) this.hit(group, name, 0);
  }

  hit(group: Group, name: string, times = 1): void {
    let counts = this.#counts.get(group);
    if (counts === undefined) {
      counts = new Map();
      this.#counts.set(group, counts);
    }
    counts.set(name, (counts.get(name) ?? 0) + times);
  }

  holes(): readonly string[] {
    return this.rows()
      .filter(([, , count]) => count === 0)
      .map(([group, name]) => `${group}: ${name}`);
  }

  rows(): readonly (readonly [Group, string, number])[] {
    return [...this.#counts].flatMap(([group, counts]) =>
      [...counts].map(([name, count]) => [group, name, count] as const),
    );
  }
}
