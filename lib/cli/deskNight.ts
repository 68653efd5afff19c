/** A night in report mode, run here: the function's own reading and deciding, and lines that stay in this process. */
import { randomUUID } from 'node:crypto';
import type { Desk } from '../composeDesk.ts';
import { apply } from '../core/apply.ts';
import { nightId, type Timestamp } from '../core/ids.ts';
import type { DeletedUser } from '../core/model.ts';
import type { LedgerLine, RecordOf } from '../core/record.ts';
import { emptyState, type Standing, type State } from '../core/state.ts';
import { SOURCE } from '../core/vocabulary.ts';
import { type NightReport, runNight } from '../night.ts';
import type { Entra, OnPremSource, Ports, Telemetry } from '../ports.ts';
import type { Step, Terminal } from './terminal.ts';

export interface DeskNight {
  readonly report: NightReport;
  /** The fold of the ledger's lines and of this night's. */
  readonly state: State;
  /** The last word of Exchange that an earlier night recorded. */
  readonly recordedExchange:
    | { readonly at: Timestamp; readonly record: RecordOf<'exchangeRead'> }
    | undefined;
  /** The report's page. */
  readonly html: string | undefined;
}

export interface DeskNightOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Read already, where that is so. */
  readonly deleted?: readonly DeletedUser[];
}

/** Never throws for what a night may meet. Takes no lease, sends no telemetry, and cannot purge. */
export async function nightAtDesk(desk: Desk, options: DeskNightOptions): Promise<DeskNight> {
  const id = nightId(randomUUID().replaceAll('-', ''));
  if (id === undefined) throw new Error('A random UUID is always a night id.');
  const state = emptyState();
  let recordedExchange: DeskNight['recordedExchange'];
  const { ledger, html } = desk.memoryLedger((line: LedgerLine) => {
    apply(state, line);
    const { record, at } = line;
    if (record.kind === 'exchangeRead' && line.night !== id) recordedExchange = { at, record };
  });
  const report = await runNight(
    portsOf(desk, options, ledger),
    { ...desk.policy, mode: 'report' },
    {
      id,
      signal: options.signal,
    },
  );
  return { report, state, recordedExchange, html: html() };
}

/** When a verdict was last come to, and by whom. What stands unchanged in a new plan was decided anew. */
export function seenAt(
  { tonight }: State,
  { at }: Standing,
): { readonly asOf: Timestamp; readonly from: 'thisDesk' | 'ledger' } {
  return tonight?.planned === undefined
    ? { asOf: at, from: 'ledger' }
    : { asOf: tonight.endedAt ?? tonight.startedAt, from: 'thisDesk' };
}

function portsOf(desk: Desk, { terminal, deleted }: DeskNightOptions, ledger: Ports['ledger']): Ports {
  const { clock, halt, policy, sources, exchange } = desk;
  const of = sources.length + 2;
  const told = (step: number, what: string): Step => ({ step, of, what });
  return {
    clock,
    halt,
    ledger,
    telemetry: SILENT,
    entra: {
      ...desk.entra,
      purge: CANNOT_PURGE,
      deletedUsers: async (signal) => {
        terminal.progress(told(1, 'reading the deleted users'));
        return deleted ?? (await desk.entra.deletedUsers(signal));
      },
    },
    sources: sources.map((source, index) =>
      watched(source, terminal, told(index + 2, `reading the users of ${SOURCE[source.kind]}`)),
    ),
    ...(policy.exchange.use !== 'off' && {
      exchange: {
        softDeletedRecipients: async (signal: AbortSignal) => {
          terminal.progress(told(1, 'asking Exchange Online'));
          return await exchange.softDeletedRecipients(signal);
        },
      },
    }),
  };
}

/** Report mode never asks for one; were it asked, it could not. */
const CANNOT_PURGE: Entra['purge'] = async () => {
  throw new Error('A desk cannot purge anybody.');
};

const SILENT: Telemetry = {
  record: () => undefined,
  flush: async () => ({ events: 0, delivered: false, detail: 'a desk sends none' }),
};

function watched(source: OnPremSource, terminal: Terminal, step: Step): OnPremSource {
  return {
    ...source,
    async *read(wanted, signal) {
      let count = 0;
      terminal.progress(step, count);
      const pages = source.read(wanted, signal);
      let page = await pages.next();
      for (; !page.done; page = await pages.next()) {
        count += page.value.length;
        terminal.progress(step, count);
        yield page.value;
      }
      return page.value;
    },
  };
}
