import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type Client,
  connect,
  deletedUser,
  idOf,
  type TinyDirectory,
  tinyDirectory,
  tinyUser,
} from './tiny.ts';

const item = (n: number) => `/directory/deletedItems/${idOf(n)}`;
const NUMBERS = Array.from({ length: 20 }, (_, at) => at + 1);

let directory: TinyDirectory;
let client: Client;

beforeEach(async () => {
  directory = tinyDirectory(
    [tinyUser(50)],
    NUMBERS.map((n) => deletedUser(n)),
  );
  client = await connect({ directory });
});
afterEach(() => client.servers.close());

const post = (requests: unknown) => client.send('POST', '/$batch', {}, { requests });

test('every request has its own status, headers and body; a DELETE has none', async () => {
  directory.privileged.add(idOf(2));
  const [purged, refused, absent, read] = await client.batch(
    ['DELETE', item(1)],
    ['DELETE', item(2)],
    ['DELETE', item(99)],
    ['GET', `${item(3)}?$select=id`],
  );
  expect(purged).toMatchObject({ id: '1', status: 204, headers: { 'x-ms-resource-unit': '1' } });
  expect(purged).not.toHaveProperty('body');
  expect(refused).toMatchObject({ status: 403, body: { error: { code: 'Authorization_RequestDenied' } } });
  expect(absent).toMatchObject({ status: 404, body: { error: { code: 'Request_ResourceNotFound' } } });
  expect(read).toMatchObject({ status: 200, body: { id: idOf(3) } });
  expect(directory.deleted.has(idOf(1))).toBe(false);
});

test('answers come in another order than the requests, the same for the same seed', async () => {
  const orderWith = async (seed: number) => {
    const other = await connect({ directory, seed });
    const requests = NUMBERS.map((n) => ({ id: String(n), method: 'GET', url: item(n) }));
    const { json } = await other.send('POST', '/$batch', {}, { requests });
    await other.servers.close();
    return json.responses.map(({ id }) => Number(id));
  };
  const order = await orderWith(7);
  expect(order).not.toEqual(NUMBERS);
  expect(order.toSorted((one, other) => one - other)).toEqual(NUMBERS);
  expect(await orderWith(7)).toEqual(order);
  expect(await orderWith(8)).not.toEqual(order);
});

test('headers and a url without a slash are taken as documented', async () => {
  const url = 'users?$select=id&$count=true';
  const headers = { ConsistencyLevel: 'eventual' };
  const { json } = await post([{ id: 'a', method: 'GET', url, headers }]);
  expect(json.responses[0]?.body['@odata.count']).toBe(1);
});

test('a request waits for those it depends on, and fails with them', async () => {
  const { json } = await post([
    { id: 'late', method: 'GET', url: item(1), dependsOn: ['purge'] },
    { id: 'lost', method: 'DELETE', url: item(2), dependsOn: ['late'] },
    { id: 'purge', method: 'DELETE', url: item(1) },
  ]);
  const statuses = Object.fromEntries(json.responses.map(({ id, status }) => [id, status]));
  expect(statuses).toEqual({ purge: 204, late: 404, lost: 424 });
  expect(directory.deleted.has(idOf(2))).toBe(true);
});

test('a path with a version in it is not found', async () => {
  const { json } = await post([{ id: '1', method: 'GET', url: `/v1.0${item(1)}` }]);
  expect(json.responses[0]).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } });
});

describe('is refused as a whole, and nothing of it carried out,', () => {
  const purge = { method: 'DELETE', url: item(1) };
  test.each<[string, unknown]>([
    ['above 20 requests', [...NUMBERS, 21].map((n) => ({ ...purge, id: String(n) }))],
    ['with none', []],
    ['with no list', 'x'],
    [
      'with an id twice',
      [
        { ...purge, id: 'a' },
        { ...purge, id: 'A' },
      ],
    ],
    ['with a number as id', [{ ...purge, id: 1 }]],
    ['with an absolute url', [{ ...purge, id: '1', url: `https://graph.microsoft.com/v1.0${item(1)}` }]],
    ['without a method', [{ id: '1', url: item(1) }]],
    ['with a dependency that is not there', [{ ...purge, id: '1', dependsOn: ['2'] }]],
    [
      'with a circle',
      [
        { ...purge, id: '1', dependsOn: ['2'] },
        { ...purge, id: '2', dependsOn: ['1'] },
      ],
    ],
    ['with a body but no Content-Type', [{ id: '1', method: 'POST', url: `${item(1)}/restore`, body: {} }]],
    [
      'with a batch in it',
      [
        { ...purge, id: '0' },
        { id: '1', method: 'POST', url: '/$batch' },
      ],
    ],
  ])('%s', async (_, requests) => {
    const { status, json } = await post(requests);
    expect([status, json.error.code]).toEqual([400, 'BadRequest']);
    expect(directory.audit).toEqual([]);
  });
});

test('is one call in the log, with its requests as they were carried out', async () => {
  await client.batch(['DELETE', item(1)], ['GET', item(1)]);
  expect(client.servers.log).toMatchObject([
    {
      method: 'POST',
      path: '/$batch',
      status: 200,
      requests: [
        { method: 'DELETE', path: item(1), status: 204 },
        { method: 'GET', path: item(1), status: 404 },
      ],
    },
  ]);
  expect(client.servers.counters).toMatchObject({ calls: 1, batched: 2, resourceUnits: 2, writes: 1 });
});
