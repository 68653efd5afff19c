/** Chance from one seed, in streams of their own, so that muting one thing does not shuffle all the others. */
import { Random } from '../tenant/random.ts';

export class Chance {
  readonly #seed: string;
  readonly #muted: ReadonlySet<string>;
  readonly #hit: (name: string) => void;
  readonly #streams = new Map<string, Random>();

  /** What is `muted` never happens; `hit` hears of whatever does. */
  constructor(seed: string, muted: ReadonlySet<string>, hit: (name: string) => void) {
    this.#seed = seed;
    this.#muted = muted;
    this.#hit = hit;
  }

  stream(name: string): Random {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const stream = new Random(numberOf(`${this.#seed} ${name}`));
    this.#streams.set(name, stream);
    return stream;
  }

  /** Draws whether `name` happens now. */
  happens(name: string, probability: number): boolean {
    const drawn = this.stream(name).between(0, 1) < probability;
    if (!drawn || this.#muted.has(name)) return false;
    this.#hit(name);
    return true;
  }

  /** A whole number from `low` to `high`, both included. */
  int(name: string, low: number, high: number): number {
    return Math.floor(this.stream(name).between(low, high + 1));
  }

  pick<T>(name: string, choices: readonly T[]): T {
    return this.stream(name).pick(choices);
  }

  /** `items` in another order. */
  shuffled<T>(name: string, items: readonly T[]): T[] {
    const random = this.stream(name);
    return items
      .map((item) => ({ item, key: random.bits() }))
      .sort((one, other) => one.key - other.key)
      .map(({ item }) => item);
  }
}

/** 52 bits of `text` (FNV-1a, twice). */
function numberOf(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let index = 0; index < text.length; index++) {
    low = Math.imul(low ^ text.charCodeAt(index), 0x01000193) >>> 0;
    high = Math.imul(high ^ text.charCodeAt(index), 0x85ebca6b) >>> 0;
  }
  return low + (high >>> 12) * 2 ** 32;
}
