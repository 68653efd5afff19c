import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { indexKeys } from '../../lib/core/evidence/keys.ts';
import type { ImmutableId } from '../../lib/core/ids.ts';
import type { Presence } from '../../lib/core/model.ts';
import type { OnPremSource } from '../../lib/ports.ts';
import { deletedWith, presenceFor } from './asking.ts';
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
import { DOMAIN_SID, guidOf, ouLdif, userLdif } from './sambaSeed.ts';

jest.setTimeout(120_000);

const DOMAIN = 'corp.contoso.test';
const USERS = 200;
const DEPARTMENTS = 10;
const sidOfUser = (user: number) => `${DOMAIN_SID}-${30_000 + user}`;
const HOME = { domain: DOMAIN, ou: 'OU=Dept1' };
/** List the contents and read them. */
const LOOK = '(A;CI;LCRPRC;;;AU)';

const shown = (presence: Presence) => (presence.state === 'absent' ? presence.kind : presence.state);

describeWithSamba('changes in the directory', () => {
  let samba: SambaDirectory;
  let relay: Relay;
  let source: OnPremSource;
  const dnOf = (user: number) => `CN=user${user},OU=Dept${user % DEPARTMENTS},${samba.base}`;
  const statesOf = (from: OnPremSource, ids: readonly ImmutableId[]) =>
    Promise.all(ids.map(async (id) => (await presenceOf(from, id, HOME)).state));
  const idOfUser = (user: number) => idOf(guidOf(`user ${user}`));

  beforeAll(async () => {
    const ous = Array.from({ length: DEPARTMENTS }, (_, ou) => ouLdif(DOMAIN, `OU=Dept${ou}`));
    const users = Array.from({ length: USERS }, (_, user) =>
      userLdif(DOMAIN, {
        name: `user${user}`,
        ou: `OU=Dept${user % DEPARTMENTS}`,
        ...(user % 10 !== 9 && { consistencyGuid: guidOf(`user ${user}`) }),
        employeeId: `E${user}x`,
        sid: sidOfUser(user),
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
    expect(summary.coverage?.[DOMAIN]?.containers).toContain('ou=west,ou=dept0,dc=corp,dc=contoso,dc=test');
  });

  test('find an objectGUID of any bytes, and not one that only looks like it', async () => {
    const other = guidOf('other');
    await setAttribute(samba, dnOf(2), 'mS-DS-ConsistencyGuid', Buffer.from('only plain ASCII'));
    await setAttribute(samba, dnOf(3), 'mS-DS-ConsistencyGuid', Buffer.alloc(16, 0x80));
    const wanted = [idOf(Buffer.from('only plain ASCII')), idOf(Buffer.alloc(16, 0x80)), idOf(other)];
    const { present } = await readAll(source, wanted);
    expect(present).toEqual(new Set(wanted.slice(0, 2)));
    expect(await statesOf(source, wanted)).toEqual(['present', 'present', 'absent']);
  });

  test('understand a plain source anchor, in whatever case', async () => {
    const plain = sourceOf([forestOf(samba, relay, { sourceAnchor: 'EMPLOYEEID' })]);
    const wanted = ['E5x', 'e6X', 'E99999x'].map(plainId);
    const { present, summary } = await readAll(plain, wanted);
    expect(present).toEqual(new Set(wanted.slice(0, 2)));
    expect(summary.total).toBeGreaterThan(USERS);
    expect(await statesOf(plain, wanted)).toEqual(['present', 'present', 'absent']);
  });

  test('cannot tell of an id that no source anchor becomes', async () => {
    expect(await presenceOf(source, plainId('E5x'), HOME)).toMatchObject({ state: 'unknown' });
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
    const state = async () => shown(await presenceOf(source, idOf(guid), HOME));
    await deleteObject(samba, dn);
    // Without the right to look into Deleted Objects only the place that it lived in can tell.
    const blind = await readAll(source, [idOf(guid)]);
    expect([blind.present.size, blind.tombstones, blind.summary.coverage?.[DOMAIN]?.tombstones]).toEqual([
      0,
      [],
      false,
    ]);
    expect(await state()).toBe('covered');

    await samba.allow(`CN=Deleted Objects,${samba.base}`, LOOK);
    const gone = await readAll(source, [idOf(guid)]);
    expect(gone.summary.coverage?.[DOMAIN]?.tombstones).toBe(true);
    expect(gone.tombstones).toMatchObject([{ immutableIds: [idOf(guid)], tombstone: {} }]);
    expect(await state()).toBe('tombstone');
    expect((await presenceOf(source, idOf(guidOf('nobody')), HOME)).state).toBe('unknown');

    await restoreObject(samba, guid, dn);
    const back = await readAll(source, [idOf(guid)]);
    expect([back.present, back.tombstones]).toEqual([new Set([idOf(guid)]), []]);
    expect(await state()).toBe('present');
  });

  test('know a tombstone that lost its anchor by its SID', async () => {
    const dn = dnOf(12);
    const sid = sidOfUser(12);
    const user = deletedWith(idOfUser(12), `OU=Dept2,${samba.base}`, { onPremisesSecurityIdentifier: sid });
    await deleteObject(samba, dn);
    const { wanted } = indexKeys([user]);
    for await (const _ of source.read(wanted, NEVER));
    expect(shown(await presenceFor(source, user))).toBe('tombstone');
    const other = { ...user, onPremisesSecurityIdentifier: `${sid}0` };
    expect((await presenceFor(source, other)).state).toBe('unknown');
  });

  test('show what Deleted Objects keeps, with the Recycle Bin', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    await samba.enableRecycleBin();
    await deleteObject(samba, dnOf(10));
    const { present, tombstones } = await readAll(source, [idOfUser(10)]);
    expect(present.size).toBe(0);
    expect(tombstones).toMatchObject([
      { anchor: idOfUser(10), targetAddress: 'SMTP:user10@partner.example', recipientTypeDetails: '128' },
    ]);
    const since = Date.parse(tombstones[0]?.tombstone?.deletedSince ?? '');
    expect(since).toBeGreaterThanOrEqual(before);
    expect(since).toBeLessThanOrEqual(Date.now());
    expect(await presenceOf(source, idOfUser(10), HOME)).toMatchObject({
      kind: 'tombstone',
      origin: expect.stringContaining(`since ${tombstones[0]?.tombstone?.deletedSince}`),
    });
  });
});
