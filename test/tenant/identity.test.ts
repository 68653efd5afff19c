import { ManagedIdentityCredential } from '@azure/identity';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client as GraphClient, PageIterator } from '@microsoft/microsoft-graph-client';
import { type Client, connect, deletedUser, idOf, tinyDirectory, tinyUser, tokenOf } from './tiny.ts';

const BIN = '/directory/deletedItems/microsoft.graph.user';
let client: Client;
const directory = () => tinyDirectory([tinyUser(1)], [deletedUser(11), deletedUser(12), deletedUser(13)]);

beforeEach(async () => {
  client = await connect({ directory: directory() });
});
afterEach(() => client.servers.close());

async function reconnect(options: Omit<Parameters<typeof connect>[0], 'directory'>) {
  await client.servers.close();
  client = await connect({ directory: directory(), ...options });
}

describe('the managed identity endpoint', () => {
  const ask = async (query: string, header = client.servers.identityHeader) => {
    const url = `${client.servers.identityEndpoint}?${query}`;
    const response = await fetch(url, { headers: { 'X-IDENTITY-HEADER': header } });
    return { status: response.status, json: (await response.json()) as Record<string, string> };
  };
  const STORAGE = 'resource=https://storage.azure.com&api-version=2019-08-01';

  test('echoes the resource and issues a token that looks like one of Entra ID', async () => {
    const { status, json } = await ask(STORAGE);
    expect(status).toBe(200);
    expect(json).toMatchObject({ resource: 'https://storage.azure.com', token_type: 'Bearer' });
    const [, payload = ''] = json['access_token']?.split('.') ?? [];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    expect(claims).toMatchObject({
      aud: 'https://storage.azure.com',
      ver: '1.0',
      tid: directory().organization().id,
    });
    expect(claims.iss).toBe(`https://sts.windows.net/${claims.tid}/`);
    expect(json['expires_on']).toBe(String(claims.exp));
    expect(claims.nbf).toBeLessThan(Date.now() / 1_000);
    expect(claims).not.toHaveProperty('roles');
  });

  test('refuses a wrong secret, version or client id', async () => {
    expect((await ask(STORAGE, 'wrong')).status).toBe(401);
    expect((await ask('resource=https://storage.azure.com')).status).toBe(400);
    expect((await ask('api-version=2019-08-01')).status).toBe(400);
    expect((await ask(`${STORAGE}&client_id=${client.servers.clientId}`)).status).toBe(200);
    expect((await ask(`${STORAGE}&client_id=${idOf(1)}`)).status).toBe(400);
  });

  test('has faults of its own', async () => {
    client.servers.identityFaults.add({ match: /storage/, kind: 'status', status: 500 });
    expect((await ask(STORAGE)).status).toBe(500);
    expect((await ask(STORAGE)).status).toBe(200);
  });
});

describe('a token', () => {
  const status = async (authorization: string) => {
    const { status, json } = await client.get('/organization', { authorization });
    return `${status} ${json.error?.code}`;
  };

  test('is required, and must be ours, for Graph, and valid', async () => {
    expect(await status('')).toBe('401 InvalidAuthenticationToken');
    expect(await status('Basic abc')).toBe('401 InvalidAuthenticationToken');
    expect(await status('Bearer abc')).toBe('401 InvalidAuthenticationToken');
    expect(await status(`Bearer ${client.token}x`)).toBe('401 InvalidAuthenticationToken');
    const url = `${client.servers.identityEndpoint}?resource=https://graph.microsoft.com&api-version=2019-08-01`;
    const other = await fetch(url, { headers: { 'X-IDENTITY-HEADER': client.servers.identityHeader } });
    const { access_token } = (await other.json()) as { access_token: string };
    expect(await status(`Bearer ${access_token}`)).toBe('401 InvalidAuthenticationToken');
    await reconnect({ tokenLifetime: 0 });
    expect(await status(`Bearer ${client.token}`)).toBe('401 InvalidAuthenticationToken');
  });

  test('is asked of a batch as a whole', async () => {
    const body = { requests: [{ id: '1', method: 'GET', url: '/organization' }] };
    expect((await client.send('POST', '/$batch', { authorization: '' }, body)).status).toBe(401);
  });
});

describe('app roles', () => {
  test('without User.Read.All users are nulls but for the id', async () => {
    await reconnect({ roles: ['Organization.Read.All', 'User.DeleteRestore.All'] });
    const query = '?$select=id,deletedDateTime,onPremisesSyncEnabled,proxyAddresses';
    const nothing = { deletedDateTime: null, onPremisesSyncEnabled: null, proxyAddresses: null };
    expect((await client.get(BIN + query)).json.value[0]).toEqual({ id: idOf(11), ...nothing });
    expect((await client.get(`/users/${idOf(1)}${query}`)).json).toMatchObject({ id: idOf(1), ...nothing });
    expect((await client.get('/organization')).status).toBe(200);
    await reconnect({ roles: [], withheld: 'empty' });
    expect((await client.get(BIN + query)).json.value[0]).toEqual({
      id: idOf(11),
      ...nothing,
      proxyAddresses: [],
    });
    expect((await client.get('/organization')).json.error.code).toBe('Authorization_RequestDenied');
    await reconnect({ roles: [], withheld: 'forbidden' });
    expect((await client.get(BIN)).status).toBe(403);
  });

  test('without User.DeleteRestore.All nothing is deleted or restored', async () => {
    client.servers.roles.delete('User.DeleteRestore.All');
    const authorization = `Bearer ${await tokenOf(client.servers)}`;
    const item = `/directory/deletedItems/${idOf(11)}`;
    for (const [method, path] of [
      ['DELETE', item],
      ['POST', `${item}/restore`],
      ['DELETE', `/users/${idOf(1)}`],
    ]) {
      const { status, json } = await client.send(method ?? '', path ?? '', { authorization });
      expect([status, json.error.code]).toEqual([403, 'Authorization_RequestDenied']);
    }
    expect((await client.get(item)).status).toBe(200);
    // Roles are in the token: the earlier one keeps its own.
    expect((await client.send('DELETE', item)).status).toBe(204);
  });
});

describe('the real SDKs', () => {
  const environment = { ...process.env };
  afterEach(() => {
    process.env = { ...environment };
  });

  test('read, page, batch and purge', async () => {
    process.env['IDENTITY_ENDPOINT'] = client.servers.identityEndpoint;
    process.env['IDENTITY_HEADER'] = client.servers.identityHeader;
    const credential = new ManagedIdentityCredential();
    const { graphRoot, counters } = client.servers;
    const sdk = GraphClient.initWithMiddleware({
      baseUrl: `${graphRoot}/`,
      customHosts: new Set(['127.0.0.1']),
      authProvider: {
        getAccessToken: async () => (await credential.getToken(`${graphRoot}/.default`)).token,
      },
    });
    const ids: string[] = [];
    const first = await sdk.api(BIN).select('id').top(2).get();
    const iterator = new PageIterator(sdk, first, (user: { id: string }) => {
      ids.push(user.id);
      return true;
    });
    await iterator.iterate();
    expect(ids).toEqual([idOf(11), idOf(12), idOf(13)]);
    await sdk.api(`/directory/deletedItems/${idOf(11)}`).delete();
    const requests = [{ id: '1', method: 'DELETE', url: `/directory/deletedItems/${idOf(12)}` }];
    const { responses } = await sdk.api('/$batch').post({ requests });
    expect(responses).toMatchObject([{ id: '1', status: 204 }]);
    await expect(sdk.api('/users/nobody').get()).rejects.toMatchObject({
      statusCode: 404,
      code: 'Request_ResourceNotFound',
    });
    // One for the test's own client, one for the SDK: the credential caches what it gets.
    expect(counters.tokens).toBe(2);
  });
});
