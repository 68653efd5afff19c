/** A night as it happens, read from its ledger. */

import type { LedgerLine, LedgerRecord, RecordOf } from '../../lib/core/record.ts';
import type { OutcomeName } from '../../lib/core/vocabulary.ts';
import { followLedger } from '../host/followLedger.ts';
import { type JobEnd, type Settings, startJob } from '../host/job.ts';
import { showDecisions } from './decisions.ts';
import { type Mark, number, type Screen } from './screen.ts';

export interface ShownNight {
  readonly lines: readonly LedgerLine[];
  readonly end: JobEnd;
  /** Absent where the night did not come to its own end. */
  readonly ended: RecordOf<'nightEnded'> | undefined;
}

/** Runs the job with these settings and shows what its ledger says, line by line as it says it. */
export async function showNight(
  screen: Screen,
  settings: Settings & { readonly LEDGER_DIRECTORY: string },
): Promise<ShownNight> {
  const job = startJob(settings);
  const lines: LedgerLine[] = [];
  const view = createView(screen);
  for await (const line of followLedger(settings.LEDGER_DIRECTORY, job.ended)) {
    lines.push(line);
    view.see(line.record, line.at);
  }
  const end = await job.ended;
  const ended = lines.map(({ record }) => record).find((record) => record.kind === 'nightEnded');
  if (ended === undefined)
    screen.fact('bad', 'the job', end.stderr.trim().split('\n').at(-1) || `ended with ${end.code}`);
  return { lines, end, ended };
}

function createView(screen: Screen) {
  const decisions: RecordOf<'decided'>[] = [];
  const settled: RecordOf<'settled'>[] = [];
  let toPurge = 0;
  let hasEnded = false;

  function see(record: LedgerRecord, at: string): void {
    switch (record.kind) {
      case 'decided':
        decisions.push(record);
        break;
      case 'planned':
        showDecisions(screen, decisions);
        toPurge = showPlan(screen, record);
        break;
      case 'announced':
        if (settled.length === 0) screen.progress('settled', 0, toPurge);
        break;
      case 'settled':
        settled.push(record);
        screen.progress('settled', settled.length, toPurge);
        break;
      case 'nightEnded':
        hasEnded = true;
        screen.clear();
        showOutcomes(screen, settled, record);
        break;
      case 'tenantRead':
      case 'deletedUsersRead':
      case 'sourceRead':
      case 'exchangeRead':
        showRead(screen, record, at);
        break;
      case 'telemetrySent':
        // On the way it is sent every minute.
        if (hasEnded) showRead(screen, record, at);
        break;
      default:
        break;
    }
  }
  return { see };
}

type ReadRecord = RecordOf<
  'tenantRead' | 'deletedUsersRead' | 'sourceRead' | 'exchangeRead' | 'telemetrySent'
>;

function showRead(screen: Screen, record: ReadRecord, at: string): void {
  const [mark, label, text] = readInWords(record, at);
  screen.fact(mark, label, text);
}

function readInWords(record: ReadRecord, at: string): readonly [mark: Mark, label: string, text: string] {
  switch (record.kind) {
    case 'tenantRead': {
      const minutes = Math.round((Date.parse(at) - Date.parse(record.lastSync ?? '')) / 60_000);
      const domains = record.verifiedDomains.length;
      const ago = minutes === 0 ? 'just now' : `${minutes} min ago`;
      return ['good', 'tenant', `last directory sync ${ago}, ${domains} verified domains`];
    }
    case 'exchangeRead':
      return ['good', 'Exchange Online', `${number(record.recipients)} soft-deleted recipients`];
    case 'deletedUsersRead':
      return ['good', 'deleted users', `${number(record.users)}, read to the end and counted`];
    case 'sourceRead': {
      const mark = record.accepted ? 'good' : 'bad';
      return [mark, SOURCES[record.source], `${number(record.total)}, read to the end`];
    }
    case 'telemetrySent':
      return [record.delivered ? 'good' : 'bad', 'telemetry', record.detail];
  }
}

const SOURCES = {
  entra: 'live synced users',
  export: 'on-premises export',
  activeDirectory: 'Active Directory',
} as const;

/** @returns how many are to be purged */
function showPlan(screen: Screen, { state, counts, refusals, fingerprint }: RecordOf<'planned'>): number {
  const what = `purge ${number(counts.purge)}, keep ${number(counts.keep)}`;
  screen.fact(
    state === 'ready' ? 'good' : 'bad',
    'plan',
    `${what} (${state}, fingerprint ${fingerprint.slice(0, 12)})`,
  );
  for (const { refusal, detail } of refusals) screen.fact('bad', refusal, detail);
  return counts.purge;
}

const UNEVENTFUL: ReadonlySet<OutcomeName> = new Set(['purged', 'alreadyGone']);

function showOutcomes(
  screen: Screen,
  settled: readonly RecordOf<'settled'>[],
  { status, detail }: RecordOf<'nightEnded'>,
): void {
  const purged = settled.filter(({ outcome }) => outcome === 'purged').length;
  if (settled.length > 0) {
    screen.fact(
      'good',
      'purged',
      `${number(purged)} of ${number(settled.length)}, each seen to be gone from deletedItems and from /users`,
    );
  }
  for (const [outcome, group] of Map.groupBy(settled, (one) => one.outcome)) {
    const [first] = group;
    if (UNEVENTFUL.has(outcome) || first === undefined) continue;
    screen.fact('note', outcome, `${number(group.length)}: ${first.detail}`);
  }
  screen.fact(status === 'completed' ? 'good' : 'bad', `night ${status}`, detail);
}
