/** The verdict on one deleted user. Anything unknown keeps, by a name of its own. */
import { type ExchangeWord, withExchangeWord } from './exchangeWord.ts';
import { DAY_MS, elapsedMs, type Timestamp } from './ids.ts';
import { hadMailboxFact, licensedFact, mailUserFact, onPremisesSyncedFact } from './mailUser.ts';
import type {
  Decision,
  DeletedUser,
  Evidence,
  Fact,
  FactName,
  Found,
  Organization,
  Presence,
  Verdict,
} from './model.ts';
import type { KeepReason } from './names.ts';
import type { Policy } from './policy.ts';
import { protection } from './protect.ts';

/** All that is known of `user`: Graph's word, the diff's and, where the policy asks it, Exchange's. */
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

/** What each fact must be for a purge, and the reasons to keep where it is otherwise or unknown. */
const NEEDED: Readonly<
  Record<FactName, { value: 'yes' | 'no'; otherwise: KeepReason; unknown: KeepReason }>
> = {
  onPremisesSynced: {
    value: 'yes',
    otherwise: 'notOnPremisesSynced',
    unknown: 'onPremisesSyncUnknown',
  },
  onPremises: { value: 'no', otherwise: 'stillOnPremises', unknown: 'presenceUnknown' },
  reappeared: { value: 'no', otherwise: 'reappeared', unknown: 'reappearanceUnknown' },
  hadMailbox: { value: 'no', otherwise: 'hadMailbox', unknown: 'mailboxUnknown' },
  licensed: { value: 'no', otherwise: 'licensed', unknown: 'licenceUnknown' },
  mailUser: { value: 'yes', otherwise: 'notAMailUser', unknown: 'mailUserUnproven' },
  onHold: { value: 'no', otherwise: 'onHold', unknown: 'holdUnknown' },
  highVolumeEmail: { value: 'no', otherwise: 'highVolumeEmail', unknown: 'highVolumeEmailUnknown' },
};
const FACTS_IN_ORDER = [
  'onPremisesSynced',
  'onPremises',
  'reappeared',
  'hadMailbox',
  'licensed',
  'mailUser',
  'onHold',
  'highVolumeEmail',
] as const satisfies readonly FactName[];

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
  for (const name of FACTS_IN_ORDER) {
    const fact = evidence[name];
    if (fact === undefined) continue;
    const { value, origin } = fact;
    const needed = NEEDED[name];
    if (value === 'unknown') return keep(needed.unknown, origin);
    if (value !== needed.value) return keep(needed.otherwise, origin);
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
      `deleted ${days.toFixed(1)} days ago, the grace period is ${policy.gracePeriodDays}`,
    );
  }
  return nightsAbsent < policy.nightsAbsent
    ? keep('notAbsentLongEnough', `seen absent on ${nightsAbsent} of ${policy.nightsAbsent} nights`)
    : undefined;
}

const grounds = (evidence: Evidence) =>
  FACTS_IN_ORDER.map((name) => evidence[name]?.origin)
    .filter((origin) => origin !== undefined)
    .join('; ');
