/** What is asked of a domain: everybody, and certain ids. */
import { AndFilter, type Entry, EqualityFilter, type Filter, OrFilter, PresenceFilter } from 'ldapts';
import type { Wanted } from '../core/evidence/keys.ts';
import type { ImmutableId, SecurityId } from '../core/ids.ts';
import type { OnPremUser } from '../core/model.ts';
import { type Census, Counter, type Witness } from './census.ts';
import { objectOf, SEARCHED } from './directoryObject.ts';
import type { DomainController } from './domainController.ts';
import { binaries, texts } from './ldapEntry.ts';
import { DirectoryFailed } from './ldapErrors.ts';
import { bytesFromSid } from './sid.ts';
import { AUTOMATIC, anchorAttributes, anchorOf, anyOf, idsIn, OBJECT_GUID } from './sourceAnchor.ts';

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
  wanted: Wanted,
): AsyncGenerator<readonly OnPremUser[], Census, undefined> {
  const search = { ...searchFor(dc), filter: usersAndAnchored(dc) };
  // Where the last page is empty there may be more behind it. Another page size tells a domain whose users
  // happen to fill the last page from a server that gave up.
  for (const pageSize of [PAGE_SIZE, PAGE_SIZE - 3]) {
    const counter = new Counter(dc);
    let lastPage = 0;
    let isKnown = false;
    for await (const page of dc.connection.pages(dc.base, search, pageSize)) {
      lastPage = page.length;
      const users = page.filter(isUser);
      for (const user of users) {
        mustBeReadable(user);
        counter.add(user);
      }
      const objects = users.map((entry) => objectOf(dc, entry));
      const others = page.filter((entry) => !isUser(entry)).map((entry) => objectOf(dc, entry));
      isKnown ||= objects.some(wanted.has);
      yield [...objects, ...others.filter(wanted.has)];
    }
    const census = counter.result();
    if (lastPage > 0 || census.total === 0) return believable(dc, census, isKnown);
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

/**
 * Entra Cloud Sync writes no mS-DS-ConsistencyGuid back: where no user has one, somebody who is known by objectGUID or SID
 * shows that none is needed.
 * @throws DirectoryFailed, where there are fewer users than can be, or none with the source anchor.
 */
function believable({ forest, anchor }: DomainController, census: Census, isKnown: boolean): Census {
  const { total, anchored } = census;
  const least = Math.max(1, forest.minUsers ?? 1);
  if (total < least) {
    throw new DirectoryFailed('sourceEmpty', `it shows ${total} users, and there must be at least ${least}`);
  }
  if (anchored === 0 && !(anchor === AUTOMATIC && isKnown)) {
    const [first] = anchor.configured;
    throw new DirectoryFailed(
      'accessDenied',
      `none of the ${total} users it shows has the source anchor ${first?.name}; either the account may not read that attribute, or sourceAnchor in the policy should name another`,
    );
  }
  return census;
}

/**
 * Whatever has one of the keys, of any class and anywhere in the domain. The server looks through the whole
 * domain for ids in mS-DS-ConsistencyGuid, which has no index: for a few users only. @throws DirectoryFailed
 */
export async function* find(dc: DomainController, wanted: Wanted) {
  for (const some of inPieces(wanted.ids)) yield asked(dc, await lookUp(dc, some), wanted);
  for (const some of inPieces(wanted.sids)) yield asked(dc, await lookUpSids(dc, some), wanted);
}

/** Whatever has one of the ids as its objectGUID, which has an index. @throws DirectoryFailed */
export async function* findByGuid(dc: DomainController, ids: readonly ImmutableId[], wanted: Wanted) {
  for (const some of inPieces(ids)) yield asked(dc, await lookUp(dc, some, 'objectGUID'), wanted);
}

/**
 * What is wanted and in Deleted Objects; returns whether deleted objects are to be seen at all: an account without the
 * right sees none and gets no error, and may see the container itself. Without the Recycle Bin an object keeps
 * little more than its objectGUID and SID. @throws DirectoryFailed
 */
export async function* sweepDeleted(
  dc: DomainController,
  wanted: Wanted,
): AsyncGenerator<readonly OnPremUser[], boolean, undefined> {
  const base = `<WKGUID=${DELETED_OBJECTS},${dc.base}>`;
  const filter = new EqualityFilter({ attribute: 'isDeleted', value: 'TRUE' });
  const search = { ...searchFor(dc), filter };
  let isReadable = false;
  for await (const page of dc.connection.pages(base, search, PAGE_SIZE, 'deleted')) {
    isReadable ||= page.some(({ dn }) => !/^cn=deleted objects,/i.test(dn));
    yield page.map((entry) => objectOf(dc, entry, 'deleted')).filter(wanted.has);
  }
  return isReadable;
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

async function lookUpSids(dc: DomainController, sids: readonly SecurityId[]): Promise<readonly Entry[]> {
  const filters = sids.flatMap((sid) =>
    ['objectSid', 'sIDHistory'].map(
      (attribute) => new EqualityFilter({ attribute, value: bytesFromSid(sid) }),
    ),
  );
  return await dc.connection.search(dc.base, { ...searchFor(dc), filter: new OrFilter({ filters }) });
}

function searchFor(dc: DomainController) {
  const anchors = anchorAttributes(dc.anchor);
  return {
    scope: 'sub' as const,
    attributes: [...anchors.all, ...SEARCHED, ...dc.goneAttributes],
    explicitBufferAttributes: [...anchors.binary, 'objectSid', 'sIDHistory'],
  };
}

/** Every object has an objectGUID: where it does not show, the account has lost rights. */
function mustBeReadable(entry: Entry): void {
  if (idsIn(entry, OBJECT_GUID).length === 0 || binaries(entry, OBJECT_GUID.name).length !== 1) {
    throw new DirectoryFailed('accessDenied', `the account may not read the objectGUID of ${entry.dn}`);
  }
}

/** @throws DirectoryFailed, where there is an object among them that nobody asked for. */
function asked(dc: DomainController, entries: readonly Entry[], wanted: Wanted): readonly OnPremUser[] {
  const objects = entries.map((entry) => objectOf(dc, entry));
  const stranger = objects.find((object) => !wanted.has(object));
  if (stranger === undefined) return objects;
  throw new DirectoryFailed(
    'sourceIncomplete',
    `it answered with ${stranger.distinguishedName}, which was not asked for`,
  );
}

function* inPieces<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += IDS_PER_SEARCH) yield all.slice(at, at + IDS_PER_SEARCH);
}
