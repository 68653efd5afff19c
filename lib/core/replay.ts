/** A recorded decision under another policy: the same rules on the facts that were recorded. */
import { decide } from './decide.ts';
import type { Timestamp } from './ids.ts';
import type { DeletedUser, Found, Json, Verdict } from './model.ts';
import type { Policy } from './policy.ts';
import type { RecordOf } from './record.ts';
import type { Standing } from './state.ts';

/** `unknown`: a rule asks for something that the ledger does not record, such as all the addresses. */
export type Replayed = Verdict | { readonly verdict: 'unknown'; readonly detail: string };

export function replay({ decided, absentNights }: Standing, policy: Policy, now: Timestamp): Replayed {
  const { facts } = decided;
  const known = {
    user: userOf(decided),
    found: foundOf(decided),
    evidence: facts,
    onPremises: decided.onPremises ?? {},
    nightsAbsent: absentNights,
  };
  const { verdict } = decide(known, policy, now);
  const isBlind = verdict.verdict === 'keep' && verdict.reason === 'protectionUnknown';
  if (!isBlind || decided.reason === 'protectionUnknown') return verdict;
  return { verdict: 'unknown', detail: 'a protect rule asks for something that the ledger does not record' };
}

/** Sections that decide what is looked at, and not only what is made of it: under others the facts would be others. */
const LOOKING = ['onPremises', 'mailUserEvidence', 'exchange'] as const;

/** Which of them differ from those of the night that recorded the facts. */
export const lookedOtherwise = (recorded: Json, policy: Policy): readonly string[] =>
  LOOKING.filter((name) => textOf(Object(recorded)[name]) !== textOf(policy[name]));

/** Comments and the order of keys say nothing. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (key, one: unknown) => {
    if (key === '$comment') return undefined;
    const isTable = typeof one === 'object' && one !== null && !Array.isArray(one);
    return isTable ? Object.fromEntries(Object.entries(one).sort()) : one;
  }) ?? '';

/** What the ledger does not say stays untold, as if Graph had not given it. */
function userOf(decided: RecordOf<'decided'>): DeletedUser {
  const { id, deletedDateTime, displayName, userPrincipalName, mail, immutableId } = decided;
  return {
    id,
    deletedDateTime,
    displayName,
    userPrincipalName,
    userType: undefined,
    mail,
    proxyAddresses: undefined,
    immutableId,
    onPremisesSyncEnabled: undefined,
    onPremisesDomainName: undefined,
    onPremisesSecurityIdentifier: undefined,
    onPremisesDistinguishedName: undefined,
    extensionAttributes: undefined,
    assignedLicenses: undefined,
    assignedPlans: undefined,
    provisionedPlans: undefined,
    directoryExtensions: {},
    snapshot: {},
  };
}

function foundOf({ facts, onPremises }: RecordOf<'decided'>): Found {
  const untold = { value: 'unknown', origin: 'not recorded' } as const;
  const { value, origin } = facts.onPremises ?? untold;
  const reappeared = facts.reappeared ?? untold;
  if (value === 'no') {
    return { presence: { state: 'absent', kind: onPremises?.kind ?? 'entra', origin }, reappeared };
  }
  return { presence: { state: value === 'yes' ? 'present' : 'unknown', origin }, reappeared };
}
