/** Every order of what can happen in small nights, each moment once. */
import { hash } from 'node:crypto';
import { DAY_MS } from '../../lib/core/ids.ts';
import { keyOf } from '../../lib/core/model.ts';
import type { Pace } from '../../lib/core/pace.ts';
import { emptyState } from '../../lib/core/state.ts';
import { deletedMailUser, NOW, sure } from '../core/people.ts';
import { emptyBook } from './book.ts';
import { must, Violation } from './checks.ts';
import type { FateName } from './fates.ts';
import { nextNights, type Step, settle, startNight, stepsOf } from './steps.ts';
import type { User } from './tenant.ts';
import { branch, canonical, type Disturbance, listOf, type World } from './world.ts';

export interface Explored {
  readonly states: number;
  /** What went wrong, and all that led to it. */
  readonly violation: string | undefined;
}

/** From the first night on until nothing new can happen. */
export function explore(fates: readonly FateName[], pace: Pace, mayHappen: readonly Disturbance[]): Explored {
  const seen = new Map<string, 'above' | 'done'>();
  const firstNights: World[] = [];
  try {
    firstNights.push(after(newWorld(fates, pace, mayHappen), { label: 'first night', run: startNight }));
    for (let night = firstNights.pop(); night !== undefined; night = firstNights.pop()) {
      visit(night, seen, firstNights);
    }
    return { states: seen.size, violation: undefined };
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    return { states: seen.size, violation: `${fates.join(', ')}: ${error.message}` };
  }
}

/** Short, since a million of them are kept. */
const nameOf = (world: World) => hash('md5', canonical(world), 'base64');

/** A violation, with its trail. */
class Found extends Error {}

function visit(world: World, seen: Map<string, 'above' | 'done'>, nights: World[]): void {
  const key = nameOf(world);
  const known = seen.get(key);
  if (known === 'above') throw foundIn(world, 'the night goes round in a circle');
  if (known === 'done') return;
  seen.set(key, 'above');
  if (world.isOver) {
    for (const step of nextNights(world)) {
      const one = after(world, step);
      if (!seen.has(nameOf(one))) nights.push(one);
    }
  } else {
    const before = world.nights;
    for (const step of stepsOf(world)) {
      const one = after(world, step);
      if (one.nights > before) nights.push(one);
      else visit(one, seen, nights);
    }
  }
  seen.set(key, 'done');
}

function after(world: World, { label, run }: Step): World {
  const one = branch(world);
  one.trail = { last: label, before: world.trail };
  try {
    run(one);
    settle(one);
  } catch (error) {
    throw foundIn(one, error instanceof Violation ? error.message : String((error as Error).stack));
  }
  return one;
}

const foundIn = ({ trail, lines }: World, what: string) =>
  new Found(
    `${what}\n  ${listOf(trail).join('\n  ')}\n lines:\n  ${listOf(lines)
      .map(({ record }) => JSON.stringify({ ...record, snapshot: undefined, facts: undefined }).slice(0, 200))
      .join('\n  ')}`,
  );

function newWorld(fates: readonly FateName[], pace: Pace, mayHappen: readonly Disturbance[]): World {
  must(fates.length > 0, 'nobody to purge');
  return {
    pace,
    state: emptyState(),
    book: emptyBook(),
    users: fates.map((fate, index) => newUser(fate, index + 1)),
    now: Date.parse(NOW),
    nights: 0,
    flights: [],
    wakeAt: undefined,
    mayHappen,
    isAborted: false,
    isHalted: false,
    isClosing: false,
    isOver: false,
    wasDisturbed: false,
    readRightful: new Set(),
    overdue: new Map(),
    lines: undefined,
    trail: undefined,
  };
}

function newUser(fate: FateName, n: number): User {
  const object = deletedMailUser(n);
  return {
    key: keyOf({ id: object.id, deletedDateTime: sure(object.deletedDateTime) }),
    fate,
    object,
    heldObject: deletedMailUser(n, { assignedLicenses: ['a licence'] }),
    place: 'bin',
    held: false,
    deletes: 0,
    wasRead: false,
    landsAt: undefined,
    blindUntil: Date.parse(NOW) - DAY_MS,
  };
}
