/** One moment of a night: the state under test, the tenant, what is under way, and the checkers' book. */
import type { NightId } from '../../lib/core/ids.ts';
import type { Key } from '../../lib/core/model.ts';
import type { Pace } from '../../lib/core/pace.ts';
import type { LedgerLine, LedgerRecord } from '../../lib/core/record.ts';
import type { Action, State } from '../../lib/core/state.ts';
import { keysOf } from '../../lib/core/state.ts';
import type { Book } from './book.ts';
import type { User } from './tenant.ts';

/** An action under way. */
export interface Flight {
  readonly action: Action;
  /** `left`: on the wire. `closing`: waits for what is being appended. `writing`: its lines are. */
  readonly phase: 'begun' | 'left' | 'closing' | 'writing';
  readonly askedAt: number;
  /** Milliseconds since 1970: nothing comes of it before. */
  readonly dueAt: number;
  readonly lines?: readonly LedgerRecord[];
}

/** A list that is shared with every world it came from. */
export type Chain<T> = { readonly last: T; readonly before: Chain<T> } | undefined;
export function listOf<T>(chain: Chain<T>): readonly T[] {
  const list: T[] = [];
  for (let link = chain; link !== undefined; link = link.before) list.push(link.last);
  return list.reverse();
}

const DISTURBANCES = ['crash', 'stop', 'halt', 'standstill'] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

export interface World {
  readonly pace: Pace;
  state: State;
  book: Book;
  readonly users: readonly User[];
  /** Milliseconds since 1970. */
  now: number;
  nights: number;
  flights: readonly Flight[];
  /** What next said of when to look again. */
  wakeAt: number | undefined;
  /** One of them may still happen. */
  mayHappen: readonly Disturbance[];
  isAborted: boolean;
  isHalted: boolean;
  isClosing: boolean;
  isOver: boolean;
  /** Did anything disturb tonight? */
  wasDisturbed: boolean;
  /** Users whose last re-read saw nothing that speaks for keeping them. */
  readonly readRightful: Set<Key>;
  /** Nights that ended by themselves, for each rightful user, since it was first due. */
  readonly overdue: Map<Key, number>;
  lines: Chain<LedgerLine>;
  trail: Chain<string>;
}

/** A copy that shares nothing that either changes. */
export const branch = (world: World): World => ({
  ...world,
  state: branchState(world.state),
  book: branched(world.book),
  users: world.users.map((user) => ({ ...user })),
  readRightful: new Set(world.readRightful),
  overdue: new Map(world.overdue),
});

export function branchState(state: State): State {
  const { tonight } = state;
  const copy = branched(state);
  if (tonight !== undefined) {
    const { outcomes, notes } = tonight;
    copy.tonight = { ...branched(tonight), outcomes: { ...outcomes }, notes: branched(notes) };
  }
  return copy;
}

/** Containers are copied, what is in them is shared: the fold replaces it and never changes it. */
function branched<T extends object>(value: T): T {
  const copy: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) {
    copy[name] =
      part instanceof Map
        ? new Map(part)
        : part instanceof Set
          ? new Set(part)
          : Array.isArray(part)
            ? [...part]
            : part;
  }
  return copy as T;
}

/** What makes no difference to what happens next: texts, earlier nights, what never varies here, what is added below. */
const IGNORED: ReadonlySet<string> = new Set([
  ...[
    'detail',
    'why',
    'nights',
    'telemetryOwed',
    'sources',
    'spent',
    'uncured',
    'started',
    'tenant',
    'known',
  ],
  ...['sourcesRead', 'exchange', 'cures', 'late', 'deletedUsers', 'object', 'heldObject', 'pace', 'lines'],
  ...[
    'trail',
    'counts',
    'fingerprint',
    'refusals',
    'budgetSpent',
    'lastPurgeAt',
    'lastPurge',
    'decided',
    'id',
    'deletedDateTime',
    'evidence',
  ],
  ...['verdicts', 'stubborn', 'showTimes', 'toldAt', 'snapshot', 'endedAt', 'fate', 'schema'],
]);

/** Longer than anything that is waited for: what is older is only old. */
const OLD_MS = 30_000;

/** The same text for worlds in which the same can happen. Times count from now, nights are tonight's or another's. */
export function canonical(world: World): string {
  const { now, state, book } = world;
  const tonight = state.tonight?.night;
  const moment = (ms: number) => (ms - now < -OLD_MS ? '<' : `${ms - now}`);
  const add = (value: unknown): string => {
    if (typeof value === 'string') {
      if (value.length === 61) return value.slice(34, 36);
      if (value.length === 24 && value.endsWith('Z')) return moment(Date.parse(value));
      if (value.length === 32) return value === tonight ? 'T' : 'E';
      return value;
    }
    if (typeof value === 'number') return value > 1e11 ? moment(value) : `${value}`;
    if (typeof value !== 'object' || value === null) return value === undefined ? '' : value ? '+' : '-';
    let all = '';
    if (Array.isArray(value) || value instanceof Set) {
      for (const one of value) all += `${add(one)},`;
    } else if (value instanceof Map) {
      for (const [key, one] of value) all += `${add(key)}:${add(one)},`;
    } else {
      for (const name in value) {
        if (!IGNORED.has(name)) all += `${add((value as Record<string, unknown>)[name])};`;
      }
    }
    return `(${all})`;
  };
  const { stubborn, lastPurgeAt = '', tonight: { showTimes = [], toldAt } = {} } = state;
  const excused = [...stubborn].map(([key, since]) => [key, lastPurgeAt >= since]);
  const shown = showTimes.map((ms) => Math.min(ms, world.pace.longestLookMs));
  return add([world, excused, shown, toldAt !== undefined, book.lastPurge === now]);
}

export const onTheWire = ({ flights }: World): readonly Key[] =>
  flights.flatMap(({ action, phase }) => (phase === 'left' ? keysOf(action) : []));

export const nightOf = (n: number) => String(n + 1).padStart(32, '0') as NightId;
