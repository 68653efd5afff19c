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
    // Asked to end before it had the ledger.
    const neverBegan = report.status === 'stopped' && lines.length === 0;
    if (!told.ledgerFailed && !without && !neverBegan) wrong('the ledger does not say so');
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
  if (planned.state !== 'ready' || told.policy.mode !== 'purge') return;
  checkEveryoneEnded(company, told, ended, wrong);
  checkSilence(company, told, ended, wrong);
}

/** By the lines until tonight's plan: DELETEs of the budget's days of which it is not known that they did nothing. */
function spentBefore({ book }: Company, told: Told): number {
  const end = book.lines.findIndex(({ night, record }) => night === told.night && record.kind === 'planned');
  const since =
    Date.parse(book.lines[end]?.at ?? '') -
    told.policy.accidentalDeletionPrevention.rollingBudget.days * DAY_MS;
  const spent = new Map<string, number>();
  for (const { record, at } of book.lines.slice(0, end)) {
    if (record.kind !== 'announced' && record.kind !== 'withdrawn' && record.kind !== 'settled') continue;
    const key = generationOf(record.id, record.deletedDateTime);
    if (record.kind === 'announced') spent.set(key, Date.parse(at));
    else if (record.kind === 'withdrawn' ? record.attempt === 1 : record.outcome !== 'purged')
      spent.delete(key);
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
}

/** Each planned purge has one end, or is open, or was not tried, and the last line says how many. */
function checkEveryoneEnded(
  { book }: Company,
  told: Told,
  ended: RecordOf<'nightEnded'>,
  wrong: (text: string) => void,
): void {
  // Another night may have written since, while this one stood still.
  const end = book.lines.findLastIndex(({ record }) => record === ended);
  const open = openIn(book.lines.slice(0, end));
  let left = 0;
  for (const generation of told.decided) {
    const outcomes = told.settled.get(generation) ?? [];
    if (outcomes.length > 1) wrong(`${generation} ended ${outcomes.length} times: ${outcomes.join(', ')}`);
    if (outcomes.length === 0 && !open.has(generation)) left += 1;
  }
  for (const generation of told.settled.keys()) {
    if (!told.decided.has(generation)) wrong(`${generation} ended without having been decided`);
  }
  if (ended.open !== open.size) wrong(`${ended.open} counted as open, and ${open.size} are`);
  if (ended.notAttempted !== left)
    wrong(`${ended.notAttempted} counted as not attempted, and ${left} were not`);
}

/** DELETEs announced, neither withdrawn nor settled. */
function openIn(lines: readonly LedgerLine[]): ReadonlySet<string> {
  const open = new Set<string>();
  for (const { record } of lines) {
    if (record.kind !== 'announced' && record.kind !== 'withdrawn' && record.kind !== 'settled') continue;
    const key = generationOf(record.id, record.deletedDateTime);
    if (record.kind === 'announced') open.add(key);
    else if (record.kind === 'settled' || record.attempt === 1) open.delete(key);
  }
  return open;
}

/** Silence is a failure: a night that purged none of its planned users is complete only where that is right. */
function checkSilence(
  { lastPurgeAt }: Company,
  told: Told,
  ended: RecordOf<'nightEnded'>,
  wrong: (text: string) => void,
): void {
  if (ended.status !== 'completed' || told.decided.size === 0) return;
  const ends = [...told.decided].map((key) => ({ key, outcome: told.settled.get(key)?.at(-1) }));
  const gone = ends.filter(({ outcome }) => outcome === 'alreadyGone').length;
  if (gone > 3 && gone > ends.length / 5) wrong(`${gone} of ${ends.length} planned users were gone`);
  if (ends.some(({ outcome }) => outcome === 'purged')) return;
  const inVain = ends.filter(({ outcome }) => !['restored', 'kept', 'alreadyGone'].includes(outcome ?? ''));
  const isExcused = inVain.every(
    ({ key }) => lastPurgeAt > (told.stubborn.get(key) ?? Number.POSITIVE_INFINITY),
  );
  if (!isExcused) wrong('completed, and none of its planned users was purged');
}
