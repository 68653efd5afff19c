/**
 * Do two sources speak of the same people? A source that reads the wrong anchor attribute, or a forest that nobody
 * named, finds nobody's immutable id and shrinks by nothing. So a sample of Entra ID's live synced users is looked
 * for in every other source: they must be there.
 */
import type { ImmutableId } from './ids.ts';
import type { OnPremUser, Refusal } from './model.ts';
import type { SourceKind } from './vocabulary.ts';

const SAMPLE_SIZE = 200;
const TOLERATED_SHARE = 0.1;
/** Joiners of the last hours, whom an export of last night cannot know. */
const TOLERATED_USERS = 2;

/** Every n-th of however many users, at most twice the sample's size; memory does not grow with the directory. */
export function startSample(): {
  note(users: readonly OnPremUser[]): void;
  finish(): readonly ImmutableId[];
} {
  let sample: ImmutableId[] = [];
  let stride = 1;
  let seen = 0;
  return {
    note: (users) => {
      for (const {
        immutableIds: [immutableId],
      } of users) {
        if (immutableId === undefined) continue;
        if (seen % stride === 0) sample.push(immutableId);
        seen += 1;
        if (sample.length < 2 * SAMPLE_SIZE) continue;
        sample = sample.filter((_, index) => index % 2 === 0);
        stride *= 2;
      }
    },
    finish: () => sample,
  };
}

/** Why tonight is refused because `source` does not know whom Entra ID knows; empty where all is well. */
export function overlapRefusals(
  source: SourceKind,
  sample: readonly ImmutableId[],
  found: ReadonlySet<ImmutableId>,
): readonly Refusal[] {
  const missing = sample.filter((id) => !found.has(id)).length;
  if (missing <= Math.max(TOLERATED_USERS, sample.length * TOLERATED_SHARE)) return [];
  return [
    {
      refusal: 'sourceDisagrees',
      limit: TOLERATED_SHARE * 100,
      actual: (missing * 100) / sample.length,
      detail: `Of ${sample.length} live synced users that Entra ID has, ${source} does not have ${missing}. Nobody is purged, since it would not have the others either. Check the source anchor in the policy, that every domain of every forest is named, and what the reading account may see.`,
    },
  ];
}
