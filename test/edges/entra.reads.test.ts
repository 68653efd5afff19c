import { afterEach, describe, expect, test } from '@jest/globals';
import type { Kind } from '../tenant/faults.ts';
import { deletedUsers, NEVER, oid, type Rig, type RigOptions, refusalOf, rig } from './entraTenant.ts';

const LIST = /^GET \/directory\/deletedItems\/microsoft\.graph\.user/;
let tenant: Rig;
const start = async (options: RigOptions = {}) => {
  tenant = await rig({ deleted: deletedUsers(3), ...options });
  return tenant;
};
afterEach(() => tenant.close());
const read = (signal = NEVER) => tenant.entra.deletedUsers(signal);
const statuses = () => tenant.calls.map(({ status, failure }) => status ?? failure);

describe('the organization', () => {
  const ORGANIZATION = /^GET \/organization/;
  const organization = () => tenant.entra.organization(NEVER);
  const answering = async (value: unknown) => {
    await start();
    tenant.servers.faults.add({ match: ORGANIZATION, kind: 'transform', transform: () => ({ value }) });
    return refusalOf(organization());
  };
  const domains = [{ name: 'contoso.com' }];

  test('with its domains in lower case and the time of the service', async () => {
    await start();
    expect(await organization()).toEqual({
      tenantId: 'a1b2c3d4-0000-4000-8000-00000000c0de',
      onPremisesSyncEnabled: true,
      lastSync: '2026-01-05T01:00:00.000Z',
      verifiedDomains: ['contoso.com', 'contoso.onmicrosoft.com'],
      serverTime: '2026-01-05T02:00:00.000Z',
    });
    expect(tenant.servers.log[0]?.path).toBe(
      '/organization?$select=id,onPremisesSyncEnabled,onPremisesLastSyncDateTime,verifiedDomains',
    );
  });

  test('null is undefined', async () => {
    await start();
    tenant.servers.faults.add({
      match: ORGANIZATION,
      kind: 'transform',
      transform: () => ({
        value: [
          {
            id: 'A1B2C3D4-0000-4000-8000-00000000C0DE',
            onPremisesSyncEnabled: null,
            onPremisesLastSyncDateTime: null,
            verifiedDomains: domains,
          },
        ],
      }),
    });
    expect(await organization()).toMatchObject({
      tenantId: 'a1b2c3d4-0000-4000-8000-00000000c0de',
      onPremisesSyncEnabled: undefined,
      lastSync: undefined,
    });
  });

  test('without verified domains every address would look external', async () => {
    await start({ verifiedDomains: [] });
    expect(await refusalOf(organization())).toMatch(/^sourceIncomplete: .*no verified domains/);
    await tenant.close();
    const id = tenant.directory.organization().id;
    expect(await answering([{ id }])).toMatch(/^sourceIncomplete: .*no verified domains/);
    await tenant.close();
    expect(await answering([{ id, verifiedDomains: null }])).toMatch(
      /^sourceIncomplete: .*no verified domains/,
    );
  });

  test.each([
    ['none', []],
    ['two', [{}, {}]],
    ['no list', 'x'],
    ['a list in the list', [[]]],
  ])('exactly one, not %s', async (_, value) => {
    expect(await answering(value)).toMatch(/^sourceIncomplete: .*not give exactly one organization/);
  });

  test.each([
    ['an id that is none', { id: 'contoso', verifiedDomains: domains }, '"id": expected a GUID'],
    ['a domain without a name', { verifiedDomains: [{}] }, '"verifiedDomains.0.name": expected string'],
    [
      'a date that is none',
      { onPremisesLastSyncDateTime: 5 },
      '"onPremisesLastSyncDateTime": expected string',
    ],
  ])('%s', async (_, change, words) => {
    const whole = { id: 'a1b2c3d4-0000-4000-8000-00000000c0de', verifiedDomains: domains, ...change };
    expect(await answering([whole])).toContain(words);
  });

  test('403 refuses', async () => {
    await start({ roles: [] });
    expect(await refusalOf(organization())).toMatch(
      /^accessDenied: May not read the organization\. .*User\.Read\.All/,
    );
  });
});

const PASSING: readonly (readonly [string, Kind, number | string])[] = [
  ['a 429', { kind: 'status', status: 429 }, 429],
  ['a 500 with HTML', { kind: 'status', status: 500, body: 'html' }, 500],
  ['a 502 without a body', { kind: 'status', status: 502, body: 'empty' }, 502],
  ['a 503', { kind: 'status', status: 503 }, 503],
  ['a 504', { kind: 'status', status: 504 }, 504],
  ['a page of HTML', { kind: 'status', status: 200, body: 'html' }, 200],
  ['an empty body', { kind: 'status', status: 200, body: 'empty' }, 200],
  ['half a JSON', { kind: 'cutShort' }, 200],
  ['a body that is cut off', { kind: 'cutOff' }, 'no answer: '],
  ['a dropped connection', { kind: 'drop' }, 'no answer: '],
];

describe('what fails in passing is read again', () => {
  test.each(PASSING)('%s', async (_, fault, seen) => {
    await start();
    tenant.servers.faults.add({ match: LIST, times: 2, ...fault });
    expect(await read()).toHaveLength(3);
    expect(tenant.sleeps).toHaveLength(2);
    expect(String(statuses()[0])).toContain(String(seen));
    expect(tenant.entra.usage()).toMatchObject({ calls: 3, retries: 2, throttled: seen === 429 ? 2 : 0 });
  });

  test.each(PASSING)('%s for good refuses the night', async (_, fault, seen) => {
    await start();
    tenant.servers.faults.add({ match: LIST, times: 99, ...fault });
    const refusal = await refusalOf(read());
    expect(refusal).toMatch(/^sourceIncomplete: .*no usable answer in 6 tries; the last: /);
    expect(refusal).toContain(typeof seen === 'number' ? `the last: ${seen}` : 'no answer');
    expect(tenant.calls).toHaveLength(6);
  });

  test('a stalled answer', async () => {
    await start({ timeoutMs: 500 });
    tenant.servers.faults.add({ match: LIST, kind: 'stall' });
    expect(await read()).toHaveLength(3);
    expect(statuses()[0]).toBe('no answer within 500 ms');
  });

  test('a stalled answer for good refuses the night', async () => {
    await start({ timeoutMs: 60 });
    tenant.servers.faults.add({ match: LIST, kind: 'stall', times: 99 });
    expect(await refusalOf(read())).toMatch(/^sourceIncomplete: .*6 tries; the last: no answer within 60 ms/);
  });

  test('Retry-After is waited for by the clock, in seconds or until a date', async () => {
    await start();
    const began = tenant.directory.time;
    tenant.servers.faults.add(
      { match: LIST, kind: 'status', status: 429, headers: { 'Retry-After': '37' } },
      {
        match: LIST,
        kind: 'status',
        status: 503,
        headers: { 'retry-after': 'Mon, 05 Jan 2026 02:02:00 GMT' },
      },
    );
    expect(await read()).toHaveLength(3);
    expect(tenant.sleeps).toEqual([37_000, 83_000]);
    expect(tenant.directory.time - began).toBe(120_000);
  });

  test('but not longer than is reasonable', async () => {
    await start();
    tenant.servers.faults.add({
      match: LIST,
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': '3600' },
    });
    expect(await refusalOf(read())).toMatch(/^sourceIncomplete: .*in 1 try; the last: 429 TooManyRequests/);
    expect(tenant.sleeps).toEqual([]);
  });

  test('all waits of one request together have a limit', async () => {
    await start();
    tenant.servers.faults.add({
      match: LIST,
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': '140' },
      times: 9,
    });
    expect(await refusalOf(read())).toMatch(/in 3 tries; the last: 429/);
    expect(tenant.sleeps).toEqual([140_000, 140_000]);
  });

  test('a throttle that fills up by the clock is lived with', async () => {
    await start({
      deleted: deletedUsers(4_000),
      throttle: { resourceUnits: 2, resourceWindow: 10_000, writes: 1, writeWindow: 1 },
    });
    expect(await read()).toHaveLength(4_000);
    expect(tenant.servers.counters.throttled).toBeGreaterThan(0);
    expect(tenant.entra.usage().throttled).toBe(tenant.servers.counters.throttled);
  });
});

describe('what fails for good is not read again', () => {
  test.each([400, 404, 405, 410, 501, 302])('%d', async (status) => {
    await start();
    tenant.servers.faults.add({ match: LIST, kind: 'status', status });
    expect(await refusalOf(read())).toMatch(new RegExp(`^sourceIncomplete: .*in 1 try; the last: ${status}`));
    expect(tenant.calls).toHaveLength(1);
  });

  test.each([
    [401, 2],
    [403, 1],
  ])('%d, after %d calls', async (status, calls) => {
    await start();
    tenant.servers.faults.add({ match: LIST, kind: 'status', status, times: 9 });
    expect(await refusalOf(read())).toMatch(
      new RegExp(`^accessDenied: .*answered ${status} .*User\\.Read\\.All`),
    );
    expect(tenant.calls).toHaveLength(calls);
  });

  test('a list in place of the object', async () => {
    await start();
    tenant.servers.faults.add({ match: LIST, kind: 'transform', times: 99, transform: () => [1] });
    expect(await refusalOf(read())).toMatch(/the last: 200 with a body that is no JSON object/);
  });

  test('nothing of a token is told, nor of a query', async () => {
    const token = `eyJ${'a'.repeat(40)}.${'b'.repeat(40)}.${'c'.repeat(40)}`;
    const failing = { getToken: async () => Promise.reject(new Error(`no use: ${token}, Bearer opaque`)) };
    await start({ credential: failing });
    const refusal = await refusalOf(read());
    const purged = [...(await tenant.entra.purge([oid(1)], NEVER)).values()];
    const told = JSON.stringify([refusal, purged, tenant.calls]);
    expect(told).toContain('(no use: (token), Bearer (token))');
    expect(told).not.toMatch(/eyJ|bbbbbbbbb|ccccccccc|opaque|select/);
  });
});

describe('one 401 asks for another token, not for a refusal', () => {
  test('of a list', async () => {
    await start();
    tenant.servers.faults.add({ match: LIST, kind: 'status', status: 401 });
    expect(await read()).toHaveLength(3);
  });

  test.each([/^POST \/\$batch/, /^GET \/users/])('of a look (%s)', async (match) => {
    await start();
    tenant.servers.faults.add({ match, kind: 'status', status: 401 });
    expect((await tenant.entra.sightings([oid(1)], NEVER)).get(oid(1))).toMatchObject({ live: 'absent' });
  });
});

describe('stopped', () => {
  test('before it begins', async () => {
    await start();
    await expect(read(AbortSignal.abort(new Error('the time is up')))).rejects.toThrow(
      'Stopped while reading the deleted users: the time is up',
    );
    expect(tenant.calls).toEqual([]);
  });

  test('while it waits for an answer', async () => {
    await start();
    const stop = new AbortController();
    tenant.servers.faults.add({ match: LIST, kind: 'stall', before: () => stop.abort('terminated') });
    const reading = read(stop.signal);
    await expect(reading).rejects.toThrow('Stopped while reading the deleted users: terminated');
    expect(statuses()).toEqual(['stopped: terminated']);
  });

  test('between two tries', async () => {
    await start();
    const stop = new AbortController();
    tenant.servers.faults.add({ match: LIST, kind: 'status', status: 503, before: () => stop.abort('x') });
    await expect(read(stop.signal)).rejects.toThrow('Stopped while reading the deleted users');
    expect(tenant.calls).toHaveLength(1);
  });
});

describe('the bill', () => {
  test('every request is told, without its query', async () => {
    await start();
    await tenant.entra.organization(NEVER);
    await read();
    expect(tenant.calls).toEqual([
      {
        method: 'GET',
        target: '/organization',
        status: 200,
        failure: undefined,
        startedAt: '2026-01-05T02:00:00.000Z',
        durationMs: 0,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
      expect.objectContaining({ target: '/directory/deletedItems/microsoft.graph.user', status: 200 }),
    ]);
    expect(tenant.entra.usage()).toEqual({ calls: 2, resourceUnits: 2, throttled: 0, retries: 0 });
  });
});
