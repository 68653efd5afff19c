import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { OnPremSource } from '../../lib/ports.ts';
import {
  forestOf,
  idOf,
  NEVER,
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

jest.setTimeout(120_000);

const DOMAIN = 'corp.contoso.test';
const USERS = 200;
const DEPARTMENTS = 10;
/** List the contents and read them. */
const LOOK = '(A;CI;LCRPRC;;;AU)';

describeWithSamba('changes in the directory', () => {
  let samba: SambaDirectory;
  let relay: Relay;
  let source: OnPremSource;
  const dnOf = (user: number) => `CN=user${user},OU=Dept${user % DEPARTMENTS},${samba.base}`;
  const idOfUser = (user: number) => idOf(guidOf(`user ${user}`));

  beforeAll(async () => {
    const ous = Array.from({ length: DEPARTMENTS }, (_, ou) => ouLdif(DOMAIN, `OU=Dept${ou}`));
    const users = Array.from({ length: USERS }, (_, user) =>
      userLdif(DOMAIN, {
        name: `user${user}`,
        ou: `OU=Dept${user % DEPARTMENTS}`,
        ...(user % 10 !== 9 && { consistencyGuid: guidOf(`user ${user}`) }),
        employeeId: `E${user}x`,
      }),
    );
    const west = ouLdif(DOMAIN, 'OU=West,OU=Dept0');
    samba = await startSamba(DOMAIN, ous.join('') + west + users.join(''));
    relay = await startRelay(samba.address, 636);
    source = sourceOf([forestOf(samba, relay)]);
  });
  afterAll(async () => {
    await relay?.close();
    await samba?.remove();
  });

  test('keep whoever was moved, renamed, or is known by two ids', async () => {
    const guid = idOf(await objectGuidOf(samba, dnOf(1)));
    await moveObject(samba, dnOf(0), `CN=user0,OU=West,OU=Dept0,${samba.base}`);
    await moveObject(samba, dnOf(1), `CN=Ann O\\, Ther,OU=Dept2,${samba.base}`);
    const wanted = [idOfUser(0), idOfUser(1), guid];
    const { present, summary } = await readAll(source, wanted);
    expect(present).toEqual(new Set(wanted));
    const slice = (ou: string) => summary.slices[`${ou},${samba.base.toLowerCase()}`];
    expect([slice('ou=dept0'), slice('ou=west,ou=dept0')]).toEqual([20, 1]);
    expect([slice('ou=dept1'), slice('ou=dept2')]).toEqual([19, 21]);
  });

  test('find an objectGUID of any bytes, and not one that only looks like it', async () => {
    const other = guidOf('other');
    await setAttribute(samba, dnOf(2), 'mS-DS-ConsistencyGuid', Buffer.from('only plain ASCII'));
    await setAttribute(samba, dnOf(3), 'mS-DS-ConsistencyGuid', Buffer.alloc(16, 0x80));
    const wanted = [idOf(Buffer.from('only plain ASCII')), idOf(Buffer.alloc(16, 0x80)), idOf(other)];
    const { present } = await readAll(source, wanted);
    expect(present).toEqual(new Set(wanted.slice(0, 2)));
    const answers = await source.recheck(wanted, NEVER);
    expect([...answers.values()].map(({ state }) => state)).toEqual(['present', 'present', 'absent']);
  });

  test('understand a plain source anchor, in whatever case', async () => {
    const plain = sourceOf([forestOf(samba, relay, { sourceAnchor: 'EMPLOYEEID' })]);
    const wanted = ['E5x', 'e6X', 'E99999x'].map(plainId);
    const { present, summary } = await readAll(plain, wanted);
    expect(present).toEqual(new Set(wanted.slice(0, 2)));
    expect(summary.slices[`${DOMAIN} with employeeID`]).toBe(USERS);
    const answers = await plain.recheck(wanted, NEVER);
    expect([...answers.values()].map(({ state }) => state)).toEqual(['present', 'present', 'absent']);
  });

  test('cannot tell of an id that no source anchor becomes', async () => {
    expect(await presenceOf(source, plainId('E5x'))).toMatchObject({ state: 'unknown' });
  });

  test('refuse a source anchor that nobody has, or that does not exist', async () => {
    const withAnchor = (sourceAnchor: string) => sourceOf([forestOf(samba, relay, { sourceAnchor })]);
    expect(await refusalOf(readAll(withAnchor('employeeNumber'), []))).toMatchObject({
      refusal: 'accessDenied',
      detail: expect.stringContaining('has the source anchor employeeNumber'),
    });
    expect(await refusalOf(readAll(withAnchor('emploieeID'), []))).toMatchObject({
      refusal: 'sourceIncomplete',
      detail: expect.stringContaining('its schema has no attribute "emploieeID"'),
    });
  });

  test('know a tombstone by its objectGUID without the Recycle Bin, and keep whoever is restored', async () => {
    const dn = `CN=user29,OU=Dept9,${samba.base}`;
    const guid = await objectGuidOf(samba, dn);
    await deleteObject(samba, dn);
    // Without the right to look into Deleted Objects nobody can say more than that.
    const blind = await readAll(source, [idOf(guid)]);
    expect([blind.present.size, blind.tombstones]).toEqual([0, []]);
    expect((await presenceOf(source, idOf(guid))).state).toBe('absent');

    await samba.allow(`CN=Deleted Objects,${samba.base}`, LOOK);
    const gone = await readAll(source, [idOf(guid)]);
    const tombstone = { targetAddress: undefined, recipientTypeDetails: undefined };
    expect(gone.tombstones).toMatchObject([{ immutableId: idOf(guid), tombstone }]);
    expect((await presenceOf(source, idOf(guid))).state).toBe('absent');

    await restoreObject(samba, guid, dn);
    const back = await readAll(source, [idOf(guid)]);
    expect([back.present, back.tombstones]).toEqual([new Set([idOf(guid)]), []]);
    expect((await presenceOf(source, idOf(guid))).state).toBe('present');
  });

  test('show what Deleted Objects keeps, with the Recycle Bin', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    await samba.enableRecycleBin();
    await deleteObject(samba, dnOf(10));
    const { present, tombstones } = await readAll(source, [idOfUser(10)]);
    expect(present.size).toBe(0);
    const tombstone = { targetAddress: 'SMTP:user10@partner.example', recipientTypeDetails: '128' };
    expect(tombstones).toMatchObject([{ immutableId: idOfUser(10), tombstone }]);
    const since = Date.parse(tombstones[0]?.tombstone?.deletedSince ?? '');
    expect(since).toBeGreaterThanOrEqual(before);
    expect(since).toBeLessThanOrEqual(Date.now());
    expect(await presenceOf(source, idOfUser(10))).toMatchObject({
      state: 'absent',
      origin: expect.stringContaining(`deleted ${tombstones[0]?.tombstone?.deletedSince}`),
    });
  });
});
