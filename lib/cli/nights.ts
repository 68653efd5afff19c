/** `nights`: the nights that the ledger has, the last ones first. */
import { z } from 'zod';
import { at, DAY_MS } from '../core/ids.ts';
import type { LedgerLine } from '../core/record.ts';
import { NIGHT_STATUSES } from '../core/vocabulary.ts';
import type { LedgerReader } from '../ports.ts';
import { EXIT, type Exit, UsageError } from './exit.ts';
import { type CommonOptions, type Context, openLedger } from './session.ts';

const night = z.strictObject({
  night: z.string(),
  startedAt: z.iso.datetime(),
  mode: z.enum(['report', 'purge']),
  version: z.string().optional(),
  status: z
    .enum(NIGHT_STATUSES)
    .optional()
    .describe('Absent where the night was cut off, or is still running.'),
  detail: z.string().optional(),
  deletedUsers: z.int().optional(),
  planned: z.int().optional(),
  purged: z.int(),
  report: z.string().optional().describe('Name of its page beside the ledger.'),
});
type ToldNight = z.infer<typeof night>;

export const nightsResult = z
  .strictObject({ command: z.literal('nights'), ledger: z.string(), nights: z.array(night) })
  .describe('The nights in the ledger, the last first.');

export interface NightsOptions extends CommonOptions {
  /** Days to look back. */
  readonly days?: string;
}

/** @throws UsageError; NightRefused */
export async function nights(
  context: Context,
  _args: readonly string[],
  options: NightsOptions,
): Promise<Exit> {
  const days = daysIn(options.days ?? '31');
  const ledger = await openLedger(context, options);
  const all = (await nightsIn(ledger, days)).toReversed();
  if (options.json) {
    context.terminal.json({ command: 'nights', ledger: ledger.location, nights: all } satisfies z.infer<
      typeof nightsResult
    >);
  } else {
    if (all.length === 0) context.terminal.out(`No night in the last ${days} days.`);
    for (const one of all) {
      const style = one.status === 'completed' ? 'green' : 'yellow';
      context.terminal.out(
        `${one.startedAt.slice(0, 16).replace('T', ' ')} UTC  ${one.mode.padEnd(6)}  `,
        { text: (one.status ?? 'cut off').padEnd(9), style },
        `  ${one.planned ?? '?'} planned, ${one.purged} purged of ${one.deletedUsers ?? '?'} deleted users  ${one.night}`,
      );
    }
  }
  return all.length > 0 && all[0]?.status === 'completed' ? EXIT.fine : EXIT.finding;
}

/** @throws UsageError */
export function daysIn(text: string): number {
  const days = Number(text);
  if (/^\d{1,4}$/.test(text) && days > 0) return days;
  throw new UsageError(`"${text}" is no number of days: give a whole number from 1 to 9999.`);
}

/** Oldest first. @throws NightRefused */
async function nightsIn(ledger: LedgerReader, days: number): Promise<readonly ToldNight[]> {
  const since = at(Date.now() - days * DAY_MS);
  const found = new Map<string, ToldNight>();
  for await (const line of ledger.kept(since)) {
    if (line.at >= since) see(found, line);
  }
  for (const { night: id, name } of await ledger.reports()) {
    const one = found.get(id);
    if (one !== undefined) found.set(id, { ...one, report: name });
  }
  return [...found.values()];
}

function see(found: Map<string, ToldNight>, { night: id, at: startedAt, record }: LedgerLine): void {
  if (record.kind === 'nightStarted') {
    const { mode, version } = record;
    found.set(id, { night: id, startedAt, mode, ...(version !== undefined && { version }), purged: 0 });
  }
  const one = found.get(id);
  if (one === undefined) return;
  if (record.kind === 'deletedUsersRead') found.set(id, { ...one, deletedUsers: record.users });
  if (record.kind === 'planned') found.set(id, { ...one, planned: record.counts.purge });
  if (record.kind === 'nightEnded') {
    const { status, detail, outcomes } = record;
    found.set(id, { ...one, status, detail, purged: outcomes.purged ?? 0 });
  }
}
