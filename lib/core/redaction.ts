/**
 * A record without personal data, for telemetry, log and report where the policy asks for it. Made of what cannot
 * hold any: closed names, numbers, times, hashes and ids. Every text that was written freely is replaced by the
 * plain words of its name, because an address, a name or a distinguished name may stand anywhere in it.
 *
 * The Entra object id stays. It names nobody; who it is, the ledger says; and by it a purge in Entra ID's audit
 * log is recognised as ours.
 */

import type { Fact, Json } from './model.ts';
import type { NightStatus, OutcomeName, RefusalName } from './names.ts';
import type { LedgerRecord, RecordOf } from './record.ts';
import { CURE, countedInWords, ENDED, KEPT, NIGHT, REFUSED } from './words.ts';

const IN_LEDGER = 'left out here; the ledger has it';

/** @returns a record of the same kind, which the schema of the ledger accepts too */
export function redacted(record: LedgerRecord): LedgerRecord {
  switch (record.kind) {
    case 'nightStarted':
      return { ...record, policy: onlyNumbers(record.policy) };
    case 'tenantRead':
      return { ...record, verifiedDomains: [] };
    case 'sourceRead':
      return nameless(record);
    case 'exchangeRead':
      return { ...record, detail: record.available ? 'read to the end' : IN_LEDGER };
    case 'decided':
      return decided(record);
    case 'planned':
      return { ...record, refusals: record.refusals.map(inFixedWords) };
    case 'intended':
      return { ...record, snapshot: {} };
    case 'answered':
      return { ...record, detail: IN_LEDGER };
    case 'settled':
      return { ...record, detail: ENDED[record.outcome] };
    case 'cureSeen':
      return { ...record, detail: CURE[record.state] };
    case 'nightEnded':
      return { ...record, ...redactedEnding(record) };
    case 'telemetrySent':
      return { ...record, detail: record.delivered ? 'delivered' : IN_LEDGER };
    case 'deletedUsersRead':
    case 'takenOver':
      return record;
  }
}

interface NightEnding<Named> {
  readonly status: NightStatus;
  readonly outcomes: Readonly<Partial<Record<OutcomeName, number>>>;
  readonly refusals: readonly Named[];
}

/** What is said of the ending of a night, for whoever started it and may log it. */
export function redactedEnding<Named extends { readonly refusal: RefusalName; readonly detail: string }>({
  status,
  outcomes,
  refusals,
}: NightEnding<Named>): { readonly detail: string; readonly refusals: Named[] } {
  const fixed = refusals.map(inFixedWords);
  const counted = countedInWords(outcomes);
  const detail = [
    `The night ${NIGHT[status]}.`,
    counted === '' ? '' : `${counted}.`,
    ...fixed.map((refusal) => refusal.detail),
    status === 'failed' ? 'The last line of its ledger says why.' : '',
  ];
  return { detail: detail.filter((text) => text !== '').join(' '), refusals: fixed };
}

function decided(record: RecordOf<'decided'>): RecordOf<'decided'> {
  const { kind, id, deletedDateTime, verdict, reason, nightsAbsent, facts } = record;
  const { onHold, highVolumeEmail } = facts;
  return {
    kind,
    id,
    ...(deletedDateTime && { deletedDateTime }),
    verdict,
    ...(reason && { reason }),
    detail: reason === undefined ? 'every fact speaks for it' : KEPT[reason],
    nightsAbsent,
    facts: {
      onPremisesSynced: bare(facts.onPremisesSynced),
      onPremises: bare(facts.onPremises),
      reappeared: bare(facts.reappeared),
      mailUser: bare(facts.mailUser),
      hadMailbox: bare(facts.hadMailbox),
      licensed: bare(facts.licensed),
      ...(onHold && { onHold: bare(onHold) }),
      ...(highVolumeEmail && { highVolumeEmail: bare(highVolumeEmail) }),
    },
  };
}

const bare = ({ value }: Fact): Fact => ({ value, origin: IN_LEDGER });

function inFixedWords<Named extends { readonly refusal: RefusalName }>(refusal: Named): Named {
  const { what, next } = REFUSED[refusal.refusal];
  return { ...refusal, detail: `${what} Nobody was purged because of it. ${next}` };
}

/** Slices and parts keep their sizes and ages, and lose their names, which are domains and OUs. */
function nameless(record: RecordOf<'sourceRead'>): RecordOf<'sourceRead'> {
  const { slices, baseline, parts } = record;
  const names = [
    ...new Set([slices, baseline?.slices ?? {}, parts ?? {}].flatMap((named) => Object.keys(named))),
  ];
  const numbered = new Map(names.map((name, index) => [name, `part ${index + 1}`]));
  const renamed = <Value>(named: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(named).map(([name, value]) => [numbered.get(name) ?? '', value]));
  return {
    ...record,
    slices: renamed(slices),
    ...(parts && { parts: renamed(parts) }),
    ...(baseline && { baseline: { total: baseline.total, slices: renamed(baseline.slices) } }),
  };
}

/** The policy's limits and switches. Its keys are the schema's own; its texts name people, places and reasons. */
function onlyNumbers(json: Json): Json {
  if (Array.isArray(json)) return [];
  if (typeof json === 'object' && json !== null) {
    const kept = Object.entries(json).filter(([, value]) => typeof value !== 'string');
    return Object.fromEntries(kept.map(([key, value]) => [key, onlyNumbers(value)]));
  }
  return json;
}
