/** One step: re-read ► decide again ► write the intent ► DELETE. */
import { decide, gatherEvidence } from '../core/decide.ts';
import { elapsedMs, type ImmutableId } from '../core/ids.ts';
import type { DeletedUser, Presence } from '../core/model.ts';
import { lookAt } from '../core/outcome.ts';
import { combinePresence } from '../core/presence.ts';
import type { RecordOf } from '../core/record.ts';
import type { PurgeAnswer, Sighting } from '../ports.ts';
import { record } from './record.ts';
import { leftRecord, REFUSED, type Run, SENT_WITHIN_MS, settledRecord, type Task, UNHURRIED } from './run.ts';

interface Answered {
  readonly task: Task;
  readonly answer: PurgeAnswer;
}

interface Confirmed {
  readonly task: Task;
  readonly user: DeletedUser;
}

/** Tries to purge `tasks`; whoever was sent a DELETE is then proving. @throws LedgerFailed */
export async function purgeStep(run: Run, tasks: readonly Task[]): Promise<void> {
  const { night } = run;
  const { entra, clock } = night.ports;
  const confirmed = await reread(run, tasks);
  if (confirmed.length === 0) return;
  const announcedAt = clock.now();
  await record(night, confirmed.map(intendedRecord));
  // Whoever was paused since, and has lost the ledger, must not send what it announced.
  await night.claim.stillOurs();
  const sentAt = clock.now();
  if (elapsedMs(announcedAt, sentAt) > SENT_WITHIN_MS) {
    const why = 'announced, and not sent, since this machine then stood still for minutes';
    await record(
      night,
      confirmed.map(({ task }) => leftRecord(run, task, 'notAttempted', why)),
    );
    return;
  }
  // A step that only tries again, or that nobody came to, proves nothing new: the next may not be larger for it.
  const isNew = confirmed.some(({ task }) => task.attempt === 1);
  run.progress = { ...run.progress, steps: run.progress.steps + (isNew ? 1 : 0) };
  const answers = await entra.purge(
    confirmed.map(({ user }) => user.id),
    UNHURRIED,
  );
  const answered = confirmed.map(
    ({ task, user }): Answered => ({
      task,
      answer: answers.get(user.id) ?? { answer: 'unclear', detail: 'no answer for this user' },
    }),
  );
  await record(night, answered.map(answeredRecord));

  const refused = answered.filter(isRefused);
  await record(
    night,
    refused.map(({ task, answer }) => settledRecord(run, task, 'refused', `${REFUSED}: ${answer.detail}`)),
  );
  const now = Date.parse(clock.now());
  for (const one of answered) {
    const { task, answer } = one;
    if (isRefused(one)) continue;
    if (answer.answer === 'throttled')
      run.notBefore = Math.max(run.notBefore, now + (answer.retryAfterMs ?? 0));
    run.proving.set(task.purge.id, { task, answer: answer.answer, sentAt, looks: 0, lookAt: now });
  }
}

/** A refusal is known at once, unless an earlier DELETE of tonight may still be under way. */
const isRefused = ({ task, answer }: Answered) => answer.answer === 'denied' && task.attempt === 1;

/** Those of `tasks` who, seen again just now, are still the same and still to be purged; settles the others. */
async function reread(run: Run, tasks: readonly Task[]): Promise<readonly Confirmed[]> {
  const { entra } = run.night.ports;
  const sightings = await entra.sightings(
    tasks.map(({ purge }) => purge.id),
    UNHURRIED,
  );
  const presences = await recheckPresence(run, tasks);
  const confirmed: Confirmed[] = [];
  const settled: RecordOf<'settled'>[] = [];
  for (const task of tasks) {
    const result = confirm(run, task, sightings.get(task.purge.id), presences);
    if ('user' in result) confirmed.push(result);
    else settled.push(result);
  }
  await record(run.night, settled);
  return confirmed;
}

async function recheckPresence(
  run: Run,
  tasks: readonly Task[],
): Promise<ReadonlyMap<ImmutableId, readonly Presence[]>> {
  const wanted = tasks
    .map(({ purge }) => purge.decision.user.immutableId)
    .filter((immutableId) => immutableId !== undefined);
  const sources = await Promise.all(
    run.night.ports.sources.map((source) => source.recheck(wanted, UNHURRIED)),
  );
  const unanswered: Presence = { state: 'unknown', origin: 'no answer for this user' };
  return new Map(
    wanted.map((immutableId) => [
      immutableId,
      sources.map((answers) => answers.get(immutableId) ?? unanswered),
    ]),
  );
}

function confirm(
  run: Run,
  task: Task,
  sighting: Sighting | undefined,
  presences: ReadonlyMap<ImmutableId, readonly Presence[]>,
): Confirmed | RecordOf<'settled'> {
  const { purge, attempt } = task;
  const look = sighting === undefined ? 'unclear' : lookAt(purge, sighting);
  const fresh = typeof sighting?.deleted === 'object' ? sighting.deleted : undefined;
  if (look === 'gone') {
    return attempt > 1
      ? settledRecord(run, task, 'purged', 'absent on re-read, after an earlier DELETE of tonight')
      : settledRecord(run, task, 'alreadyGone', 'absent on re-read, before any DELETE of ours');
  }
  if (look === 'restored') {
    return settledRecord(run, task, 'restoredMeanwhile', 'restored since it was read; not purged');
  }
  if (look === 'unclear' || fresh === undefined) {
    if (attempt > 1) return settledRecord(run, task, 'unverified', 'Graph did not say whether it is gone');
    return settledRecord(run, task, 'keptOnReread', 'it could not be read again; not purged');
  }
  const before = purge.decision;
  if (identityOf(fresh) !== identityOf(before.user)) {
    return leftRecord(run, task, 'keptOnReread', 'its addresses or ids changed since it was read');
  }
  const presence = combinePresence(presences.get(fresh.immutableId ?? ('' as ImmutableId)) ?? []);
  const found = { ...before.found, presence };
  const evidence = gatherEvidence(fresh, found, run.organization, run.policy, run.word);
  const now = run.night.ports.clock.now();
  const { verdict } = decide({ ...before, user: fresh, found, evidence }, run.policy, now);
  return verdict.verdict === 'keep'
    ? leftRecord(run, task, 'keptOnReread', `${verdict.reason}: ${verdict.detail}`)
    : { task, user: fresh };
}

/** What the diff looked for. Had it changed, tonight's absence would be somebody else's. */
const identityOf = (user: DeletedUser) =>
  JSON.stringify([user.immutableId, user.userPrincipalName, user.mail, user.proxyAddresses]);

const intendedRecord = ({ task, user }: Confirmed): RecordOf<'intended'> => ({
  kind: 'intended',
  id: user.id,
  deletedDateTime: task.purge.deletedDateTime,
  attempt: task.attempt,
  snapshot: user.snapshot,
});

/** In the words of the ledger as it is. */
const RECORDED = {
  accepted: 'accepted',
  denied: 'forbidden',
  notFound: 'notFound',
  throttled: 'throttled',
  rejected: 'unclear',
  unclear: 'unclear',
} as const;

const answeredRecord = ({ task, answer }: Answered): RecordOf<'answered'> => ({
  kind: 'answered',
  id: task.purge.id,
  deletedDateTime: task.purge.deletedDateTime,
  attempt: task.attempt,
  answer: RECORDED[answer.answer],
  detail: answer.detail,
});
