/** `why`: who holds an address, and whether that is why mail to it bounces. */
import { dueAt } from '../core/due.ts';
import { type ObjectId, objectId } from '../core/ids.ts';
import type { Policy } from '../core/policy.ts';
import type { State } from '../core/state.ts';
import { FACT_NAMES } from '../core/vocabulary.ts';
import { cureOfDeleted, cureOfSoftDeleted, cureOfStaleX500, lookElsewhere, otherCauses } from './cures.ts';
import { type DeskNight, nightAtDesk, seenAt } from './deskNight.ts';
import { EXIT, type Exit, missingRole } from './exit.ts';
import { type Found, findHolders } from './findHolders.ts';
import { type CommonOptions, type Context, type Session, signIn } from './session.ts';
import { type Subject, subjectOf } from './subject.ts';
import type { Holder, ToldVerdict, WhyResult } from './whyResult.ts';
import { printWhy } from './whyText.ts';

/** @throws UsageError; NightRefused */
export async function why(
  context: Context,
  [what = '']: readonly string[],
  options: CommonOptions,
): Promise<Exit> {
  const { terminal, signal } = context;
  const subject = await subjectOf(what, process.stdin);
  const session = await signIn(context, options);
  const found = await findHolders(session.desk, subject, terminal, signal);
  const night =
    found.deleted !== undefined && found.holders.some(({ kind }) => kind === 'deletedUser')
      ? await nightAtDesk(session.desk, { terminal, signal, deleted: found.deleted })
      : undefined;
  const result = resultOf(subject, found, night, session);
  if (options.json) terminal.json(result);
  else printWhy(terminal, result);
  if (found.denied !== undefined) {
    terminal.note(missingRole(session.account));
    return EXIT.noAccess;
  }
  return result.answer === 'liveUser' || result.answer === 'nobody' ? EXIT.fine : EXIT.finding;
}

function resultOf(
  subject: Subject,
  found: Found,
  night: DeskNight | undefined,
  { desk }: Session,
): WhyResult {
  const { addresses, legacyExchangeDNs, ids, diagnostic, from } = subject;
  const answer = answerOf(subject, found);
  const verdicts = night === undefined ? [] : verdictsOf(found.holders, night.state, desk.policy);
  const noVerdict = night === undefined ? undefined : noVerdictOf(night);
  return {
    command: 'why',
    asked: {
      from,
      addresses: [...addresses],
      legacyExchangeDNs: [...legacyExchangeDNs],
      ids: [...ids],
      ...(diagnostic !== undefined && { diagnostic }),
    },
    answer,
    holders: [...found.holders],
    notRead: [...found.notRead],
    verdicts: [...verdicts],
    ...(noVerdict !== undefined && { noVerdict }),
    cures: curesOf(answer, subject, found, verdicts, desk.graphRoot),
    otherCauses: isCause(answer) ? [] : [...otherCauses(diagnostic, legacyExchangeDNs.length > 0)],
  };
}

const isCause = (answer: WhyResult['answer']) =>
  answer === 'deletedUser' || answer === 'softDeletedRecipient' || answer === 'staleX500';

/** Somebody deleted who was seen is an answer, whatever else was not read. That nobody is there takes every read. */
function answerOf({ legacyExchangeDNs }: Subject, { holders, notRead }: Found): WhyResult['answer'] {
  const has = (...kinds: readonly Holder['kind'][]) => holders.some(({ kind }) => kinds.includes(kind));
  if (has('deletedUser')) return 'deletedUser';
  if (has('softDeletedRecipient')) return 'softDeletedRecipient';
  if (notRead.length > 0) return 'cannotSay';
  const isHeld = (dn: string) => holders.some(({ holds }) => holds.includes(dn.toLowerCase()));
  if (legacyExchangeDNs.length > 0 && !legacyExchangeDNs.some(isHeld)) return 'staleX500';
  return has('liveUser', 'guest') ? 'liveUser' : 'nobody';
}

function verdictsOf(holders: readonly Holder[], state: State, policy: Policy): readonly ToldVerdict[] {
  return holders.flatMap((holder) => {
    const id: ObjectId | undefined = holder.kind === 'deletedUser' ? objectId(holder.id) : undefined;
    const standing = id && state.evidence.get(id);
    if (standing === undefined) return [];
    const { decided, absentNights } = standing;
    const { asOf, from } = seenAt(state, standing);
    const due = dueAt(decided, absentNights, policy, asOf);
    return [
      {
        id: decided.id,
        verdict: decided.verdict,
        ...(decided.reason !== undefined && { reason: decided.reason }),
        detail: decided.detail,
        facts: FACT_NAMES.flatMap((fact) => {
          const known = decided.facts[fact];
          return known === undefined ? [] : [{ fact, ...known }];
        }),
        nightsAbsent: absentNights,
        ...(due !== undefined && { dueAt: due }),
        asOf,
        from,
      },
    ];
  });
}

function noVerdictOf({ report, state }: DeskNight): string | undefined {
  return state.tonight?.planned === undefined ? report.detail : undefined;
}

function curesOf(
  answer: WhyResult['answer'],
  { addresses, legacyExchangeDNs }: Subject,
  { holders }: Found,
  verdicts: readonly ToldVerdict[],
  graphRoot: string,
): WhyResult['cures'] {
  const ofHolders = holders.flatMap((holder) => {
    if (holder.kind === 'deletedUser') {
      return [
        cureOfDeleted(
          holder,
          verdicts.find(({ id }) => id === holder.id),
          graphRoot,
        ),
      ];
    }
    return holder.kind === 'softDeletedRecipient' ? [cureOfSoftDeleted(holder)] : [];
  });
  if (ofHolders.length > 0) return ofHolders;
  if (answer === 'staleX500') return [cureOfStaleX500(legacyExchangeDNs, holders)];
  return answer === 'liveUser' || addresses.length === 0 ? [] : [lookElsewhere(addresses)];
}
