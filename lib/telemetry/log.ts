/** The night in the function's log: one line, in words, for each record that an operator wants to see. */
import type { NightId } from '../core/ids.ts';
import type { LedgerRecord, RecordOf } from '../core/record.ts';
import { NIGHT } from '../core/vocabulary.ts';
import type { Telemetry } from '../ports.ts';

export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

interface LogLine {
  readonly level: keyof Log;
  readonly text: string;
}

/** Writes the lines of the night that it sees first; what an earlier night still owes telemetry is old news. */
export function createLogTelemetry(log: Log): Telemetry {
  let night: NightId | undefined;
  let events = 0;
  return {
    record(lines) {
      for (const line of lines) {
        night ??= line.night;
        const said = line.night === night ? inWords(line.record) : undefined;
        if (said === undefined) continue;
        events += 1;
        log[said.level](said.text);
      }
    },
    async flush() {
      const delivery = { events, delivered: true, detail: 'Written to the log.' };
      events = 0;
      return delivery;
    },
  };
}

const info = (text: string): LogLine => ({ level: 'info', text });
const warn = (text: string): LogLine => ({ level: 'warn', text });

function inWords(record: LedgerRecord): LogLine | undefined {
  switch (record.kind) {
    case 'nightStarted':
      return info(
        record.mode === 'purge'
          ? `The night begins in purge mode, tenant ${record.tenantId}.`
          : `The night begins in report mode, tenant ${record.tenantId}: nobody will be purged.`,
      );
    case 'tenantRead':
      return tenantRead(record);
    case 'deletedUsersRead':
      return info(`The recycle bin holds ${users(record.users)}.`);
    case 'sourceRead':
      return sourceRead(record);
    case 'exchangeRead':
      return record.available
        ? info(`Exchange Online names ${record.recipients} soft-deleted recipients.`)
        : warn(`Exchange Online could not be asked: ${record.detail}`);
    case 'decided':
      return record.verdict === 'purge'
        ? info(`To be purged: ${record.userPrincipalName ?? 'no name'} (${record.id}): ${record.detail}`)
        : undefined;
    case 'planned':
      return planned(record);
    case 'answered':
      return record.answer === 'accepted'
        ? undefined
        : warn(`The DELETE of ${record.id} (try ${record.attempt}): ${record.answer}: ${record.detail}`);
    case 'settled':
      return settled(record);
    case 'cureSeen':
      return {
        level: record.state === 'lingering' ? 'warn' : 'info',
        text: `${record.id}: ${record.detail}`,
      };
    case 'nightEnded':
      return nightEnded(record);
    case 'telemetrySent':
      return record.delivered ? undefined : warn(`Telemetry of the night ${record.of}: ${record.detail}`);
    case 'withdrawn':
      return warn(`The DELETE of ${record.id} (try ${record.attempt}) was not sent: ${record.why}.`);
    case 'unchanged':
      return info(`Unchanged since the night before: ${users(record.users)}.`);
    case 'announced':
    case 'logBegun':
    case 'rolledOver':
    case 'tornLine':
      return undefined;
  }
}

function tenantRead({ lastSync, vanishedDomains }: RecordOf<'tenantRead'>): LogLine {
  const text = `Last directory sync: ${lastSync ?? 'not told'}.`;
  return vanishedDomains === undefined
    ? info(text)
    : warn(`${text} Not verified any more, and still the company's own: ${vanishedDomains.join(', ')}.`);
}

function sourceRead({ source, total, asOf, accepted, baseline }: RecordOf<'sourceRead'>): LogLine {
  const before = baseline === undefined ? '' : `, at most ${baseline.total} before`;
  const text = `The source ${source} holds ${users(total)} (as of ${asOf}${before}).`;
  return accepted ? info(text) : warn(`${text} That is not credible.`);
}

function planned({ state, counts }: RecordOf<'planned'>): LogLine {
  const reasons = Object.entries(counts.keptBy).map(([reason, count]) => `${reason} ${count}`);
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  const what = `purge ${counts.purge}, keep ${counts.keep}${why}`;
  return state === 'ready'
    ? info(`The plan: ${what}.`)
    : warn(`The plan is over a limit. It would be: ${what}.`);
}

const UNEVENTFUL: ReadonlySet<string> = new Set<RecordOf<'settled'>['outcome']>([
  'purged',
  'alreadyGone',
  'restored',
  'kept',
]);

function settled({ id, outcome, detail }: RecordOf<'settled'>): LogLine {
  const text = `${id}: ${outcome}. ${detail}`;
  return UNEVENTFUL.has(outcome) ? info(text) : warn(text);
}

function nightEnded({ status, detail }: RecordOf<'nightEnded'>): LogLine {
  const text = `The night ${NIGHT[status]}. ${detail}`;
  if (status === 'completed') return info(text);
  return status === 'failed' ? { level: 'error', text } : warn(text);
}

function users(count: number): string {
  return count === 1 ? '1 user' : `${count} users`;
}
