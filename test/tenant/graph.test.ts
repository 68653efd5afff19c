import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type Client,
  connect,
  deletedUser,
  idOf,
  pages,
  type TinyDirectory,
  tinyDirectory,
  tinyUser,
} from './tiny.ts';

const BIN = '/directory/deletedItems/microsoft.graph.user';
const EVENTUAL = { ConsistencyLevel: 'eventual' };
const EXTENSION = 'extension_0123456789abcdef0123456789abcdef_targetAddress';

let directory: TinyDirectory;
let client: Client;

beforeEach(async () => {
  const live = [tinyUser(1), tinyUser(2, { onPremisesSyncEnabled: null, onPremisesImmutableId: "O'Neil+1" })];
  const deleted = [deletedUser(11), deletedUser(12, { [EXTENSION]: 'SMTP:x@partner.com' }), deletedUser(13)];
  directory = tinyDirectory(live, deleted);
  client = await connect({ directory });
});
afterEach(() => client.servers.close());

/** Status and code of the error that `path` gives. */
async function refusal(path: string, headers?: Record<string, string>, method = 'GET') {
  const { status, json } = await client.send(method, path, headers);
  return `${status} ${json.error?.code}`;
}

describe('the recycle bin', () => {
  test('is listed with the cast only', async () => {
    expect((await client.get(BIN)).json.value).toHaveLength(3);
    expect((await client.get('/directory/deleteditems/microsoft.graph.user')).status).toBe(200);
    expect(await refusal('/directory/deletedItems')).toBe('400 Request_UnsupportedQuery');
  });

  test('gives the default properties unless others are selected', async () => {
    const all = await client.get(BIN);
    expect(Object.keys(all.json.value[0] ?? {})).toEqual([
      'businessPhones',
      'displayName',
      'givenName',
      'jobTitle',
      'mail',
      'mobilePhone',
      'officeLocation',
      'preferredLanguage',
      'surname',
      'userPrincipalName',
      'id',
    ]);
    const some = await client.get(`${BIN}?$select=id,DeletedDateTime,proxyAddresses,${EXTENSION}`);
    expect(some.json['@odata.context']).toBe(
      `${client.servers.graphRoot}/v1.0/$metadata#users(id,deletedDateTime,proxyAddresses,${EXTENSION})`,
    );
    expect(some.json.value.slice(0, 2)).toEqual([
      { id: idOf(11), deletedDateTime: '2026-01-04T00:00:00Z', proxyAddresses: ['SMTP:user11@partner.com'] },
      {
        id: idOf(12),
        deletedDateTime: '2026-01-01T00:00:00Z',
        proxyAddresses: ['SMTP:user12@partner.com'],
        [EXTENSION]: 'SMTP:x@partner.com',
      },
    ]);
  });

  test('pages by 100, or by $top from 1 to 999, to the end', async () => {
    for (let n = 100; n < 350; n++) directory.deleted.set(idOf(n), deletedUser(n));
    const sizes = async (query: string) =>
      (await pages(client, BIN + query)).map(({ json }) => json.value.length);
    expect(await sizes('')).toEqual([100, 100, 53]);
    expect(await sizes('?$top=200&$select=id')).toEqual([200, 53]);
    expect(await sizes('?$top=999')).toEqual([253]);
    for (const top of ['0', '1000', '-1', 'x']) {
      expect(await refusal(`${BIN}?$top=${top}`)).toBe('400 Request_UnsupportedQuery');
    }
    expect(await refusal(`${BIN}?$skiptoken=abc`)).toBe('400 Directory_ExpiredPageToken');
  });

  test('neither repeats nor loses a user who is there when another goes in mid-listing', async () => {
    const first = await client.get(`${BIN}?$top=1&$select=id`);
    directory.deleted.delete(idOf(11));
    const second = await client.get(String(first.json['@odata.nextLink']));
    expect(second.json.value).toEqual([{ id: idOf(12) }]);
  });

  test('counts only with the header, and on the first page only', async () => {
    const query = `${BIN}?$count=true&$top=2`;
    expect((await client.get(query)).json).not.toHaveProperty(['@odata.count']);
    const counted = await pages(client, query, EVENTUAL);
    expect(counted.map(({ json }) => json['@odata.count'])).toEqual([3, undefined]);
    expect((await client.get(`${BIN}?$count=false`, EVENTUAL)).json).not.toHaveProperty(['@odata.count']);
  });

  test('sorts by date only with the advanced parameters', async () => {
    const query = `${BIN}?$orderBy=deletedDateTime desc&$select=id`;
    expect(await refusal(query)).toBe('400 Request_UnsupportedQuery');
    expect(await refusal(query, EVENTUAL)).toBe('400 Request_UnsupportedQuery');
    const sorted = await client.get(`${query}&$count=true`, EVENTUAL);
    expect(sorted.json.value.map(({ id }) => id)).toEqual([idOf(11), idOf(13), idOf(12)]);
    const byName = await client.get(`${BIN}?$orderby=displayName&$select=id`);
    expect(byName.json.value.map(({ id }) => id)).toEqual([idOf(11), idOf(12), idOf(13)]);
  });

  test('tells of one item with the cast as a user, without it as a directory object', async () => {
    const cast = `/directory/deletedItems/${idOf(11)}/microsoft.graph.user?$select=onPremisesSyncEnabled`;
    expect((await client.get(cast)).json['onPremisesSyncEnabled']).toBe(true);
    const plain = `/directory/deletedItems/${idOf(11)}`;
    expect((await client.get(plain)).json).toMatchObject({
      '@odata.type': '#microsoft.graph.user',
      id: idOf(11),
      mail: 'user11@partner.com',
    });
    expect((await client.get(plain)).json).not.toHaveProperty('deletedDateTime');
    expect((await client.get(`${plain}?$select=deletedDateTime`)).json['deletedDateTime']).toMatch(/^2026/);
    expect(await refusal(`${plain}?$select=onPremisesSyncEnabled`)).toBe('400 BadRequest');
    expect(await refusal(`/directory/deletedItems/${idOf(1)}`)).toBe('404 Request_ResourceNotFound');
    expect(await refusal('/directory/deletedItems/11')).toBe('400 Request_BadRequest');
  });

  test('finds an id in any case', async () => {
    const id = 'ABCDEF00-0000-4000-8000-000000000000';
    directory.deleted.set(id.toLowerCase(), deletedUser(14, { id: id.toLowerCase() }));
    expect((await client.get(`/directory/deletedItems/${id}`)).json['id']).toBe(id.toLowerCase());
  });

  test('purges for good', async () => {
    const gone = await client.send('DELETE', `/directory/deletedItems/${idOf(11)}`);
    expect([gone.status, gone.text]).toEqual([204, '']);
    expect(directory.audit).toEqual([`${client.servers.clientId} purged ${idOf(11)}`]);
    expect(await refusal(`/directory/deletedItems/${idOf(11)}`, {}, 'DELETE')).toBe(
      '404 Request_ResourceNotFound',
    );
    directory.privileged.add(idOf(12));
    expect(await refusal(`/directory/deletedItems/${idOf(12)}`, {}, 'DELETE')).toBe(
      '403 Authorization_RequestDenied',
    );
    expect([...directory.deleted.keys()]).toEqual([idOf(12), idOf(13)]);
  });

  test('restores', async () => {
    const back = await client.send('POST', `/directory/deletedItems/${idOf(11)}/restore`);
    expect([back.status, back.json['id']]).toEqual([200, idOf(11)]);
    expect(directory.live.get(idOf(11))?.deletedDateTime).toBeNull();
  });
});

describe('live users', () => {
  test('are filtered by onPremisesSyncEnabled, and counted with the header', async () => {
    const query = '/users?$filter=onPremisesSyncEnabled eq true&$select=id&$count=true';
    const { json } = await client.get(query, EVENTUAL);
    expect([json['@odata.count'], json.value]).toEqual([1, [{ id: idOf(1) }]]);
    expect((await client.get('/users?$select=id')).json.value).toHaveLength(2);
  });

  test('are found by a default query, whatever the case of the text', async () => {
    const find = (filter: string) => `/users?$filter=${encodeURIComponent(filter)}&$select=id`;
    const found = async (filter: string) => (await client.get(find(filter))).json.value;
    const anchored = (text: string) => `onPremisesImmutableId eq '${text}'`;
    expect(await found(anchored("O''Neil+1"))).toEqual([{ id: idOf(2) }]);
    expect(await found(anchored("o''neil+1"))).toEqual([{ id: idOf(2) }]);
    expect(await found(`mail eq 'USER1@partner.com' or ${anchored("O''Neil+1")}`)).toHaveLength(2);
    expect(await found("proxyAddresses/any(p:p eq 'smtp:user1@partner.com')")).toEqual([{ id: idOf(1) }]);
    expect(await found("userPrincipalName eq 'a'' or mail eq ''b'")).toEqual([]);
    expect(await refusal(find(anchored("O'Neil+1")))).toBe('400 Request_BadRequest');
    // A plus sign that is not encoded is a space.
    expect((await client.get("/users?$filter=onPremisesImmutableId eq 'O''Neil+1'")).json.value).toEqual([]);
  });

  test('are found by at most fifteen clauses in a default query', async () => {
    const clauses = (count: number) =>
      Array.from({ length: count }, (_, n) => `mail eq '${n}@x.com'`).join(' or ');
    expect((await client.get(`/users?$filter=${clauses(15)}`)).status).toBe(200);
    expect(await refusal(`/users?$filter=${clauses(16)}`)).toBe('400 Request_UnsupportedQuery');
    expect((await client.get(`/users?$filter=${clauses(16)}&$count=true`, EVENTUAL)).status).toBe(200);
  });

  test('are read one by one, and a DELETE on one puts it into the recycle bin', async () => {
    expect((await client.get(`/users/${idOf(1)}?$select=id`)).json['id']).toBe(idOf(1));
    expect((await client.get('/users/USER1@contoso.com?$select=id')).json['id']).toBe(idOf(1));
    expect(await refusal(`/users/${idOf(11)}`)).toBe('404 Request_ResourceNotFound');
    expect((await client.send('DELETE', `/users/${idOf(1)}`)).status).toBe(204);
    expect([...directory.deleted.keys()]).toContain(idOf(1));
  });
});

test.each([
  ["/users?$filter=userType eq 'Member'", '400 Request_BadRequest'],
  ['/users?$filter=onPremisesSyncEnabled eq true and accountEnabled eq true', '400 Request_BadRequest'],
  ['/users?$filter=onPremisesSyncEnabled ne true', '400 Request_BadRequest'],
  [`${BIN}?$filter=onPremisesSyncEnabled eq true`, '400 Request_BadRequest'],
  ['/users?$select=id,hat', '400 BadRequest'],
  ['/users?$select=', '400 BadRequest'],
  ['/users?$select=extension_12_x', '400 BadRequest'],
  ['/users?$skip=10', '400 Request_BadRequest'],
  ['/users?$expand=manager', '400 Request_BadRequest'],
  ['/users?top=10', '400 Request_BadRequest'],
  ['/users?$top=10&$top=20', '400 Request_BadRequest'],
  ['/users?$count=yes', '400 Request_BadRequest'],
  ['/organization?$top=1', '400 Request_BadRequest'],
  ['/organization?$select=userType', '400 BadRequest'],
  [`/directory/deletedItems/${idOf(11)}?$top=1`, '400 Request_BadRequest'],
  ['/groups', '400 BadRequest'],
  ['/v1.0/users', '400 BadRequest'],
  ['/directory/deletedItems/microsoft.graph.group', '400 Request_BadRequest'],
])('refuses %s', async (path, expected) => {
  expect(await refusal(path)).toBe(expected);
});

test('refuses a method that a path does not have', async () => {
  expect(await refusal('/users', {}, 'DELETE')).toBe('405 Request_BadRequest');
  expect(await refusal(BIN, {}, 'DELETE')).toBe('405 Request_BadRequest');
});

test('tells of the organization', async () => {
  const { json } = await client.get('/organization?$select=id,onPremisesLastSyncDateTime,verifiedDomains');
  const { id, verifiedDomains } = directory.organization();
  expect(json.value).toEqual([{ id, onPremisesLastSyncDateTime: '2026-01-05T01:00:00Z', verifiedDomains }]);
});

test('answers with the tenant’s own time and with ids to trace a request by', async () => {
  const { headers } = await client.get('/organization', { 'client-request-id': 'mine' });
  expect(headers.get('date')).toBe('Mon, 05 Jan 2026 02:00:00 GMT');
  expect(headers.get('client-request-id')).toBe('mine');
  expect(headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('logs what it answered, and counts it', async () => {
  await client.get('/users?$filter=onPremisesSyncEnabled%20eq%20true');
  await client.get('/nowhere');
  const at = directory.time;
  expect(client.servers.log).toEqual([
    { at, method: 'GET', path: '/users?$filter=onPremisesSyncEnabled eq true', status: 200, requests: [] },
    { at, method: 'GET', path: '/nowhere', status: 400, requests: [] },
  ]);
  expect(client.servers.counters).toMatchObject({ calls: 2, batched: 0, resourceUnits: 3, writes: 0 });
});

test('a body that is not JSON, or another version, is refused', async () => {
  const { graphRoot } = client.servers;
  expect((await client.get(`${graphRoot}/beta/users`)).status).toBe(400);
  const headers = { authorization: `Bearer ${client.token}` };
  const half = await fetch(`${graphRoot}/v1.0/$batch`, { method: 'POST', headers, body: '{"requests": [' });
  expect(half.status).toBe(400);
});

test('shows a purged user for a while where reads lag', async () => {
  await client.servers.close();
  client = await connect({ directory, readLag: 5_000 });
  await client.send('DELETE', `/directory/deletedItems/${idOf(11)}`);
  expect(directory.deleted.has(idOf(11))).toBe(false);
  const shown = async () => (await client.get(`/directory/deletedItems/${idOf(11)}`)).status;
  directory.time += 4_999;
  expect(await shown()).toBe(200);
  expect((await client.get(BIN)).json.value).toHaveLength(3);
  expect(await refusal(`/directory/deletedItems/${idOf(11)}`, {}, 'DELETE')).toMatch(/^404/);
  directory.time += 1;
  expect(await shown()).toBe(404);
});

test('shows one who was purged late for a while from then on, and not from when somebody looks', async () => {
  await client.servers.close();
  client = await connect({ directory, readLag: 5_000 });
  client.servers.faults.add({ match: /^DELETE/, kind: 'latePurge', delay: 60_000, times: 2 });
  const shown = async (n: number) => (await client.get(`/directory/deletedItems/${idOf(n)}`)).status;
  for (const n of [11, 12]) await client.send('DELETE', `/directory/deletedItems/${idOf(n)}`);
  directory.time += 64_999;
  expect(await shown(11)).toBe(200);
  directory.time += 1;
  expect([await shown(11), await shown(12)]).toEqual([404, 404]);
});
