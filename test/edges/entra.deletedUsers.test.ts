import { afterEach, describe, expect, test } from '@jest/globals';
import { tinyUser } from '../tenant/tiny.ts';
import { deletedUsers, NEVER, oid, type Rig, type RigOptions, refusalOf, rig } from './entraTenant.ts';

const LIST = /^GET \/directory\/deletedItems\/microsoft\.graph\.user/;
let tenant: Rig;
const start = async (options: RigOptions) => {
  tenant = await rig(options);
  return tenant;
};
afterEach(() => tenant.close());

const read = () => tenant.entra.deletedUsers(NEVER);
const lists = () => tenant.servers.log.filter(({ path }) => LIST.test(`GET ${path}`)).length;

describe('the recycle bin', () => {
  test('is read whole, every property as Graph gives it', async () => {
    const targetAddress = `extension_${'0'.repeat(32)}_targetAddress`;
    const type = `extension_${'0'.repeat(32)}_msExchRecipientTypeDetails`;
    const synced: Record<`extension_${string}`, string | number> = {
      [targetAddress]: 'SMTP:a@partner.com',
      [type]: 2_147_483_648,
    };
    const plan = {
      service: 'exchange',
      servicePlanId: 'x',
      capabilityStatus: 'Deleted',
      assignedDateTime: '',
    };
    await start({
      directoryExtensions: [targetAddress, type],
      deleted: [
        tinyUser(7, {
          userPrincipalName: '00000000000040008000000000000007user7@contoso.com',
          deletedDateTime: '2026-01-02T03:04:05Z',
          proxyAddresses: ['SMTP:a@partner.com', 'smtp:b@contoso.com'],
          onPremisesExtensionAttributes: { extensionAttribute1: null, extensionAttribute9: 'keep' },
          assignedLicenses: [{ skuId: '4b9405b0-7788-4568-add1-99614e613b69', disabledPlans: [] }],
          assignedPlans: [plan],
          provisionedPlans: [
            { service: 'exchange', capabilityStatus: 'Enabled', provisioningStatus: 'Success' },
          ],
          ...synced,
        }),
      ],
    });
    const [user] = await read();
    expect(user).toEqual({
      id: oid(7),
      deletedDateTime: '2026-01-02T03:04:05.000Z',
      displayName: 'User 7',
      userPrincipalName: '00000000000040008000000000000007user7@contoso.com',
      userType: 'Member',
      mail: 'user7@partner.com',
      proxyAddresses: ['SMTP:a@partner.com', 'smtp:b@contoso.com'],
      immutableId: 'BwcHBwcHBwcHBwcHBwcHBw==',
      onPremisesSyncEnabled: true,
      onPremisesDomainName: 'contoso.com',
      onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-7',
      onPremisesDistinguishedName: 'CN=User 7,DC=contoso,DC=com',
      extensionAttributes: { extensionAttribute1: null, extensionAttribute9: 'keep' },
      assignedLicenses: ['4b9405b0-7788-4568-add1-99614e613b69'],
      assignedPlans: [{ service: 'exchange', status: 'Deleted', servicePlanId: 'x' }],
      provisionedPlans: [{ service: 'exchange', status: 'Enabled' }],
      directoryExtensions: {
        [targetAddress]: 'SMTP:a@partner.com',
        [type]: '2147483648',
      },
      snapshot: expect.objectContaining({
        id: oid(7),
        onPremisesSamAccountName: 'user7',
        createdDateTime: '2020-01-01T00:00:00Z',
        onPremisesExtensionAttributes: { extensionAttribute1: null, extensionAttribute9: 'keep' },
      }),
    });
  });

  test('empty is an empty array', async () => {
    await start({ deleted: [] });
    expect(await read()).toEqual([]);
  });

  test('of three pages', async () => {
    await start({ deleted: deletedUsers(2_100) });
    expect(new Set((await read()).map(({ id }) => id)).size).toBe(2_100);
    expect(lists()).toBe(3);
  });

  test('null and missing are undefined, ids lower case, unknown properties kept in the snapshot', async () => {
    await start({ deleted: deletedUsers(1) });
    tenant.servers.faults.add({
      match: LIST,
      kind: 'transform',
      transform: () => ({
        '@odata.count': 1,
        value: [{ id: oid(1).toUpperCase().replace('-4000', '-400A'), mail: null, somethingNew: [1] }],
      }),
    });
    const [user] = await read();
    expect(user).toMatchObject({
      id: '00000000-0000-400a-8000-000000000001',
      directoryExtensions: {},
      snapshot: { somethingNew: [1] },
    });
    const told = Object.entries(user ?? {}).filter(([, value]) => value !== undefined);
    expect(told.map(([name]) => name).sort()).toEqual(['directoryExtensions', 'id', 'snapshot']);
  });

  test('without the permission, everything but the id is unknown', async () => {
    await start({ deleted: deletedUsers(2), roles: ['User.DeleteRestore.All'], withheld: 'null' });
    expect((await read()).map(({ immutableId, proxyAddresses }) => [immutableId, proxyAddresses])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  test('403 names the permission to grant', async () => {
    await start({ deleted: deletedUsers(2), roles: [], withheld: 'forbidden' });
    const refusal = await refusalOf(read());
    expect(refusal).toMatch(
      /^accessDenied: May not read the deleted users\. .*403 Authorization_RequestDenied/,
    );
    expect(refusal).toMatch(/Nothing was purged\. Grant .*User\.Read\.All/);
  });
});

describe('a reading that does not add up is repeated once', () => {
  test.each([
    ['a lost page', { kind: 'losePage' }],
    ['a repeated page', { kind: 'repeatPage' }],
    ['pages in a circle', { kind: 'loopPages', after: 1 }],
    ['a lying count', { kind: 'count', count: 2_101 }],
    ['a count too low', { kind: 'count', count: 2_099 }],
  ] as const)('%s', async (_, fault) => {
    await start({ deleted: deletedUsers(2_100) });
    tenant.servers.faults.add({ match: LIST, ...fault });
    expect(await read()).toHaveLength(2_100);
    expect(tenant.servers.faults.happened).toHaveLength(1);
    expect(lists()).toBeGreaterThan(4);
  });

  test.each([
    ['a lost page', { kind: 'losePage' }, /1101 rows, 1101 different ids, and Microsoft Graph counts 2100/],
    ['a repeated page', { kind: 'repeatPage' }, /circle: \d+ rows, .*counts 2100/],
    ['pages in a circle', { kind: 'loopPages', after: 1 }, /circle/],
    ['a lying count', { kind: 'count', count: 9 }, /2100 rows, 2100 different ids, .*counts 9\./],
  ] as const)('%s for good refuses the night', async (_, fault, words) => {
    await start({ deleted: deletedUsers(2_100) });
    tenant.servers.faults.add({ match: LIST, ...fault, times: 99 });
    const refusal = await refusalOf(read());
    expect(refusal).toMatch(/^sourceIncomplete: Could not read the deleted users completely\. Read twice/);
    expect(refusal).toMatch(words);
  });

  test('a collection that adds up and yet has no end', async () => {
    await start({ deleted: deletedUsers(1_100) });
    let link: unknown;
    const bend = (body: unknown) => {
      const page = { ...Object(body) };
      link ??= page['@odata.nextLink'];
      return { ...page, '@odata.nextLink': page['@odata.nextLink'] ?? link };
    };
    tenant.servers.faults.add({ match: LIST, kind: 'transform', times: 2, transform: bend });
    expect(await read()).toHaveLength(1_100);
    expect(lists()).toBe(4);
  });

  test('the same id twice, in another case and with other content', async () => {
    await start({ deleted: [tinyUser(0xa, { id: '00000000-0000-4000-8000-00000000000a' })] });
    tenant.servers.faults.add({
      match: LIST,
      kind: 'transform',
      times: 2,
      transform: () => ({
        '@odata.count': 2,
        value: [
          { id: '00000000-0000-4000-8000-00000000000a' },
          { id: '00000000-0000-4000-8000-00000000000A', mail: 'x@y.com' },
        ],
      }),
    });
    expect(await refusalOf(read())).toMatch(
      /2 rows, 1 different ids, and Microsoft Graph counts 2\. 1 came more than once with different content/,
    );
  });
});

describe('what is not as documented refuses the night', () => {
  const page = (change: object) => ({ '@odata.count': 1, value: [{ id: oid(1), ...change }] });
  test.each([
    [
      'a number for a text',
      page({ mail: 7 }),
      /the deleted user 0{8}-.{26}1 is not .*\("mail": expected string/,
    ],
    ['a text for a list', page({ proxyAddresses: 'x' }), /"proxyAddresses": expected array/],
    ['a null among addresses', page({ proxyAddresses: [null] }), /"proxyAddresses\.0": expected string/],
    [
      'a text for a truth value',
      page({ onPremisesSyncEnabled: 'true' }),
      /"onPremisesSyncEnabled": expected/,
    ],
    ['no date', page({ deletedDateTime: 'yesterday' }), /"deletedDateTime": expected a UTC time/],
    ['a licence without its SKU', page({ assignedLicenses: [{}] }), /"assignedLicenses\.0\.skuId"/],
    ['a plan that is a text', page({ assignedPlans: ['exchange'] }), /"assignedPlans\.0": expected object/],
    [
      'an id that is no GUID',
      page({ id: 'alice@contoso.com' }),
      /user \(without a usable id\).*"id": expected a GUID/,
    ],
    [
      'a row that is no object',
      { '@odata.count': 1, value: [[]] },
      /a page .*"value\.0": expected an object/,
    ],
    ['no rows', { '@odata.count': 0 }, /a page .*"value": expected array/],
    ['a count that is a text', { '@odata.count': '1', value: [] }, /"@odata\.count": expected number/],
    ['an error in place of rows', { error: { code: 'x' } }, /"value": expected array/],
  ])('%s', async (_, body, words) => {
    await start({ deleted: deletedUsers(1) });
    tenant.servers.faults.add({ match: LIST, kind: 'transform', transform: () => body });
    const refusal = await refusalOf(read());
    expect(refusal).toMatch(/^sourceIncomplete: /);
    expect(refusal).toMatch(words);
    expect(refusal).not.toMatch(/alice/);
    expect(lists()).toBe(1);
  });

  test('an extension attribute of another type', async () => {
    const name = `extension_${'0'.repeat(32)}_targetAddress`;
    await start({ deleted: deletedUsers(1), directoryExtensions: [name] });
    tenant.servers.faults.add({
      match: LIST,
      kind: 'transform',
      transform: () => page({ [name]: ['a', 'b'] }),
    });
    expect(await refusalOf(read())).toMatch(/"extension_0+_targetAddress": expected a text, a whole number/);
  });

  test.each([30, 3_000, 100_000])('lists %i deep, which no ledger could hold', async (levels) => {
    await start({ deleted: deletedUsers(2) });
    const deep = `${'['.repeat(levels)}${']'.repeat(levels)}`;
    tenant.servers.faults.add({
      match: /^GET \/directory/,
      kind: 'transform',
      times: 9,
      transform: () => `{"@odata.count":1,"value":[{"id":"${oid(1)}","new":${deep}}]}`,
    });
    expect(await refusalOf(read())).toMatch(/nested more than 20 deep in the deleted user 0.*1\./);
  });

  test('but one whose name comes in another case is found', async () => {
    const name = `extension_${'0'.repeat(32)}_targetAddress`;
    await start({ deleted: deletedUsers(1), directoryExtensions: [name] });
    tenant.servers.faults.add({
      match: LIST,
      kind: 'transform',
      transform: () => page({ [name.toLowerCase()]: 'SMTP:a@partner.com' }),
    });
    expect((await read())[0]?.directoryExtensions).toEqual({ [name]: 'SMTP:a@partner.com' });
  });

  test('no count at all', async () => {
    await start({ deleted: deletedUsers(1) });
    tenant.servers.faults.add({ match: LIST, kind: 'count', count: 'missing' });
    expect(await refusalOf(read())).toMatch(/^sourceIncomplete: .* no @odata\.count/);
  });

  test.each([
    'https://evil.example/v1.0/directory/deletedItems/microsoft.graph.user?$skiptoken=x',
    'https://127.0.0.1@evil.example/v1.0/directory/deletedItems/microsoft.graph.user',
    'ROOT/v1.0/users?$skiptoken=x',
    'ROOT/beta/directory/deletedItems/microsoft.graph.user?$skiptoken=x',
    'ROOT/v1.0/directory/deletedItems/microsoft.graph.user%E0%A4%A?$skiptoken=x',
    'not a link',
  ])('a nextLink to %s is not followed', async (link) => {
    await start({ deleted: deletedUsers(1_500) });
    tenant.servers.faults.add({
      match: LIST,
      kind: 'nextLink',
      link: link.replace('ROOT', tenant.servers.graphRoot),
    });
    expect(await refusalOf(read())).toMatch(/^sourceIncomplete: .*leads away .* was not followed/);
    expect(tenant.calls).toHaveLength(1);
  });
});
