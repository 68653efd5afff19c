/** What Exchange Online's own word adds to what Graph shows, and what it vetoes. */
import { domainOf, isWithin } from './addresses.ts';
import { elapsedMs, HOUR_MS, type ObjectId, type Timestamp } from './ids.ts';
import type { Evidence, Fact, SoftDeletedRecipient } from './model.ts';
import type { Policy } from './policy.ts';
import type { Uncured } from './state.ts';
import type { CureState } from './vocabulary.ts';

/** Exchange's soft-deleted recipients by Entra object id; `undefined` where it was not asked or did not answer. */
export type ExchangeWord = ReadonlyMap<ObjectId, SoftDeletedRecipient> | undefined;

/**
 * A match proves a mail user, or vetoes one, whatever Graph shows; holds come from a match alone. Without a
 * match nothing is added, and where the policy requires Exchange's word, everything it would say is unknown.
 */
export function withExchangeWord(
  graph: Fact,
  id: ObjectId,
  word: ExchangeWord,
  use: Policy['exchange']['use'],
  verifiedDomains: readonly string[],
): Pick<Evidence, 'mailUser' | 'onHold' | 'highVolumeEmail'> {
  if (use === 'off') return { mailUser: graph };
  const recipient = word?.get(id);
  if (recipient === undefined) {
    if (use === 'whenAvailable') return { mailUser: graph };
    const unknown: Fact = {
      value: 'unknown',
      origin:
        word === undefined ? 'Exchange did not answer' : 'Exchange has no soft-deleted recipient of this id',
    };
    return { mailUser: unknown, onHold: unknown, highVolumeEmail: unknown };
  }
  return {
    mailUser: recipientFact(recipient, graph, verifiedDomains),
    onHold: recipient.onHold,
    highVolumeEmail: recipient.highVolumeEmail,
  };
}

/**
 * The owner of an on-premises mailbox is a MailUser in Exchange Online as well; its external address is the
 * company's own.
 */
function recipientFact(
  { recipientType, externalAddress }: SoftDeletedRecipient,
  graph: Fact,
  verifiedDomains: readonly string[],
): Fact {
  if (recipientType === undefined)
    return { value: 'unknown', origin: 'Exchange gave no clear recipient type' };
  if (recipientType !== 'MailUser') return { value: 'no', origin: `Exchange says ${recipientType}` };
  if (graph.value === 'no') return graph;
  const domain = domainOf(externalAddress ?? '');
  if (domain === undefined) {
    return { value: 'unknown', origin: 'Exchange says MailUser, without a usable external address' };
  }
  return isWithin(domain, verifiedDomains)
    ? {
        value: 'no',
        origin: `Exchange says MailUser, of the tenant's own domain ${domain}: a mailbox on-premises`,
      }
    : { value: 'yes', origin: `Exchange says MailUser, with an external address in ${domain}` };
}

/** Is the mail user of a purge gone from Exchange, or for how long has it been lingering? */
export function cureOf(
  purge: Uncured,
  word: NonNullable<ExchangeWord>,
  policy: Policy['exchange'],
  now: Timestamp,
): { readonly state: CureState; readonly afterMs: number; readonly detail: string } {
  const afterMs = Math.max(elapsedMs(purge.purgedAt, now), 0);
  if (!word.has(purge.id)) {
    return { state: 'gone', afterMs, detail: 'Exchange holds no soft-deleted recipient of this id any more' };
  }
  return afterMs <= policy.lingeringAfterHours * HOUR_MS
    ? { state: 'waiting', afterMs, detail: 'Exchange still holds the soft-deleted mail user; it takes hours' }
    : {
        state: 'lingering',
        afterMs,
        detail: `Exchange still holds the soft-deleted mail user ${(afterMs / HOUR_MS).toFixed(0)} hours after the purge, so that mail may still bounce. Run Remove-MailUser -PermanentlyDelete for it; this tool does not.`,
      };
}
