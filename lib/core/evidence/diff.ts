/**
 * The diff: who of the deleted users is still there? The large set streams past an index of the small one, so
 * that memory grows with the recycle bin and not with the directory.
 */
import { formerUpn, knownAddresses, smtpAddress } from '../addresses.ts';
import type { ObjectId } from '../ids.ts';
import type { DeletedUser, Fact, Found, OnPremUser, Recheck, SourceSummary } from '../model.ts';
import { SOURCE, type SourceKind } from '../vocabulary.ts';
import type { GoneRule } from './gone.ts';
import { enlist, indexKeys, type Wanted } from './keys.ts';
import { mailOf, presenceOf, type View } from './onPremises.ts';

export interface Diff {
  /** The keys of the deleted users. */
  readonly wanted: Wanted;
  /** Takes note of some objects of a source. The same object may come twice. */
  see(source: SourceKind, users: readonly OnPremUser[]): void;
  /** What was found, given the summaries of the sources: each was read to its end. */
  finish(
    sources: readonly Pick<SourceSummary, 'kind' | 'coverage'>[],
    gone: readonly GoneRule[],
  ): ReadonlyMap<ObjectId, Found>;
}

/** Begins a diff. Addresses and UPNs are compared without regard to case. */
export function startDiff(deleted: readonly DeletedUser[]): Diff {
  const { owners, wanted } = indexKeys(deleted);
  const byAddress = new Map<string, ObjectId[]>();
  for (const user of deleted) {
    for (const address of knownAddresses(user)) enlist(byAddress, address, user.id);
  }
  const matched = new Map<ObjectId, Map<SourceKind, OnPremUser[]>>();
  const holders = new Map<ObjectId, string>();

  const match = (id: ObjectId, source: SourceKind, user: OnPremUser) => {
    const sources = matched.get(id) ?? new Map<SourceKind, OnPremUser[]>();
    enlist(sources, source, user);
    matched.set(id, sources);
  };
  const see: Diff['see'] = (source, users) => {
    for (const user of users) {
      const own = owners(user);
      for (const id of own) match(id, source, user);
      if (user.tombstone !== undefined) continue;
      for (const claim of [user.userPrincipalName ?? '', ...user.addresses]) {
        const address = smtpAddress(claim);
        for (const id of address === undefined ? [] : (byAddress.get(address) ?? [])) {
          // The user's own object holds the user's addresses, parked or not.
          if (!own.has(id) && !holders.has(id)) {
            holders.set(id, `${SOURCE[source]} has a user who holds ${address}`);
          }
        }
      }
    }
  };

  return {
    wanted,
    see,
    finish: (sources, gone) =>
      new Map(
        deleted.map((user): [ObjectId, Found] => {
          const views = sources.map(
            ({ kind, coverage }): View => ({
              kind,
              coverage,
              matched: matched.get(user.id)?.get(kind) ?? [],
            }),
          );
          const mail = mailOf(views);
          return [
            user.id,
            {
              presence: presenceOf(user, views, gone),
              reappeared: reappearedOf(user, holders.get(user.id), sources),
              ...(mail && { mail }),
            },
          ];
        }),
      ),
  };
}

function reappearedOf(
  user: DeletedUser,
  holder: string | undefined,
  sources: readonly Pick<SourceSummary, 'kind'>[],
): Fact {
  if (holder !== undefined) return { value: 'yes', origin: holder };
  const missing = [
    user.proxyAddresses === undefined && 'proxyAddresses',
    formerUpn(user) === undefined && 'userPrincipalName',
    sources.length === 0 && 'source',
  ].filter((name) => name !== false);
  return missing.length > 0
    ? { value: 'unknown', origin: `no ${missing.join(', no ')} to look for` }
    : {
        value: 'no',
        origin: `nobody in ${sources.map(({ kind }) => SOURCE[kind]).join(' and ')} has its UPN or addresses`,
      };
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

/** What each source says when it is asked again, or why it did not answer. */
export type Rechecked = { readonly kind: SourceKind } & (
  | { readonly answer: Recheck; readonly failure?: undefined }
  | { readonly failure: string }
);

/** The same diff for one user, on what was read just before a purge. */
export function presenceAgain(user: DeletedUser, answers: readonly Rechecked[], gone: readonly GoneRule[]) {
  const { owners } = indexKeys([user]);
  return presenceOf(
    user,
    answers.map((one): View => {
      const { kind } = one;
      if (one.failure !== undefined) return { kind, matched: [], failure: one.failure };
      const { users, coverage, unread } = one.answer;
      const failure = user.immutableId && unread?.get(user.immutableId);
      return { kind, coverage, failure, matched: users.filter((object) => owners(object).has(user.id)) };
    }),
    gone,
  );
}
