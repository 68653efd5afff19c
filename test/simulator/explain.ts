/** From a failure to its causes: the same life again, without all that it does not take, and what happened in it. */
import type { Storage } from './account.ts';
import { Coverage } from './coverage.ts';
import { WORLD_EVENTS } from './events.ts';
import { FAULTS } from './faults.ts';
import { liveOneLife } from './simulate.ts';

const LINES = 60;
const LONGEST_MS = 60_000;

export interface Failure {
  readonly seed: string;
  readonly violations: readonly string[];
  readonly say: (text: string) => void;
  readonly storage?: Storage;
}

export async function explain({ seed, violations, say, storage }: Failure): Promise<void> {
  const kind = kindOf(violations[0] ?? '');
  const place = storage && { storage };
  // Over the wire there is no time for it.
  const muted = storage === undefined ? await muteWhatIsNotNeeded(seed, kind) : new Set<string>();
  const needed = [...Object.keys(FAULTS), ...WORLD_EVENTS].filter((name) => !muted.has(name));
  say(`It also comes about with nothing but: ${needed.join('; ') || 'an ordinary day'}`);
  const trace: string[] = [];
  const life = await liveOneLife({
    ...place,
    seed,
    coverage: new Coverage(),
    muted,
    trace: (line) => {
      if (!line.startsWith('VIOLATION') || trace.at(-1)?.startsWith('VIOLATION') !== true) trace.push(line);
    },
  });
  const ids = new Set(
    life.violations.flatMap((text) => text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? []),
  );
  const lastNight = trace.findLastIndex(
    (line) => line.startsWith('night ') && !line.startsWith('night ended'),
  );
  const shown = trace.filter(
    (line, index) =>
      index >= lastNight || line.startsWith('night ') || [...ids].some((id) => line.includes(id)),
  );
  if (shown.length > LINES) say(`  (${shown.length - LINES} lines before these left out)`);
  for (const line of shown.slice(-LINES)) say(`  ${line.slice(0, 400)}`);
}

/** The same wrong, whoever it befell. */
const kindOf = (violation: string) =>
  violation
    .replace(/^night \d+: /, '')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+|\(\w+\)/g, '#');

async function muteWhatIsNotNeeded(seed: string, kind: string): Promise<ReadonlySet<string>> {
  const until = performance.now() + LONGEST_MS;
  const fails = async (muted: ReadonlySet<string>) => {
    const { violations } = await liveOneLife({ seed, coverage: new Coverage(), muted });
    return violations.some((violation) => kindOf(violation) === kind);
  };
  let muted: ReadonlySet<string> = new Set();
  let candidates: readonly string[] = [...Object.keys(FAULTS), ...WORLD_EVENTS];
  for (let size = Math.ceil(candidates.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < candidates.length; from += size) {
      if (performance.now() > until) return muted;
      const more = new Set([...muted, ...candidates.slice(from, from + size)]);
      if (await fails(more)) muted = more;
    }
    candidates = candidates.filter((name) => !muted.has(name));
  }
  return muted;
}
