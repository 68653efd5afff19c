/**
 * Remembers which 16-byte ids were seen, exactly and in flat memory: an open-addressed hash table that holds
 * the ids themselves, three quarters full at most. One million ids take 21 MB, whatever the ids are.
 */
export interface IdTable {
  /** Takes note of an id (four 32-bit words); false where it was there already. @throws RangeError when full */
  add(id: Uint32Array): boolean;
}

const WORDS = 4;
const MAX_LOAD = 0.75;

/** A table for `capacity` different ids. */
export function createIdTable(capacity: number): IdTable {
  const slots = Math.ceil(capacity / MAX_LOAD) + 1;
  const table = new Uint32Array(slots * WORDS);
  // An empty slot is all zeros, so the id that is all zeros has a place of its own.
  let zerosSeen = false;
  let free = capacity;

  return {
    add: ([a = 0, b = 0, c = 0, d = 0]) => {
      if ((a | b | c | d) === 0) {
        const isNew = !zerosSeen;
        zerosSeen = true;
        return isNew;
      }
      for (let slot = spread(a, b, c, d) % slots; ; slot = (slot + 1) % slots) {
        const at = slot * WORDS;
        if (table[at] === a && table[at + 1] === b && table[at + 2] === c && table[at + 3] === d)
          return false;
        if (table[at] === 0 && table[at + 1] === 0 && table[at + 2] === 0 && table[at + 3] === 0) {
          if (free === 0) throw new RangeError(`more than ${capacity} ids`);
          free -= 1;
          table.set([a, b, c, d], at);
          return true;
        }
      }
    },
  };
}

/** Some GUIDs differ in a few bits only; this spreads them over the table. */
function spread(...words: readonly number[]): number {
  let hash = 0;
  for (const word of words) {
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
