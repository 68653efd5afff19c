import { DAY_MS } from './clock.ts';
import type { TenantClock } from './directory.ts';

/** Something that happened so many days before the present; for {@link Timeline.replay}. */
export interface Step {
  daysAgo: number;
  run(): void;
}

interface Appointment {
  due: number;
  order: number;
  run(): void;
}

/**
 * What is going to happen, in order of time. Nothing runs by itself: whoever reads or changes the world calls
 * {@link settle} first, and everything that became due since then happens, each thing at its own moment.
 */
export class Timeline {
  readonly #clock: TenantClock;
  readonly #heap: Appointment[] = [];
  #moment: number;
  #order = 0;
  #running = false;
  /** While history is replayed, the present as history sees it. */
  #present: number | undefined;

  constructor(clock: TenantClock, startsAt: number) {
    this.#clock = clock;
    this.#moment = startsAt;
  }

  /** The moment that the world has reached. Within an appointment it is the appointment's own time. */
  get moment(): number {
    return this.#moment;
  }

  at(due: number, run: () => void): void {
    push(this.#heap, { due, order: this.#order++, run });
  }

  /** Runs as one thing that happens now: time stands still meanwhile. */
  now(run: () => void): void {
    this.settle();
    this.at(this.#moment, run);
    this.settle();
  }

  /** Lets happen what is due. */
  settle(): void {
    if (this.#running) return;
    const present = this.#present ?? this.#clock.now();
    this.#running = true;
    try {
      for (let first = this.#heap[0]; first !== undefined && first.due <= present; first = this.#heap[0]) {
        pop(this.#heap);
        this.#moment = Math.max(this.#moment, first.due);
        first.run();
      }
    } finally {
      this.#running = false;
    }
    this.#moment = Math.max(this.#moment, present);
  }

  /** Lives through the steps, oldest first, then comes back to the present. @throws RangeError if too late */
  replay(steps: readonly Step[]): void {
    const present = this.#clock.now();
    try {
      for (const step of steps.toSorted((one, other) => other.daysAgo - one.daysAgo)) {
        const when = present - step.daysAgo * DAY_MS;
        if (when < this.#moment) throw new RangeError(`the world is already past ${step.daysAgo} days ago`);
        this.#present = when;
        this.settle();
        step.run();
      }
    } finally {
      this.#present = undefined;
    }
    this.settle();
  }
}

/** Many ids that become due, with one appointment for all that are due at the same time. */
export class Batches {
  readonly #timeline: Timeline;
  readonly #run: (id: string) => void;
  readonly #due = new Map<number, Set<string>>();

  constructor(timeline: Timeline, run: (id: string) => void) {
    this.#timeline = timeline;
    this.#run = run;
  }

  add(due: number, id: string): void {
    const batch = this.#due.get(due);
    if (batch !== undefined) {
      batch.add(id);
      return;
    }
    this.#due.set(due, new Set([id]));
    this.#timeline.at(due, () => {
      const ids = this.#due.get(due) ?? [];
      this.#due.delete(due);
      for (const one of ids) this.#run(one);
    });
  }
}

const before = (one: Appointment, other: Appointment) =>
  one.due < other.due || (one.due === other.due && one.order < other.order);

function push(heap: Appointment[], item: Appointment): void {
  let index = heap.push(item) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !before(item, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = item;
}

function pop(heap: Appointment[]): void {
  const item = heap.pop();
  if (item === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    const [left, right] = [heap[child], heap[child + 1]];
    if (left !== undefined && right !== undefined && before(right, left)) child++;
    const smaller = heap[child];
    if (smaller === undefined || !before(smaller, item)) break;
    heap[index] = smaller;
    index = child;
  }
  heap[index] = item;
}
