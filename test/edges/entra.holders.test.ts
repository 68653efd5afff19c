import { afterEach, describe, expect, test } from '@jest/globals';
import type { DeletedUser } from '../../lib/core/model.ts';
import type { EntraUser } from '../tenant/directory.ts';
import type { Fault } from '../tenant/faults.ts';
import { deletedUser, tinyUser } from '../tenant/tiny.ts';
import { NEVER, oid, type Rig, type RigOptions, rig } from './entraTenant.ts';

const USERS = /^GET \/users\?/;
let tenant: Rig;
afterEach(() => tenant.close());

/** A cloud user who is somebody else: nothing of it came from on-premises. */
const cloudUser = (n: number, changes: Partial<EntraUser>) =>
  tinyUser(n, {
    onPremisesSyncEnabled: null,
    onPremisesImmutableId: null,
    userPrincipalName: `cloud${n}@contoso.com`,
    mail: null,
    proxyAddresses: [],
    ...changes,
  });
const leaver = (n: number, changes: Partial<EntraUser> = {}) =>
  deletedUser(n, {
    userPrincipalName: `${oid(n).replaceAll('-', '')}user${n}@contoso.com`,
    proxyAddresses: [`SMTP:user${n}@partner.com`, `smtp:U.Ser${n}@contoso.com`, 'X500:/o=x/cn=user'],
    ...changes,
  });

async function start(options: RigOptions, ...faults: Fault[]): Promise<readonly DeletedUser[]> {
  tenant = await rig({ deleted: [leaver(1), leaver(2)], ...options });
  const deleted = await tenant.entra.deletedUsers(NEVER);
  tenant.servers.log.splice(0);
  tenant.servers.faults.add(...faults);
  return deleted;
}
const held = async (users: readonly DeletedUser[]) =>
  [...(await tenant.entra.holders(users, NEVER)).values()].map(({ value }) => value);
const queries = () => tenant.servers.log.flatMap(({ requests }) => requests);

describe('a name or an address is held', () => {
  test.each<readonly [string, Partial<EntraUser>]>([
    ['by a guest with the external address', { userType: 'Guest', mail: 'User1@Partner.com' }],
    ['by a cloud user with the former name', { userPrincipalName: 'USER1@contoso.com' }],
    [
      'by a shared mailbox with an alias',
      { proxyAddresses: ['SMTP:x@contoso.com', 'smtp:u.ser1@contoso.com'] },
    ],
    ['by a user whose primary address it is', { proxyAddresses: ['SMTP:user1@partner.com'] }],
    ['by a user who signs in with the external address', { userPrincipalName: 'user1@partner.com' }],
    ['by a user with the former name as an address', { proxyAddresses: ['smtp:user1@contoso.com'] }],
  ])('%s', async (_, changes) => {
    const users = await start({ live: [cloudUser(7, changes), cloudUser(8, {})] });
    expect(await held(users)).toEqual(['yes', 'no']);
  });

  test('and the holder is named', async () => {
    const users = await start({ live: [cloudUser(7, { mail: 'user1@partner.com' })] });
    expect((await tenant.entra.holders(users, NEVER)).get(oid(1))).toEqual({
      value: 'yes',
      origin: `a live user has it: cloud7@contoso.com (${oid(7)})`,
    });
  });

  test('though it has quotes and signs that mean something in a URL', async () => {
    const name = "o'neil+b&a%20#1@contoso.com";
    const users = await start({
      deleted: [leaver(1, { userPrincipalName: `${oid(1).replaceAll('-', '')}${name}` })],
      live: [cloudUser(7, { userPrincipalName: name })],
    });
    expect(await held(users)).toEqual(['yes']);
  });
});

describe('how it is asked', () => {
  test('with default queries of at most fifteen clauses, in one batch', async () => {
    const proxyAddresses = Array.from({ length: 9 }, (_, n) => `smtp:alias${n}@contoso.com`);
    const live = [cloudUser(7, { mail: 'alias8@contoso.com' })];
    const users = await start({ deleted: [leaver(1), leaver(2, { proxyAddresses, mail: null })], live });
    expect(await held(users)).toEqual(['no', 'yes']);
    expect(tenant.servers.log).toHaveLength(1);
    expect(queries().map(({ path }) => path.split(' or ').length)).toEqual([12, 15, 15, 10]);
    expect(queries().filter(({ path }) => path.includes('$count'))).toEqual([]);
  });

  test('one clause at a time where Graph does not join them', async () => {
    const error = { code: 'Request_UnsupportedQuery', message: 'Complex query on property proxyAddresses.' };
    const users = await start(
      { live: [cloudUser(7, { proxyAddresses: ['smtp:u.ser2@contoso.com'] })] },
      { match: / or /, kind: 'status', status: 400, error, times: 99 },
    );
    const answers = [...(await tenant.entra.holders(users, NEVER)).values()];
    expect(answers.map(({ value, stale }) => [value, stale])).toEqual([
      ['no', undefined],
      ['yes', undefined],
    ]);
  });

  test('of the index that lags behind where Graph takes it no other way, which is said', async () => {
    const error = { code: 'Request_UnsupportedQuery', message: 'Unsupported.' };
    const live = [cloudUser(7, { proxyAddresses: ['smtp:u.ser2@contoso.com'] })];
    const users = await start({ live });
    const refused = /^GET \/users\?(?!.*\$count=true).*proxyAddresses/;
    tenant.servers.faults.add({ match: refused, kind: 'status', status: 400, error, times: 99 });
    const answers = await tenant.entra.holders(users, NEVER);
    expect(answers.get(oid(1))).toMatchObject({ value: 'no', stale: true });
    expect(answers.get(oid(1))?.origin).toContain('an index that can lag behind');
    expect(answers.get(oid(2))?.value).toBe('yes');
  });

  test('for nobody nothing is sent', async () => {
    await start({});
    expect(await held([])).toEqual([]);
    expect(tenant.servers.log).toEqual([]);
  });
});

describe('what could not be learnt is unknown', () => {
  test.each<readonly [string, Fault]>([
    ['a 403', { match: USERS, kind: 'status', status: 403, times: 99 }],
    ['a 400 of another kind', { match: USERS, kind: 'status', status: 400, times: 99 }],
    ['a dropped batch', { match: /\$batch/, kind: 'drop', times: 99 }],
    ['no list', { match: USERS, kind: 'transform', transform: () => ({ value: 'x' }), times: 99 }],
    [
      'a first page without the others',
      {
        match: USERS,
        kind: 'transform',
        transform: () => ({ value: [], '@odata.nextLink': 'https://x/' }),
        times: 99,
      },
    ],
  ])('after %s', async (_, fault) => {
    const users = await start({}, fault);
    expect(await held(users)).toEqual(['unknown', 'unknown']);
  });

  test('of a user whose name or addresses Graph did not give', async () => {
    const [one, two] = await start({});
    if (one === undefined || two === undefined) throw new Error('The bin is empty.');
    const users = [
      { ...one, proxyAddresses: undefined },
      { ...two, userPrincipalName: undefined },
    ];
    expect(await held(users)).toEqual(['unknown', 'unknown']);
  });

  test('when answers in a batch have changed places', async () => {
    const users = await start({ live: [cloudUser(7, { mail: 'user1@partner.com' })] });
    const swap = (body: unknown) => {
      const { responses } = body as { responses: { id: string }[] };
      return { responses: responses.map((one) => ({ ...one, id: String((Number(one.id) + 1) % 2) })) };
    };
    tenant.servers.faults.add({ match: /\$batch/, kind: 'transform', transform: swap });
    expect(await held(users)).toEqual(['unknown', 'unknown']);
  });
});
