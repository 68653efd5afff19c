/** Nights in which the service says little, or no: they do not end green, and one object does not block the rest. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Fault } from '../tenant/faults.ts';
import type { World } from '../tenant/world.ts';
import { furnishPartners, type Stage, setStage } from './stage.ts';

let stage: Stage | undefined;
afterEach(async () => stage?.close());

const ALWAYS = Number.POSITIVE_INFINITY;
const REREAD = /^GET \/directory\/deletedItems\/[0-9a-f-]{36}/;
const LIVE = /^GET \/users\/[0-9a-f-]{36}/;
const PURGE = /^DELETE /;

async function company(gone: number, ...faults: readonly Fault[]): Promise<Stage> {
  stage = await setStage({
    furnish: (world: World) => furnishPartners(world, { people: 20 * gone, gone }),
  });
  stage.servers.faults.add(...faults);
  return stage;
}
const purges = ({ servers }: Stage) =>
  servers.log.flatMap(({ requests }) => requests.filter(({ method }) => method === 'DELETE')).length;

describe('a night that purges nobody because it cannot look fails', () => {
  test.each([403, 500])('every re-read answers %d', async (status) => {
    const here = await company(12, { match: REREAD, kind: 'status', status, times: ALWAYS });
    const { report, violations } = await here.night();
    expect(report).toMatchObject({ status: 'failed', outcomes: { unread: 3 }, notAttempted: 9 });
    expect(report.detail).toContain('12 planned: 3 unread, 9 not attempted');
    expect(purges(here)).toBe(0);
    expect(violations).toEqual([]);
  });

  test('every user is listed, and not found when it is read by its id', async () => {
    const missing = { kind: 'status', status: 404, times: ALWAYS } as const;
    const here = await company(12, { match: REREAD, ...missing }, { match: LIVE, ...missing });
    const { report } = await here.night();
    expect(report).toMatchObject({ status: 'failed', outcomes: { alreadyGone: 12 } });
    expect(purges(here)).toBe(0);
  });

  test('every DELETE answers 403 although the token has the permission', async () => {
    const here = await company(2, { match: PURGE, kind: 'status', status: 403, times: ALWAYS });
    const { report } = await here.night();
    expect(report).toMatchObject({ status: 'failed', outcomes: { denied: 2 } });
    expect(report.detail).toContain('2 planned: 2 denied');
  });
});

test('purges users whose item differs from the list in order, letter case and fractions of a second', async () => {
  const transform = (body: unknown) => {
    const user = body as Record<string, unknown> & { proxyAddresses?: string[] };
    return {
      ...user,
      deletedDateTime: String(user['deletedDateTime']).replace(/(\.\d+)?Z$/, '.7654321Z'),
      userPrincipalName: String(user['userPrincipalName']).toUpperCase(),
      proxyAddresses: [...(user.proxyAddresses ?? [])].reverse(),
    };
  };
  const here = await company(12, { match: REREAD, kind: 'transform', transform, times: ALWAYS });
  const { report, violations, missed } = await here.night();
  expect(report).toMatchObject({ status: 'completed', outcomes: { purged: 12 } });
  expect({ violations, missed }).toEqual({ violations: [], missed: [] });
});

test('stops soon when every DELETE answers 500 after the sixth', async () => {
  const here = await company(60, { match: PURGE, kind: 'status', status: 500, after: 6, times: ALWAYS });
  const { report } = await here.night();
  expect(report.status).toBe('failed');
  expect(report.outcomes.purged).toBe(6);
  expect(purges(here)).toBeLessThanOrEqual(6 + 20);
});

describe('one object whose DELETE is always rejected', () => {
  test.each([400, 409])(
    'answered %d, it costs one attempt a night, and the others are purged',
    async (status) => {
      const here = await company(12);
      const [first] = here.world.entra
        .deletedUsers()
        .map(({ id, deletedDateTime }) => ({ id, at: String(deletedDateTime) }))
        .sort((a, b) => (a.at < b.at ? -1 : 1));
      const match = new RegExp(`^DELETE /directory/deletedItems/${first?.id}`);
      here.servers.faults.add({ match, kind: 'status', status, times: ALWAYS });
      const { report } = await here.night();
      expect(report).toMatchObject({ status: 'completed', outcomes: { purged: 11, notPurged: 1 } });
      here.world.advance(86_400_000);
      const before = purges(here);
      const next = await here.night();
      expect(next.report).toMatchObject({ status: 'completed', outcomes: { notPurged: 1 } });
      expect(purges(here) - before).toBe(1);
    },
  );
});

describe('the re-read before a DELETE', () => {
  const changed = (changes: Readonly<Record<string, unknown>>): Fault => ({
    match: REREAD,
    kind: 'transform',
    transform: (body) => ({ ...(body as object), ...changes }),
    times: ALWAYS,
  });

  test('keeps the user when its mail address differs from the one that was read', async () => {
    const here = await company(2, changed({ mail: 'another@elsewhere.example' }));
    const { report } = await here.night();
    expect(report.outcomes).toEqual({ kept: 2 });
    expect(purges(here)).toBe(0);
  });

  test('calls the user unread when the re-read does not say which plans it had', async () => {
    const here = await company(2, changed({ assignedPlans: null, provisionedPlans: null }));
    const { report } = await here.night();
    expect(report).toMatchObject({ status: 'failed', outcomes: { unread: 2 } });
    expect(purges(here)).toBe(0);
  });

  test('is the snapshot that the ledger keeps', async () => {
    const here = await company(2, changed({ displayName: 'As read again' }));
    const { lines } = await here.night();
    const snapshots = lines.flatMap(({ record }) => (record.kind === 'announced' ? [record.snapshot] : []));
    expect(snapshots).toHaveLength(2);
    for (const snapshot of snapshots) expect(snapshot).toMatchObject({ displayName: 'As read again' });
  });
});
