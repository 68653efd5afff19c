import { afterEach, describe, expect, test } from '@jest/globals';
import { idOf } from '../tenant/tiny.ts';
import { deletedUsers, NEVER, oid, type Rig, type RigOptions, rig, users } from './entraTenant.ts';

const BATCH = /^POST \/\$batch/;
const del = (n: number) => new RegExp(`^DELETE /directory/deletedItems/${idOf(n)}`);
let tenant: Rig;
const start = async (options: RigOptions = {}) => {
  tenant = await rig({ deleted: deletedUsers(30), live: users(3, 100), ...options });
  return tenant;
};
afterEach(() => tenant.close());

const purge = async (ns: readonly number[], signal = NEVER) => {
  const answers = await tenant.entra.purge(ns.map(oid), signal);
  expect([...answers.keys()]).toEqual(ns.map(oid));
  return [...answers.values()];
};
const words = async (ns: readonly number[]) => (await purge(ns)).map(({ answer }) => answer);
const left = () => [...tenant.directory.deleted.keys()].map((id) => Number(id.slice(-12)));
/** Every DELETE that the tenant saw, by number. */
const seen = () =>
  tenant.servers.log.flatMap(({ requests }) => requests.map(({ path }) => Number(path.slice(-12))));
const oneTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);

describe('a purge', () => {
  test('of twenty is one batch of DELETEs, each answered whatever the order', async () => {
    await start();
    tenant.directory.privileged.add(idOf(4));
    tenant.directory.deleted.delete(idOf(9));
    const answers = await purge(oneTo(20));
    expect(answers.map(({ answer }) => answer)).toEqual(
      oneTo(20).map((n) => (n === 4 ? 'denied' : n === 9 ? 'notFound' : 'accepted')),
    );
    expect(answers.slice(3, 4)).toEqual([
      {
        answer: 'denied',
        detail: expect.stringMatching(/^DELETE answered 403 Authorization_RequestDenied/),
        status: 403,
      },
    ]);
    expect(left()).toEqual([4, ...oneTo(30).slice(20)]);
    expect(tenant.calls).toEqual([
      expect.objectContaining({ method: 'POST', target: '/$batch', status: 200 }),
    ]);
    expect(tenant.entra.usage()).toEqual({ calls: 1, resourceUnits: 20, throttled: 0, retries: 0 });
    expect(tenant.servers.counters.resourceUnits).toBe(20);
  });

  test('of more than twenty is a defect, of none nothing, of one twice one', async () => {
    await start();
    await expect(purge(oneTo(21))).rejects.toThrow(RangeError);
    expect(await purge([])).toEqual([]);
    expect(tenant.calls).toEqual([]);
    expect((await tenant.entra.purge([oid(1), oid(1)], NEVER)).size).toBe(1);
    expect(seen()).toEqual([1]);
  });

  test('of a live user cannot be asked for; of one restored meanwhile it is not found', async () => {
    await start();
    expect(await words([100])).toEqual(['notFound']);
    expect(tenant.directory.live.has(idOf(100))).toBe(true);
  });

  test('without the permission is denied', async () => {
    await start({ roles: ['User.Read.All'] });
    expect(await words([1, 2])).toEqual(['denied', 'denied']);
  });
});

describe('a throttled purge', () => {
  test.each([200, 424] as const)(
    'says when to come back (outer status %d)',
    async (batchStatusWhenThrottled) => {
      await start({
        batchStatusWhenThrottled,
        throttle: { resourceUnits: 1_000, resourceWindow: 1, writes: 3, writeWindow: 30_000 },
      });
      const answers = await purge(oneTo(5));
      expect(answers.map(({ answer }) => answer)).toEqual([
        'accepted',
        'accepted',
        'accepted',
        'throttled',
        'throttled',
      ]);
      expect(answers[4]).toEqual({
        answer: 'throttled',
        detail: expect.stringMatching(/^DELETE answered 429 TooManyRequests/),
        status: 429,
        retryAfterMs: 10_000,
      });
      expect(tenant.entra.usage().throttled).toBe(2);
      expect(left()).toContain(5);
      expect(tenant.sleeps).toEqual([]);
    },
  );

  test.each([
    [{ 'Retry-After': '2.345' }, 2_345],
    [{ 'retry-after': '7' }, 7_000],
    [{ 'RETRY-AFTER': 'Mon, 05 Jan 2026 02:00:30 GMT' }, 30_000],
    [{ 'Retry-After': 'soon' }, 10_000],
    [{ 'Retry-After': '9000000000000' }, 86_400_000],
    [{ 'Retry-After': 'Fri, 31 Dec 9999 23:59:59 GMT' }, 86_400_000],
    [{}, 10_000],
  ])('with the headers %j', async (headers, retryAfterMs) => {
    await start();
    tenant.servers.faults.add({ match: del(1), kind: 'status', status: 429, headers });
    expect(await purge([1])).toMatchObject([{ answer: 'throttled', retryAfterMs }]);
  });

  test('may have taken effect all the same: the answer is all that is told', async () => {
    await start();
    tenant.servers.faults.add({ match: del(1), kind: 'status', status: 429, effect: true });
    expect(await words([1, 2])).toEqual(['throttled', 'accepted']);
    expect(left()).not.toContain(1);
    expect(seen()).toHaveLength(2);
  });
});

describe('a batch that is throttled as a whole', () => {
  test.each([
    [429, { 'Retry-After': '120' }, 'throttled', 120_000],
    [429, {}, 'throttled', 10_000],
    [503, { 'Retry-After': '120' }, 'throttled', 120_000],
    [503, {}, 'unclear', undefined],
  ] as const)(
    'by %d %j asks every DELETE in it for silence',
    async (status, headers, answer, retryAfterMs) => {
      await start();
      tenant.servers.faults.add({ match: BATCH, kind: 'status', status, headers });
      const answers = await purge([1, 2, 3]);
      expect(answers.map((one) => [one.answer, one.status, one.retryAfterMs])).toEqual(
        [1, 2, 3].map(() => [answer, status, retryAfterMs]),
      );
      expect(tenant.calls).toHaveLength(1);
    },
  );

  test('asks for it from the arrival of its answer', async () => {
    await start();
    const headers = { 'Retry-After': 'Mon, 05 Jan 2026 02:01:00 GMT' };
    const before = () => {
      tenant.directory.time += 20_000;
    };
    tenant.servers.faults.add({ match: BATCH, kind: 'status', status: 429, headers, before });
    expect(await purge([1])).toMatchObject([{ answer: 'throttled', retryAfterMs: 40_000 }]);
  });
});

describe('a DELETE that the service refuses is rejected', () => {
  test.each([400, 405, 409, 410, 412, 422, 423])('%d', async (status) => {
    await start();
    tenant.servers.faults.add({ match: del(2), kind: 'status', status, times: 9 });
    const answers = await purge([1, 2, 3]);
    expect(answers.map(({ answer }) => answer)).toEqual(['accepted', 'rejected', 'accepted']);
    expect(answers[1]).toMatchObject({
      status,
      detail: expect.stringContaining(`DELETE answered ${status}`),
    });
    expect(answers[1]).not.toHaveProperty('retryAfterMs');
  });
});

describe('no clear answer is unclear, and nothing is sent twice', () => {
  test.each([200, 202, 301, 401, 408, 424, 500, 502, 503, 504])('a request answered %d', async (status) => {
    await start();
    tenant.servers.faults.add({ match: del(2), kind: 'status', status, headers: { 'Retry-After': '7.5' } });
    const answers = await purge([1, 2, 3]);
    expect(answers.map(({ answer }) => answer)).toEqual(['accepted', 'unclear', 'accepted']);
    expect(answers[1]).toMatchObject({ status, retryAfterMs: 7_500 });
    expect(answers[1]?.detail).toContain(`DELETE answered ${status}`);
    expect(answers[0]).not.toHaveProperty('retryAfterMs');
    expect(seen()).toEqual([1, 2, 3]);
  });

  test.each([400, 401, 403, 404, 413, 500, 502, 504])('the batch answered %d', async (status) => {
    await start();
    tenant.servers.faults.add({
      match: BATCH,
      kind: 'status',
      status,
      headers: { 'Retry-After': '1' },
      effect: true,
    });
    const answers = await purge([1, 2]);
    expect(answers.map(({ answer }) => answer)).toEqual(['unclear', 'unclear']);
    expect(answers[0]?.detail).toContain(`the whole batch was answered ${status}`);
    expect(answers[1]).toMatchObject({ status, retryAfterMs: 1_000 });
    expect(tenant.calls).toHaveLength(1);
    expect(tenant.sleeps).toEqual([]);
  });

  test.each([
    ['dropped before it took effect', { kind: 'drop' }, 'no answer'],
    ['dropped after it took effect', { kind: 'drop', effect: true }, 'no answer'],
    ['stalled', { kind: 'stall', effect: true }, 'no answer within 100 ms'],
    ['cut off', { kind: 'cutOff' }, 'no answer'],
    ['half a JSON', { kind: 'cutShort' }, 'without an answer to this request'],
    ['HTML', { kind: 'status', status: 200, body: 'html' }, 'without an answer to this request'],
    ['empty', { kind: 'status', status: 200, body: 'empty' }, 'without an answer to this request'],
  ] as const)('the batch %s', async (_, fault, detail) => {
    await start(fault.kind === 'stall' ? { timeoutMs: 100 } : {});
    tenant.servers.faults.add({ match: BATCH, ...fault });
    const answers = await purge([1, 2]);
    expect(answers.map(({ answer }) => answer)).toEqual(['unclear', 'unclear']);
    expect(answers[0]?.detail).toContain(detail);
    expect(tenant.calls).toHaveLength(1);
  });

  interface Reply {
    id: unknown;
    status: unknown;
  }
  test.each([
    ['a missing response', (replies: Reply[]) => replies.filter(({ id }) => id !== '1')],
    ['another id', (replies: Reply[]) => replies.map((one) => (one.id === '1' ? { ...one, id: '77' } : one))],
    [
      'a number for an id',
      (replies: Reply[]) => replies.map((one) => (one.id === '1' ? { ...one, id: 1 } : one)),
    ],
    ['two answers to one', (replies: Reply[]) => [...replies, { ...replies[0], id: '1', status: 204 }]],
    [
      'a text for a status',
      (replies: Reply[]) => replies.map((one) => (one.id === '1' ? { ...one, status: '204' } : one)),
    ],
    ['no status', (replies: Reply[]) => replies.map((one) => (one.id === '1' ? { id: '1' } : one))],
    [
      'a status that is none',
      (replies: Reply[]) => replies.map((one) => (one.id === '1' ? { ...one, status: 20.4 } : one)),
    ],
    ['a response that is none', (replies: Reply[]) => replies.map((one) => (one.id === '1' ? 'ok' : one))],
  ])('%s', async (_, change) => {
    await start();
    tenant.servers.faults.add({
      match: BATCH,
      kind: 'transform',
      transform: (body) => ({ responses: change((body as { responses: Reply[] }).responses) }),
    });
    expect(await words([1, 2, 3])).toEqual(['accepted', 'unclear', 'accepted']);
  });

  test('headers that are no texts are none', async () => {
    await start();
    const headers = { 'Retry-After': { toString: null }, 'x-ms-resource-unit': [{ toString: 1 }] };
    tenant.servers.faults.add({
      match: BATCH,
      kind: 'transform',
      transform: (body) => ({
        responses: (body as { responses: Reply[] }).responses.map((one) => ({ ...one, headers })),
      }),
    });
    expect(await words([1, 2])).toEqual(['accepted', 'accepted']);
    expect(tenant.entra.usage().resourceUnits).toBe(2);
  });

  test.each([[{}], [{ responses: 'x' }], [[]], [null], [{ error: { code: 'x' } }]])(
    'the body %j',
    async (body) => {
      await start();
      tenant.servers.faults.add({ match: BATCH, kind: 'transform', transform: () => body });
      expect(await words([1, 2])).toEqual(['unclear', 'unclear']);
    },
  );

  test('no token', async () => {
    await start({ credential: { getToken: async () => Promise.reject(new Error('no identity')) } });
    expect(await purge([1])).toEqual([
      { answer: 'unclear', detail: 'No answer to the DELETE: no identity.' },
    ]);
    expect([tenant.servers.log, tenant.entra.usage().calls]).toEqual([[], 0]);
  });

  test('stopped before it is sent, or while it is under way', async () => {
    await start();
    expect(await purge([1], AbortSignal.abort('time is up'))).toEqual([
      { answer: 'unclear', detail: 'No answer to the DELETE: stopped: time is up.' },
    ]);
    expect(tenant.servers.log).toEqual([]);
    const stop = new AbortController();
    tenant.servers.faults.add({ match: BATCH, kind: 'stall', before: () => stop.abort('terminated') });
    expect((await purge([1, 2], stop.signal)).map(({ answer }) => answer)).toEqual(['unclear', 'unclear']);
  });
});
