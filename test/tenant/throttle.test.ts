import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { costOf, limitsFor } from './throttle.ts';
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
const TEN = { resourceUnits: 10, resourceWindow: 10_000, writes: 3, writeWindow: 150_000 };

let directory: TinyDirectory;
let client: Client;

beforeEach(async () => {
  directory = tinyDirectory(
    [tinyUser(50)],
    [1, 2, 3, 4, 5, 6].map((n) => deletedUser(n)),
  );
  client = await connect({ directory, throttle: TEN });
});
afterEach(() => client.servers.close());

test.each([
  ['GET', '/users', '', 2, 0],
  ['GET', '/users', '$select=id', 1, 0],
  ['GET', '/users', '$top=19', 1, 0],
  ['GET', '/users', '$top=20', 2, 0],
  ['GET', '/users', '$select=id&$top=1', 1, 0],
  ['GET', `/users/${idOf(1)}`, '', 1, 0],
  ['GET', '/organization', '$select=id', 1, 0],
  ['GET', '/directory/deletedItems/microsoft.graph.user', '', 1, 0],
  ['DELETE', item(1), '', 1, 1],
  ['POST', `${item(1)}/restore`, '', 1, 1],
])('%s %s?%s costs %d units and %d writes', (method, path, search, resourceUnits, writes) => {
  expect(costOf({ method, path, search, headers: {}, body: undefined })).toEqual({ resourceUnits, writes });
});

test.each([
  [0, 3_500],
  [49, 3_500],
  [50, 5_000],
  [500, 5_000],
  [501, 8_000],
])('a tenant of %d users has %d units per 10 s', (users, resourceUnits) => {
  expect(limitsFor(users)).toEqual({
    resourceUnits,
    resourceWindow: 10_000,
    writes: 3_000,
    writeWindow: 150_000,
  });
});

describe('resource units', () => {
  const spend = async (units: number) => {
    for (let spent = 0; spent < units; spent++) await client.get('/organization');
    return client.get('/organization');
  };

  test('run out, and come back evenly by the tenant’s clock', async () => {
    const throttled = await spend(10);
    expect(throttled.status).toBe(429);
    expect(throttled.json.error.code).toBe('TooManyRequests');
    expect(throttled.headers.get('retry-after')).toBe('1');
    expect(throttled.headers.get('x-ms-throttle-information')).toBe('ResourceUnitLimitExceeded');
    expect(throttled.headers.get('x-ms-throttle-scope')).toMatch(/^Tenant_Application\/ReadWrite\/6f1de0c4/);
    directory.time += 999;
    const early = await client.get('/organization');
    expect([early.status, early.headers.get('retry-after')]).toEqual([429, '1']);
    directory.time += 1;
    expect((await client.get('/organization')).status).toBe(200);
    expect((await client.get('/organization')).status).toBe(429);
    expect(client.servers.counters).toMatchObject({ resourceUnits: 11, throttled: 3, maxResourceUse: 1 });
  });

  test('are told in every answer, and above 0.8 how many are used', async () => {
    const early = await client.get('/users');
    expect(early.headers.get('x-ms-resource-unit')).toBe('2');
    expect(early.headers.has('x-ms-throttle-limit-percentage')).toBe(false);
    const most = await spend(5);
    expect(most.headers.has('x-ms-throttle-limit-percentage')).toBe(false);
    const late = await spend(0);
    expect(late.headers.get('x-ms-throttle-limit-percentage')).toBe('0.90');
    const error = await client.get('/nowhere');
    expect(error.headers.get('x-ms-resource-unit')).toBe('1');
  });
});

test('writes run out by themselves, inside a batch per request', async () => {
  const [, , , fourth, read] = await client.batch(
    ['DELETE', item(1)],
    ['DELETE', item(2)],
    ['DELETE', item(3)],
    ['DELETE', item(4)],
    ['GET', '/organization'],
  );
  expect(fourth).toMatchObject({
    status: 429,
    headers: { 'Retry-After': '50', 'x-ms-throttle-information': 'WriteLimitExceeded' },
    body: { error: { code: 'TooManyRequests' } },
  });
  expect(read?.status).toBe(200);
  expect([...directory.deleted.keys()]).toEqual([idOf(4), idOf(5), idOf(6)]);
  expect(client.servers.counters).toMatchObject({ writes: 3, throttled: 1, maxWriteUse: 1 });
});

test('inside a batch the wait can be a fraction, and the batch itself 424', async () => {
  await client.servers.close();
  const throttle = { ...TEN, resourceUnits: 4 };
  client = await connect({ directory, throttle, batchStatusWhenThrottled: 424 });
  directory.time += 100;
  for (let n = 0; n < 4; n++) await client.get('/organization');
  directory.time += 150;
  const requests = [{ id: '1', method: 'GET', url: '/organization' }];
  const { status, json } = await client.send('POST', '/$batch', {}, { requests });
  expect([status, json.responses[0]?.status]).toEqual([424, 429]);
  expect(json.responses[0]?.headers['Retry-After']).toBe('2.35');
});

test('can be switched off, and still counts', async () => {
  await client.servers.close();
  client = await connect({ directory, throttle: 'off' });
  for (let n = 0; n < 12; n++) expect((await client.get('/users')).status).toBe(200);
  expect(client.servers.counters).toMatchObject({ resourceUnits: 24, throttled: 0, maxResourceUse: 0 });
});
