/** Collections that move while they are read, or that the service serves otherwise than it should. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Fault } from '../tenant/faults.ts';
import { idOf } from '../tenant/tiny.ts';
import {
  deletedUsers,
  drained,
  NEVER,
  oid,
  type Rig,
  type RigOptions,
  refusalOf,
  rig,
  users,
} from './entraTenant.ts';

let tenant: Rig;
const start = async (options: RigOptions = {}) => {
  tenant = await rig({ deleted: deletedUsers(2_100), live: users(2_100, 5_001), ...options });
  return tenant;
};
afterEach(() => tenant.close());
const add = (...faults: Fault[]) => tenant.servers.faults.add(...faults);

interface Rows {
  readonly value: { readonly id: string }[];
  readonly [name: string]: unknown;
}
const changed = (change: (rows: Rows['value']) => unknown[]) => (body: unknown) => {
  const page = body as Rows;
  return { ...page, value: change(page.value) };
};

describe.each([
  {
    what: 'the deleted users',
    list: /^GET \/directory\/deletedItems\/microsoft\.graph\.user/,
    read: async () => (await tenant.entra.deletedUsers(NEVER)).length,
    remove: (n: number) => tenant.directory.deleted.delete(idOf(n)),
    first: 1,
  },
  {
    what: 'the live synced users',
    list: /^GET \/users\?/,
    read: async () => (await drained(tenant.source)).summary.total,
    remove: (n: number) => tenant.directory.live.delete(idOf(n)),
    first: 5_001,
  },
])('$what', ({ what, list, read, remove, first }) => {
  const later = new RegExp(`${list.source}.*skiptoken`);
  const listings = () => tenant.servers.log.filter(({ path }) => list.test(`GET ${path}`)).length;

  test('are read a second time after an expired page token', async () => {
    await start();
    const error = {
      code: 'Directory_ExpiredPageToken',
      message: 'The specified page token value has expired.',
    };
    add({ match: later, kind: 'status', status: 400, error });
    expect(await read()).toBe(2_100);
    expect(listings()).toBe(5);
  });

  test('refuse the night when the page token expires every time', async () => {
    await start();
    const error = {
      code: 'Directory_ExpiredPageToken',
      message: 'The specified page token value has expired.',
    };
    add({ match: later, kind: 'status', status: 400, error, times: 9 });
    expect(await refusalOf(read())).toMatch(
      new RegExp(
        `^sourceIncomplete: Could not read ${what} completely. Read twice.*Directory_ExpiredPageToken`,
      ),
    );
  });

  test('are read with smaller pages where Graph refuses the page size', async () => {
    await start();
    const error = {
      code: 'Request_UnsupportedQuery',
      message: "Invalid page size specified: '999'. Must be between 1 and 500 inclusive.",
    };
    add({ match: /\$top=999/, kind: 'status', status: 400, error, times: 99 });
    expect(await read()).toBe(2_100);
    expect(listings()).toBe(1 + 21);
  });

  test('refuse the night where Graph refuses every page size', async () => {
    await start();
    const error = { code: 'Request_UnsupportedQuery', message: 'Invalid page size specified.' };
    add({ match: list, kind: 'status', status: 400, error, times: 99 });
    expect(await refusalOf(read())).toMatch(
      /^sourceIncomplete: .*400 Request_UnsupportedQuery: Invalid page size/,
    );
    expect(listings()).toBe(3);
  });

  test.each([
    ['the same rows', (rows: Rows['value']) => rows, 60],
    ['no rows', () => [], 210],
  ])('refuse the night when pages with %s have no end', async (_, rows, atMost) => {
    await start({ deleted: deletedUsers(50), live: users(50, 5_001) });
    let top = 999;
    // Each page leads to a link that was never seen before.
    const transform = (
      body: unknown,
      { path, search }: { readonly path: string; readonly search: string },
    ) => {
      top -= 1;
      const link = `${tenant.servers.graphRoot}/v1.0${path}?${search.replace(/&\$top=\d+$/, '')}&$top=${top}`;
      return { ...(body as Rows), value: rows((body as Rows).value), '@odata.nextLink': link };
    };
    add({ match: list, kind: 'transform', transform, times: 500 });
    const refusal = await refusalOf(read());
    expect(refusal).toMatch(/^sourceIncomplete: .*Read twice.*the pages had no end/);
    expect(listings()).toBeLessThan(atMost);
  });

  test('pass when a user leaves while each reading is under way', async () => {
    await start();
    add(
      { match: later, kind: 'none', before: () => void remove(first + 1_500) },
      { match: later, kind: 'none', before: () => void remove(first + 1_600), after: 1 },
    );
    expect(await read()).toBeGreaterThanOrEqual(2_098);
  });

  test('refuse the night when another user is missing from the second reading', async () => {
    await start();
    const without = (n: number) => changed((rows) => rows.filter(({ id }) => id !== oid(n)));
    add(
      { match: later, kind: 'transform', transform: without(first + 1_500) },
      { match: later, kind: 'transform', transform: without(first + 1_600), after: 1 },
    );
    expect(await refusalOf(read())).toMatch(
      /^sourceIncomplete: .*users of the first reading were missing from the second/,
    );
  });

  test('refuse the night when a user comes twice and hides another', async () => {
    await start();
    const twice = changed((rows) => rows.map((row, at) => (at === 5 ? { ...row, id: oid(first) } : row)));
    add({ match: later, kind: 'transform', transform: twice, times: 9 });
    expect(await refusalOf(read())).toMatch(/^sourceIncomplete: .*Read twice/);
  });

  test('refuse the night when rows are missing that nothing explains', async () => {
    await start();
    add({ match: list, kind: 'count', count: 2_103, times: 9 });
    expect(await refusalOf(read())).toMatch(/^sourceIncomplete: .*2100 rows.*counts 2103/);
  });
});

describe('a cloud that lacks createdDateTime', () => {
  const error = {
    code: 'BadRequest',
    message:
      "Parsing OData Select and Expand failed: Could not find a property named 'createdDateTime' on type 'microsoft.graph.user'.",
  };
  const lacking: Fault = { match: /createdDateTime/, kind: 'status', status: 400, error, times: 99 };

  test('is read without it, once and for all', async () => {
    await start({ deleted: deletedUsers(3) });
    add(lacking);
    expect(await tenant.entra.deletedUsers(NEVER)).toHaveLength(3);
    expect(await tenant.entra.deletedUsers(NEVER)).toHaveLength(3);
    expect(tenant.calls).toHaveLength(3);
  });

  test('answers looks as well, though the list was never read', async () => {
    await start({ deleted: deletedUsers(3) });
    add(lacking);
    const seen = await tenant.entra.sightings([oid(1), oid(2)], NEVER);
    expect([...seen.values()].map(({ deleted }) => typeof deleted)).toEqual(['object', 'object']);
  });

  test('still refuses a property that decides', async () => {
    await start({ deleted: deletedUsers(3) });
    const message = error.message.replace('createdDateTime', 'onPremisesImmutableId');
    add({ ...lacking, match: /deletedItems/, error: { ...error, message } });
    expect(await refusalOf(tenant.entra.deletedUsers(NEVER))).toMatch(
      /^sourceIncomplete: .*onPremisesImmutableId/,
    );
  });
});
