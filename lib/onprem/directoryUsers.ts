/** What is asked of a domain: everybody, and certain ids. */
import { AndFilter, type Entry, EqualityFilter, type Filter, OrFilter, PresenceFilter } from 'ldapts';
import type { ImmutableId } from '../core/ids.ts';
import type { OnPremUser, Tombstone } from '../core/model.ts';
import { type Census, Counter, type Witness } from './census.ts';
import type { DomainController } from './domainController.ts';
import { binaries, text, texts, time } from './ldapEntry.ts';
import { DirectoryFailed } from './ldapErrors.ts';
import { anchorAttributes, anchorOf, anyOf, idsIn, type Matcher, OBJECT_GUID } from './sourceAnchor.ts';

/** The domain controllers answer with no more in one page (MaxPageSize). */
const PAGE_SIZE = 1000;
const IDS_PER_SEARCH = 200;
/** GUID_DELETED_OBJECTS_CONTAINER ([MS-ADTS] 6.1.1.4), whatever the container is called. */
const DELETED_OBJECTS = '18E2EA80684F11D2B9AA00C04F79F805';

/**
 * Everybody, a page at a time; returns the count. Of other objects that have an anchor (contacts, groups) only
 * those that are wanted. Memory stays flat. @throws DirectoryFailed, where the answer ends early or shows that
 * the account cannot read what it must.
 */
export async function* sweep(
  dc: DomainController,
  matches: Matcher,
): AsyncGenerator<readonly OnPremUser[], Census, undefined> {
  const search = { ...searchFor(dc), filter: usersAndAnchored(dc) };
  // Where the last page is empty there may be more behind it. Another page size tells a domain whose users
  // happen to fill the last page from a server that gave up.
  for (const pageSize of [PAGE_SIZE, PAGE_SIZE - 3]) {
    const counter = new Counter(dc);
    let lastPage = 0;
    for await (const page of dc.connection.pages(dc.base, search, pageSize)) {
      lastPage = page.length;
      const users = page.filter(isUser);
      for (const user of users) {
        mustBeReadable(user);
        counter.add(user);
      }
      const others = page.filter((entry) => !isUser(entry) && matches(entry, dc.anchor).size > 0);
      yield [...users, ...others].flatMap((entry) => rowsOf(dc, entry, matches));
    }
    const census = counter.result();
    if (lastPage > 0 || census.total === 0) return believable(dc, census);
  }
  throw new DirectoryFailed(
    'sourceIncomplete',
    'it ended with an empty page, and may not have told of everybody',
  );
}

/** Whoever can log on, and whatever else has an anchor; every object has an objectGUID. */
function usersAndAnchored({ anchor }: DomainController): Filter {
  const isOfClass = (value: string) => new EqualityFilter({ attribute: 'objectClass', value });
  const isPerson = new EqualityFilter({ attribute: 'objectCategory', value: 'person' });
  const anchors = anchor.searched.filter((attribute) => attribute !== OBJECT_GUID);
  return new OrFilter({
    filters: [
      new AndFilter({
        filters: [isPerson, new OrFilter({ filters: [isOfClass('user'), isOfClass('inetOrgPerson')] })],
      }),
      ...anchors.map(({ name }) => new PresenceFilter({ attribute: name })),
    ],
  });
}

/** A computer is of class user, too. */
function isUser(entry: Entry): boolean {
  const classes = texts(entry, 'objectClass').map((name) => name.toLowerCase());
  return (classes.includes('user') || classes.includes('inetorgperson')) && !classes.includes('computer');
}

/** @throws DirectoryFailed, where there are fewer users than can be, or none with the source anchor. */
function believable({ forest, anchor }: DomainController, census: Census): Census {
  const { total, anchored } = census;
  const least = Math.max(1, forest.minUsers ?? 1);
  if (total < least) {
    throw new DirectoryFailed('sourceEmpty', `it shows ${total} users, and there must be at least ${least}`);
  }
  if (anchored === 0) {
    const [first] = anchor.configured;
    throw new DirectoryFailed(
      'accessDenied',
      `none of the ${total} users it shows has the source anchor ${first?.name}; either the account may not read that attribute, or sourceAnchor in the policy should name another`,
    );
  }
  return census;
}

/**
 * Whatever has one of the ids, of any class and anywhere in the domain. The server looks through the whole
 * domain for ids in mS-DS-ConsistencyGuid, which has no index: for a few ids only. @throws DirectoryFailed
 */
export async function* find(dc: DomainController, ids: readonly ImmutableId[], matches: Matcher) {
  for (const some of inPieces(ids)) yield rowsOfAsked(dc, await lookUp(dc, some), matches);
}

/** Whatever has one of the ids as its objectGUID, which has an index. @throws DirectoryFailed */
export async function* findByGuid(dc: DomainController, ids: readonly ImmutableId[], matches: Matcher) {
  for (const some of inPieces(ids)) yield rowsOfAsked(dc, await lookUp(dc, some, 'objectGUID'), matches);
}

/**
 * What is wanted and in Deleted Objects, with its tombstone; nothing where the account may not look there.
 * Without the Recycle Bin an object keeps little more than its objectGUID. @throws DirectoryFailed
 */
export async function* sweepDeleted(dc: DomainController, matches: Matcher) {
  const base = `<WKGUID=${DELETED_OBJECTS},${dc.base}>`;
  const filter = new EqualityFilter({ attribute: 'isDeleted', value: 'TRUE' });
  const search = { ...searchFor(dc), filter };
  for await (const page of dc.connection.pages(base, search, PAGE_SIZE, 'deleted')) {
    const wanted = page.filter((entry) => matches(entry, dc.anchor).size > 0);
    yield wanted.flatMap((entry) => rowsOf(dc, entry, matches, tombstoneOf(entry)));
  }
}

/**
 * Asks for users who were there when the domain was read. A search that finds nobody proves an absence only if
 * it would have found them. @throws DirectoryFailed, where more than one in ten is missing.
 */
export async function hearWitnesses(dc: DomainController, witnesses: readonly Witness[]): Promise<void> {
  const seen = new Set<string>();
  for (const some of inPieces(witnesses)) {
    const ids = some.map(({ id }) => id);
    for (const entry of await lookUp(dc, ids)) {
      mustBeReadable(entry);
      const anchor = anchorOf(entry, dc.anchor);
      if (anchor !== undefined) seen.add(`${anchor.from.name} ${anchor.id}`);
    }
  }
  const missing = witnesses.filter(({ id, attribute }) => !seen.has(`${attribute} ${id}`)).length;
  if (witnesses.length === 0 || missing * 10 > witnesses.length) {
    throw new DirectoryFailed(
      'accessDenied',
      `of ${witnesses.length} users who were there when it was read, ${missing} cannot be found any more`,
    );
  }
}

async function lookUp(
  dc: DomainController,
  ids: readonly ImmutableId[],
  by: 'anyAnchor' | 'objectGUID' = 'anyAnchor',
): Promise<readonly Entry[]> {
  const filter = anyOf(ids, by === 'objectGUID' ? { ...dc.anchor, searched: [OBJECT_GUID] } : dc.anchor);
  return filter === undefined ? [] : await dc.connection.search(dc.base, { ...searchFor(dc), filter });
}

function searchFor(dc: DomainController) {
  const anchors = anchorAttributes(dc.anchor);
  return {
    scope: 'sub' as const,
    attributes: [
      ...anchors.all,
      'objectClass',
      'userPrincipalName',
      'mail',
      'proxyAddresses',
      'targetAddress',
      'msExchRecipientTypeDetails',
      'whenChanged',
    ],
    explicitBufferAttributes: anchors.binary,
  };
}

/** Every object has an objectGUID: where it does not show, the account has lost rights. */
function mustBeReadable(entry: Entry): void {
  if (idsIn(entry, OBJECT_GUID).length === 0 || binaries(entry, OBJECT_GUID.name).length !== 1) {
    throw new DirectoryFailed('accessDenied', `the account may not read the objectGUID of ${entry.dn}`);
  }
}

/** @throws DirectoryFailed, where there is an object among them that nobody asked for. */
function rowsOfAsked(
  dc: DomainController,
  entries: readonly Entry[],
  matches: Matcher,
): readonly OnPremUser[] {
  const stranger = entries.find((entry) => matches(entry, dc.anchor).size === 0);
  if (stranger === undefined) return entries.flatMap((entry) => rowsOf(dc, entry, matches));
  throw new DirectoryFailed('sourceIncomplete', `it answered with ${stranger.dn}, which was not asked for`);
}

/** One row for its own id, and one for every other wanted id that it answers to. */
function rowsOf(
  dc: DomainController,
  entry: Entry,
  matches: Matcher,
  tombstone?: Tombstone,
): readonly OnPremUser[] {
  const own = anchorOf(entry, dc.anchor)?.id;
  const user = {
    userPrincipalName: text(entry, 'userPrincipalName'),
    addresses: ['proxyAddresses', 'mail', 'targetAddress'].flatMap((name) => texts(entry, name)),
    ...(tombstone && { tombstone }),
  };
  const others = [...matches(entry, dc.anchor)].filter((id) => id !== own);
  return [own, ...others].map((id) => ({ immutableId: id, ...user }));
}

function tombstoneOf(entry: Entry): Tombstone {
  return {
    // Not replicated: on another domain controller it is a little later, never earlier than the deletion.
    deletedSince: time(entry, 'whenChanged'),
    targetAddress: text(entry, 'targetAddress'),
    recipientTypeDetails: text(entry, 'msExchRecipientTypeDetails'),
  };
}

function* inPieces<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += IDS_PER_SEARCH) yield all.slice(at, at + IDS_PER_SEARCH);
}
