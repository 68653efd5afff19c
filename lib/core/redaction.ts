/**
 * A record without personal data, for telemetry, log and report where the policy asks for it. Made of what cannot
 * hold any: closed names, numbers, times, hashes and ids. Every text that was written freely is replaced by the
 * plain words of its name, because an address, a name or a distinguished name may stand anywhere in it.
 *
 * The Entra object id stays. It names nobody; who it is, the ledger says; and by it a purge in Entra ID's audit
 * log is recognised as ours.
 */

import type { Fact, Json } from './model.ts';
import type { LedgerRecord, RecordOf } from './record.ts';
import {
  ANSWER,
  CURE,
  endsCounted,
  FACT_NAMES,
  KEEP,
  NIGHT,
  OUTCOME,
  REFUSAL,
  type RefusalName,
} from './vocabulary.ts';

const IN_LEDGER = 'left out here; the ledger has it';

const RULES = [
  'users',
  'domains',
  'userPrincipalNames',
  'addresses',
  'organizationalUnits',
  'extensionAttributes',
];

/** @returns a record of the same kind, which the schema of the ledger accepts too */
export function redacted(record: LedgerRecord): LedgerRecord {
  switch (record.kind) {
    case 'nightStarted':
      return { ...record, policy: onlyNumbers(record.policy) };
    case 'tenantRead':
      return {
        ...record,
        verifiedDomains: [],
        ...(record.vanishedDomains && { vanishedDomains: record.vanishedDomains.map(() => 'a domain') }),
      };
    case 'sourceRead':
      return nameless(record);
    case 'exchangeRead':
      return { ...record, detail: record.available ? 'read to the end' : IN_LEDGER };
    case 'decided':
      return decided(record);
    case 'planned':
      return {
        ...record,
        refusals: record.refusals.map(inFixedWords),
        ...(record.protectRules && {
          protectRules: record.protectRules.map((one) => ({
            ...one,
            rule: RULES.find((kind) => one.rule.startsWith(`${kind}:`)) ?? 'a rule',
          })),
        }),
      };
    case 'announced':
      return { ...record, snapshot: {} };
    case 'withdrawn':
      return { ...record, why: IN_LEDGER };
    case 'answered':
      return { ...record, detail: ANSWER[record.answer] };
    case 'settled':
      return { ...record, detail: OUTCOME[record.outcome] };
    case 'cureSeen':
      return { ...record, detail: CURE[record.state] };
    case 'nightEnded': {
      const { stack: _, ...rest } = record;
      return { ...rest, ...redactedEnding(record) };
    }
    case 'telemetrySent':
      return { ...record, detail: record.delivered ? 'delivered' : IN_LEDGER };
    case 'deletedUsersRead':
    case 'unchanged':
    case 'logBegun':
    case 'rolledOver':
    case 'tornLine':
      return record;
  }
}

/** How a night ended, for the function that started it and may log it. */
export function redactedEnding(
  ending: Pick<RecordOf<'nightEnded'>, 'status' | 'outcomes' | 'refusals' | 'open' | 'notAttempted'>,
) {
  const { status } = ending;
  const fixed = ending.refusals.map(inFixedWords);
  const counted = endsCounted(ending).map(([name, count]) => `${count} ${name}`);
  const detail = [
    `The night ${NIGHT[status]}.`,
    counted.length === 0 ? '' : `${counted.join(', ')}.`,
    ...fixed.map((refusal) => refusal.detail),
    status === 'failed' ? 'The last line of its ledger says why.' : '',
  ];
  return { detail: detail.filter((text) => text !== '').join(' '), refusals: fixed };
}

function decided(record: RecordOf<'decided'>): RecordOf<'decided'> {
  const { kind, id, deletedDateTime, verdict, reason, nightsAbsent, facts, onPremises } = record;
  return {
    kind,
    id,
    ...(deletedDateTime && { deletedDateTime }),
    verdict,
    ...(reason && { reason }),
    detail: reason === undefined ? 'every fact speaks for it' : KEEP[reason],
    nightsAbsent,
    facts: Object.fromEntries(
      FACT_NAMES.flatMap((name) => {
        const fact = facts[name];
        return fact === undefined ? [] : [[name, bare(fact)]];
      }),
    ),
    // The rule that parks somebody names an OU.
    ...(onPremises && {
      onPremises: {
        ...onPremises,
        ...(onPremises.parked && { parked: { ...onPremises.parked, rule: IN_LEDGER } }),
      },
    }),
  };
}

const bare = ({ value }: Fact): Fact => ({ value, origin: IN_LEDGER });

function inFixedWords<Named extends { readonly refusal: RefusalName }>(refusal: Named): Named {
  const { what, next } = REFUSAL[refusal.refusal];
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
