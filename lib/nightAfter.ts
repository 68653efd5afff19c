/** What follows the night's end: its report, and the telemetry that it and earlier nights owe. */
import { at, DAY_MS, type NightId } from './core/ids.ts';
import type { Pace } from './core/pace.ts';
import type { Policy } from './core/policy.ts';
import type { LedgerRecord } from './core/record.ts';
import type { State } from './core/state.ts';
import { messageOf } from './errors.ts';
import type { Delivery, OpenLedger, Ports } from './ports.ts';
import { renderReport } from './report/page.ts';
import { storyOf } from './report/story.ts';

/** One night under way. */
export interface Night {
  readonly id: NightId;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  readonly ports: Ports;
  readonly policy: Policy;
  readonly ledger: OpenLedger;
  readonly state: State;
  /** Appends, makes durable, applies, and hands over to telemetry. @throws LedgerFailed */
  record(records: readonly LedgerRecord[]): Promise<void>;
  /** Resolves when all that was recorded so far is applied, or has failed. */
  recorded(): Promise<void>;
}

/** Where the report is; or why there is none, for an operator. */
export type Left = { readonly report: string } | { readonly report: undefined; readonly warning: string };

/** Never throws: a night without its report is no failed night. */
export async function leaveReport({ ledger, state, policy }: Night): Promise<Left> {
  const { personalData } = policy.telemetry;
  try {
    const html = renderReport(storyOf(state, personalData), { personalData });
    return { report: await ledger.attach(html) };
  } catch (error) {
    return {
      report: undefined,
      warning: `The report of this night could not be made: ${messageOf(error)}. The night itself is recorded in full: read its ledger.`,
    };
  }
}

/** How far back telemetry is made up for. */
const RESEND_DAYS = 31;

/** Flushes tonight's telemetry; if it arrived, sends what earlier nights still owe. @throws LedgerFailed */
export async function sendTelemetry(night: Night): Promise<void> {
  const { ports, state, id } = night;
  const tonight = await ports.telemetry.flush();
  await night.record([{ kind: 'telemetrySent', of: id, ...tonight }]);
  if (!tonight.delivered) return;
  for (const owed of state.telemetryOwed) {
    const delivery = await resend(night, owed);
    await night.record([{ kind: 'telemetrySent', of: owed, ...delivery }]);
    if (!delivery.delivered) return;
  }
}

async function resend({ ports, ledger }: Night, owed: NightId): Promise<Delivery> {
  const since = at(Date.parse(ledger.startedAt) - RESEND_DAYS * DAY_MS);
  try {
    for await (const line of ledger.lines(since)) {
      if (line.night === owed) ports.telemetry.record([line]);
    }
  } catch (error) {
    // Tonight is over and recorded. What earlier nights owe must not make another night of it.
    return { events: 0, delivered: false, detail: `could not be read again: ${messageOf(error)}` };
  }
  return ports.telemetry.flush();
}
