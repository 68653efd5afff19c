import { afterEach, describe, expect, test } from '@jest/globals';
import { wantedOf } from '../onprem/asking.ts';
import { deletedUser, idOf, tinyUser } from '../tenant/tiny.ts';
import {
  anchored,
  anchorOf,
  deletedUsers,
  NEVER,
  oid,
  type Rig,
  type RigOptions,
  rig,
  users,
} from './entraTenant.ts';

const BATCH = /^POST \/\$batch/;
let tenant: Rig;
const start = async (options: RigOptions = {}) => {
  tenant = await rig({ deleted: deletedUsers(3), live: users(3, 100), ...options });
  return tenant;
};
afterEach(() => tenant.close());

const NUMBERED = /0{8}-0000-4000-8000-0*(\d+)/;
const bin = (n: number) => new RegExp(`^GET /directory/deletedItems/${idOf(n)}/microsoft\\.graph\\.user`);
const liveOf = (n: number) => new RegExp(`^GET /users/${idOf(n)}`);
const sight = async (ns: readonly number[], signal = NEVER) => {
  const sightings = await tenant.entra.sightings(ns.map(oid), signal);
  expect([...sightings.keys()]).toEqual(ns.map(oid));
  return [...sightings.values()].map(({ deleted, live }) => [
    typeof deleted === 'string' ? deleted : Number(NUMBERED.exec(deleted.id)?.[1]),
    live,
  ]);
};

describe('where objects are now', () => {
  test('in the recycle bin, live, or nowhere', async () => {
    await start();
    expect(await sight([1, 100, 999])).toEqual([
      [1, 'absent'],
      ['absent', 'present'],
      ['absent', 'absent'],
    ]);
    expect(tenant.calls).toHaveLength(1);
    expect(tenant.entra.usage()).toEqual({ calls: 1, resourceUnits: 6, throttled: 0, retries: 0 });
  });

  test('a deleted user is as in the list', async () => {
    const name = `extension_${'0'.repeat(32)}_targetAddress` as const;
    await start({ directoryExtensions: [name], deleted: [deletedUser(1, { [name]: 'SMTP:a@partner.com' })] });
    const [listed] = await tenant.entra.deletedUsers(NEVER);
    const sighted = (await tenant.entra.sightings([oid(1)], NEVER)).get(oid(1))?.deleted;
    expect(listed?.directoryExtensions).toEqual({ [name]: 'SMTP:a@partner.com' });
    const { snapshot, ...user } = { snapshot: {}, ...Object(sighted) };
    const { snapshot: before, ...same } = { snapshot: {}, ...listed };
    expect(user).toEqual(same);
    expect(snapshot).toEqual({ ...before, '@odata.context': expect.any(String) });
  });

  test('of any number, in batches of twenty', async () => {
    await start({ deleted: deletedUsers(55) });
    const ns = Array.from({ length: 55 }, (_, index) => index + 1);
    expect(await sight(ns)).toEqual(ns.map((n) => [n, 'absent']));
    expect(tenant.servers.log.map(({ requests }) => requests.length).toSorted((a, b) => b - a)).toEqual([
      20, 20, 20, 20, 20, 10,
    ]);
  });

  test('of none', async () => {
    await start();
    expect(await sight([])).toEqual([]);
    expect(tenant.calls).toEqual([]);
  });
});

describe('what fails in passing is asked again, and only that', () => {
  test.each([408, 424, 429, 500, 502, 503, 504])('%d inside', async (status) => {
    await start();
    tenant.servers.faults.add({ match: bin(2), kind: 'status', status, headers: { 'Retry-After': '12.5' } });
    expect(await sight([1, 2, 3])).toEqual([
      [1, 'absent'],
      [2, 'absent'],
      [3, 'absent'],
    ]);
    expect(tenant.servers.log.map(({ requests }) => requests.length)).toEqual([6, 1]);
    expect(tenant.sleeps).toEqual([12_500]);
    expect(tenant.entra.usage()).toMatchObject({ calls: 2, retries: 1, throttled: status === 429 ? 1 : 0 });
  });

  test.each([
    ['429 outside', { kind: 'status', status: 429, headers: { 'Retry-After': '3' } }],
    ['503 outside', { kind: 'status', status: 503 }],
    ['a drop', { kind: 'drop' }],
    ['a stall', { kind: 'stall' }],
    ['half a JSON', { kind: 'cutShort' }],
    ['a missing response', { kind: 'transform', transform: () => ({ responses: [] }) }],
  ] as const)('%s', async (_, fault) => {
    await start(fault.kind === 'stall' ? { timeoutMs: 500 } : {});
    tenant.servers.faults.add({ match: BATCH, ...fault });
    expect(await sight([1, 100])).toEqual([
      [1, 'absent'],
      ['absent', 'present'],
    ]);
    expect(tenant.entra.usage().retries).toBeGreaterThan(0);
  });

  test('a throttle that fills up by the clock is lived with', async () => {
    await start({
      deleted: deletedUsers(15),
      throttle: { resourceUnits: 9, resourceWindow: 10_000, writes: 1, writeWindow: 1 },
    });
    const ns = Array.from({ length: 15 }, (_, index) => index + 1);
    expect(await sight(ns)).toEqual(ns.map((n) => [n, 'absent']));
    expect(tenant.entra.usage().throttled).toBe(tenant.servers.counters.throttled);
    expect(tenant.entra.usage().throttled).toBeGreaterThan(0);
  });
});

describe('what could not be learnt is unclear', () => {
  test.each([400, 401, 403, 500, 503, 429, 204, 302])('%d for good', async (status) => {
    await start();
    tenant.servers.faults.add(
      { match: bin(1), kind: 'status', status, times: 99 },
      { match: liveOf(2), kind: 'status', status, times: 99 },
    );
    expect(await sight([1, 2, 3])).toEqual([
      ['unclear', 'absent'],
      [2, 'unclear'],
      [3, 'absent'],
    ]);
  });

  test.each([
    ['an object of another type', { id: oid(1), mail: 5 }],
    ['another object', { id: oid(2) }],
    ['no id', { mail: 'a@b.com' }],
    ['a list', []],
    ['a text', 'x'],
  ])('%s', async (_, body) => {
    await start();
    tenant.servers.faults.add(
      { match: bin(1), kind: 'transform', transform: () => body },
      { match: liveOf(100), kind: 'transform', transform: () => body },
    );
    expect(await sight([1, 100])).toEqual([
      ['unclear', 'absent'],
      ['absent', 'unclear'],
    ]);
  });

  test('no token, no answer at all, or a stop', async () => {
    await start();
    tenant.servers.faults.add({ match: BATCH, kind: 'drop', times: 99 });
    expect(await sight([1])).toEqual([['unclear', 'unclear']]);
    expect(tenant.calls).toHaveLength(6);
    expect(await sight([1], AbortSignal.abort('stop'))).toEqual([['unclear', 'unclear']]);
    expect(tenant.calls).toHaveLength(6);
    await tenant.close();
    await start({ credential: { getToken: async () => null } });
    expect(await sight([1])).toEqual([['unclear', 'unclear']]);
    expect([tenant.sleeps, tenant.servers.log]).toEqual([[], []]);
  });
});

describe('why something is unclear is said', () => {
  const whys = async (n: number) => (await tenant.entra.sightings([oid(n)], NEVER)).get(oid(n))?.why;

  test('for whom the answers are clear, nothing is', async () => {
    await start();
    expect(await whys(1)).toBeUndefined();
  });

  test('the status and the error of each', async () => {
    await start();
    tenant.servers.faults.add(
      { match: bin(100), kind: 'status', status: 403 },
      { match: liveOf(100), kind: 'transform', transform: () => ({ id: oid(2) }) },
    );
    expect(await whys(100)).toBe(
      'deletedItems answered 403 Request_BadRequest: Asked for by the test.; users answered 200 with another object',
    );
  });

  test('a batch that fails, a property that is not as documented', async () => {
    await start();
    tenant.servers.faults.add({ match: BATCH, kind: 'status', status: 500, times: 6 });
    expect(await whys(1)).toMatch(
      /^deletedItems: the whole batch was answered 500 UnknownError.*; users: the whole batch was/,
    );
    tenant.servers.faults.clear();
    tenant.servers.faults.add({
      match: bin(1),
      kind: 'transform',
      transform: () => ({ id: oid(1), mail: 5 }),
    });
    expect(await whys(1)).toBe(
      'deletedItems: A property of the deleted user 00000000-0000-4000-8000-000000000001 is not what Microsoft Graph documents ("mail": expected string, received number).',
    );
  });
});

describe('an answer that belongs to another object', () => {
  test('is unclear when two answers in a batch change places', async () => {
    await start();
    const swap = (body: unknown) => {
      const { responses } = body as { responses: { id: string }[] };
      const places = new Map([
        ['0', '2'],
        ['2', '0'],
        ['1', '3'],
        ['3', '1'],
      ]);
      return { responses: responses.map((one) => ({ ...one, id: places.get(one.id) ?? one.id })) };
    };
    tenant.servers.faults.add({ match: BATCH, kind: 'transform', transform: swap, times: 9 });
    // One is in the recycle bin and the other nowhere: without a look at the names, both would be the other way round.
    expect(await sight([1, 999])).toEqual([
      ['unclear', 'unclear'],
      ['unclear', 'unclear'],
    ]);
  });

  test('is unclear when a 404 comes from something that is not Graph', async () => {
    await start();
    tenant.servers.faults.add(
      { match: bin(999), kind: 'status', status: 404, body: 'html' },
      { match: liveOf(999), kind: 'transform', transform: () => ({}) },
    );
    expect(await sight([999])).toEqual([['unclear', 'unclear']]);
  });
});

describe('an immutable id, asked again', () => {
  const USERS = /^GET \/users\?/;
  const recheck = async (ids: readonly string[]) => {
    const wanted = ids.map(anchored);
    const { users, unread } = await tenant.source.recheck(wantedOf(wanted), NEVER);
    return wanted.map((id) => {
      if (users.some(({ immutableIds }) => immutableIds.includes(id))) return 'present';
      return unread?.has(id) ? 'unknown' : 'absent';
    });
  };

  test('is present or absent, byte for byte', async () => {
    const odd = [`O'Brien & Söhne "100%" #1?`, 'a+b/c==', ' blank ', '\\', 'ABCdef'];
    await start({ live: odd.map((id, index) => tinyUser(index + 1, { onPremisesImmutableId: id })) });
    expect(await recheck(odd)).toEqual(odd.map(() => 'present'));
    expect(await recheck(['a+b/c=', 'a b/c==', 'abcdef', 'ABCDEF', `O''Brien`, anchorOf(7)])).toEqual(
      Array.from({ length: 6 }, () => 'absent'),
    );
  });

  test('though Graph compares without regard to case', async () => {
    await start();
    tenant.servers.faults.add({
      match: USERS,
      kind: 'transform',
      transform: () => ({ '@odata.count': 1, value: [{ id: oid(1), onPremisesImmutableId: 'abc' }] }),
    });
    expect(await recheck(['ABC'])).toEqual(['absent']);
  });

  test('of any number, in batches of twenty, by default queries', async () => {
    await start({ live: users(30) });
    const ids = Array.from({ length: 45 }, (_, index) => anchorOf(index + 1));
    expect(await recheck(ids)).toEqual(ids.map((_, index) => (index < 30 ? 'present' : 'absent')));
    expect(tenant.calls).toHaveLength(3);
    const [first] = tenant.servers.log.flatMap(({ requests }) => requests);
    expect([first?.status, first?.path]).toEqual([200, expect.not.stringContaining('$count')]);
  });

  test('429 inside is asked again', async () => {
    await start();
    tenant.servers.faults.add({
      match: USERS,
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': '2.5' },
    });
    expect(await recheck([anchorOf(100), anchorOf(1)])).toEqual(['present', 'absent']);
    expect(tenant.sleeps).toEqual([2_500]);
  });

  test.each([
    ['an error', { error: { code: 'x' } }],
    ['somebody else', { value: [{ onPremisesImmutableId: 'x' }] }],
    ['fewer rows than counted', { '@odata.count': 2, value: [{ onPremisesImmutableId: 'a' }] }],
    ['a null', { '@odata.count': 1, value: [{ onPremisesImmutableId: null }] }],
    ['another page', { '@odata.count': 0, value: [], '@odata.nextLink': 'https://x/' }],
    ['no object', 'x'],
  ])('%s is unknown', async (_, body) => {
    await start();
    tenant.servers.faults.add({ match: USERS, kind: 'transform', transform: () => body });
    const { unread } = await tenant.source.recheck(wantedOf([anchored('A')]), NEVER);
    expect(unread?.get(anchored('A'))).toMatch(/^Entra ID was asked again/);
  });

  test('is asked of the index that lags behind where Graph takes it no other way', async () => {
    await start();
    const error = { code: 'Request_UnsupportedQuery', message: 'Unsupported.' };
    const match = /^GET \/users\?(?!.*\$count=true)/;
    tenant.servers.faults.add({ match, kind: 'status', status: 400, error, times: 99 });
    expect(await recheck([anchorOf(100), anchorOf(1)])).toEqual(['present', 'absent']);
    tenant.servers.faults.add({ match: USERS, kind: 'transform', transform: () => ({ value: [] }) });
    expect(await recheck([anchorOf(1)])).toEqual(['unknown']);
  });

  test('without the permission, or without an answer, it is unknown', async () => {
    await start({ roles: [], withheld: 'forbidden' });
    expect(await recheck([anchorOf(100)])).toEqual(['unknown']);
    tenant.servers.faults.add({ match: BATCH, kind: 'drop', times: 99 });
    expect(await recheck([anchorOf(100)])).toEqual(['unknown']);
  });
});
