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
const NEW_YEAR = 'Fri, 01 Jan 2027 00:00:00 GMT';
const item = (n: number) => `/directory/deletedItems/${idOf(n)}`;

let directory: TinyDirectory;
let client: Client;

beforeEach(async () => {
  directory = tinyDirectory(
    [tinyUser(50)],
    [1, 2, 3, 4, 5, 6].map((n) => deletedUser(n)),
  );
  client = await connect({ directory });
});
afterEach(() => client.servers.close());

const there = (n: number) => directory.deleted.has(idOf(n));

describe('an answer of any status', () => {
  test('as JSON, HTML or nothing, without effect', async () => {
    client.servers.faults.add(
      { match: /^DELETE/, kind: 'status', status: 503, headers: { 'Retry-After': '7' } },
      { match: /^DELETE/, kind: 'status', status: 500, body: 'html' },
      { match: /^DELETE/, kind: 'status', status: 502, body: 'empty' },
      { match: /^DELETE/, kind: 'status', status: 429, headers: { 'Retry-After': NEW_YEAR } },
    );
    const json = await client.send('DELETE', item(1));
    expect([json.status, json.headers.get('retry-after')]).toEqual([503, '7']);
    expect(json.json.error.code).toBe('UnknownError');
    const html = await client.send('DELETE', item(1));
    expect([html.status, html.headers.get('content-type')]).toEqual([500, 'text/html']);
    expect(html.text).toMatch(/^<!DOCTYPE html>/);
    const empty = await client.send('DELETE', item(1));
    expect([empty.status, empty.text]).toEqual([502, '']);
    expect((await client.send('DELETE', item(1))).headers.get('retry-after')).toBe(NEW_YEAR);
    expect(there(1)).toBe(true);
    expect((await client.send('DELETE', item(1))).status).toBe(204);
  });

  test.each([429, 500, 504])('%d for a purge that took effect', async (status) => {
    client.servers.faults.add({ match: /^DELETE/, kind: 'status', status, effect: true });
    expect((await client.send('DELETE', item(1))).status).toBe(status);
    expect(there(1)).toBe(false);
  });
});

describe('a connection that is dropped', () => {
  test.each([true, false])('with the purge in effect: %s', async (effect) => {
    client.servers.faults.add({ match: /^DELETE/, kind: 'drop', effect });
    await expect(client.send('DELETE', item(1))).rejects.toThrow('fetch failed');
    expect(there(1)).toBe(!effect);
    expect(client.servers.log.at(-1)?.status).toBe(0);
  });

  test('inside a batch loses the whole answer', async () => {
    const match = new RegExp(`^DELETE ${item(2)}`);
    client.servers.faults.add({ match, kind: 'drop', effect: true });
    await expect(client.batch(['DELETE', item(1)], ['DELETE', item(2)])).rejects.toThrow('fetch failed');
    expect([there(1), there(2)]).toEqual([false, false]);
  });
});

test('half a body, with the length of the whole or as if it were all', async () => {
  client.servers.faults.add({ match: /^GET/, kind: 'cutOff' }, { match: /^GET/, kind: 'cutShort' });
  await expect(client.get(BIN)).rejects.toThrow('terminated');
  const short = await client.get(BIN);
  expect([short.status, short.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^application\/json/),
  ]);
  expect(() => JSON.parse(short.text)).toThrow(SyntaxError);
  expect((await client.get(BIN)).json.value).toHaveLength(6);
});

test('no answer at all; closing the servers ends the wait', async () => {
  client.servers.faults.add({ match: /^DELETE/, kind: 'stall', effect: true });
  const stalled = client.send('DELETE', item(1)).then(
    () => 'answered',
    () => 'ended',
  );
  while (there(1)) await new Promise(setImmediate);
  await client.servers.close();
  expect(await stalled).toBe('ended');
});

describe('pages', () => {
  const ids = async () =>
    (await pages(client, `${BIN}?$top=2&$select=id`)).map(({ json }) =>
      json.value.map(({ id }) => Number(String(id).slice(-1))),
    );

  test('are whole without a fault', async () => {
    expect(await ids()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  test('can repeat', async () => {
    client.servers.faults.add({ match: /skiptoken/, kind: 'repeatPage' });
    expect(await ids()).toEqual([
      [1, 2],
      [3, 4],
      [3, 4],
      [5, 6],
    ]);
  });

  test('can be lost', async () => {
    client.servers.faults.add({ match: /^GET/, kind: 'losePage' });
    expect(await ids()).toEqual([
      [1, 2],
      [5, 6],
    ]);
  });

  test('can lead back to the first', async () => {
    client.servers.faults.add({ match: /skiptoken/, after: 1, kind: 'loopPages' });
    expect(await ids()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  test('can lead to another host', async () => {
    const link = 'https://graph.example.com/v1.0/users';
    client.servers.faults.add({ match: /^GET/, kind: 'nextLink', link });
    expect((await client.get(BIN)).json['@odata.nextLink']).toBe(link);
  });

  test('can carry a wrong count, or none', async () => {
    const count = async () =>
      (await client.get(`${BIN}?$count=true`, { ConsistencyLevel: 'eventual' })).json['@odata.count'];
    client.servers.faults.add(
      { match: /^GET/, kind: 'count', count: 9 },
      { match: /^GET/, kind: 'count', count: 'missing' },
    );
    expect([await count(), await count(), await count()]).toEqual([9, undefined, 6]);
  });
});

test('a body can be changed, in a batch too; the directory is not', async () => {
  const path = `${item(1)}/microsoft.graph.user?$select=id,proxyAddresses`;
  client.servers.faults.add({
    match: new RegExp(item(1)),
    times: 2,
    kind: 'transform',
    transform: (body) => {
      const user = body as { id: string; proxyAddresses: unknown[] };
      user.id = `{${user.id}}`;
      user.proxyAddresses.push(7);
      return user;
    },
  });
  const changed = { id: `{${idOf(1)}}`, proxyAddresses: ['SMTP:user1@partner.com', 7] };
  expect((await client.get(path)).json).toMatchObject(changed);
  const [inBatch] = await client.batch(['GET', path]);
  expect(inBatch?.body).toMatchObject(changed);
  expect((await client.get(path)).json['proxyAddresses']).toEqual(['SMTP:user1@partner.com']);
});

describe('a late purge', () => {
  beforeEach(() => client.servers.faults.add({ match: /^DELETE/, kind: 'latePurge', delay: 60_000 }));

  test('answers 204 and happens by the tenant’s clock', async () => {
    expect((await client.send('DELETE', item(1))).status).toBe(204);
    directory.time += 59_999;
    expect((await client.get(item(1))).status).toBe(200);
    directory.time += 1;
    expect((await client.get(item(1))).status).toBe(404);
    expect(directory.audit).toHaveLength(1);
  });

  test('can be waited for without a request', async () => {
    await client.send('DELETE', item(1));
    directory.time += 60_000;
    expect(there(1)).toBe(true);
    client.servers.settle();
    expect(there(1)).toBe(false);
  });

  test('spares a user who was restored meanwhile, and the next deletion of the same user', async () => {
    await client.send('DELETE', item(1));
    directory.restore(idOf(1));
    directory.softDelete(idOf(1));
    directory.time += 60_000;
    expect((await client.get(item(1))).status).toBe(200);
  });
});

describe('a fault', () => {
  const statuses = async (requests: number) => {
    const found: number[] = [];
    for (let n = 0; n < requests; n++) found.push((await client.get('/organization')).status);
    return found;
  };

  test('happens once, or as often as asked, after as many as asked', async () => {
    client.servers.faults.add({ match: /organization/, after: 2, times: 2, kind: 'status', status: 500 });
    expect(await statuses(6)).toEqual([200, 200, 500, 500, 200, 200]);
    expect(client.servers.faults.happened).toEqual([
      { request: 'GET /organization', kind: 'status' },
      { request: 'GET /organization', kind: 'status' },
    ]);
  });

  test('happens by chance, the same for the same seed, until it is cleared', async () => {
    const chance = {
      match: /organization/,
      times: 100,
      probability: 0.5,
      kind: 'status',
      status: 500,
    } as const;
    client.servers.faults.add(chance);
    const first = await statuses(20);
    expect(new Set(first)).toEqual(new Set([200, 500]));
    await client.servers.close();
    client = await connect({ directory });
    client.servers.faults.add(chance);
    expect(await statuses(20)).toEqual(first);
    client.servers.faults.clear();
    expect(new Set(await statuses(10))).toEqual(new Set([200]));
  });

  test('can be an event in the world, just before the request', async () => {
    const match = new RegExp(`^DELETE ${item(1)}`);
    client.servers.faults.add({ match, kind: 'none', before: () => directory.restore(idOf(1)) });
    const [late, early] = await client.batch(['DELETE', item(1)], ['DELETE', item(2)]);
    expect([late?.status, early?.status]).toEqual([404, 204]);
    expect(directory.live.has(idOf(1))).toBe(true);
  });

  test('of the whole batch leaves its requests alone where it has no effect', async () => {
    client.servers.faults.add({ match: /^POST \/\$batch$/, kind: 'status', status: 504 });
    const requests = [{ id: '1', method: 'DELETE', url: item(1) }];
    expect((await client.send('POST', '/$batch', {}, { requests })).status).toBe(504);
    expect(there(1)).toBe(true);
  });
});

test('answers come after the latency', async () => {
  await client.servers.close();
  client = await connect({ directory, latency: 30 });
  const before = performance.now();
  await client.batch(['GET', '/organization'], ['GET', '/organization']);
  expect(performance.now() - before).toBeGreaterThanOrEqual(29);
});
