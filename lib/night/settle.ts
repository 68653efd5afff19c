/** What an earlier night announced and could not see to its end is settled from what the tenant says now. */
import { MAX_CLOCK_SKEW_MS } from '../core/guards.ts';
import type { History, OpenIntent } from '../core/history.ts';
import type { OutcomeName } from '../core/names.ts';
import { type Look, lookAt } from '../core/outcome.ts';
import { type Night, record } from './record.ts';

const OUTCOME: Readonly<Record<Look, readonly [OutcomeName, string]>> = {
  gone: ['purged', 'absent from deletedItems and from /users'],
  restored: ['restoredMeanwhile', 'a live user again, or deleted anew'],
  still: ['notPurged', 'still in deletedItems; to be decided again tonight'],
  unclear: ['unverified', 'Graph did not say whether it is gone; the next night looks again'],
};
const LOOKS_AT_ONCE = 100;
/**
 * A purge takes minutes to show. Until then "still there" says nothing of a DELETE that the run before sent a moment
 * ago; this is as long as a night itself waits, and as far as two machines' clocks may differ.
 */
const SHOWN_AFTER_MS = 4 * 60_000 + MAX_CLOCK_SKEW_MS;

/** Settles the open intents of earlier nights. @throws LedgerFailed */
export async function settleEarlierNights(night: Night, history: History): Promise<void> {
  const { clock, entra } = night.ports;
  const newest = Math.max(0, ...history.openIntents.map((intent) => Date.parse(intent.at)));
  const waitMs = newest + SHOWN_AFTER_MS - Date.parse(clock.now());
  if (waitMs > 0) await clock.sleep(Math.min(waitMs, SHOWN_AFTER_MS), night.signal);
  for (let start = 0; start < history.openIntents.length; start += LOOKS_AT_ONCE) {
    const open = history.openIntents.slice(start, start + LOOKS_AT_ONCE);
    const sightings = await entra.sightings(
      open.map(({ id }) => id),
      night.signal,
    );
    await record(
      night,
      open.map((intent) => settledLate(intent, sightings.get(intent.id))),
    );
  }
}

function settledLate(intent: OpenIntent, sighting: Parameters<typeof lookAt>[1] | undefined) {
  const look = sighting === undefined ? 'unclear' : lookAt(intent, sighting);
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
