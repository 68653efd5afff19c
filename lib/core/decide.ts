/** The verdict on one deleted user. Anything unknown keeps, by a name of its own. */
import { type ExchangeWord, withExchangeWord } from './exchangeWord.ts';
import { DAY_MS, elapsedMs, type Timestamp } from './ids.ts';
import { hadMailboxFact, licensedFact, mailUserFact, onPremisesSyncedFact } from './mailUser.ts';
import type {
  Decision,
  DeletedUser,
  Evidence,
  Fact,
  Found,
  Organization,
  Presence,
  Verdict,
} from './model.ts';
import type { Policy } from './policy.ts';
import { protection } from './protect.ts';
import { FACT_NAMES, factMeaning, type KeepReason } from './vocabulary.ts';

/** All that is known of `user`: from Graph, from the diff and, where the policy asks it, from Exchange. */
export function gatherEvidence(
  user: DeletedUser,
  found: Found,
  organization: Pick<Organization, 'verifiedDomains'>,
  policy: Policy,
  word: ExchangeWord,
): Evidence {
  const graph = mailUserFact(user, organization.verifiedDomains, policy.mailUserEvidence, found.tombstone);
  return {
    onPremisesSynced: onPremisesSyncedFact(user),
    onPremises: presenceFact(found.presence),
    reappeared: found.reappeared,
    ...withExchangeWord(graph, user.id, word, policy.exchange.use, organization.verifiedDomains),
    hadMailbox: hadMailboxFact(user),
    licensed: licensedFact(user),
  };
}

function presenceFact(presence: Presence): Fact {
  const value = { present: 'yes', absent: 'no', unknown: 'unknown' } as const;
  return { value: value[presence.state], origin: presence.origin };
}

/** Would it be purged, were it absent for as many nights as the policy asks? Only of those more is asked. */
export function isCandidate(
  user: DeletedUser,
  found: Found,
  known: { readonly organization: Organization; readonly recipients: ExchangeWord },
  policy: Policy,
  now: Timestamp,
): boolean {
  const evidence = gatherEvidence(user, found, known.organization, policy, known.recipients);
  const { verdict } = decide({ user, found, evidence, nightsAbsent: policy.nightsAbsent }, policy, now);
  return verdict.verdict === 'purge';
}

/** Purge or keep? Of several reasons to keep, the first in a fixed order is named. */
export function decide(known: Omit<Decision, 'verdict'>, policy: Policy, now: Timestamp): Decision {
  const { user, evidence, nightsAbsent } = known;
  const verdict =
    protectedVerdict(user, policy, now) ??
    factVerdict(evidence) ??
    timeVerdict(user, nightsAbsent, policy, now) ??
    ({ verdict: 'purge', grounds: grounds(evidence) } as const);
  return { ...known, verdict };
}

const keep = (reason: KeepReason, detail: string): Verdict => ({ verdict: 'keep', reason, detail });

function protectedVerdict(user: DeletedUser, policy: Policy, now: Timestamp): Verdict | undefined {
  const found = protection(user, policy.protect, now);
  switch (found.protection) {
    case 'no':
      return undefined;
    case 'yes':
      return keep('protectedBy', found.rule);
    case 'unknown':
      return keep('protectionUnknown', `Graph did not say what the rule ${found.rule} asks for`);
  }
}

function factVerdict(evidence: Evidence): Verdict | undefined {
  for (const name of FACT_NAMES) {
    const { needed, otherwise, unknown, optional } = factMeaning(name);
    const fact = evidence[name];
    if (fact === undefined && optional) continue;
    const { value, origin } = fact ?? { value: 'unknown', origin: 'not looked at' };
    if (value === 'unknown') return keep(unknown, origin);
    if (value !== needed) return keep(otherwise, origin);
  }
  return undefined;
}

function timeVerdict(
  user: DeletedUser,
  nightsAbsent: number,
  policy: Policy,
  now: Timestamp,
): Verdict | undefined {
  if (user.deletedDateTime === undefined) {
    return keep('deletionDateUnknown', 'Graph gave no deletedDateTime');
  }
  const days = elapsedMs(user.deletedDateTime, now) / DAY_MS;
  if (days < policy.gracePeriodDays) {
    return keep(
      'withinGracePeriod',
      `deleted ${user.deletedDateTime}; the grace period is ${policy.gracePeriodDays} days`,
    );
  }
  return nightsAbsent < policy.nightsAbsent
    ? keep('notAbsentLongEnough', `seen absent on ${nightsAbsent} of ${policy.nightsAbsent} nights`)
    : undefined;
}

const grounds = (evidence: Evidence) =>
  FACT_NAMES.map((name) => evidence[name]?.origin)
    .filter((origin) => origin !== undefined)
    .join('; ');
