/** READ, DIFF, EVIDENCE and DECIDE: everything up to the plan. Nothing here changes anything but the ledger. */
import { decide, gatherEvidence } from '../core/decide.ts';
import { cureOf, type ExchangeWord } from '../core/exchangeWord.ts';
import { agedRefusals, shrinkRefusals, tenantRefusals } from '../core/guards.ts';
import type { Baseline, History } from '../core/history.ts';
import { elapsedMs, type ImmutableId, type Timestamp } from '../core/ids.ts';
import type { Decision, DeletedUser, Organization, Presence, Refusal, SourceSummary } from '../core/model.ts';
import { overlapRefusals, startSample } from '../core/overlap.ts';
import type { Policy } from '../core/policy.ts';
import { type Diff, startDiff } from '../core/presence.ts';
import type { LedgerRecord, RecordOf } from '../core/record.ts';
import { GuardsTripped, messageOf, NightRefused } from '../errors.ts';
import type { OnPremSource } from '../ports.ts';
import { type Night, record } from './record.ts';
import type { Known } from './run.ts';

/** Nobody halts the tool; where that cannot be told, it is halted. @throws NightRefused */
export async function refuseWhereHalted({ ports }: Night): Promise<void> {
  const reason = await ports.halt.reason().catch(messageOf);
  if (reason !== undefined) throw new NightRefused('halted', `${reason} Nobody was purged.`);
}

/** The tenant is the policy's, awake and in sync. @throws NightRefused */
export async function readTenant(night: Night, policy: Policy): Promise<Organization> {
  const { clock, entra } = night.ports;
  const organization = await entra.organization(night.signal);
  const { tenantId, lastSync, verifiedDomains, serverTime } = organization;
  const now = clock.now();
  await record(night, [
    {
      kind: 'tenantRead',
      tenantId,
      ...(lastSync && { lastSync }),
      verifiedDomains: [...verifiedDomains],
      ...(serverTime && { clockSkewSeconds: elapsedMs(serverTime, now) / 1000 }),
    },
  ]);
  refuseOn(tenantRefusals(organization, policy, now));
  return organization;
}

/**
 * Exchange Online's word, where the policy asks it, and what it says of earlier purges.
 * @throws NightRefused where the policy requires that word and it cannot be had
 */
export async function readExchange(night: Night, policy: Policy, history: History): Promise<ExchangeWord> {
  const { exchange, clock } = night.ports;
  if (exchange === undefined) return undefined;
  try {
    const { byId: word } = await exchange.softDeletedRecipients(night.signal);
    const now = clock.now();
    await record(night, [
      { kind: 'exchangeRead', available: true, recipients: word.size, detail: 'read to the end' },
      ...history.uncured.map((purge) => ({
        kind: 'cureSeen' as const,
        ...purge,
        ...cureOf(purge, word, policy.exchange, now),
      })),
    ]);
    return word;
  } catch (error) {
    if (policy.exchange.use === 'required' || !(error instanceof NightRefused)) throw error;
    await record(night, [{ kind: 'exchangeRead', available: false, recipients: 0, detail: error.message }]);
    return undefined;
  }
}

/** Everybody in the recycle bin, each with a verdict. @throws NightRefused */
export async function decideAll(
  known: Known,
  history: History,
): Promise<{ readonly decisions: readonly Decision[]; readonly syncedUsers: number }> {
  const { night, policy, organization, word } = known;
  const { clock, entra, sources } = night.ports;
  const deleted = await entra.deletedUsers(night.signal);
  await record(night, [{ kind: 'deletedUsersRead', users: deleted.length }]);

  const diff = startDiff(deleted);
  const summaries: SourceSummary[] = [];
  const sample = startSample();
  for (const source of sources) {
    summaries.push(await readSource(known, source, diff, sample, history));
  }
  const found = diff.finish(summaries);

  const now = clock.now();
  const decisions = deleted.flatMap((user) => {
    const one = found.get(user.id);
    if (one === undefined) return [];
    const evidence = gatherEvidence(user, one, organization, policy, word);
    const nights = nightsAbsent(user, history, one.presence, now);
    return [decide({ user, found: one, evidence, nightsAbsent: nights }, policy, now)];
  });
  await record(night, decisions.map(decidedRecord));
  const entraSource = summaries.find((summary) => summary.kind === 'entra');
  return { decisions, syncedUsers: entraSource?.total ?? 0 };
}

function nightsAbsent(user: DeletedUser, history: History, presence: Presence, now: Timestamp): number {
  const { id, deletedDateTime } = user;
  return deletedDateTime === undefined ? 0 : history.nightsAbsent({ id, deletedDateTime }, presence, now);
}

async function readSource(
  { night, policy }: Known,
  source: OnPremSource,
  diff: Diff,
  sample: ReturnType<typeof startSample>,
  history: History,
): Promise<SourceSummary> {
  const known = source.kind === 'entra' ? [] : sample.finish();
  const sampled = new Set(known);
  const found = new Set<ImmutableId>();
  const pages = source.read([...diff.wanted, ...known], night.signal);
  let page = await pages.next();
  while (!page.done) {
    diff.see(source.kind, page.value);
    if (source.kind === 'entra') sample.note(page.value);
    for (const { immutableId, tombstone } of page.value) {
      if (immutableId !== undefined && tombstone === undefined && sampled.has(immutableId))
        found.add(immutableId);
    }
    page = await pages.next();
  }
  const summary = page.value;
  const baseline = history.baseline(source.kind);
  const refusals = [
    ...overlapRefusals(source.kind, known, found),
    ...agedRefusals(summary, history.lastSeen(source.kind)),
    ...shrinkRefusals(summary, baseline, policy.onPremises),
  ];
  await record(night, [sourceRecord(summary, refusals, baseline)]);
  refuseOn(refusals);
  return summary;
}

function sourceRecord(
  { kind, total, slices, asOf, parts }: SourceSummary,
  refusals: readonly Refusal[],
  baseline: Baseline | undefined,
): RecordOf<'sourceRead'> {
  const accepted = refusals.length === 0;
  return {
    kind: 'sourceRead',
    source: kind,
    total,
    slices,
    asOf,
    ...(parts && { parts }),
    accepted,
    ...(baseline && { baseline }),
  };
}

function decidedRecord({ user, verdict, evidence, nightsAbsent }: Decision): LedgerRecord {
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
  };
}

/** @throws GuardsTripped */
function refuseOn([first, ...others]: readonly Refusal[]): void {
  if (first !== undefined) throw new GuardsTripped([first, ...others]);
}
