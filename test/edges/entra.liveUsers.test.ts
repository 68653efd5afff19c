import { afterEach, describe, expect, test } from '@jest/globals';
import { wantedOf } from '../onprem/asking.ts';
import { tinyUser } from '../tenant/tiny.ts';
import { drained, NEVER, oid, type Rig, type RigOptions, refusalOf, rig, users } from './entraTenant.ts';

const LIST = /^GET \/users\?/;
let tenant: Rig;
const start = async (options: RigOptions) => {
  tenant = await rig(options);
  return tenant;
};
afterEach(() => tenant.close());
const read = (signal = NEVER) => drained(tenant.source, signal);

describe('the live synced users', () => {
  test('are streamed with what tells them apart, and counted by domain', async () => {
    await start({
      live: [
        tinyUser(1, { proxyAddresses: ['SMTP:a@partner.com', 'smtp:A@contoso.com'], mail: 'a@partner.com' }),
        tinyUser(2, { userPrincipalName: 'b@Sub.Contoso.com', onPremisesImmutableId: null, mail: null }),
        tinyUser(3),
        tinyUser(4, { onPremisesSyncEnabled: null }),
        tinyUser(5, { onPremisesSyncEnabled: false }),
      ],
    });
    expect(await read()).toEqual({
      streamed: [
        {
          immutableIds: ['AQEBAQEBAQEBAQEBAQEBAQ=='],
          sid: 'S-1-5-21-1-2-3-1',
          sidHistory: [],
          userPrincipalName: 'user1@contoso.com',
          addresses: ['SMTP:a@partner.com', 'smtp:A@contoso.com', 'a@partner.com'],
        },
        {
          immutableIds: [],
          sid: 'S-1-5-21-1-2-3-2',
          sidHistory: [],
          userPrincipalName: 'b@Sub.Contoso.com',
          addresses: ['SMTP:user2@partner.com'],
        },
        expect.objectContaining({ userPrincipalName: 'user3@contoso.com' }),
      ],
      summary: {
        kind: 'entra',
        total: 3,
        slices: { 'contoso.com': 2, 'sub.contoso.com': 1 },
        asOf: '2026-01-05T02:00:00.000Z',
      },
    });
    expect(tenant.source.kind).toBe('entra');
  });

  test('come page by page, the next one only when it is wanted', async () => {
    await start({ live: users(2_100) });
    const reading = tenant.source.read(wantedOf([]), NEVER);
    expect((await reading.next()).value).toHaveLength(999);
    expect(tenant.calls).toHaveLength(1);
    expect((await reading.next()).value).toHaveLength(999);
    expect(tenant.calls).toHaveLength(2);
    expect((await reading.next()).value).toHaveLength(102);
    expect(await reading.next()).toMatchObject({ done: true, value: { total: 2_100 } });
    expect(tenant.entra.usage()).toEqual({ calls: 3, resourceUnits: 3, throttled: 0, retries: 0 });
  });

  test('none at all refuses the night', async () => {
    await start({ live: [tinyUser(1, { onPremisesSyncEnabled: null })] });
    expect(await refusalOf(read())).toMatch(/^sourceEmpty: .*nothing was purged/);
  });

  test('fewer rows than counted, then all: a second pass', async () => {
    await start({ live: users(2_100) });
    tenant.servers.faults.add({ match: LIST, kind: 'losePage' });
    const { streamed, summary } = await read();
    expect(summary.total).toBe(2_100);
    expect(new Set(streamed.map(({ immutableIds: [own] }) => own)).size).toBe(2_100);
  });

  test.each([
    ['a lost page', { kind: 'losePage' }, /There were 1101 rows, and Microsoft Graph counts 2100/],
    ['a repeated page', { kind: 'repeatPage' }, /the pages went round in a circle/],
    ['pages in a circle', { kind: 'loopPages', after: 1 }, /the pages went round in a circle/],
    ['a lying count', { kind: 'count', count: 9_999 }, /There were 2100 rows, and .* counts 9999/],
    ['no count', { kind: 'count', count: 'missing' }, /no @odata\.count/],
  ] as const)('%s for good refuses the night', async (_, fault, words) => {
    await start({ live: users(2_100) });
    tenant.servers.faults.add({ match: LIST, times: 99, ...fault });
    const refusal = await refusalOf(read());
    expect(refusal).toMatch(
      /^sourceIncomplete: Could not read the live synced users completely\. Read twice\. /,
    );
    expect(refusal).toMatch(words);
  });

  test('more rows than counted is fine', async () => {
    await start({ live: users(20) });
    tenant.servers.faults.add({ match: LIST, kind: 'count', count: 19 });
    expect((await read()).summary.total).toBe(20);
    expect(tenant.calls).toHaveLength(1);
  });

  test('a page that overlaps the one before hides as many as it repeats', async () => {
    await start({ live: users(1_200) });
    tenant.servers.faults.add({
      match: /skiptoken/,
      kind: 'transform',
      times: 9,
      transform: (body) => {
        const page = body as { value: { id: string }[] };
        return { ...page, value: page.value.map((row, at) => (at === 5 ? { ...row, id: oid(700) } : row)) };
      },
    });
    expect(await refusalOf(read())).toMatch(/A user came twice/);
  });

  test('nor can a page that came before stand in for another', async () => {
    await start({ live: users(2_100) });
    const pages: { value: unknown[] }[] = [];
    const transform = (body: unknown) => {
      const page = body as { value: unknown[] };
      pages.push(page);
      // The third page of each pass holds the first one's users.
      const first = pages[pages.length - 3];
      return pages.length % 3 === 0 && first
        ? { ...page, value: first.value.slice(0, page.value.length) }
        : page;
    };
    tenant.servers.faults.add({ match: LIST, kind: 'transform', times: 99, transform });
    expect(await refusalOf(read())).toMatch(/A user came twice, .*2100 rows/);
  });

  test('nor can a user who comes twice on one page', async () => {
    await start({ live: users(20) });
    tenant.servers.faults.add({
      match: LIST,
      kind: 'transform',
      times: 9,
      transform: (body) => {
        const page = body as { value: unknown[] };
        return { ...page, value: page.value.with(7, page.value[3]) };
      },
    });
    expect(await refusalOf(read())).toMatch(/A user came twice, so that others may be missing \(20 rows\)/);
  });

  test('a drop in the middle is mended, or refuses', async () => {
    await start({ live: users(1_200) });
    tenant.servers.faults.add({ match: /skiptoken/, kind: 'cutOff' });
    expect((await read()).summary.total).toBe(1_200);
    tenant.servers.faults.add({ match: /skiptoken/, kind: 'drop', times: 99 });
    expect(await refusalOf(read())).toMatch(/^sourceIncomplete: .*no usable answer in 6 tries/);
  });
});

describe('what Graph does not tell', () => {
  test('a filter that is not kept to refuses the night', async () => {
    await start({ live: users(3) });
    tenant.servers.faults.add({
      match: LIST,
      kind: 'transform',
      transform: () => ({ '@odata.count': 1, value: [{ id: oid(1), onPremisesSyncEnabled: false }] }),
    });
    expect(await refusalOf(read())).toMatch(/^sourceIncomplete: .*filter: the live user 0.*1 is not synced/);
  });

  test('not one immutable id means that the permission is lost', async () => {
    await start({ live: users(3, 1, { onPremisesImmutableId: null }) });
    expect(await refusalOf(read())).toMatch(
      /^accessDenied: .*not one onPremisesImmutableId.*User\.Read\.All/,
    );
  });

  test.each(['null', 'forbidden'] as const)(
    'nor does an app without the permission learn (%s)',
    async (withheld) => {
      await start({ live: users(3), roles: ['User.DeleteRestore.All'], withheld });
      expect(await refusalOf(read())).toMatch(/^accessDenied: May not read the live synced users/);
    },
  );

  test.each([
    ['proxyAddresses', null],
    ['proxyAddresses', undefined],
    ['userPrincipalName', null],
    ['userPrincipalName', undefined],
  ])('%s that are %s could be those of anybody deleted', async (name, value) => {
    await start({ live: users(3) });
    tenant.servers.faults.add({
      match: LIST,
      kind: 'transform',
      transform: (body) => {
        const page = body as { value: object[] };
        return { ...page, value: page.value.map((row, n) => (n === 1 ? { ...row, [name]: value } : row)) };
      },
    });
    expect(await refusalOf(read())).toMatch(
      /^accessDenied: .*does not say what the live user 0.*2 is called/,
    );
  });

  test.each([
    ['an id that is none', { id: 'x' }, /"id": expected a GUID/],
    ['a number for a UPN', { userPrincipalName: 1 }, /the live user 0.*1 is not .*"userPrincipalName"/],
    ['a text for addresses', { proxyAddresses: 'x' }, /"proxyAddresses": expected array/],
    [
      'a number for an immutable id',
      { onPremisesImmutableId: 7 },
      /"onPremisesImmutableId": expected string/,
    ],
    [
      'a text for a truth value',
      { onPremisesSyncEnabled: 'true' },
      /"onPremisesSyncEnabled": expected boolean/,
    ],
  ])('%s refuses the night', async (_, change, words) => {
    await start({ live: users(3) });
    const row = { id: oid(1), onPremisesSyncEnabled: true, ...change };
    tenant.servers.faults.add({
      match: LIST,
      kind: 'transform',
      transform: () => ({ '@odata.count': 1, value: [row] }),
    });
    const refusal = await refusalOf(read());
    expect(refusal).toMatch(/^sourceIncomplete: /);
    expect(refusal).toMatch(words);
  });

  test('stopped between two pages', async () => {
    await start({ live: users(1_200) });
    const stop = new AbortController();
    const reading = tenant.source.read(wantedOf([]), stop.signal);
    await reading.next();
    stop.abort(new Error('the time is up'));
    await expect(reading.next()).rejects.toThrow(
      'Stopped while reading the live synced users: the time is up',
    );
    expect(tenant.calls).toHaveLength(1);
  });
});
