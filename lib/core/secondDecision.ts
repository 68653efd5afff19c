/** The decision again, on what was read a moment before the DELETE. */
import type { Fresh } from './answers.ts';
import { decide, gatherEvidence } from './decide.ts';
import { presenceAgain } from './evidence/diff.ts';
import { goneRules } from './evidence/gone.ts';
import { tenantRefusals } from './guards.ts';
import type { Timestamp } from './ids.ts';
import type { DeletedUser, Key } from './model.ts';
import type { Policy } from './policy.ts';
import { beforeOf, sameDeletion } from './standing.ts';
import { domainsWith, idOf, type State } from './state.ts';
import { UNKNOWN_REASONS } from './vocabulary.ts';

export type Second =
  | { readonly verdict: 'purge' }
  /** `unread`: what decides could not be looked at, which is not the same as a reason to keep. */
  | { readonly verdict: 'kept' | 'unread'; readonly detail: string };

export function secondDecision(
  state: State,
  key: Key,
  user: DeletedUser,
  fresh: Fresh,
  { policy, now }: { readonly policy: Policy; readonly now: Timestamp },
): Second {
  const { tonight, evidence: standing } = state;
  const known = tonight?.notes.known;
  const planned = known?.planned.get(key);
  if (known === undefined || planned === undefined)
    return { verdict: 'unread', detail: 'it was not read tonight' };
  if (identityOf(user) !== identityOf(planned.user)) {
    return { verdict: 'kept', detail: 'its addresses or ids changed since it was read' };
  }
  // The clock may have jumped since, or directory sync stopped.
  const [refusal] = tenantRefusals(fresh.organization, policy, now);
  if (refusal !== undefined) return { verdict: 'unread', detail: `${refusal.refusal}: ${refusal.detail}` };
  const presence = presenceAgain(user, fresh.rechecked, goneRules(policy));
  const reappeared = fresh.held.get(user.id) ?? { value: 'unknown', origin: 'no answer for this user' };
  const found = { ...planned.found, presence, reappeared };
  const verifiedDomains = domainsWith(fresh.organization, state, now);
  const tenant = { verifiedDomains, syncFlag: known.organization.syncFlag };
  const before = sameDeletion(standing.get(idOf(key)), planned.user);
  const gathered = gatherEvidence(user, found, tenant, { policy, now }, fresh.recipients, beforeOf(before));
  // Another kind of evidence than the one whose nights were counted has not been seen on enough nights.
  const isSame = before?.decided.onPremises?.kind === gathered.onPremises.kind;
  const nightsAbsent = isSame ? (before?.absentNights ?? 0) : 0;
  const { verdict } = decide({ user, found, ...gathered, nightsAbsent }, policy, now);
  if (verdict.verdict === 'purge') return verdict;
  const detail = `${verdict.reason}: ${verdict.detail}`;
  return { verdict: UNKNOWN_REASONS.has(verdict.reason) ? 'unread' : 'kept', detail };
}

/**
 * What the diff looked for. Had it changed, tonight's absence would be another user's. List and item need not agree in
 * order and letter case; the case of its prefix shows which address is primary.
 */
function identityOf({ immutableId, userPrincipalName, mail, proxyAddresses }: DeletedUser): string {
  const proxies = proxyAddresses?.map((proxy) => {
    const prefix = proxy.slice(0, proxy.indexOf(':') + 1);
    return `${prefix === 'SMTP:' ? 'primary' : ''} ${proxy.toLowerCase()}`;
  });
  return JSON.stringify([
    immutableId ?? null,
    userPrincipalName?.toLowerCase() ?? null,
    mail?.toLowerCase() ?? null,
    proxies?.sort() ?? null,
  ]);
}
