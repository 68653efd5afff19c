/** What was read means: guards, the decision on everybody, and the plan. */
import { hostName } from './addresses.ts';
import type { ReadAnswer } from './answers.ts';
import { baselineOf } from './baselines.ts';
import { decide, gatherEvidence } from './decide.ts';
import { cureOf } from './exchangeWord.ts';
import { agedRefusals, PURGE_ROLE, shrinkRefusals, tenantRefusals } from './guards.ts';
import { DAY_MS, elapsedMs, type Timestamp } from './ids.ts';
import { looksCloudManaged, syncFlagOf } from './mailUser.ts';
import {
  type Decision,
  type DeletedUser,
  type Found,
  keyOf,
  type Refusal,
  type TenantFacts,
} from './model.ts';
import { overlapRefusals } from './overlap.ts';
import { fingerprint, makePlan, purgeOf } from './plan.ts';
import type { Policy } from './policy.ts';
import { ruleMatches } from './protect.ts';
import type { LedgerRecord, RecordOf } from './record.ts';
import { absentStreak, beforeOf, sameDeletion, seenBy, unchangedUsers } from './standing.ts';
import {
  budgetSpent,
  domainsWith,
  type Judged,
  type Judging,
  type Note,
  ownDomains,
  type State,
  type Tonight,
} from './state.ts';
import { FACT_NAMES } from './vocabulary.ts';

export function judgeReading(state: State, answer: ReadAnswer, judging: Judging): Judged {
  const { policy, now } = judging;
  switch (answer.kind) {
    case 'tenant': {
      const { tenantId, lastSync, verifiedDomains, serverTime } = answer.organization;
      const tonight = new Set(verifiedDomains.map((domain) => hostName(domain) ?? domain));
      const vanished = ownDomains(state, now).filter((domain) => !tonight.has(domain));
      const line: LedgerRecord = {
        kind: 'tenantRead',
        tenantId,
        ...(lastSync && { lastSync }),
        verifiedDomains: [...verifiedDomains],
        ...(vanished.length > 0 && { vanishedDomains: vanished }),
        ...(serverTime && { clockSkewSeconds: elapsedMs(serverTime, now) / 1000 }),
      };
      return { lines: [line], notes: refused(tenantRefusals(answer.organization, policy, now)) };
    }
    case 'exchange':
      return { lines: exchangeLines(state, answer, judging), notes: [] };
    case 'deletedUsers':
      return { lines: [{ kind: 'deletedUsersRead', users: answer.users }], notes: [] };
    case 'source':
      return judgeSource(state, answer, judging);
    case 'everybody':
      return decideEverybody(state, answer, judging);
  }
}

type Part<Kind extends ReadAnswer['kind']> = Extract<ReadAnswer, { kind: Kind }>;

export function refused(refusals: readonly Refusal[]): readonly Note[] {
  const why = refusals.map(({ detail }) => detail).join(' ');
  return refusals.length === 0 ? [] : [{ kind: 'stop', how: 'refused', why, refusals }];
}

function exchangeLines(
  state: State,
  { recipients, detail }: Part<'exchange'>,
  { policy, now }: Judging,
): readonly LedgerRecord[] {
  const available = recipients !== undefined;
  const line = { kind: 'exchangeRead', available, recipients: recipients?.size ?? 0, detail } as const;
  if (!available) return [line];
  const cures = [...state.uncured.values()].map((purge) => ({
    kind: 'cureSeen' as const,
    ...purge,
    ...cureOf(purge, recipients, policy.exchange, now),
  }));
  return [line, ...cures];
}

function judgeSource(
  state: State,
  { summary, sample, found }: Part<'source'>,
  { policy, now }: Judging,
): Judged {
  const known = state.sources.get(summary.kind);
  const baseline = baselineOf(known, now);
  const refusals = [
    ...overlapRefusals(summary.kind, sample, found),
    ...agedRefusals(summary, known?.lastSeen ?? {}),
    ...shrinkRefusals(summary, baseline, policy.onPremises),
  ];
  const { kind: source, total, slices, asOf, parts } = summary;
  const line = {
    kind: 'sourceRead',
    source,
    total,
    slices,
    asOf,
    ...(parts && { parts }),
    accepted: refusals.length === 0,
    ...(baseline && { baseline }),
  } as const;
  return { lines: [line], notes: refused(refusals) };
}

function decideEverybody(state: State, read: Part<'everybody'>, { policy, now }: Judging): Judged {
  const { tonight } = state;
  if (tonight === undefined) return { lines: [], notes: [] };
  const verifiedDomains = domainsWith(read.organization, state, now);
  const organization: TenantFacts = { verifiedDomains, syncFlag: syncFlagOf(read.deleted) };
  const answer = { ...read, organization };
  const decisions = answer.deleted.flatMap((user) => {
    const found = answer.found.get(user.id);
    return found === undefined ? [] : [decision(state, tonight, user, found, { answer, policy, now })];
  });
  const limits = policy.accidentalDeletionPrevention;
  const spent = budgetSpent(state, limits.rollingBudget.days, now);
  const plan = makePlan(decisions, { limits, syncedUsers: answer.syncedUsers, budgetSpent: spent });
  const { recipients } = answer;
  const planned = new Map(decisions.flatMap(plannedEntry));
  const matches = ruleMatches(read.deleted, policy.protect, now);
  const ignored = organization.syncFlag === 'silent' ? read.deleted.filter(looksCloudManaged).length : 0;
  const line = {
    kind: 'planned',
    ...copied(plan),
    ...(matches.length > 0 && { protectRules: [...matches] }),
    ...(ignored > 0 && { syncFlagIgnored: ignored }),
  } as const;
  const lines = [...decidedLines(state, decisions, now), line];
  return {
    lines,
    notes: [
      { kind: 'known', known: { organization, recipients, planned } },
      ...refusedPlan(plan.refusals, policy),
      ...(plan.state === 'ready' && planned.size > 0 ? refused(missingRole(answer.roles)) : []),
    ],
  };
}

/** A report-mode night that is over a limit is complete: it has said so. */
const refusedPlan = (refusals: readonly Refusal[], { mode }: Policy) =>
  mode === 'purge' ? refused(refusals) : [];

const copied = (plan: ReturnType<typeof makePlan>) => ({ ...plan, refusals: [...plan.refusals] });

const plannedEntry = ({ user, found, verdict }: Decision) =>
  purgeOf(user, verdict.verdict).map((one) => [keyOf(one), { user, found }] as const);

function missingRole(roles: readonly string[] | undefined): readonly Refusal[] {
  if (roles === undefined || roles.includes(PURGE_ROLE)) return [];
  return [
    {
      refusal: 'accessDenied',
      detail: `The token of this app does not carry the application permission ${PURGE_ROLE} of Microsoft Graph. Nobody was purged, since every DELETE would be denied. Grant it with admin consent (infra/identity/grant.sh); a managed identity's token is cached for about 24 hours, so that a permission granted today may be missing tonight.`,
    },
  ];
}

type Reading = Omit<Part<'everybody'>, 'organization'> & { readonly organization: TenantFacts };

function decision(
  state: State,
  tonight: Tonight,
  user: DeletedUser,
  found: Found,
  { answer, policy, now }: { answer: Reading; policy: Policy; now: Timestamp },
): Decision {
  const before = sameDeletion(state.evidence.get(user.id), user);
  const { evidence, onPremises } = gatherEvidence(
    user,
    found,
    answer.organization,
    { policy, now },
    answer.recipients,
    beforeOf(before),
  );
  const isAbsent = user.deletedDateTime !== undefined && onPremises.kind !== undefined;
  const here = { ...seenBy(tonight, now), kind: onPremises.kind };
  const nightsAbsent = isAbsent ? absentStreak(before, here).absentNights : 0;
  return decide({ user, found, evidence, onPremises, nightsAbsent }, policy, now);
}

/** A line is written anew before it is too old for later nights to read. */
const RENEWED_AFTER_DAYS = 20;

/** One line for everybody who differs from their last line, and one for all the others. */
function decidedLines(state: State, decisions: readonly Decision[], now: Timestamp): readonly LedgerRecord[] {
  const there = new Set(decisions.map(({ user }) => user.id));
  const lines = decisions.map(decidedRecord).filter((record) => {
    const last = state.evidence.get(record.id);
    const isOld = last !== undefined && elapsedMs(last.at, now) > RENEWED_AFTER_DAYS * DAY_MS;
    return last === undefined || isOld || comparable(last.decided) !== comparable(record);
  });
  const changed = new Set(lines.map(({ id }) => id));
  const others = unchangedUsers(state, changed);
  const same = others.filter((id) => there.has(id)).sort();
  const names = fingerprint(same);
  return [
    ...lines,
    {
      kind: 'unchanged',
      users: same.length,
      fingerprint: names,
      left: others.filter((id) => !there.has(id)),
    },
  ];
}

/** What a line says, apart from how many nights it has been so. */
function comparable({ facts, onPremises, nightsAbsent: _, ...record }: RecordOf<'decided'>): string {
  const inOrder = FACT_NAMES.map((name) => [name, facts[name]?.value, facts[name]?.origin]);
  const { kind, live, parked } = onPremises ?? {};
  return JSON.stringify([Object.entries(record).sort(), inOrder, kind, live, parked?.rule, parked?.since]);
}

function decidedRecord({ user, verdict, evidence, onPremises, nightsAbsent }: Decision): RecordOf<'decided'> {
  return {
    kind: 'decided',
    id: user.id,
    ...(user.deletedDateTime && { deletedDateTime: user.deletedDateTime }),
    ...(user.userPrincipalName !== undefined && { userPrincipalName: user.userPrincipalName }),
    ...(user.displayName !== undefined && { displayName: user.displayName }),
    ...(user.mail !== undefined && { mail: user.mail }),
    ...(user.immutableId && { immutableId: user.immutableId }),
    verdict: verdict.verdict,
    ...(verdict.verdict === 'keep' && { reason: verdict.reason }),
    detail: verdict.verdict === 'keep' ? verdict.detail : verdict.grounds,
    nightsAbsent,
    facts: evidence,
    onPremises,
  };
}
