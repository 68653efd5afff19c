/** How purging proceeds, and what became of an object: pure judgements on what was seen. */
import type { Timestamp } from './ids.ts';
import type { Generation } from './model.ts';
import type { OutcomeName } from './names.ts';

/** What a look at an object tells of one generation of it. */
export type Look = 'gone' | 'restored' | 'still' | 'unclear';

/** Where an object was seen: in the recycle bin (as of which deletion), among the live users. */
export interface Seen {
  readonly deleted: { readonly deletedDateTime: Timestamp | undefined } | 'absent' | 'unclear';
  readonly live: 'present' | 'absent' | 'unclear';
}

/** Gone means absent from both places. An object deleted anew is another generation, so this one was restored. */
export function lookAt(generation: Generation, { deleted, live }: Seen): Look {
  if (live === 'present') return 'restored';
  if (deleted === 'unclear') return 'unclear';
  if (deleted === 'absent') return live === 'absent' ? 'gone' : 'unclear';
  if (deleted.deletedDateTime === undefined) return 'unclear';
  return deleted.deletedDateTime === generation.deletedDateTime ? 'still' : 'restored';
}

/** What has come of tonight's purges so far. */
export interface Progress {
  /** Steps done. */
  readonly steps: number;
  /** Users tried: a DELETE was sent and what came of it is known, or known to be unknown. */
  readonly tried: number;
  /** Of those, the ones that the service refused. */
  readonly refused: number;
  /** Of those, the ones not purged or not verified. */
  readonly failed: number;
}

export type Step =
  | { readonly step: 'purge'; readonly size: number; readonly waitForProof: boolean }
  | { readonly step: 'stop'; readonly why: string };

const FULL_STEP = 20;
const FIRST_STEPS: readonly number[] = [1, 5];
const TOLERATED_FAILURES = 2;
const TOLERATED_SHARE = 0.2;

/**
 * One purge, then five, then batches. The first steps wait until each purge is proven. Stops when the very
 * first one fails, and when failures are neither few nor a small share: then something is wrong that
 * more purges would not mend. A privileged user's 403 alone does not stop the night; 403 on most does.
 */
export function nextStep({ steps, tried, refused, failed }: Progress): Step {
  const bad = refused + failed;
  if (steps === 1 && failed > 0) {
    return { step: 'stop', why: 'the first purge did not succeed' };
  }
  if (bad > TOLERATED_FAILURES && bad > tried * TOLERATED_SHARE) {
    return {
      step: 'stop',
      why: `of ${tried} purges tried, ${refused} were refused by the service and ${failed} failed`,
    };
  }
  const first = FIRST_STEPS[steps];
  return { step: 'purge', size: first ?? FULL_STEP, waitForProof: first !== undefined };
}

/**
 * The outcomes that make a night fail. A single user whom the service refuses to purge (403, privileged) is a
 * named outcome for an operator to read, not a failed night; many of them stop the night by {@link nextStep}.
 */
export function isFailure(outcome: OutcomeName): boolean {
  switch (outcome) {
    case 'notPurged':
    case 'unverified':
      return true;
    case 'refused':
    case 'purged':
    case 'alreadyGone':
    case 'restoredMeanwhile':
    case 'keptOnReread':
    case 'notAttempted':
      return false;
  }
}
