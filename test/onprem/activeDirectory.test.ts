import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { ForestConfig } from '../../lib/onprem/activeDirectory.ts';
import type { OnPremSource } from '../../lib/ports.ts';
import { forestOf, idOf, NOW, presenceOf, readAll, refusalOf, sourceOf } from './directoryFixture.ts';
import { type Relay, startRelay } from './relay.ts';
import { describeWithSamba, type SambaDirectory, startSamba } from './samba.ts';
import { objectGuidOf } from './sambaChanges.ts';
import { guidOf, ouLdif, userLdif } from './sambaSeed.ts';

jest.setTimeout(180_000);

const CORP = 'corp.contoso.test';
const FABRIKAM = 'fabrikam.test';
const DEPARTMENTS = 20;
const HOME = { domain: CORP, ou: 'OU=Dept1' };
/** Administrator, Guest, krbtgt, dns-dc1 and the account that reads. */
const BUILT_IN = 5;

const seedOf = (domain: string, users: number) => [
  ...Array.from({ length: DEPARTMENTS }, (_, ou) => ouLdif(domain, `OU=Dept${ou}`)),
  ...Array.from({ length: users }, (_, user) =>
    userLdif(domain, {
      name: `user${user}`,
      ou: `OU=Dept${user % DEPARTMENTS}`,
      // Every tenth is known by its objectGUID.
      ...(user % 10 !== 9 && { consistencyGuid: guidOf(`${domain} ${user}`) }),
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
    expect(seen.summary.slices).toEqual({ [CORP]: 12_001 + BUILT_IN, [FABRIKAM]: 8_000 + BUILT_IN });
    const coverage = seen.summary.coverage ?? {};
    expect(Object.keys(coverage)).toEqual([CORP, FABRIKAM]);
    expect(coverage[CORP]?.containers).toContain('ou=dept1,dc=corp,dc=contoso,dc=test');
    expect(coverage[FABRIKAM]?.containers).toContain('ou=dept1,dc=fabrikam,dc=test');
    const states = [corpId(0), ...gone.slice(0, 1)].map(
      async (id) => (await presenceOf(source, id, HOME)).state,
    );
    expect(await Promise.all(states)).toEqual(['present', 'absent']);
  });

  test('keep whom one forest has, and know nothing of the others, while a forest is away', async () => {
    const [, relay] = relays;
    relay.fault(0, 'cut');
    expect((await presenceOf(source, corpId(20), HOME)).state).toBe('present');
    expect(await presenceOf(source, idOf(guidOf('gone')), HOME)).toMatchObject({
      state: 'unknown',
      origin: expect.stringContaining(`Active Directory domain ${FABRIKAM} was not read to its end`),
    });
    expect((await refusalOf(readAll(source, []))).refusal).toBe('sourceIncomplete');
  });
});
