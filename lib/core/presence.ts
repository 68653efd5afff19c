/**
 * The diff: who of the deleted users is still there? The large set streams past an index of the small one, so
 * that memory grows with the recycle bin and not with the directory.
 */
import { formerUpn, knownAddresses, smtpAddress } from './addresses.ts';
import type { ImmutableId, ObjectId } from './ids.ts';
import type { DeletedUser, Fact, Found, OnPremUser, Presence, SourceSummary, Tombstone } from './model.ts';
import type { SourceKind } from './vocabulary.ts';

export interface Diff {
  /** The immutable ids to look for. */
  readonly wanted: readonly ImmutableId[];
  /** Takes note of some users of a source. The same user may come twice. */
  see(source: SourceKind, users: readonly OnPremUser[]): void;
  /** What was found, given the summaries of the sources: each was read to its end. */
  finish(sources: readonly SourceSummary[]): ReadonlyMap<ObjectId, Found>;
}

/** Begins a diff. Immutable ids are compared byte for byte, addresses and UPNs without regard to case. */
export function startDiff(deleted: readonly DeletedUser[]): Diff {
  const byImmutableId = new Map<string, ObjectId[]>();
  const byAddress = new Map<string, ObjectId[]>();
  for (const user of deleted) {
    if (user.immutableId !== undefined) enlist(byImmutableId, user.immutableId, user.id);
    for (const address of knownAddresses(user)) enlist(byAddress, address, user.id);
  }
  const present = new Map<ObjectId, string>();
  const reappeared = new Map<ObjectId, string>();
  const tombstones = new Map<ObjectId, Tombstone>();

  const see: Diff['see'] = (source, users) => {
    for (const user of users) {
      const owners = byImmutableId.get(user.immutableId ?? '') ?? [];
      if (user.tombstone !== undefined) {
        for (const id of owners) tombstones.set(id, user.tombstone);
        continue;
      }
      for (const id of owners) {
        present.set(id, `${source} has a user with its immutable id`);
        reappeared.set(id, `${source} has a user with its immutable id`);
      }
      for (const claim of [user.userPrincipalName ?? '', ...user.addresses]) {
        const address = smtpAddress(claim);
        for (const id of address === undefined ? [] : (byAddress.get(address) ?? [])) {
          if (!reappeared.has(id)) reappeared.set(id, `${source} has a user who holds ${address}`);
        }
      }
    }
  };

  return {
    wanted: [...byImmutableId.keys()] as ImmutableId[],
    see,
    finish: (sources) => {
      const names = sources.map((source) => source.kind).join(' and ');
      return new Map(
        deleted.map((user): [ObjectId, Found] => {
          const tombstone = tombstones.get(user.id);
          return [
            user.id,
            {
              presence: presenceOf(user, present.get(user.id), names, tombstone),
              reappeared: reappearedOf(user, reappeared.get(user.id), names),
              ...(tombstone && { tombstone }),
            },
          ];
        }),
      );
    },
  };
}

function enlist(index: Map<string, ObjectId[]>, key: string, id: ObjectId): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, [id]);
  else ids.push(id);
}

function presenceOf(
  user: DeletedUser,
  found: string | undefined,
  sources: string,
  tombstone: Tombstone | undefined,
): Presence {
  if (found !== undefined) return { state: 'present', origin: found };
  if (user.immutableId === undefined) {
    return { state: 'unknown', origin: 'Graph gave no onPremisesImmutableId to look for' };
  }
  if (sources === '') return { state: 'unknown', origin: 'no source was read' };
  const since =
    tombstone && ` (among its deleted objects since ${tombstone.deletedSince ?? 'an unknown time'})`;
  return { state: 'absent', origin: `not in ${sources}, read to the end${since ?? ''}` };
}

function reappearedOf(user: DeletedUser, found: string | undefined, sources: string): Fact {
  if (found !== undefined) return { value: 'yes', origin: found };
  const missing = [
    user.immutableId === undefined && 'onPremisesImmutableId',
    user.proxyAddresses === undefined && 'proxyAddresses',
    formerUpn(user) === undefined && 'userPrincipalName',
    sources === '' && 'source',
  ].filter((name) => name !== false);
  return missing.length > 0
    ? { value: 'unknown', origin: `no ${missing.join(', no ')} to look for` }
    : { value: 'no', origin: `nobody in ${sources} has its immutable id, UPN or addresses` };
}

/** Several sources' answers on one user: present beats everything, absent needs all of them. */
export function combinePresence(answers: readonly Presence[]): Presence {
  const decisive =
    answers.find((answer) => answer.state === 'present') ??
    answers.find((answer) => answer.state === 'unknown');
  if (decisive !== undefined) return decisive;
  const [first] = answers;
  if (first === undefined) return { state: 'unknown', origin: 'no source was asked' };
  return { state: 'absent', origin: answers.map((answer) => answer.origin).join('; ') };
}

/** What the sources said of a user's names, and what all live users say. */
export const alsoHeld = (found: Found, held: Fact | undefined): Found =>
  held === undefined || found.reappeared.value !== 'no'
    ? found
    : {
        ...found,
        reappeared:
          held.value === 'no'
            ? { value: 'no', origin: `${found.reappeared.origin}; ${held.origin}` }
            : { value: held.value, origin: held.origin },
      };
