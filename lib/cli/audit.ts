/** `audit`: may the ledger be believed, and is there a night or an intent of which it does not know the end? */
import { z } from 'zod';
import { apply } from '../core/apply.ts';
import { at, DAY_MS } from '../core/ids.ts';
import { emptyState, type State } from '../core/state.ts';
import { messageOf, NightRefused } from '../errors.ts';
import type { LedgerReader } from '../ports.ts';
import { EXIT, type Exit, isAccessDenied } from './exit.ts';
import { type CommonOptions, type Context, openLedger } from './session.ts';

export const auditResult = z
  .strictObject({
    command: z.literal('audit'),
    ledger: z.string(),
    lines: z.int().describe('Read and found in order, up to the first bad one.'),
    nights: z.int(),
    firstAt: z.iso.datetime().optional(),
    lastAt: z.iso.datetime().optional(),
    broken: z.string().optional().describe('The first line or file that is wrong.'),
    openIntents: z
      .array(
        z.strictObject({
          id: z.guid(),
          deletedDateTime: z.iso.datetime(),
          night: z.string(),
          announcedAt: z.iso.datetime(),
          attempt: z.int(),
          answer: z.string().optional(),
        }),
      )
      .describe('Purges announced of which no line says what became of them.'),
    cutOff: z.array(z.strictObject({ night: z.string(), startedAt: z.iso.datetime() })),
    missingDates: z
      .array(z.iso.date())
      .describe('UTC dates between first and last night on which none began.'),
  })
  .describe('Whether the ledger is whole.');
type AuditResult = z.infer<typeof auditResult>;

/** @throws UsageError; NightRefused `accessDenied` */
export async function audit(
  context: Context,
  _args: readonly string[],
  options: CommonOptions,
): Promise<Exit> {
  const ledger = await openLedger(context, options);
  const result = await audited(ledger);
  if (options.json) context.terminal.json(result);
  else print(context, result);
  const { broken, openIntents, cutOff, missingDates, nights } = result;
  const isWhole = [openIntents, cutOff, missingDates].every((list) => list.length === 0);
  return broken === undefined && isWhole && nights > 0 ? EXIT.fine : EXIT.finding;
}

async function audited(ledger: LedgerReader): Promise<AuditResult> {
  const state = emptyState();
  const started = new Map<string, string>();
  const ended = new Set<string>();
  let lines = 0;
  let firstAt: string | undefined;
  let lastAt: string | undefined;
  let broken: string | undefined;
  try {
    for await (const line of ledger.kept(at(0))) {
      apply(state, line);
      if (line.record.kind === 'nightStarted') started.set(line.night, line.at);
      if (line.record.kind === 'nightEnded') ended.add(line.night);
      firstAt ??= line.at;
      lastAt = line.at;
      lines += 1;
    }
  } catch (error) {
    if (!(error instanceof NightRefused) || isAccessDenied(error)) throw error;
    broken = messageOf(error);
  }
  return {
    command: 'audit',
    ledger: ledger.location,
    lines,
    nights: started.size,
    ...(firstAt !== undefined && { firstAt }),
    ...(lastAt !== undefined && { lastAt }),
    ...(broken !== undefined && { broken }),
    openIntents: openIntentsOf(state),
    cutOff: [...started].flatMap(([night, startedAt]) => (ended.has(night) ? [] : [{ night, startedAt }])),
    missingDates: missingDates([...started.values()].map((moment) => moment.slice(0, 10))),
  };
}

const openIntentsOf = ({ open }: State): AuditResult['openIntents'] =>
  [...open.values()].map(({ id, deletedDateTime, night, announcedAt, attempt, answer }) => ({
    id,
    deletedDateTime,
    night,
    announcedAt,
    attempt,
    ...(answer && { answer: answer.answer }),
  }));

/** `dates`: oldest first. */
function missingDates(dates: readonly string[]): string[] {
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return [];
  const there = new Set(dates);
  const days = Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS);
  return Array.from({ length: Math.max(days, 0) + 1 }, (_, day) =>
    at(Date.parse(first) + day * DAY_MS).slice(0, 10),
  ).filter((date) => !there.has(date));
}

function print({ terminal }: Context, result: AuditResult): void {
  const { lines, nights, firstAt, lastAt, broken, openIntents, cutOff, missingDates: missing } = result;
  const mark = (isGood: boolean, text: string) =>
    terminal.out({ text: isGood ? '✓ ' : '✗ ', style: isGood ? 'green' : 'red' }, text);
  mark(
    broken === undefined && lines > 0,
    broken ??
      (lines === 0
        ? 'the ledger is empty'
        : `${lines} lines of ${nights} nights, each holding the hash of the one before, from ${firstAt} to ${lastAt}`),
  );
  mark(openIntents.length === 0, `${openIntents.length} purges announced without a known end`);
  for (const one of openIntents) {
    terminal.out(
      `    ${one.id} announced ${one.announcedAt} (attempt ${one.attempt}): the next night looks again`,
    );
  }
  mark(cutOff.length === 0, `${cutOff.length} nights without an end`);
  for (const { night, startedAt } of cutOff)
    terminal.out(`    ${startedAt} ${night}: cut off, or still running`);
  mark(missing.length === 0, `${missing.length} dates without a night`);
  for (const date of missing) terminal.out(`    ${date}`);
}
