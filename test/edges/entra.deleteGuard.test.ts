import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  Client,
  type FetchOptions,
  HTTPMessageHandler,
  ResponseType,
} from '@microsoft/microsoft-graph-client';
import { at } from '../../lib/core/ids.ts';
import { createGraphClient } from '../../lib/entra/client.ts';
import { DeleteGuard, RequestForbidden } from '../../lib/entra/deleteGuard.ts';
import { idOf } from '../tenant/tiny.ts';
import { trustedCertificates } from '../tenant/trust.ts';

const ID = '7e06b566-15f3-4013-8bf8-79874d52e68a';
const ITEM = `/directory/deletedItems/${ID}`;

/** What left the process, connections included. */
const arrived: string[] = [];
let connections = 0;
let root = '';
let close = async () => {};

beforeAll(async () => {
  const { cert, key } = await trustedCertificates();
  const server = createServer({ cert, key }, (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      arrived.push(`${request.method} ${request.url} ${body}`.trim());
      if (request.url?.includes('moved')) response.writeHead(308, { location: `/v1.0/users/${ID}` });
      response.end('{}');
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  root = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
});
afterAll(() => close());
beforeEach(() => {
  arrived.length = 0;
  connections = 0;
});

/** Through the middleware chain itself, with nothing of the SDK's own URL building in between. */
async function send(method: string | undefined, url: string | Request, options: FetchOptions = {}) {
  const guard = new DeleteGuard(root, true);
  guard.setNext(new HTTPMessageHandler());
  const context = {
    request: typeof url === 'string' && url.startsWith('/') ? `${root}/v1.0${url}` : url,
    options: method === undefined ? options : { ...options, method },
    response: undefined as Response | undefined,
  };
  await guard.execute(context as Parameters<typeof guard.execute>[0]);
  return context.response;
}
const batch = (...requests: readonly unknown[]) =>
  send('POST', '/$batch', { body: JSON.stringify({ requests }) });
const item = (method: string, url: string, more: object = {}) => ({ id: '1', method, url, ...more });

describe('lets through', () => {
  test('reads', async () => {
    await send('GET', '/users?$top=1');
    expect(arrived).toEqual(['GET /v1.0/users?$top=1']);
  });

  test('one purge', async () => {
    await send('DELETE', ITEM);
    expect(arrived).toEqual([`DELETE /v1.0${ITEM}`]);
  });

  test('a batch of reads and purges, as it was inspected', async () => {
    const requests = [item('DELETE', ITEM), item('GET', `/users/${ID}?$select=id`)];
    await batch(...requests);
    expect(arrived).toEqual([`POST /v1.0/$batch ${JSON.stringify({ requests })}`]);
    // Of two equal keys one parser takes the first and another the last: only what was inspected is sent.
    const twofold = `{"requests":[{"id":"1","method":"DELETE","url":"/users/${ID}","url":"${ITEM}"}]}`;
    await send('POST', '/$batch', { body: twofold });
    expect(arrived[1]).toBe(`POST /v1.0/$batch ${JSON.stringify({ requests: [item('DELETE', ITEM)] })}`);
  });

  test('but follows no redirect, which would take the method elsewhere', async () => {
    const response = await send('GET', '/moved');
    expect([response?.status, arrived]).toEqual([308, ['GET /v1.0/moved']]);
  });
});

describe('refuses, and nothing leaves the process', () => {
  const refused = async (work: Promise<unknown>) => {
    await expect(work).rejects.toThrow(RequestForbidden);
    expect([arrived, connections]).toEqual([[], 0]);
  };

  const PATHS = [
    `/users/${ID}`,
    '/users/alice@contoso.com',
    `/users/${ID}/manager/$ref`,
    `/groups/${ID}`,
    '/directory/deletedItems',
    '/directory/deletedItems/',
    `${ITEM}/`,
    `${ITEM}/restore`,
    `${ITEM}/microsoft.graph.user`,
    `${ITEM}?x=1`,
    `${ITEM}?`,
    `${ITEM}#x`,
    `${ITEM}\n`,
    `${ITEM} `,
    `${ITEM}%20`,
    `${ITEM};x`,
    `//directory/deletedItems/${ID}`,
    `/directory//deletedItems/${ID}`,
    `/Directory/deletedItems/${ID}`,
    `/directory/DELETEDITEMS/${ID}`,
    `/directory/deletedItems/${ID.toUpperCase()}`,
    `/directory/deletedItems/{${ID}}`,
    `/directory/deletedItems('${ID}')`,
    `/directory/deletedItems/${ID.replaceAll('-', '')}`,
    `/directory/deletedItems/${ID}0`,
    `/directory/deletedItems/${ID.slice(1)}`,
    `/directory/deletedItems/../../users/${ID}`,
    `/directory/deletedItems/..%2f..%2fusers%2f${ID}`,
    `/users/../directory/deletedItems/${ID}`,
    `/users/${ID}/..${ITEM}`,
    `/%64irectory/deletedItems/${ID}`,
    `/directory/deletedItems/%37${ID.slice(1)}`,
    `/directory\\deletedItems\\${ID}`,
    `/../beta${ITEM}`,
  ];

  test.each(PATHS)('DELETE %p', (path) => refused(send('DELETE', path)));
  test.each(PATHS)('DELETE %p in a batch', (path) => refused(batch(item('DELETE', path))));

  test.each([`${ITEM}`.slice(1), `https://graph.microsoft.com/v1.0${ITEM}`, '', `/v1.0${ITEM}`])(
    'DELETE %p in a batch',
    (path) => refused(batch(item('DELETE', path))),
  );

  test.each(['PATCH', 'PUT', 'POST', 'HEAD', 'OPTIONS', 'delete', 'Delete', 'get', 'MERGE', ''])(
    'the method %p',
    async (method) => {
      await refused(send(method, ITEM));
      await refused(batch(item(method, ITEM)));
    },
  );
  test('no method', () => refused(send(undefined, ITEM)));

  test('a purge on another host, version or port', async () => {
    await refused(send('DELETE', `https://graph.microsoft.com/v1.0${ITEM}`));
    await refused(send('DELETE', `${root}/beta${ITEM}`));
    await refused(send('DELETE', `${root}0/v1.0${ITEM}`));
    await refused(send('DELETE', `${root}@evil.example/v1.0${ITEM}`));
    await refused(send('DELETE', `${root.replace('https', 'http')}/v1.0${ITEM}`));
  });

  test('a read elsewhere, which would take the token along', async () => {
    await refused(send('GET', 'https://evil.example/v1.0/users'));
    await refused(send('GET', `${root}@evil.example/v1.0/users`));
    await refused(send('GET', `${root}/v1.0/../beta/users`));
    await refused(send('GET', `${root}/beta/users`));
    await refused(send('GET', 'not a url'));
  });

  test.each(['/users', `${ITEM}/restore`, '/$batch/', '/$batch?x', '/%24batch', '/users/$batch'])(
    'POST %p',
    (path) => refused(send('POST', path, { body: JSON.stringify({ requests: [item('GET', '/users')] }) })),
  );

  test.each([
    ['no body', undefined],
    ['no JSON', 'x'],
    ['a list', '[]'],
    ['no requests', '{"requests":[]}'],
    ['something beside the requests', `{"requests":[${JSON.stringify(item('GET', '/users'))}],"x":1}`],
  ])('a batch with %s', (_, body) => refused(send('POST', '/$batch', body === undefined ? {} : { body })));

  test.each([
    ['a body', item('GET', '/users', { body: {} })],
    ['a foreign header', item('GET', '/users', { headers: { 'X-HTTP-Method-Override': 'DELETE' } })],
    ['another consistency level', item('GET', '/users', { headers: { ConsistencyLevel: 'x' } })],
    ['dependsOn', item('GET', '/users', { dependsOn: [] })],
    ['no id', { method: 'GET', url: '/users' }],
    ['an absolute url', item('GET', 'https://evil.example/users')],
    ['a url without scheme', item('GET', '//evil.example/users')],
    ['a list for a method', item('GET', '/users', { method: ['GET'] })],
  ])('a request in a batch with %s', (_, request) => refused(batch(item('GET', '/me'), request)));

  test('one bad request among good ones', () =>
    refused(batch(item('DELETE', ITEM), item('GET', '/users'), item('DELETE', `/users/${idOf(1)}`))));

  test('a body on a read or a purge', async () => {
    await refused(send('DELETE', ITEM, { body: '{}' }));
    await refused(send('GET', '/users', { body: '{}' }));
  });

  test.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'Prefer'])(
    'the header %s',
    (name) => refused(send('GET', '/users', { headers: { [name]: 'DELETE' } })),
  );

  test('a Request object, which has a method of its own', () =>
    refused(send('GET', new Request(`${root}/v1.0/users/${ID}`, { method: 'DELETE' }))));

  test('whatever the SDK itself is asked for', async () => {
    const client = Client.initWithMiddleware({
      baseUrl: `${root}/`,
      middleware: [new DeleteGuard(root, true), new HTTPMessageHandler()],
    });
    const call = () => client.api(`/users/${ID}`).responseType(ResponseType.RAW);
    for (const work of [call().delete(), call().patch({}), call().put({}), call().post({})]) {
      await expect(work).rejects.toThrow(/^Refused to send (DELETE|PATCH|PUT|POST) .*Nothing was sent\./);
    }
    expect([arrived, connections]).toEqual([[], 0]);
  });

  test("whatever the tool's own client is asked for", async () => {
    const { send } = createGraphClient({
      graphRoot: root,
      credential: { getToken: async () => ({ token: 'a', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) },
      clock: { now: () => at(0), sleep: async () => {} },
      mayPurge: true,
    });
    const post = (url: string, body: unknown) =>
      send({ method: 'POST', url, body }, new AbortController().signal);
    await refused(post('/$batch', { requests: [item('DELETE', `/users/${ID}`)] }));
    await refused(post(`${ITEM}/restore`, {}));
    await refused(post('/users', {}));
    await post('/$batch', { requests: [item('DELETE', ITEM)] });
    expect(arrived).toHaveLength(1);
  });

  test('every DELETE, from a client that may not purge', async () => {
    const { send } = createGraphClient({
      graphRoot: root,
      credential: { getToken: async () => ({ token: 'a', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) },
      clock: { now: () => at(0), sleep: async () => {} },
    });
    const body = { requests: [item('GET', ITEM), item('DELETE', ITEM)] };
    await refused(send({ method: 'POST', url: '/$batch', body }, new AbortController().signal));
    const reader = Client.initWithMiddleware({
      baseUrl: `${root}/`,
      middleware: [new DeleteGuard(root, false), new HTTPMessageHandler()],
    });
    await expect(reader.api(ITEM).delete()).rejects.toThrow(/^Refused to send DELETE .*Nothing was sent\./);
    expect([arrived, connections]).toEqual([[], 0]);
  });
});
