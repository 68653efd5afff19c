/** One night: the loop's driver. It performs what `next` names, and records what `judge` makes of the answers. */
import tool from '../package.json' with { type: 'json' };
import { apply, note } from './core/apply.ts';
import { failedBy, nightEnded } from './core/ending.ts';
import { at, DAY_MS, type NightId } from './core/ids.ts';
import { judge } from './core/judge.ts';
import { refused } from './core/judgeReading.ts';
import type { Json, Plan, Refusal } from './core/model.ts';
import { next } from './core/next.ts';
import { PACE, type Pace } from './core/pace.ts';
import type { Policy } from './core/policy.ts';
import type { LedgerRecord, RecordOf } from './core/record.ts';
import { redactedEnding } from './core/redaction.ts';
import { type Action, emptyState, type State, type Stop, type Tonight } from './core/state.ts';
import type { NightStatus, OutcomeName } from './core/vocabulary.ts';
import { LedgerFailed, messageOf, NightRefused, NightStopped } from './errors.ts';
import { leaveReport, type Night, sendTelemetry } from './nightAfter.ts';
import { perform } from './perform.ts';
import type { OpenLedger, Ports } from './ports.ts';

/** What a night came to, for the function or the person who started it. */
export interface NightReport {
  readonly night: NightId;
  readonly status: NightStatus;
  /** For an operator: what happened, what was not done because of it, what to do next. */
  readonly detail: string;
  readonly refusals: readonly Refusal[];
  /** `undefined` where the night did not come to a plan. */
  readonly plan: Plan | undefined;
  readonly outcomes: Readonly<Partial<Record<OutcomeName, number>>>;
  /** DELETEs of which it is not known what came of them; the next night looks again. */
  readonly open: number;
  readonly notAttempted: number;
  /** Where the record is kept. */
  readonly ledger: string;
  /** Where the page for people is kept; `undefined` where there is none. */
  readonly report: string | undefined;
  /** What went wrong without making the night fail. */
  readonly warnings: readonly string[];
}

export interface NightOptions {
  readonly id: NightId;
  /** Asks the night to end: within seconds, and without waiting for DELETEs that are under way. */
  readonly signal: AbortSignal;
  readonly pace?: Pace;
}

/** How far back the ledger is read: longer than the recycle bin keeps anybody. */
const HISTORY_DAYS = 31;

/** Runs one night. Never throws for what a night may meet: the report's status says how it ended. */
export async function runNight(ports: Ports, policy: Policy, options: NightOptions): Promise<NightReport> {
  const { id, signal, pace = PACE } = options;
  const state = emptyState();
  try {
    const ledger = await ports.ledger.open(id, ports.clock, signal);
    try {
      return await liveNight(startNight(ports, policy, ledger, state, { id, signal, pace }));
    } finally {
      await ledger.release();
    }
  } catch (error) {
    return endWithoutLedger(ports, policy, state, { id, signal, pace }, error);
  }
}

function startNight(
  ports: Ports,
  policy: Policy,
  ledger: OpenLedger,
  state: State,
  options: Required<NightOptions>,
): Night {
  const recording = new Set<Promise<void>>();
  const record = async (records: readonly LedgerRecord[]) => {
    const lines = await ledger.append(ports.clock.now(), records);
    for (const line of lines) apply(state, line, options.pace);
    ports.telemetry.record(lines);
  };
  return {
    ...options,
    ports,
    policy,
    ledger,
    state,
    async record(records) {
      if (records.length === 0) return;
      const done = record(records).finally(() => recording.delete(done));
      recording.add(done);
      await done;
    },
    recorded: async () => void (await Promise.allSettled(recording)),
  };
}

async function liveNight(night: Night): Promise<NightReport> {
  const { policy, ledger, state, id } = night;
  const days = Math.max(HISTORY_DAYS, policy.accidentalDeletionPrevention.rollingBudget.days + 1);
  for await (const line of ledger.lines(at(Date.parse(ledger.startedAt) - days * DAY_MS))) {
    apply(state, line, night.pace);
  }
  await night.record([nightStarted(policy)]);
  await drive(night);
  const left = await leaveReport(night);
  await sendTelemetry(night);
  const { ended, planned } = endOf(state);
  return reportOf(id, ended, planned, policy, {
    ledger: ledger.location,
    report: left.report,
    warnings: 'warning' in left ? [left.warning] : [],
  });
}

const nightStarted = (policy: Policy): RecordOf<'nightStarted'> => ({
  kind: 'nightStarted',
  mode: policy.mode,
  tenantId: policy.tenantId,
  version: tool.version,
  policy: policy as unknown as Json,
});

/** Until the night has ended. @throws LedgerFailed */
async function drive(night: Night): Promise<void> {
  const { state, pace, signal, ports } = night;
  const running = new Set<Promise<void>>();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (;;) {
    if (signal.aborted) askToEnd(state);
    const { start, wakeAt } = next(state, pace, ports.clock.now());
    for (const action of start) {
      note(state, { kind: 'begun', action });
      const done = carryOut(night, action).finally(() => running.delete(done));
      running.add(done);
    }
    if (state.tonight?.ended !== undefined) return;
    if (running.size > 0) {
      await Promise.race(signal.aborted ? running : [...running, aborted]);
    } else {
      // One timer, and only where nothing is under way: the end of an action looks at the clock as well.
      if (wakeAt === undefined) throw new Error('The night has nothing to do and nothing to wait for.');
      await ports.clock.sleep(Math.max(wakeAt - Date.parse(ports.clock.now()), 0), signal);
    }
  }
}

const askToEnd = (state: State) =>
  note(state, {
    kind: 'stop',
    how: 'stopped',
    why: 'the platform, or the time limit, asked the night to end',
    refusals: [],
  });

/** @throws LedgerFailed */
async function carryOut(night: Night, action: Action): Promise<void> {
  const { state, signal, pace, policy } = night;
  try {
    for await (const answers of perform(action, night)) {
      // What was broken off says nothing.
      const isBrokenOff = signal.aborted && (action.kind === 'verify' || action.kind === 'reread');
      if (isBrokenOff || state.tonight?.notes.isClosing) break;
      if (action.kind === 'end') {
        // The last line counts everything before it; answers that come from now on are for the next night to find out.
        note(state, { kind: 'closing' });
        await night.recorded();
      }
      const { lines, notes } = judge(state, action, answers, { policy, pace, now: night.ports.clock.now() });
      for (const one of notes) note(state, one);
      await night.record(lines);
      if (action.kind === 'read' && state.tonight?.notes.stop !== undefined) break;
    }
  } catch (error) {
    if (error instanceof LedgerFailed) throw error;
    if (signal.aborted) askToEnd(state);
    note(state, { kind: 'stop', ...stopFor(error) });
  } finally {
    note(state, { kind: 'done', action });
  }
}

function stopFor(error: unknown): Stop {
  if (error instanceof NightStopped) return { how: 'stopped', why: error.message, refusals: [] };
  const [refusal] = error instanceof NightRefused ? refused(error.refusals) : [];
  if (refusal?.kind === 'stop') return refusal;
  return failedBy(messageOf(error), error instanceof Error ? error.stack : undefined);
}

function endOf({ tonight }: State): Pick<Tonight, 'planned'> & { readonly ended: RecordOf<'nightEnded'> } {
  if (tonight?.ended === undefined) throw new Error('The night has not ended.');
  return { ended: tonight.ended, planned: tonight.planned };
}

/** The ledger cannot be read or written: telemetry and the log are the only places left. */
async function endWithoutLedger(
  ports: Ports,
  policy: Policy,
  state: State,
  { id, pace }: Required<NightOptions>,
  error: unknown,
): Promise<NightReport> {
  const now = ports.clock.now();
  if (state.tonight?.night !== id) {
    const started = { night: id, seq: 0, at: now, prev: '', record: nightStarted(policy) };
    apply(state, started, pace);
  }
  const { tonight } = state;
  if (tonight === undefined) throw error;
  // What was done before it failed is known all the same.
  tonight.notes.stop = stopFor(error);
  const ended = nightEnded(state, tonight, ports.entra.usage(), { pace, now });
  // Of no line of the ledger, so that it takes no other line's number.
  ports.telemetry.record([{ night: id, seq: -1, at: now, prev: '', record: ended }]);
  await ports.telemetry.flush();
  return reportOf(id, ended, tonight.planned, policy, {
    ledger: ports.ledger.location,
    report: undefined,
    warnings: [],
  });
}

function reportOf(
  night: NightId,
  ended: RecordOf<'nightEnded'>,
  plan: Plan | undefined,
  { telemetry: { personalData } }: Policy,
  where: Pick<NightReport, 'ledger' | 'report' | 'warnings'>,
): NightReport {
  const { status, outcomes, open, notAttempted } = ended;
  const { detail, refusals } = personalData ? ended : redactedEnding(ended);
  return { night, status, detail, refusals, plan, outcomes, open, notAttempted, ...where };
}
