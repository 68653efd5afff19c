/** What an earlier night announced and could not see to its end is settled from what the tenant says now. */
import { MAX_CLOCK_SKEW_MS } from '../core/guards.ts';
import type { OpenIntent } from '../core/history.ts';
import { elapsedMs } from '../core/ids.ts';
import type { OutcomeName } from '../core/names.ts';
import { type Look, lookAt } from '../core/outcome.ts';
import type { LedgerLine, LedgerRecord } from '../core/record.ts';
import type { Sighting } from '../ports.ts';
import { type Night, recordAtOnce } from './record.ts';
import { SENT_WITHIN_MS } from './run.ts';

const OUTCOME: Readonly<Record<Look, readonly [OutcomeName, string]>> = {
  gone: ['purged', 'absent from deletedItems and from /users'],
  restored: ['restoredMeanwhile', 'a live user again, or deleted anew'],
  still: ['notPurged', 'still in deletedItems; to be decided again tonight'],
  unclear: ['unverified', 'Graph did not say whether it is gone; the next night looks again'],
};
const LOOKS_AT_ONCE = 100;
/**
 * A purge takes minutes to show. Until then "still there" says nothing of a DELETE that a run before sent a moment
 * ago; this is as long as one may have been on its way, as a night itself then waits, and as far as two machines'
 * clocks may differ.
 */
const SHOWN_AFTER_MS = SENT_WITHIN_MS + 4 * 60_000 + MAX_CLOCK_SKEW_MS;
const LOOK_EVERY_MS = 30_000;

/** Settles the open intents of earlier nights, and returns the lines that say so. @throws LedgerFailed */
export async function settleEarlierNights(
  night: Night,
  intents: readonly OpenIntent[],
): Promise<readonly LedgerLine[]> {
  const said: LedgerLine[] = [];
  for (let start = 0; start < intents.length; start += LOOKS_AT_ONCE) {
    let open: readonly OpenIntent[] = intents.slice(start, start + LOOKS_AT_ONCE);
    for (;;) {
      const { settled, waits } = await whoShows(night, open);
      if (settled.length > 0) said.push(...(await recordAtOnce(night, settled)));
      open = waits;
      if (open.length === 0) break;
      await night.ports.clock.sleep(LOOK_EVERY_MS, night.signal);
    }
  }
  return said;
}

/** What is to be said of those of whom the answer counts; and those who may only not show yet. */
async function whoShows(
  night: Night,
  open: readonly OpenIntent[],
): Promise<{ readonly settled: readonly LedgerRecord[]; readonly waits: readonly OpenIntent[] }> {
  const { clock, entra } = night.ports;
  // An answer is as old as its question: of what happened while it was on its way it says nothing.
  const askedAt = clock.now();
  const sightings = await entra.sightings(
    open.map(({ id }) => id),
    night.signal,
  );
  const looks = open.map((intent) => {
    const young = elapsedMs(intent.at, askedAt) < SHOWN_AFTER_MS;
    const look = lookOf(intent, sightings.get(intent.id));
    return { intent, look, waits: young && (look === 'still' || look === 'unclear') };
  });
  // Asked to end, a night waits no longer.
  const waits = night.signal.aborted ? [] : looks.filter((one) => one.waits);
  return {
    settled: looks
      .filter((one) => !waits.includes(one))
      .map(({ intent, look, waits: doubt }) => settledLate(intent, doubt ? 'unclear' : look)),
    waits: waits.map(({ intent }) => intent),
  };
}

const lookOf = (intent: OpenIntent, sighting: Sighting | undefined): Look =>
  sighting === undefined ? 'unclear' : lookAt(intent, sighting);

function settledLate(intent: OpenIntent, look: Look) {
  const [outcome, detail] = OUTCOME[look];
  return {
    kind: 'settled',
    id: intent.id,
    deletedDateTime: intent.deletedDateTime,
    outcome,
    detail: `${detail} (announced ${intent.at})`,
    intendedBy: intent.night,
  } as const;
}
