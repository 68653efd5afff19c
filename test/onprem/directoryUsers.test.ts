import { describe, expect, test } from '@jest/globals';
import type { Entry } from 'ldapts';
import type { ImmutableId } from '../../lib/core/ids.ts';
import type { OnPremUser } from '../../lib/core/model.ts';
import { createActiveDirectorySource } from '../../lib/onprem/activeDirectory.ts';
import { find, findByGuid, hearWitnesses, sweep } from '../../lib/onprem/directoryUsers.ts';
import type { DomainController, ForestConfig } from '../../lib/onprem/domainController.ts';
import { DirectoryFailed } from '../../lib/onprem/ldapErrors.ts';
import { AUTOMATIC, CONSISTENCY_GUID, onlyAnchor } from '../../lib/onprem/sourceAnchor.ts';
import { idsIn, wantedOf } from './asking.ts';
import { clock, idOf, plainId } from './directoryFixture.ts';
import { guidOf } from './sambaSeed.ts';

const forest: ForestConfig = {
  domain: 'contoso.test',
  domainControllers: ['ldaps://dc1.contoso.test'],
  username: 'reader@contoso.test',
  password: 'secret',
  sourceAnchor: 'auto',
};

const entryOf = (name: string, changes: Partial<Entry> = {}): Entry => ({
  dn: `CN=${name},OU=Staff,DC=contoso,DC=test`,
  objectClass: ['top', 'person', 'user'],
  objectGUID: guidOf(`${name} object`),
  'mS-DS-ConsistencyGuid': guidOf(name),
  userPrincipalName: `${name}@contoso.test`,
  ...changes,
});

/** A domain controller that answers as told, whatever it is asked. */
function answering(pagesOf: (pageSize: number) => readonly Entry[][], found: readonly Entry[] = []) {
  const searches: unknown[] = [];
  const dc: DomainController = {
    forest,
    base: 'DC=contoso,DC=test',
    anchor: AUTOMATIC,
    goneAttributes: [],
    connection: {
      search: async (_base, search) => {
        searches.push(search.filter);
        return found;
      },
      pages: async function* (_base, _search, pageSize) {
        yield* pagesOf(pageSize);
      },
      close: async () => undefined,
    },
  };
  return { dc, searches };
}

async function swept(dc: DomainController, wanted: readonly ImmutableId[] = []) {
  const users: OnPremUser[] = [];
  const pages = sweep(dc, wantedOf(wanted));
  let page = await pages.next();
  for (; !page.done; page = await pages.next()) users.push(...page.value);
  return { users, census: page.value };
}

async function drained(pages: AsyncGenerator<readonly OnPremUser[], unknown>) {
  const users: OnPremUser[] = [];
  for await (const page of pages) users.push(...page);
  return users;
}

const failure = (refusal: string, message: RegExp) =>
  expect.objectContaining({ refusal, message: expect.stringMatching(message) });

describe('a sweep', () => {
  const ann = entryOf('ann');
  const bob = entryOf('bob');

  test('that ends with an empty page is begun again, and then counts', async () => {
    const { dc } = answering((pageSize) => (pageSize === 1000 ? [[ann], []] : [[ann, bob]]));
    expect((await swept(dc)).census.total).toBe(2);
  });

  test('that ends with an empty page twice is not believed', async () => {
    const { dc } = answering(() => [[ann], []]);
    await expect(swept(dc)).rejects.toEqual(failure('sourceIncomplete', /ended with an empty page/));
  });

  test.each<readonly [string, readonly Entry[], string, RegExp]>([
    ['nobody', [], 'sourceEmpty', /shows 0 users/],
    ['a user without objectGUID', [ann, entryOf('eve', { objectGUID: [] })], 'accessDenied', /of CN=eve/],
    [
      'an objectGUID that is no GUID',
      [entryOf('eve', { objectGUID: Buffer.alloc(3) })],
      'accessDenied',
      /eve/,
    ],
    ['an objectGUID as text', [entryOf('eve', { objectGUID: 'x'.repeat(16) })], 'accessDenied', /eve/],
    [
      'no source anchor',
      [entryOf('eve', { 'mS-DS-ConsistencyGuid': [] })],
      'accessDenied',
      /none of the 1 users it shows has the source anchor/,
    ],
  ])('that shows %s is not believed', async (_name, entries, refusal, message) => {
    const { dc } = answering(() => [[...entries]]);
    await expect(swept(dc)).rejects.toEqual(failure(refusal, message));
  });

  test('counts users only, and tells of others who are wanted', async () => {
    const group = entryOf('group', { objectClass: ['top', 'group'] });
    const computer = entryOf('computer', { objectClass: ['top', 'user', 'computer'] });
    const { dc } = answering(() => [
      [ann, group, computer, entryOf('contact', { objectClass: ['contact'] })],
    ]);
    const { users, census } = await swept(dc, [idOf(guidOf('contact'))]);
    expect(census.total).toBe(1);
    expect(users.map(({ immutableIds: [own] }) => own)).toEqual(
      ['ann', 'contact'].map((name) => idOf(guidOf(name))),
    );
  });

  test('tells every id that a user answers to', async () => {
    const wanted = [idOf(guidOf('ann object')), idOf(guidOf('ann'))];
    const { dc } = answering(() => [[ann]]);
    const { users } = await swept(dc, wanted);
    expect(users).toHaveLength(1);
    expect(idsIn(users, wanted)).toEqual(wanted);
  });

  test('notes each container with users, whatever characters its name has', async () => {
    const dns = ['CN=A\\, B,OU=X\\,Y,OU=Staff', 'CN=C,OU=Back\\\\,OU=Staff', 'CN=D'];
    const entries = dns.map((dn) => entryOf('someone', { dn: `${dn},DC=contoso,DC=test` }));
    const { dc } = answering(() => [entries]);
    expect([...(await swept(dc)).census.containers]).toEqual([
      'ou=x\\,y,ou=staff,dc=contoso,dc=test',
      'ou=back\\\\,ou=staff,dc=contoso,dc=test',
      'dc=contoso,dc=test',
    ]);
  });

  test('of a directory that Entra Cloud Sync reads needs no mS-DS-ConsistencyGuid', async () => {
    const cloudSynced = entryOf('ann', { 'mS-DS-ConsistencyGuid': [] });
    const { dc } = answering(() => [[cloudSynced]]);
    expect((await swept(dc, [idOf(guidOf('ann object'))])).census.anchored).toBe(0);
    const other = { ...dc, anchor: onlyAnchor(CONSISTENCY_GUID) };
    await expect(swept(other, [idOf(guidOf('ann object'))])).rejects.toEqual(
      failure('accessDenied', /has the source anchor/),
    );
  });
});

describe('a search', () => {
  test('asks for many ids at once, and for none that no bytes can have become', async () => {
    const { dc, searches } = answering(() => []);
    const ids = Array.from({ length: 401 }, (_, number) => idOf(guidOf(`id ${number}`)));
    await drained(findByGuid(dc, ids, wantedOf(ids)));
    expect(searches).toHaveLength(3);
    await drained(find(dc, wantedOf([plainId('no base64')])));
    expect(searches).toHaveLength(3);
  });

  test('that is answered with a stranger is not believed', async () => {
    const { dc } = answering(() => [], [entryOf('ann')]);
    const wanted = [idOf(guidOf('bob'))];
    await expect(drained(find(dc, wantedOf(wanted)))).rejects.toEqual(
      failure('sourceIncomplete', /answered with CN=ann.* not asked for/),
    );
  });

  test('proves nothing without its witnesses', async () => {
    const witness = { id: idOf(guidOf('ann')), attribute: 'mS-DS-ConsistencyGuid' };
    const hidden = entryOf('ann', { objectGUID: guidOf('ann'), 'mS-DS-ConsistencyGuid': [] });
    await expect(hearWitnesses(answering(() => [], [entryOf('ann')]).dc, [witness])).resolves.toBeUndefined();
    for (const found of [[], [entryOf('bob')], [hidden]]) {
      await expect(hearWitnesses(answering(() => [], found).dc, [witness])).rejects.toBeInstanceOf(
        DirectoryFailed,
      );
    }
    await expect(hearWitnesses(answering(() => [], []).dc, [])).rejects.toBeInstanceOf(DirectoryFailed);
  });
});

describe('a source', () => {
  test.each<readonly [string, readonly ForestConfig[], RegExp]>([
    ['without a domain', [], /no domain is named/],
    ['with a domain twice', [forest, { ...forest, domain: 'CONTOSO.test' }], /contoso.test is named twice/],
    ['without a password', [{ ...forest, password: '' }], /contoso.test: the password is missing/],
    ['without a user name', [{ ...forest, username: ' ' }], /the user name is missing/],
    ['without domain controllers', [{ ...forest, domainControllers: [] }], /no domain controller is named/],
    ['in the clear', [{ ...forest, domainControllers: ['ldap://dc1'] }], /ldap:\/\/dc1 must be ldaps:/],
    ['in TLS twice', [{ ...forest, startTls: true }], /must be ldap:\/\/…, since startTls is on/],
  ])('%s is refused', (_name, forests, message) => {
    expect(() => createActiveDirectorySource({ forests, clock })).toThrow(message);
  });
});
