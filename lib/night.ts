/** One night, from reading to recording. The only sequencer of reads and writes. */

import { type HistoryReader, startHistory } from './core/history.ts';
import { at, DAY_MS, elapsedMs, type NightId, type Timestamp } from './core/ids.ts';
import type { Json, Plan, Refusal } from './core/model.ts';
import type { NightStatus, OutcomeName } from './core/names.ts';
import { makePlan } from './core/plan.ts';
import type { Policy } from './core/policy.ts';
import type { LedgerLine, RecordOf } from './core/record.ts';
import { redactedEnding } from './core/redaction.ts';
import { LedgerFailed, messageOf, NightRefused } from './errors.ts';
import { type Purged, purgeAll } from './night/purge.ts';
import { decideAll, readExchange, readTenant, refuseWhereHalted } from './night/read.ts';
import { type Night, record } from './night/record.ts';
import { leaveReport } from './night/report.ts';
import { settleEarlierNights } from './night/settle.ts';
import { tellTelemetry } from './night/tell.ts';
import type { ChainLink, Claim, GraphUsage, Ports } from './ports.ts';

/** What a night came to, for whoever started it. */
export interface NightReport {
  readonly night: NightId;
  readonly status: NightStatus;
  /** For an operator: what happened, what was not done because of it, what to do next. */
  readonly detail: string;
  readonly refusals: readonly Refusal[];
  readonly plan: Plan | undefined;
  readonly outcomes: Readonly<Partial<Record<OutcomeName, number>>>;
  /** Where the record is kept. */
  readonly ledger: string;
  /** Where the page for people is kept; `undefined` where there is none. */
  readonly report: string | undefined;
  /** What went wrong without making the night fail. */
  readonly warnings: readonly string[];
}

type Ending = Pick<NightReport, 'status' | 'detail' | 'refusals' | 'plan' | 'outcomes'>;

/** How far back the ledger is read: longer than the recycle bin keeps anybody. */
const HISTORY_DAYS = 31;
const FIRST_HASH = '0'.repeat(64);

/** Runs one night. Never throws for what a night may meet: the report's status says how it ended. */
export async function runNight(
  ports: Ports,
  policy: Policy,
  { id, signal }: { readonly id: NightId; readonly signal: AbortSignal },
): Promise<NightReport> {
  try {
    const claim = await ports.ledger.claim(id, ports.clock, signal);
    try {
      return await runClaimed(ports, policy, claim, signal);
    } finally {
      await claim.release();
    }
  } catch (error) {
    return tellWithoutLedger(ports, policy, id, endingOf(error));
  }
}

async function runClaimed(
  ports: Ports,
  policy: Policy,
  claim: Claim,
  signal: AbortSignal,
): Promise<NightReport> {
  const { night: id, startedAt } = claim;
  const { past, end } = await readHistory(ports, policy, startedAt);
  const ledger = await ports.ledger.begin(claim, end);
  const night: Night = { id, ports, claim, ledger, signal };
  await record(night, [nightStarted(policy, end)]);
  const ending = await settleFailure(() => carryOut(night, policy, past));
  const history = past.finish();
  const ended = nightEnded(ending, elapsedMs(startedAt, ports.clock.now()), ports.entra.usage());
  await record(night, [ended]);
  const left = await leaveReport(night, policy, history, startedAt);
  await tellTelemetry(night, history, startedAt);
  return {
    night: id,
    ledger: ledger.location,
    ...toldOf(ending, policy),
    report: left.report,
    warnings: 'warning' in left ? [left.warning] : [],
  };
}

async function readHistory(
  { ledger }: Ports,
  policy: Policy,
  now: Timestamp,
): Promise<{ past: HistoryReader; end: ChainLink | undefined }> {
  const days = Math.max(HISTORY_DAYS, policy.accidentalDeletionPrevention.rollingBudget.days + 1);
  const past = startHistory();
  const lines = ledger.earlierNights(at(Date.parse(now) - days * DAY_MS));
  let line = await lines.next();
  while (!line.done) {
    past.see(line.value);
    line = await lines.next();
  }
  return { past, end: line.value };
}

function nightStarted(policy: Policy, end: ChainLink | undefined): RecordOf<'nightStarted'> {
  return {
    kind: 'nightStarted',
    mode: policy.mode,
    tenantId: policy.tenantId,
    policy: policy as unknown as Json,
    ...(end && { continues: end }),
  };
}

async function carryOut(night: Night, policy: Policy, past: HistoryReader): Promise<Ending> {
  await refuseWhereHalted(night);
  const organization = await readTenant(night, policy);
  // What is settled only now counts tonight: a DELETE that had no effect spends nothing of the budget.
  for (const line of await settleEarlierNights(night, past.finish().openIntents)) past.see(line);
  const history = past.finish();
  const word = await readExchange(night, policy, history);
  const known = { night, policy, organization, word };
  const { decisions, syncedUsers } = await decideAll(known, history);
  const limits = policy.accidentalDeletionPrevention;
  const now = night.ports.clock.now();
  const budgetSpent = history.budgetSpent(limits.rollingBudget.days, now);
  const plan = makePlan(decisions, { limits, syncedUsers, budgetSpent });
  await record(night, [plannedRecord(plan, budgetSpent)]);

  if (plan.state === 'refused') {
    const detail = plan.refusals.map((refusal) => refusal.detail).join(' ');
    const status = policy.mode === 'report' ? 'completed' : 'refused';
    return { status, detail, refusals: plan.refusals, plan, outcomes: {} };
  }
  if (policy.mode === 'report') {
    const detail = `Report mode: ${plan.counts.purge} would be purged, ${plan.counts.keep} kept. Nobody was purged.`;
    return { status: 'completed', detail, refusals: [], plan, outcomes: {} };
  }
  return { ...purgeEnding(await purgeAll(known, plan.purges)), refusals: [], plan };
}

function plannedRecord(plan: Plan, budgetSpent: number): RecordOf<'planned'> {
  return {
    kind: 'planned',
    state: plan.state,
    fingerprint: plan.fingerprint,
    counts: plan.counts,
    refusals: plan.state === 'refused' ? [...plan.refusals] : [],
    budgetSpent,
  };
}

function purgeEnding({ outcomes, ended }: Purged): Pick<Ending, 'status' | 'detail' | 'outcomes'> {
  const counted = Object.entries(outcomes)
    .map(([outcome, users]) => `${users} ${outcome}`)
    .join(', ');
  const summary = counted === '' ? 'Nobody was to be purged.' : `${counted}.`;
  if (ended?.how === 'stopped') {
    return {
      status: 'stopped',
      outcomes,
      detail: `Stopped: ${ended.why}. ${summary} The next night goes on.`,
    };
  }
  const failures = (outcomes.notPurged ?? 0) + (outcomes.unverified ?? 0);
  if (ended !== undefined || failures > 0) {
    const why = ended?.why ?? `${failures} purges could not be proven`;
    return {
      status: 'failed',
      outcomes,
      detail: `Purging failed: ${why}. ${summary} Look at the ledger's settled lines for each user; the next night looks at the unverified again.`,
    };
  }
  return { status: 'completed', outcomes, detail: summary };
}

/** Whatever a night meets becomes its ending, except that the ledger fails: then nothing more can be recorded. */
async function settleFailure(work: () => Promise<Ending>): Promise<Ending> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LedgerFailed) throw error;
    return endingOf(error);
  }
}

function endingOf(error: unknown): Ending {
  const nothingDone = { plan: undefined, outcomes: {} };
  if (error instanceof NightRefused) {
    return { status: 'refused', detail: error.message, refusals: error.refusals, ...nothingDone };
  }
  return { status: 'failed', detail: messageOf(error), refusals: [], ...nothingDone };
}

function nightEnded(ending: Ending, durationMs: number, usage: GraphUsage): RecordOf<'nightEnded'> {
  const { calls, resourceUnits, throttled, retries } = usage;
  return {
    kind: 'nightEnded',
    status: ending.status,
    detail: ending.detail,
    refusals: [...ending.refusals],
    ...(ending.plan && { counts: ending.plan.counts }),
    outcomes: ending.outcomes,
    measurements: {
      durationMs: Math.max(durationMs, 0),
      graphCalls: calls,
      resourceUnits,
      throttled,
      retries,
    },
  };
}

/** The ledger cannot be read or written; telemetry is all that is left to tell it. */
async function tellWithoutLedger(
  ports: Ports,
  policy: Policy,
  id: NightId,
  ending: Ending,
): Promise<NightReport> {
  const ended = nightEnded(ending, 0, ports.entra.usage());
  const line: LedgerLine = {
    night: id,
    seq: 0,
    fence: 0,
    at: ports.clock.now(),
    prev: FIRST_HASH,
    record: ended,
  };
  ports.telemetry.record([line]);
  await ports.telemetry.flush();
  return {
    night: id,
    ledger: ports.ledger.location,
    ...toldOf(ending, policy),
    report: undefined,
    warnings: [],
  };
}

/** The ending in words that the policy lets out of the ledger. */
const toldOf = (ending: Ending, { telemetry: { personalData } }: Policy): Ending =>
  personalData ? ending : { ...ending, ...redactedEnding(ending) };
