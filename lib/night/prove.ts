/** VERIFY: looks again at whoever was sent a DELETE, until it is known what became of them. */
import { elapsedMs } from '../core/ids.ts';
import { lookAt } from '../core/outcome.ts';
import type { RecordOf } from '../core/record.ts';
import type { Sighting } from '../ports.ts';
import { record } from './record.ts';
import { type Proving, REFUSED, type Run, settledRecord, UNHURRIED } from './run.ts';

/** A purge may take a minute to show (Microsoft Graph, "Permanently delete item"); this waits for four. */
const WAITS_MS: readonly number[] = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 60_000, 60_000];
/**
 * How often a DELETE is tried in all, each time only where the user is seen still there: one without a clear answer;
 * and one that was throttled, which is the quota's normal way to say that there are many.
 */
const MAX_ATTEMPTS = 4;
const MAX_ATTEMPTS_THROTTLED = 100;
const MAX_LOOKS_AT_ONCE = 100;

/** Milliseconds until the next look is due; `undefined` where nothing is proving. */
export function nextLookAt(run: Run): number | undefined {
  const now = Date.parse(run.night.ports.clock.now());
  const moments = [...run.proving.values()].map((one) => one.lookAt);
  return moments.length === 0 ? undefined : Math.max(Math.min(...moments) - now, 0);
}

/** Looks at everybody who is due. @throws LedgerFailed */
export async function lookAgain(run: Run): Promise<void> {
  const { clock, entra } = run.night.ports;
  const now = Date.parse(clock.now());
  const due = [...run.proving.values()].filter((one) => one.lookAt <= now).slice(0, MAX_LOOKS_AT_ONCE);
  if (due.length === 0) return;
  const sightings = await entra.sightings(
    due.map(({ task }) => task.purge.id),
    UNHURRIED,
  );
  const settled = due
    .map((one) => judge(run, one, sightings.get(one.task.purge.id)))
    .filter((line) => line !== undefined);
  await record(run.night, settled);
}

function judge(run: Run, one: Proving, sighting: Sighting | undefined): RecordOf<'settled'> | undefined {
  const { task, sentAt } = one;
  const look = sighting === undefined ? 'unclear' : lookAt(task.purge, sighting);
  const waitMs = WAITS_MS[one.looks];
  run.proving.delete(task.purge.id);
  switch (look) {
    case 'gone': {
      const afterMs = elapsedMs(sentAt, run.night.ports.clock.now());
      return settledRecord(run, task, 'purged', 'absent from deletedItems and from /users', afterMs);
    }
    case 'restored':
      return settledRecord(run, task, 'restoredMeanwhile', 'restored, or deleted anew, since the DELETE');
    case 'still':
      if (one.answer === 'throttled') return tryAgain(run, one);
      if (waitMs !== undefined) return wait(run, one, waitMs);
      if (one.answer === 'denied') return settledRecord(run, task, 'refused', REFUSED);
      return one.answer === 'unclear' || one.answer === 'rejected'
        ? tryAgain(run, one)
        : settledRecord(run, task, 'unverified', 'still in deletedItems long after its DELETE was accepted');
    case 'unclear':
      return waitMs !== undefined
        ? wait(run, one, waitMs)
        : settledRecord(run, task, 'unverified', 'Graph did not say whether it is gone');
  }
}

function wait(run: Run, one: Proving, waitMs: number): undefined {
  const now = Date.parse(run.night.ports.clock.now());
  run.proving.set(one.task.purge.id, { ...one, looks: one.looks + 1, lookAt: now + waitMs });
}

function tryAgain(run: Run, { task, answer }: Proving): RecordOf<'settled'> | undefined {
  if (task.attempt >= (answer === 'throttled' ? MAX_ATTEMPTS_THROTTLED : MAX_ATTEMPTS)) {
    return settledRecord(run, task, 'notPurged', `still in deletedItems after ${task.attempt} attempts`);
  }
  run.queue.unshift({ ...task, attempt: task.attempt + 1 });
  return undefined;
}
