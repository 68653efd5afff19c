/**
 * Is a deleted user still on-premises? Absent is something shown: by a tombstone, by a `gone` rule on the live object, or
 * by a source that covers the place where the user lived. What is not seen and not shown is unknown.
 */
import { canonical, domainOfDn, parentOf, parseDn } from '../distinguishedName.ts';
import { looseText } from '../immutableId.ts';
import type { Coverage, DeletedUser, OnPremMail, OnPremUser, Presence } from '../model.ts';
import { SOURCE, type SourceKind } from '../vocabulary.ts';
import { type GoneRule, ruleFor } from './gone.ts';
import { sidOf } from './keys.ts';

/** What one source shows of one user. */
export interface View {
  readonly kind: SourceKind;
  /** Its objects that have one of the user's keys. */
  readonly matched: readonly OnPremUser[];
  readonly coverage?: Coverage | undefined;
  /** Why it did not answer to the end. */
  readonly failure?: string | undefined;
}

type Sought = Pick<
  DeletedUser,
  'immutableId' | 'onPremisesSecurityIdentifier' | 'onPremisesDistinguishedName' | 'onPremisesDomainName'
>;

/** A live object in any source beats everything; absent needs every source to have answered. */
export function presenceOf(user: Sought, views: readonly View[], gone: readonly GoneRule[]): Presence {
  const answers = views.map((view) => presenceIn(user, view, gone));
  const decisive =
    answers.find(({ state }) => state === 'present') ?? answers.find(({ state }) => state === 'unknown');
  if (decisive !== undefined) return decisive;
  if (user.immutableId === undefined) return unknown('Graph gave no onPremisesImmutableId to look for');
  // Entra ID alone is the reader only where nobody else is.
  const [strongest] = [...answers].sort((a, b) => rank(b) - rank(a));
  if (strongest === undefined) return unknown('no source was read');
  return { ...strongest, origin: answers.map(({ origin }) => origin).join('; ') };
}

const rank = (answer: Presence) =>
  answer.state === 'parked' ? 2 : answer.state === 'absent' && answer.kind !== 'entra' ? 1 : 0;
const unknown = (origin: string): Presence => ({ state: 'unknown', origin });

function presenceIn(user: Sought, view: View, gone: readonly GoneRule[]): Presence {
  const { kind, matched, failure } = view;
  const live = matched.filter(({ tombstone }) => tombstone === undefined);
  if (live.length > 0) return liveIn(user, kind, live, gone);
  if (failure !== undefined) return unknown(failure);
  if (matched.length > 0) return deletedIn(user, kind, matched);
  if (view.coverage !== undefined) return coveredBy(user, kind, view.coverage);
  return kind === 'entra'
    ? { state: 'absent', kind, origin: 'Entra ID has no live user with its immutable id or SID' }
    : unknown(`${SOURCE[kind]} does not say which places it covers`);
}

function liveIn(
  user: Sought,
  kind: SourceKind,
  live: readonly OnPremUser[],
  gone: readonly GoneRule[],
): Presence {
  const [first] = live;
  const origin = `${SOURCE[kind]} has a live object with its ${first && keyOf(user, first)}${nameOf(first)}`;
  const rules = live.map((one) => ruleFor(one, gone));
  // Of several objects the one that must wait longest decides.
  const [slowest] = rules.flatMap((rule) => rule ?? []).sort((a, b) => b.forDays - a.forDays);
  if (slowest === undefined || rules.includes(undefined)) return { state: 'present', origin };
  return { state: 'parked', rule: slowest.name, forDays: slowest.forDays, origin };
}

function keyOf(user: Sought, { immutableIds, sid, sidHistory }: OnPremUser): string {
  if (user.immutableId !== undefined && immutableIds.includes(user.immutableId)) return 'immutable id';
  if (sid !== undefined && sid === sidOf(user)) return 'SID';
  return sidHistory.some((former) => former === sidOf(user)) ? 'former SID' : 'immutable id';
}

/** A tombstone whose other keys are somebody else's shows nothing. */
function deletedIn(user: Sought, kind: SourceKind, tombstones: readonly OnPremUser[]): Presence {
  const disagrees = tombstones.find((one) => !agrees(user, one));
  const [{ tombstone } = {}] = tombstones;
  if (disagrees !== undefined) {
    return unknown(
      `${SOURCE[kind]} has a deleted object of which immutable id and SID are not of one user${nameOf(disagrees)}`,
    );
  }
  return {
    state: 'absent',
    kind: 'tombstone',
    origin: `${SOURCE[kind]} has it among its deleted objects since ${tombstone?.deletedSince ?? 'an unknown time'}`,
  };
}

/** In canonical form, in which control characters are escaped. A real name is shorter than this. */
const MAX_NAME = 500;
function nameOf(object: OnPremUser | undefined): string {
  const dn = parseDn(object?.distinguishedName ?? '');
  return dn === undefined ? '' : ` (${canonical(dn).slice(0, MAX_NAME)})`;
}

function agrees(user: Sought, { immutableIds, anchor, textAnchor, sid, sidHistory }: OnPremUser): boolean {
  const own = sidOf(user);
  if (own !== undefined && sid !== undefined && sid !== own && !sidHistory.includes(own)) return false;
  const { immutableId } = user;
  if (immutableId === undefined || immutableIds.includes(immutableId)) return true;
  // Found by its SID: an anchor of its own must not be another one. A tombstone may have lost it.
  return (
    anchor === undefined && (textAnchor === undefined || looseText(textAnchor) === looseText(immutableId))
  );
}

function coveredBy(user: Sought, kind: SourceKind, coverage: Coverage): Presence {
  const { immutableId, onPremisesDistinguishedName: name, onPremisesDomainName: domainName } = user;
  const source = SOURCE[kind];
  const dn = parseDn(name ?? '');
  const parent = dn && parentOf(dn);
  if (dn === undefined || parent === undefined) {
    return unknown(
      `${source} does not have it, and Graph gave no usable onPremisesDistinguishedName to tell whether ${source} can see its place`,
    );
  }
  const place = canonical(parent);
  const domain = domainOfDn(dn) ?? '';
  if (domainName !== undefined && domainName.toLowerCase() !== domain) {
    return unknown(`its distinguished name is not in ${domainName}, its onPremisesDomainName`);
  }
  const there = coverage[domain];
  if (there === undefined) return unknown(`${source} does not read the domain ${domain}`);
  if (there.tombstones) {
    return unknown(
      `${source} sees the deleted objects of ${domain} and does not have it, live or deleted: it may have lost sight of it`,
    );
  }
  if (immutableId !== undefined && !there.canHaveMade(immutableId)) {
    return unknown(`${source} does not make such an immutable id of its source anchor`);
  }
  return there.containers.has(place)
    ? { state: 'absent', kind: 'covered', origin: `${source} sees users in ${place}, and does not have it` }
    : unknown(`${source} sees nobody in ${place}, so that it cannot say who is gone from there`);
}

/** What its deleted or parked object tells of its mail. */
export function mailOf(views: readonly View[]): OnPremMail | undefined {
  const objects = views.flatMap(({ kind, matched }) => (kind === 'entra' ? [] : matched));
  const told = objects.find(
    (one) => one.targetAddress !== undefined || one.recipientTypeDetails !== undefined,
  );
  if (told === undefined) return undefined;
  const { tombstone, targetAddress, recipientTypeDetails } = told;
  const where = tombstone === undefined ? 'its object on-premises' : 'the deleted object on-premises';
  return { where, targetAddress, recipientTypeDetails };
}
