/** Everything that can happen next in a world: answers in any order, appends, time, people, and one disturbance. */
import type { Answers, Fresh, PurgeAnswer } from '../../lib/core/answers.ts';
import { apply, note } from '../../lib/core/apply.ts';
import { at, DAY_MS, type ObjectId, type Timestamp } from '../../lib/core/ids.ts';
import { judge } from '../../lib/core/judge.ts';
import { next, whyNotSend } from '../../lib/core/next.ts';
import type { Pace } from '../../lib/core/pace.ts';
import type { LedgerRecord } from '../../lib/core/record.ts';
import { type Action, emptyState, idOf, keysOf, type State } from '../../lib/core/state.ts';
import { FOUND, organization, policyOf, TENANT } from '../core/people.ts';
import { enter } from './book.ts';
import { checkDelete, checkLine, checkStart, must, type Truth, userOf } from './checks.ts';
import { fateOf } from './fates.ts';
import { WAITS } from './paces.ts';
import {
  answerTo,
  type Effect,
  isRightful,
  land,
  look,
  nextFate,
  seenIn,
  strike,
  type User,
} from './tenant.ts';
import { branchState, type Disturbance, type Flight, nightOf, onTheWire, type World } from './world.ts';

export interface Step {
  readonly label: string;
  /** Changes the world, which is its own. */
  readonly run: (world: World) => void;
}

const POLICY = policyOf();
const SECOND = 1_000;
const EFFECTS: readonly Effect[] = ['now', 'late', 'never'];
const truthOf = ({ users, now, pace }: World): Truth => ({ users, now, pace });

export function stepsOf(world: World): readonly Step[] {
  const ready = world.flights.flatMap((flight, index) => ofFlight(world, flight, index));
  const time = ready.length === 0 ? passing(world) : [];
  return [...ready, ...time, ...peopleActing(world), ...disturbances(world)];
}

function ofFlight(world: World, flight: Flight, index: number): readonly Step[] {
  const { action, phase, dueAt } = flight;
  if (dueAt > world.now) return [];
  const label = `${action.kind} ${keysOf(action)
    .map((key) => key.slice(35, 36))
    .join('+')}`;
  const writing = world.flights.findIndex((one) => one.phase === 'writing');
  switch (phase) {
    case 'begun':
      if (action.kind !== 'send') return [{ label, run: (one) => arrive(one, index) }];
      return effectsOf(world, action).map((effect) => ({
        label: `${label} leaves (${effect})`,
        run: (one) => leave(one, index, effect),
      }));
    case 'left':
      return [{ label: `${label} is answered`, run: (one) => arrive(one, index) }];
    case 'closing':
      return writing >= 0 ? [] : [{ label: 'the last line', run: (one) => conclude(one, index) }];
    case 'writing':
      return writing === index ? [{ label: `${label} is recorded`, run: (one) => write(one, index) }] : [];
  }
}

/** A silent DELETE has its effect, if any, while nobody hears of it. */
const effectsOf = ({ users }: World, action: Action): readonly (Effect | 'on arrival')[] =>
  keysOf(action).some((key) => nextFate(userOf(users, key)).silent) ? EFFECTS : ['on arrival'];

function replace(world: World, index: number, ...flights: readonly Flight[]): void {
  world.flights = world.flights.toSpliced(index, 1, ...flights);
}

function flightAt({ flights }: World, index: number): Flight {
  const flight = flights[index];
  if (flight === undefined) throw new Error('no such flight');
  return flight;
}

/** Directly before the wire, as perform.ts has it. */
function whyNot({ state, isAborted, isHalted, pace, now }: World, action: Action): Answers | undefined {
  if (isHalted) return { kind: 'notSent', why: 'halted', stop: 'stopped' };
  if (isAborted) return { kind: 'notSent', why: 'the night was asked to end', stop: undefined };
  const open = keysOf(action).map((key) => state.open.get(key));
  const why = whyNotSend(state, open, pace, at(now));
  return why === undefined ? undefined : { kind: 'notSent', why, stop: undefined };
}

function leave(world: World, index: number, effect: Effect | 'on arrival'): void {
  const flight = flightAt(world, index);
  const { action } = flight;
  const answers = whyNot(world, action);
  if (answers !== undefined) {
    if (answers.kind === 'notSent' && answers.stop !== undefined) world.book.isStopped = true;
    conclusion(world, index, answers);
    return;
  }
  const users = keysOf(action).map((key) => userOf(world.users, key));
  const fates = users.map(nextFate);
  for (const { key } of users) {
    checkDelete(world.book, key, truthOf(world), world.readRightful, onTheWire(world));
    const intent = world.book.intents.get(key);
    if (intent !== undefined) world.book.intents.set(key, { ...intent, wasSent: true });
    world.book.sent.set(key, (world.book.sent.get(key) ?? 0) + 1);
  }
  const isSilent = fates.some(({ silent }) => silent);
  if (effect !== 'on arrival') {
    for (const user of users) strike(user, effect, world.now, WAITS.lateAfterCrash);
  }
  replace(world, index, { ...flight, phase: 'left', dueAt: world.now + (isSilent ? WAITS.silent : 0) });
}

/** What the world answers, as of now. */
function arrive(world: World, index: number): void {
  const flight = flightAt(world, index);
  const { action } = flight;
  const isBrokenOff = world.isAborted && ['verify', 'reread', 'read'].includes(action.kind);
  if (action.kind === 'end') {
    world.isClosing = true;
    note(world.state, { kind: 'closing' });
    replace(world, index, { ...flight, phase: 'closing' });
    return;
  }
  const answers = isBrokenOff ? undefined : answersOf(world, flight);
  if (answers === undefined || (world.isClosing && action.kind !== 'send')) done(world, index);
  else conclusion(world, index, answers);
}

function answersOf(world: World, flight: Flight): Answers | undefined {
  const { action, askedAt } = flight;
  switch (action.kind) {
    case 'read':
      return readAll(world);
    case 'verify':
    case 'reread':
      return looksAt(world, action, askedAt);
    case 'send':
      return { kind: 'purge', answers: strikeAll(world, action) };
    case 'withdraw':
      return { kind: 'notSent', why: action.why, stop: undefined };
    case 'tell':
      return { kind: 'told', delivery: { events: 1, delivered: true, detail: '' } };
    case 'end':
      return undefined;
  }
}

function looksAt(world: World, action: Action, askedAt: number): Answers {
  const sightings = new Map(
    keysOf(action).map((key) => [idOf(key), look(userOf(world.users, key), world.now)] as const),
  );
  for (const key of keysOf(action)) {
    const user = userOf(world.users, key);
    const isClear = sightings.get(idOf(key))?.deleted !== 'unclear';
    const intent = world.book.intents.get(key);
    if (intent?.answer !== undefined && isClear) world.book.intents.set(key, { ...intent, wasLooked: true });
    if (action.kind !== 'reread') continue;
    if (isRightful(user) && isClear) world.readRightful.add(key);
    else world.readRightful.delete(key);
  }
  const fresh = action.kind === 'reread' ? freshFacts(action, at(world.now)) : undefined;
  return { kind: 'sightings', askedAt: at(askedAt), sightings, fresh };
}

/** Nobody is back on-premises, and nobody holds a name. */
function freshFacts(action: Action, now: Timestamp): Fresh {
  const nobody = { value: 'no', origin: 'a test' } as const;
  return {
    organization: { ...organization, lastSync: now, serverTime: now },
    recipients: undefined,
    rechecked: [{ kind: 'entra', answer: { users: [] } }],
    held: new Map(keysOf(action).map((key) => [idOf(key), nobody])),
  };
}

function strikeAll(world: World, action: Action): ReadonlyMap<ObjectId, PurgeAnswer> {
  const users = keysOf(action).map((key) => userOf(world.users, key));
  const fates = users.map(nextFate);
  const whole = fates.find(({ silent }) => silent) ?? fates.find(({ outer }) => outer);
  const answers = users.map((user) => {
    const fate = whole ?? nextFate(user);
    const answer = answerTo(user, fate);
    if (!whole?.silent) strike(user, fate.effect === 'any' ? 'never' : fate.effect, world.now);
    return [idOf(user.key), answer] as const;
  });
  for (const [, { retryAfterMs = 0 }] of answers) {
    world.book.silentUntil = Math.max(world.book.silentUntil, world.now + retryAfterMs);
  }
  return new Map(answers);
}

/** The readings before it are recorded at once: nothing is under way that a crash could cut. */
function readAll(world: World): Answers {
  const { users, state } = world;
  const deleted = users.filter(({ place }) => place === 'bin').map(seenIn);
  const live = 10;
  const summary = { kind: 'entra', total: live, slices: {}, asOf: at(world.now) } as const;
  const now = at(world.now);
  const parts: readonly Answers[] = [
    { kind: 'tenant', organization: { ...organization, lastSync: now, serverTime: now } },
    { kind: 'deletedUsers', users: deleted.length },
    { kind: 'source', summary, sample: [], found: new Set() },
  ];
  for (const part of parts) {
    const { lines, notes } = judge(state, { kind: 'read' }, part, { policy: POLICY, pace: world.pace, now });
    must(notes.length === 0, `the night is refused: ${JSON.stringify(notes)}`);
    record(world, lines);
  }
  return {
    kind: 'everybody',
    deleted,
    found: new Map(deleted.map(({ id }) => [id, FOUND])),
    organization: { ...organization, lastSync: now, serverTime: now },
    recipients: undefined,
    syncedUsers: live,
    roles: undefined,
  };
}

/** Judged on arrival: notes at once, lines when they are durable. */
function conclusion(world: World, index: number, answers: Answers): void {
  const flight = flightAt(world, index);
  if (world.isClosing && flight.phase !== 'closing') {
    done(world, index);
    return;
  }
  const { state, pace, now } = world;
  const { lines, notes } = judge(state, flight.action, answers, { policy: POLICY, pace, now: at(now) });
  for (const one of notes) note(state, one);
  if (lines.length === 0) {
    done(world, index);
    return;
  }
  // Appends are durable in the order in which they were asked for.
  world.flights = [...world.flights.toSpliced(index, 1), { ...flight, phase: 'writing', dueAt: now, lines }];
}

const conclude = (world: World, index: number) =>
  conclusion(world, index, {
    kind: 'ended',
    usage: { calls: 0, resourceUnits: 0, throttled: 0, retries: 0 },
  });

function write(world: World, index: number): void {
  record(world, flightAt(world, index).lines ?? []);
  done(world, index);
}

function done(world: World, index: number): void {
  const { action } = flightAt(world, index);
  note(world.state, { kind: 'done', action });
  replace(world, index);
}

/** Durable: entered, checked, and applied. */
function record(world: World, records: readonly LedgerRecord[], isCut = false): void {
  for (const one of records) {
    const line = { night: nightOf(world.nights), seq: 0, at: at(world.now), prev: '', record: one };
    checkLine(world.book, line, truthOf(world), world.isAborted || world.isHalted);
    enter(world.book, line);
    world.lines = { last: line, before: world.lines };
    if (!isCut) apply(world.state, line, world.pace);
    if (one.kind === 'nightEnded') endNight(world);
  }
}

/** What may start, starts. A night that neither acts nor waits is stuck. */
export function settle(world: World): void {
  land(world.users, world.now);
  if (world.isOver) return;
  const { start, wakeAt } = next(world.state, world.pace, at(world.now));
  world.wakeAt = wakeAt;
  for (const action of start) {
    checkStart(
      world.book,
      action,
      world.flights.map((one) => one.action),
      truthOf(world),
    );
    note(world.state, { kind: 'begun', action });
    const begun = { action, phase: 'begun', askedAt: world.now, dueAt: world.now } as const;
    world.flights = [...world.flights, begun];
  }
  const isStuck = world.flights.length === 0 && (wakeAt === undefined || wakeAt <= world.now);
  must(!isStuck, 'the night neither acts nor waits nor ends');
}

function passing(world: World): readonly Step[] {
  const { now, wakeAt, flights } = world;
  const moments = [wakeAt, ...flights.map(({ dueAt }) => dueAt)].filter(
    (one) => one !== undefined && one > now,
  );
  const to = Math.min(...moments.map(Number));
  return Number.isFinite(to)
    ? [{ label: `${(to - now) / SECOND} s pass`, run: (one) => pass(one, to - now) }]
    : [];
}

function pass(world: World, ms: number): void {
  world.now += ms;
  land(world.users, world.now);
}

/** Somebody restores a user, or licenses it, once the plan is made. */
function peopleActing({ users, book }: World): readonly Step[] {
  return users.flatMap((user, index) => {
    const { moved } = fateOf(user.fate);
    if (moved === undefined || !isRightful(user) || book.planned.length === 0) return [];
    return [{ label: `user ${index + 1} is ${moved}`, run: ({ users }) => move(users[index], moved) }];
  });
}

function move(user: User | undefined, how: 'restored' | 'held'): void {
  if (user === undefined) return;
  if (how === 'restored') user.place = 'live';
  else user.held = true;
}

/** One a run: the process dies, or stands still, or is asked to end; or people halt the tool. */
function disturbances(world: World): readonly Step[] {
  const { mayHappen, isClosing, wasDisturbed } = world;
  return mayHappen.flatMap((name) => {
    const steps = name === 'crash' ? crashes(world) : isClosing || wasDisturbed ? [] : [HAPPENINGS[name]];
    return steps.map(({ label, run }) => ({
      label,
      run: (one: World) => {
        one.mayHappen = [];
        one.wasDisturbed = true;
        run(one);
      },
    }));
  });
}

const HAPPENINGS: Readonly<Record<Exclude<Disturbance, 'crash'>, Step>> = {
  stop: {
    label: 'asked to end',
    run: (world) => {
      world.isAborted = true;
      world.book.isStopped = true;
      note(world.state, { kind: 'stop', how: 'stopped', why: '', refusals: [] });
    },
  },
  halt: {
    label: 'halted',
    run: (world) => {
      world.isHalted = true;
    },
  },
  standstill: { label: 'stands still', run: (world) => pass(world, world.pace.freshMs + SECOND) },
};

/** After so many of the lines that are being written; what is on the wire lands now, late or never. */
function crashes({ flights }: World): readonly Step[] {
  // Elsewhere a crash is one after the line before, and a longer gap.
  if (!flights.some(({ phase }) => phase === 'left' || phase === 'writing')) return [];
  const lines = flights.flatMap((flight) => flight.lines ?? []);
  const left = flights.some(({ phase }) => phase === 'left') ? EFFECTS : [undefined];
  return Array.from({ length: lines.length + 1 }).flatMap((_, written) =>
    left.flatMap((effect) =>
      [SECOND, DAY_MS].map((gap) => ({
        label: `crash after ${written} lines${effect ? ` (${effect})` : ''}, ${gap / SECOND} s`,
        run: (world: World) => {
          record(world, lines.slice(0, written), true);
          arriveAnyway(world, effect ?? 'never');
          pass(world, gap);
          startNight(world);
        },
      })),
    ),
  );
}

/** What became of a silent DELETE was decided when it left. */
function arriveAnyway({ users, flights, now }: World, effect: Effect): void {
  for (const { action, phase } of flights) {
    const struck = phase === 'left' ? keysOf(action).map((key) => userOf(users, key)) : [];
    if (struck.some((user) => nextFate(user).silent)) continue;
    for (const user of struck) strike(user, effect, now, WAITS.lateAfterCrash);
  }
}

function endNight(world: World): void {
  if (!world.wasDisturbed) {
    const open = [...world.book.intents.values()].filter(({ night }) => night !== world.book.night);
    must(open.length === 0, 'an intent of an earlier night is still open after a night');
  }
  for (const user of world.users) {
    const isDue = isRightful(user) && fateOf(user.fate).hopeless === undefined;
    const nights = (world.overdue.get(user.key) ?? 0) + (world.wasDisturbed ? 0 : 1);
    must(!isDue || nights <= 2 * world.users.length, `a rightful user is not purged in ${nights} nights`);
    if (isDue) world.overdue.set(user.key, nights);
    else world.overdue.delete(user.key);
  }
  world.isOver = true;
}

/** The night is over; what is on the wire arrives all the same. The next one begins. */
export function nextNights(world: World): readonly Step[] {
  const left = onTheWire(world).length > 0 ? EFFECTS : (['never'] as const);
  const gaps = world.wasDisturbed ? [SECOND, DAY_MS] : [DAY_MS];
  return left.flatMap((effect) =>
    gaps.map((gap) => ({
      label: `next night (${effect}), ${gap / SECOND} s`,
      run: (one: World) => {
        arriveAnyway(one, effect);
        pass(one, gap);
        startNight(one);
      },
    })),
  );
}

/** Each line is folded once, however many nights follow it. */
const FOLDED = new WeakMap<object, State>();
function folded(lines: World['lines'], pace: Pace): State {
  if (lines === undefined) return emptyState();
  const known = FOLDED.get(lines);
  if (known !== undefined) return known;
  const state = branchState(folded(lines.before, pace));
  apply(state, lines.last, pace);
  FOLDED.set(lines, state);
  return state;
}

/** Everything but the ledger and the tenant is new. */
export function startNight(world: World): void {
  world.nights += 1;
  world.state = branchState(folded(world.lines, world.pace));
  Object.assign(world, { flights: [], wakeAt: undefined, isAborted: false, isHalted: false });
  Object.assign(world, { isClosing: false, isOver: false, wasDisturbed: false });
  world.readRightful.clear();
  record(world, [{ kind: 'nightStarted', mode: 'purge', tenantId: TENANT, policy: {} }]);
}
