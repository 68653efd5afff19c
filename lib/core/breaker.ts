/** The stop rule: when failures are neither few nor a small share, something is wrong that more purges would not mend. */
import type { Key } from './model.ts';
import type { Pace } from './pace.ts';
import type { Open, State, Tonight } from './state.ts';

/** While it holds, nothing new starts. Looks that are awaited can bring the failures back under the threshold. */
export function isTripped(state: State, pace: Pace): boolean {
  const { tonight } = state;
  if (tonight === undefined) return false;
  const recent = tonight.tried.slice(-pace.window);
  const failed = recent.filter((key) => hasFailed(state, tonight, key)).length;
  return failed > pace.toleratedFailures && failed > recent.length * pace.toleratedShare;
}

function hasFailed({ open }: State, { ends, notes }: Tonight, key: Key): boolean {
  const outcome = ends.get(key)?.record.outcome;
  if (outcome !== undefined) return outcome === 'denied' || outcome === 'notPurged' || outcome === 'unread';
  const one = open.get(key);
  const looked = notes.looked.get(key);
  const givenUp = looked !== undefined && looked.again === undefined && !looked.retry;
  return one !== undefined && (isUnclear(one) || givenUp);
}

/** Silence counts as a failure until the user is seen gone. A used-up quota does not: it only takes longer. */
const isUnclear = ({ answer }: Open) => answer?.answer === 'unclear' || answer?.answer === 'rejected';
