/**
 * PURGE and VERIFY: steps of growing size, each re-read, decided again and announced before its DELETE, and every
 * user looked at again until it is known what became of it. How large the next step is, and whether there is
 * one, is decided in core.
 */

import type { PlannedPurge } from '../core/model.ts';
import type { OutcomeName } from '../core/names.ts';
import { nextStep } from '../core/outcome.ts';
import { messageOf } from '../errors.ts';
import { lookAgain, nextLookAt } from './prove.ts';
import { record } from './record.ts';
import { type Known, leftRecord, type Run, settledRecord, startRun } from './run.ts';
import { purgeStep } from './step.ts';

/** What the purges came to. */
export interface Purged {
  readonly outcomes: Readonly<Partial<Record<OutcomeName, number>>>;
  /** Why it ended before its end, if it did. */
  readonly ended?: { readonly how: 'stopped' | 'failed'; readonly why: string };
}

/** Purges `purges` in order. @throws LedgerFailed where the record cannot be kept; nothing more is sent then. */
export async function purgeAll(known: Known, purges: readonly PlannedPurge[]): Promise<Purged> {
  const run = startRun(known, purges);
  const ended = await takeSteps(run);
  await windUp(run, ended);
  return { outcomes: run.outcomes, ...(ended && { ended }) };
}

async function takeSteps(run: Run): Promise<Purged['ended']> {
  const { clock } = run.night.ports;
  let waitForProof = false;
  while (run.queue.length > 0 || run.proving.size > 0) {
    if (run.night.signal.aborted) {
      return { how: 'stopped', why: 'the platform, or the time limit, asked the night to end' };
    }
    const step = nextStep(run.progress);
    if (step.step === 'stop') return { how: 'failed', why: step.why };
    const waitMs = Math.max(run.notBefore - Date.parse(clock.now()), 0);
    const mayStep = run.queue.length > 0 && waitMs === 0 && !(waitForProof && run.proving.size > 0);
    if (mayStep) {
      const halted = await whyHalted(run);
      if (halted !== undefined) return halted;
      // Whoever is to be tried again stands first. In the first steps nobody else is tried before they are done.
      const again = run.queue.filter(({ attempt }) => attempt > 1).length;
      const repeats = waitForProof && again > 0;
      if (!repeats) waitForProof = step.waitForProof;
      await purgeStep(run, run.queue.splice(0, repeats ? Math.min(again, step.size) : step.size));
    } else {
      await clock.sleep(nextLookAt(run) ?? waitMs, run.night.signal);
    }
    await lookAgain(run);
  }
  return undefined;
}

/** Where it cannot be told, nobody more is purged either, and that is a failure. */
async function whyHalted({ night }: Run): Promise<Purged['ended']> {
  try {
    const reason = await night.ports.halt.reason();
    return reason === undefined ? undefined : { how: 'stopped', why: reason };
  } catch (error) {
    return { how: 'failed', why: messageOf(error) };
  }
}

/** Gives everybody who is left a named end, so that tonight's record is whole. */
async function windUp(run: Run, ended: Purged['ended']): Promise<void> {
  const why = ended?.why ?? 'the night ended';
  const unproven = [...run.proving.values()].map(({ task }) =>
    settledRecord(run, task, 'unverified', `${why}; the next night looks again`),
  );
  const left = run.queue.map((task) => leftRecord(run, task, 'notAttempted', `${why} before its turn`));
  await record(run.night, [...unproven, ...left]);
}
