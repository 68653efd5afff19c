import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { ForestConfig } from '../../lib/onprem/activeDirectory.ts';
import type { OnPremSource } from '../../lib/ports.ts';
import {
  forestOf,
  idOf,
  NOW,
  plainId,
  presenceOf,
  readAll,
  refusalOf,
  sourceOf,
} from './directoryFixture.ts';
import { type Relay, startRelay } from './relay.ts';
import { describeWithSamba, type SambaDirectory, startSamba } from './samba.ts';
import { deleteObject, moveObject, objectGuidOf, restoreObject, setAttribute } from './sambaChanges.ts';
import { guidOf, ouLdif, userLdif } from './sambaSeed.ts';

jest.setTimeout(180_000);

const CORP = 'corp.contoso.test';
const FABRIKAM = 'fabrikam.test';
const DEPARTMENTS = 20;
/** Administrator, Guest, krbtgt, dns-dc1 and the account that reads. */
const BUILT_IN = 5;

/** List the contents and read them. */
const LOOK = '(A;CI;LCRPRC;;;AU)';

const seedOf = (domain: string, users: number) => [
  ...Array.from({ length: DEPARTMENTS }, (_, ou) => ouLdif(domain, `OU=Dept${ou}`)),
  ouLdif(domain, 'OU=West,OU=Dept0'),
  ...Array.from({ length: users }, (_, user) =>
    userLdif(domain, {
      name: `user${user}`,
      ou: `OU=Dept${user % DEPARTMENTS}`,
      // Every tenth is known by its objectGUID.
      ...(user % 10 !== 9 && { consistencyGuid: guidOf(`${domain} ${user}`) }),
      employeeId: `E${user}x`,
    }),
  ),
];

describeWithSamba('two forests of 20,000 users', () => {
  let corp: SambaDirectory;
  let fabrikam: SambaDirectory;
  let relays: readonly [Relay, Relay];
  let forests: readonly [ForestConfig, ForestConfig];
  let source: OnPremSource;
  const dnOf = (user: number) => `CN=user${user},OU=Dept${user % DEPARTMENTS},${corp.base}`;
  const corpId = (user: number) => idOf(guidOf(`${CORP} ${user}`));

  beforeAll(async () => {
    const contact = { name: 'contact', ou: 'OU=Dept0', consistencyGuid: guidOf('contact') };
    const person = { name: 'person', ou: 'OU=Dept0', consistencyGuid: guidOf('person') };
    const others =
      userLdif(CORP, { ...contact, objectClass: 'contact' }) +
      userLdif(CORP, { name: 'plainContact', ou: 'OU=Dept0', objectClass: 'contact' }) +
      userLdif(CORP, { ...person, objectClass: 'inetOrgPerson' });
    [corp, fabrikam] = await Promise.all([
      startSamba(CORP, seedOf(CORP, 12_000).join('') + others),
      startSamba(FABRIKAM, seedOf(FABRIKAM, 8_000).join('')),
    ]);
    relays = [await startRelay(corp.address, 636), await startRelay(fabrikam.address, 636)];
    forests = [forestOf(corp, relays[0]), forestOf(fabrikam, relays[1])];
    source = sourceOf(forests);
  });
  afterAll(async () => {
    await Promise.all((relays ?? []).map((relay) => relay.close()));
    await Promise.all([corp?.remove(), fabrikam?.remove()]);
  });

  test('tell exactly who is there, and count everybody', async () => {
    const byGuid = await objectGuidOf(corp, dnOf(9));
    const contactByGuid = await objectGuidOf(corp, `CN=plainContact,OU=Dept0,${corp.base}`);
    const there = [
      ...Array.from({ length: 12_000 }, (_, user) => user)
        .filter((user) => user % 10 !== 9)
        .map(corpId),
      ...[1, 4_444, 7_998].map((user) => idOf(guidOf(`${FABRIKAM} ${user}`))),
      idOf(byGuid),
      idOf(contactByGuid),
      idOf(guidOf('contact')),
      idOf(guidOf('person')),
    ];
    const gone = Array.from({ length: 300 }, (_, user) => idOf(guidOf(`gone ${user}`)));
    const seen = await readAll(source, [...there, ...gone]);

    expect(seen.present).toEqual(new Set(there));
    expect(seen.tombstones).toEqual([]);
    expect(seen.summary).toMatchObject({ kind: 'activeDirectory', total: 20_001 + 2 * BUILT_IN, asOf: NOW });
    expect(seen.summary.slices).toMatchObject({
      [CORP]: 12_001 + BUILT_IN,
      [FABRIKAM]: 8_000 + BUILT_IN,
      [`${CORP} with mS-DS-ConsistencyGuid`]: 10_801,
      [`${CORP} with proxyAddresses`]: 12_001,
      [`ou=dept0,${corp.base.toLowerCase()}`]: 601,
      [`ou=dept1,${corp.base.toLowerCase()}`]: 600,
      [`ou=dept1,${fabrikam.base.toLowerCase()}`]: 400,
    });
    const again = await source.recheck([corpId(0), ...gone.slice(0, 1)], new AbortController().signal);
    expect([...again.values()].map(({ state }) => state)).toEqual(['present', 'absent']);
  });

  test('keep whoever was moved, renamed, or is known by two ids', async () => {
    const guid = idOf(await objectGuidOf(corp, dnOf(1)));
    await moveObject(corp, dnOf(0), `CN=user0,OU=West,OU=Dept0,${corp.base}`);
    await moveObject(corp, dnOf(1), `CN=Ann O\\, Ther,OU=Dept2,${corp.base}`);
    const wanted = [corpId(0), corpId(1), guid];
    const { present, summary } = await readAll(source, wanted);
    expect(present).toEqual(new Set(wanted));
    const slice = (ou: string) => summary.slices[`${ou},${corp.base.toLowerCase()}`];
    expect([slice('ou=dept0'), slice('ou=west,ou=dept0')]).toEqual([601, 1]);
    expect([slice('ou=dept1'), slice('ou=dept2')]).toEqual([599, 601]);
  });

  test('find an objectGUID of any bytes, and not one that only looks like it', async () => {
    const other = guidOf('other');
    await setAttribute(corp, dnOf(2), 'mS-DS-ConsistencyGuid', Buffer.from('only plain ASCII'));
    await setAttribute(corp, dnOf(3), 'mS-DS-ConsistencyGuid', Buffer.alloc(16, 0x80));
    const wanted = [idOf(Buffer.from('only plain ASCII')), idOf(Buffer.alloc(16, 0x80)), idOf(other)];
    const { present } = await readAll(source, wanted);
    expect(present).toEqual(new Set(wanted.slice(0, 2)));
    const answers = await source.recheck(wanted, new AbortController().signal);
    expect([...answers.values()].map(({ state }) => state)).toEqual(['present', 'present', 'absent']);
  });

  test('understand a plain source anchor, in whatever case', async () => {
    const plain = sourceOf([forestOf(corp, relays[0], { sourceAnchor: 'EMPLOYEEID' })]);
    const wanted = ['E5x', 'e6X', 'E99999x'].map(plainId);
    const { present, summary } = await readAll(plain, wanted);
    expect(present).toEqual(new Set(wanted.slice(0, 2)));
    expect(summary.slices[`${CORP} with employeeID`]).toBe(12_000);
    const answers = await plain.recheck(wanted, new AbortController().signal);
    expect([...answers.values()].map(({ state }) => state)).toEqual(['present', 'present', 'absent']);
  });

  test('cannot tell of an id that no source anchor becomes', async () => {
    expect(await presenceOf(source, plainId('E5x'))).toMatchObject({ state: 'unknown' });
  });

  test('refuse a source anchor that nobody has, or that does not exist', async () => {
    const withAnchor = (sourceAnchor: string) => sourceOf([forestOf(corp, relays[0], { sourceAnchor })]);
    expect(await refusalOf(readAll(withAnchor('employeeNumber'), []))).toMatchObject({
      refusal: 'accessDenied',
      detail: expect.stringContaining('has the source anchor employeeNumber'),
    });
    expect(await refusalOf(readAll(withAnchor('emploieeID'), []))).toMatchObject({
      refusal: 'sourceIncomplete',
      detail: expect.stringContaining('its schema has no attribute "emploieeID"'),
    });
  });

  test('show what Deleted Objects keeps, to an account that may see it', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    await corp.enableRecycleBin();
    await deleteObject(corp, dnOf(10));
    const blind = await readAll(source, [corpId(10)]);
    expect([blind.present.size, blind.tombstones]).toEqual([0, []]);
    expect((await presenceOf(source, corpId(10))).state).toBe('absent');

    await corp.allow(`CN=Deleted Objects,${corp.base}`, LOOK);
    const { present, tombstones } = await readAll(source, [corpId(10)]);
    expect(present.size).toBe(0);
    const tombstone = { targetAddress: 'SMTP:user10@partner.example', recipientTypeDetails: '128' };
    expect(tombstones).toMatchObject([{ immutableId: corpId(10), tombstone }]);
    const since = Date.parse(tombstones[0]?.tombstone?.deletedSince ?? '');
    expect(since).toBeGreaterThanOrEqual(before);
    expect(since).toBeLessThanOrEqual(Date.now());
    expect(await presenceOf(source, corpId(10))).toMatchObject({
      state: 'absent',
      origin: expect.stringContaining(`deleted ${tombstones[0]?.tombstone?.deletedSince}`),
    });
  });

  test('know a tombstone by its objectGUID without the Recycle Bin, and keep whoever is restored', async () => {
    await fabrikam.allow(`CN=Deleted Objects,${fabrikam.base}`, LOOK);
    const dn = `CN=user29,OU=Dept9,${fabrikam.base}`;
    const guid = await objectGuidOf(fabrikam, dn);
    await deleteObject(fabrikam, dn);
    const gone = await readAll(source, [idOf(guid)]);
    const tombstone = { targetAddress: undefined, recipientTypeDetails: undefined };
    expect(gone.tombstones).toMatchObject([{ immutableId: idOf(guid), tombstone }]);
    expect((await presenceOf(source, idOf(guid))).state).toBe('absent');

    await restoreObject(fabrikam, guid, dn);
    const back = await readAll(source, [idOf(guid)]);
    expect([back.present, back.tombstones]).toEqual([new Set([idOf(guid)]), []]);
    expect((await presenceOf(source, idOf(guid))).state).toBe('present');
  });

  test('keep whom one forest has, and know nothing of the others, while a forest is away', async () => {
    const [, relay] = relays;
    relay.fault(0, 'cut');
    expect((await presenceOf(source, corpId(20))).state).toBe('present');
    expect(await presenceOf(source, idOf(guidOf('gone')))).toMatchObject({
      state: 'unknown',
      origin: expect.stringContaining(`Active Directory domain ${FABRIKAM} was not read to its end`),
    });
    expect((await refusalOf(readAll(source, []))).refusal).toBe('sourceIncomplete');
  });
});
