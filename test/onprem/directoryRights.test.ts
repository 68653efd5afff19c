import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { forestOf, idOf, presenceOf, readAll, refusalOf, sourceOf } from './directoryFixture.ts';
import { type Relay, startRelay } from './relay.ts';
import { describeWithSamba, type SambaDirectory, startSamba } from './samba.ts';
import { guidOf, ouLdif, userLdif } from './sambaSeed.ts';

jest.setTimeout(120_000);

const DOMAIN = 'corp.contoso.test';
/** schemaIDGUID of mS-DS-ConsistencyGuid ([MS-ADA2]). */
const CONSISTENCY_GUID = '23773dc2-b63a-11d2-90e1-00c04fd91ab1';
const user = (number: number) => idOf(guidOf(`user ${number}`));
const HOME = { domain: DOMAIN };
const gone = idOf(guidOf('gone'));

// In this order: rights are taken away one after the other, and none is given back.
describeWithSamba('an account that lost rights', () => {
  let samba: SambaDirectory;
  let relay: Relay;

  beforeAll(async () => {
    const users = Array.from({ length: 60 }, (_, number) =>
      userLdif(DOMAIN, {
        name: `user${number}`,
        ou: number < 20 ? 'OU=Board' : 'OU=Staff',
        consistencyGuid: guidOf(`user ${number}`),
      }),
    );
    const ous = ouLdif(DOMAIN, 'OU=Board') + ouLdif(DOMAIN, 'OU=Staff');
    samba = await startSamba(DOMAIN, ous + users.join(''));
    relay = await startRelay(samba.address, 636);
  });
  afterAll(async () => {
    await relay?.close();
    await samba?.remove();
  });

  const newSource = (sourceAnchor = 'auto') => sourceOf([forestOf(samba, relay, { sourceAnchor })]);
  const board = () => `ou=board,${samba.base.toLowerCase()}`;

  test('in an OU sees nobody there: the count of the OU tells, and so do the witnesses', async () => {
    const source = newSource();
    const before = await readAll(source, [user(5), user(50), gone]);
    expect(before.present).toEqual(new Set([user(5), user(50)]));
    expect(before.summary.coverage?.[DOMAIN]?.containers).toContain(board());
    expect((await presenceOf(source, gone, HOME)).state).toBe('absent');

    await samba.allow(`OU=Board,${samba.base}`, '(D;CI;LCRP;;;AU)');
    for (const id of [user(5), gone]) {
      expect(await presenceOf(source, id, HOME)).toMatchObject({
        state: 'unknown',
        origin: expect.stringMatching(/of 3 users who were there .* 1 cannot be found any more/),
      });
    }
    const { summary } = await readAll(newSource(), [user(5), user(50)]);
    expect(summary.coverage?.[DOMAIN]?.containers).not.toContain(board());
    expect(summary.total).toBe(before.summary.total - 20);
  });

  test('to the source anchor is refused, with users in full view', async () => {
    const source = newSource();
    await readAll(source, [user(50)]);
    await samba.allow(samba.base, `(OD;CI;RP;${CONSISTENCY_GUID};;AU)`);
    expect(await refusalOf(readAll(newSource(), [user(50)]))).toMatchObject({
      refusal: 'accessDenied',
      detail: expect.stringMatching(
        /none of the 45 users it shows has the source anchor mS-DS-ConsistencyGuid/,
      ),
    });
    expect((await presenceOf(source, user(50), HOME)).state).toBe('unknown');
    expect((await readAll(newSource('objectGUID'), [])).summary.total).toBe(45);
  });

  test('to every container is refused, for an empty directory', async () => {
    const source = newSource('objectGUID');
    await readAll(source, [gone]);
    for (const container of ['OU=Board', 'OU=Staff', 'CN=Users']) {
      await samba.allow(`${container},${samba.base}`, '(D;CI;LCRP;;;AU)');
    }
    expect(await refusalOf(readAll(newSource('objectGUID'), [gone]))).toMatchObject({
      refusal: 'sourceEmpty',
      detail: expect.stringContaining('it shows 0 users'),
    });
    expect((await presenceOf(source, gone, HOME)).state).toBe('unknown');
  });
});

describeWithSamba('a forest with a domain that nobody named', () => {
  let samba: SambaDirectory;
  let relay: Relay;

  beforeAll(async () => {
    samba = await startSamba(DOMAIN);
    relay = await startRelay(samba.address, 636);
    const partitions = `CN=Partitions,CN=Configuration,${samba.base}`;
    await samba.add(
      `dn: CN=EMEA,${partitions}\nobjectClass: crossRef\nnCName: DC=emea,${samba.base}\ndnsRoot: emea.${DOMAIN}\nnETBIOSName: EMEA\nsystemFlags: 3\n\n`,
    );
  });
  afterAll(async () => {
    await relay?.close();
    await samba?.remove();
  });

  test('is refused, since somebody may have been moved there, unless it is known to hold nobody', async () => {
    const forest = forestOf(samba, relay, { sourceAnchor: 'objectGUID' });
    expect(await refusalOf(readAll(sourceOf([forest]), []))).toMatchObject({
      refusal: 'sourceIncomplete',
      detail: expect.stringContaining(`its forest also has emea.${DOMAIN}`),
    });
    const ignoring = sourceOf([{ ...forest, ignoredDomains: [`EMEA.${DOMAIN}`] }]);
    expect((await readAll(ignoring, [])).summary.total).toBe(5);
  });
});
