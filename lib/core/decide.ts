/** The verdict on one deleted user. Anything unknown keeps, by a name of its own. */
import { type ExchangeWord, withExchangeWord } from './exchangeWord.ts';
import { DAY_MS, elapsedMs, type Timestamp } from './ids.ts';
import {
  cloudManagedFact,
  hadMailboxFact,
  licensedFact,
  mailUserFact,
  onPremisesSyncedFact,
} from './mailUser.ts';
import type {
  Decision,
  DeletedUser,
  Evidence,
  Fact,
  Found,
  OnPremState,
  Presence,
  TenantFacts,
  Verdict,
} from './model.ts';
import type { Policy } from './policy.ts';
import { protection } from './protect.ts';
import { FACT_NAMES, factMeaning, type KeepReason } from './vocabulary.ts';

/** All that is known of `user`: from Graph, from the diff and, where the policy asks it, from Exchange. */
export function gatherEvidence(
  user: DeletedUser,
  found: Found,
  tenant: TenantFacts,
  { policy, now }: { readonly policy: Policy; readonly now: Timestamp },
  word: ExchangeWord,
  before: Before | undefined,
): Gathered {
  const { verifiedDomains } = tenant;
  const graph = mailUserFact(user, verifiedDomains, policy.mailUserEvidence, found.mail);
  const { fact, state } = onPremisesFact(found.presence, before, now);
  const evidence = {
    onPremisesSynced: onPremisesSyncedFact(user),
    cloudManaged: cloudManagedFact(user, tenant.syncFlag),
    onPremises: fact,
    reappeared: found.reappeared,
    ...vetoes(withExchangeWord(graph, user.id, word, policy.exchange.use, verifiedDomains), before?.facts),
    hadMailbox: hadMailboxFact(user, word?.get(user.id)?.recipientType === 'MailUser'),
    licensed: licensedFact(user),
  };
  return { evidence, onPremises: state };
}

export interface Gathered {
  readonly evidence: Evidence;
  readonly onPremises: OnPremState;
}

/** What earlier nights recorded of the same deletion. */
export interface Before {
  /** A live object was seen on-premises. */
  readonly wasLive: boolean;
  readonly parked?: OnPremState['parked'];
  readonly facts?: Evidence;
}

const RECORDED = ' (as an earlier night recorded it)';

/** What Exchange once said against a purge stands until Exchange itself takes it back. */
function vetoes(told: Evidence, before: Evidence | undefined): Evidence {
  const standing = (['onHold', 'highVolumeEmail'] as const).flatMap((name) => {
    const { value, origin } = before?.[name] ?? {};
    const isTold = told[name] !== undefined && told[name].value !== 'unknown';
    if (value !== 'yes' || origin === undefined || isTold) return [];
    return [[name, { value, origin: origin.endsWith(RECORDED) ? origin : origin + RECORDED }] as const];
  });
  return { ...told, ...Object.fromEntries(standing) };
}

/** What was seen and vanished without a trace is unknown; who is parked is absent once the rule's days are over. */
function onPremisesFact(
  presence: Presence,
  before: Before | undefined,
  now: Timestamp,
): { readonly fact: Fact; readonly state: OnPremState } {
  const { origin } = presence;
  switch (presence.state) {
    case 'present':
      return { fact: { value: 'yes', origin }, state: { live: true } };
    case 'unknown':
      return { fact: { value: 'unknown', origin }, state: {} };
    case 'parked': {
      const { rule, forDays } = presence;
      const since = before?.parked?.rule === rule ? before.parked.since : now;
      const state = { live: true, parked: { rule, since } } as const;
      const told = `${origin}; parked (${rule}) since ${since}, gone after ${forDays} days`;
      return elapsedMs(since, now) < forDays * DAY_MS
        ? { fact: { value: 'yes', origin: told }, state }
        : { fact: { value: 'no', origin: told }, state: { ...state, kind: 'parked' } };
    }
    case 'absent': {
      const { kind } = presence;
      if (kind === 'covered' && before?.wasLive === true) {
        const why = `${origin}; but an earlier night saw its object there, and nothing shows that it was deleted`;
        return { fact: { value: 'unknown', origin: why }, state: {} };
      }
      return { fact: { value: 'no', origin }, state: { kind } };
    }
  }
}

/** Would it be purged, were it absent for as many nights as the policy asks? Only of those more is asked. */
export function isCandidate(
  user: DeletedUser,
  found: Found,
  known: { readonly tenant: TenantFacts; readonly recipients: ExchangeWord },
  context: { readonly policy: Policy; readonly now: Timestamp; readonly before: Before | undefined },
): boolean {
  const { policy, now, before } = context;
  const gathered = gatherEvidence(user, found, known.tenant, context, known.recipients, before);
  const nightsAbsent = Number.POSITIVE_INFINITY;
  return decide({ user, found, ...gathered, nightsAbsent }, policy, now).verdict.verdict === 'purge';
}

/** Purge or keep? Of several reasons to keep, the first in a fixed order is named. */
export function decide(known: Omit<Decision, 'verdict'>, policy: Policy, now: Timestamp): Decision {
  const { user, evidence } = known;
  const verdict =
    protectedVerdict(user, policy, now) ??
    factVerdict(evidence) ??
    timeVerdict(known, policy, now) ??
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
    if (value === 'unknown') return keep(unknown ?? otherwise, origin);
    if (value !== needed) return keep(otherwise, origin);
  }
  return undefined;
}

function timeVerdict(
  { user, nightsAbsent, onPremises: { kind } }: Omit<Decision, 'verdict'>,
  policy: Policy,
  now: Timestamp,
): Verdict | undefined {
  // The facts hold by now, so that there is a kind; a line of version 0.1 has none.
  const graceDays = kind && policy.gracePeriodDays[kind];
  const nights = kind && policy.nightsAbsent[kind];
  if (graceDays === undefined || nights === undefined) {
    return keep('evidenceNotAccepted', `gracePeriodDays has no number for ${kind ?? 'evidence of no kind'}`);
  }
  if (user.deletedDateTime === undefined) {
    return keep('deletionDateUnknown', 'Graph gave no deletedDateTime');
  }
  const days = elapsedMs(user.deletedDateTime, now) / DAY_MS;
  if (days < graceDays) {
    return keep(
      'withinGracePeriod',
      `deleted ${user.deletedDateTime}; the grace period is ${graceDays} days (${kind})`,
    );
  }
  return nightsAbsent < nights
    ? keep('notAbsentLongEnough', `seen absent on ${nightsAbsent} of ${nights} nights (${kind})`)
    : undefined;
}

const grounds = (evidence: Evidence) =>
  FACT_NAMES.map((name) => evidence[name]?.origin)
    .filter((origin) => origin !== undefined)
    .join('; ');
