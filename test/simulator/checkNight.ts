/** What must be true of a night that came to its own end. */
import type { LedgerLine, RecordOf } from '../../lib/core/record.ts';
import type { NightReport } from '../../lib/night.ts';
import { DAY_MS } from '../tenant/clock.ts';
import { type Company, violate } from './company.ts';
import { generationOf, type Told } from './told.ts';

export function checkNight(company: Company, told: Told, report: NightReport): void {
  const { coverage } = company;
  const lines = company.book.lines.filter(({ night }) => night === told.night);
  const ended = recordOf(lines, 'nightEnded');
  const wrong = (text: string) => violate(company, `${report.status}: ${text}`);
  coverage.hit('night', report.status);
  if (told.policy.mode === 'report') coverage.hit('night', 'report mode');
  for (const { refusal } of report.refusals) coverage.hit('refusal', refusal);
  if (report.status === 'refused' && told.sends.length > 0) wrong(`${told.sends.length} DELETEs were sent`);
  if (ended === undefined) {
    coverage.hit('night', 'without a ledger');
    const without = report.refusals.some(({ refusal }) => WITHOUT_A_LEDGER.has(refusal));
    if (!told.ledgerFailed && !without) wrong('the ledger does not say so');
    return;
  }
  if (ended.status !== report.status && !told.ledgerFailed) wrong(`the ledger says ${ended.status}`);
  checkOutcomes(told, ended, wrong);
  const planned = recordOf(lines, 'planned');
  if (planned === undefined) return;
  if (planned.counts.purge !== told.decided.size) {
    wrong(`${planned.counts.purge} planned, ${told.decided.size} decided`);
  }
  const spent = spentBefore(company, told);
  if (planned.budgetSpent !== spent) wrong(`${planned.budgetSpent} counted as spent, and it is ${spent}`);
  if (planned.state === 'ready' && told.policy.mode === 'purge') checkEveryoneEnded(told, wrong);
}

/** By the lines until tonight's plan: DELETEs of the budget's days of which it is not known that they did nothing. */
function spentBefore({ book }: Company, told: Told): number {
  const end = book.lines.findIndex(({ night, record }) => night === told.night && record.kind === 'planned');
  const since =
    Date.parse(book.lines[end]?.at ?? '') -
    told.policy.accidentalDeletionPrevention.rollingBudget.days * DAY_MS;
  const spent = new Map<string, number>();
  for (const { record, at } of book.lines.slice(0, end)) {
    if (record.kind !== 'intended' && record.kind !== 'settled') continue;
    const key = generationOf(record.id, record.deletedDateTime);
    if (record.kind === 'intended') spent.set(key, Date.parse(at));
    else if (record.outcome !== 'purged' && record.outcome !== 'unverified') spent.delete(key);
  }
  return [...spent.values()].filter((moment) => moment > since).length;
}

const WITHOUT_A_LEDGER: ReadonlySet<string> = new Set(['ledgerUnusable', 'anotherNightRuns']);

function recordOf<Kind extends LedgerLine['record']['kind']>(lines: readonly LedgerLine[], kind: Kind) {
  const isKind = (record: LedgerLine['record']): record is RecordOf<Kind> => record.kind === kind;
  return lines.map(({ record }) => record).find(isKind);
}

function checkOutcomes(told: Told, ended: RecordOf<'nightEnded'>, wrong: (text: string) => void): void {
  const tally: Record<string, number> = {};
  for (const outcome of [...told.settled.values()].flat()) tally[outcome] = (tally[outcome] ?? 0) + 1;
  const names = new Set([...Object.keys(tally), ...Object.keys(ended.outcomes)]);
  const counts: Readonly<Record<string, number | undefined>> = ended.outcomes;
  for (const name of names) {
    if ((tally[name] ?? 0) !== (counts[name] ?? 0)) {
      wrong(`${counts[name] ?? 0} ${name} counted, ${tally[name] ?? 0} settled`);
    }
  }
  const failures = (tally['unverified'] ?? 0) + (tally['notPurged'] ?? 0);
  if (failures > 0 && ended.status === 'completed') wrong(`${failures} purges failed`);
}

/** Each planned purge has one end, and only those have. */
function checkEveryoneEnded(told: Told, wrong: (text: string) => void): void {
  for (const generation of told.decided) {
    const outcomes = told.settled.get(generation) ?? [];
    if (outcomes.length !== 1) wrong(`${generation} ended ${outcomes.length} times: ${outcomes.join(', ')}`);
  }
  for (const generation of told.settled.keys()) {
    if (!told.decided.has(generation)) wrong(`${generation} ended without having been decided`);
  }
}
