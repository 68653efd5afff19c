/** Nights in which something goes wrong: what it does to the night, and that nobody is purged for it. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { BLOG_TEST, seedBlogTest } from '../tenant/blogTest.ts';
import { DAY_MS } from '../tenant/clock.ts';
import type { Fault } from '../tenant/faults.ts';
import { immutableIdOf, type OnPremUser } from '../tenant/onPrem.ts';
import { PEOPLE_OU, type World } from '../tenant/world.ts';
import { furnishPartners, type Stage, type StageOptions, setStage } from './stage.ts';

let stage: Stage | undefined;
afterEach(async () => stage?.close());

const GONE = 12;
let leavers: readonly OnPremUser[] = [];
const furnish = (world: World) => {
  leavers = furnishPartners(world, { people: 60, gone: GONE });
};
const DELETED = /^GET \/directory\/deletedItems\/microsoft\.graph\.user\?/;
const LIVE = /^GET \/users\?.*onPremisesSyncEnabled/;
const PURGE = /^DELETE /;

async function nightWith(fault: Fault | undefined, options: StageOptions = {}) {
  stage = await setStage({ furnish, ...options });
  if (fault !== undefined) stage.servers.faults.add(fault);
  return stage.night();
}

test('without a fault all are purged', async () => {
  const { report, violations, missed } = await nightWith(undefined);
  expect(report).toMatchObject({ status: 'completed', outcomes: { purged: GONE } });
  expect({ violations, missed }).toEqual({ violations: [], missed: [] });
});

/** What goes wrong, whatever the request. */
type Spoiling = Fault extends infer One ? (One extends Fault ? Omit<One, 'match'> : never) : never;

describe('a read that fails refuses the night', () => {
  const always = Number.POSITIVE_INFINITY;
  const html = { kind: 'status', status: 200, body: 'html' } as const;
  const bodyOf = (value: unknown) => ({ kind: 'transform', transform: () => value }) as const;
  const reads: readonly (readonly [string, RegExp])[] = [
    ['organization', /^GET \/organization/],
    ['deleted users', DELETED],
    ['live users', LIVE],
  ];
  const faults: readonly (readonly [string, Spoiling, string])[] = [
    ['HTML', html, 'sourceIncomplete'],
    ['nothing', { kind: 'status', status: 200, body: 'empty' }, 'sourceIncomplete'],
    ['half a JSON', { kind: 'cutShort' }, 'sourceIncomplete'],
    ['a dropped connection', { kind: 'drop' }, 'sourceIncomplete'],
    ['a cut-off body', { kind: 'cutOff' }, 'sourceIncomplete'],
    ['500', { kind: 'status', status: 500 }, 'sourceIncomplete'],
    ['429', { kind: 'status', status: 429, headers: { 'Retry-After': '10' } }, 'sourceIncomplete'],
    ['401', { kind: 'status', status: 401 }, 'accessDenied'],
    ['403', { kind: 'status', status: 403 }, 'accessDenied'],
    ['null', bodyOf(null), 'sourceIncomplete'],
    ['a list', bodyOf([]), 'sourceIncomplete'],
    ['a value of another type', bodyOf({ value: 'none' }), 'sourceIncomplete'],
    ['numbers for users', bodyOf({ '@odata.count': 1, value: [5] }), 'sourceIncomplete'],
  ];
  const cases = reads.flatMap(([name, match]) =>
    faults.map(
      ([what, fault, refusal]) => [name, what, { match, times: always, ...fault } as Fault, refusal] as const,
    ),
  );
  test.each(cases)('%s: %s', async (_name, _what, fault, refusal) => {
    const { report, violations } = await nightWith(fault);
    expect(report.status).toBe('refused');
    expect(report.refusals.map((one) => one.refusal)).toEqual([refusal]);
    expect(report.detail).toMatch(/No(body is|thing was) purged/);
    expect(report.detail).not.toMatch(/Bearer|eyJ|\n/);
    expect(violations).toEqual([]);
    expect(stage?.world.truth.hardDeletes).toEqual([]);
  });
});

describe('a passing fault is passed over', () => {
  test.each<readonly [string, Fault]>([
    ['a dropped read', { match: DELETED, kind: 'drop' }],
    ['a 503', { match: LIVE, kind: 'status', status: 503 }],
    ['a 429', { match: DELETED, kind: 'status', status: 429, headers: { 'Retry-After': '30' } }],
    ['a count that is wrong once', { match: DELETED, kind: 'count', count: 3 }],
    ['a purge that was throttled', { match: PURGE, kind: 'status', status: 429, times: 3 }],
    ['purges throttled again and again', { match: PURGE, kind: 'status', status: 429, times: 80 }],
    ['a purge throttled although done', { match: PURGE, kind: 'status', status: 429, effect: true }],
    ['a 500 although done', { match: PURGE, kind: 'status', status: 500, effect: true, times: 3 }],
    ['a 500, not done', { match: PURGE, kind: 'status', status: 500, times: 2 }],
    ['a connection dropped after the purge', { match: PURGE, kind: 'drop', effect: true }],
    ['a connection dropped before the purge', { match: PURGE, kind: 'drop' }],
    ['a purge that takes effect late', { match: PURGE, kind: 'latePurge', delay: 90_000, times: 4 }],
  ])('%s', async (_name, fault) => {
    const { report, violations, missed } = await nightWith(fault);
    expect(report).toMatchObject({ status: 'completed', outcomes: { purged: GONE } });
    expect({ violations, missed }).toEqual({ violations: [], missed: [] });
    expect(stage?.servers.faults.happened.length).toBeGreaterThan(0);
  });
});

describe('purging that goes wrong ends the night', () => {
  test('tries no second user while the first is accepted and never seen gone', async () => {
    const { report } = await nightWith({ match: PURGE, kind: 'latePurge', delay: DAY_MS, times: 99 });
    expect(report).toMatchObject({ status: 'failed', open: 1, notAttempted: GONE - 1 });
    stage?.world.advance(2 * DAY_MS);
    stage?.servers.faults.clear();
    const next = await stage?.night();
    expect(next?.report).toMatchObject({ status: 'completed', outcomes: { purged: GONE - 1 } });
    expect(next?.violations).toEqual([]);
    const late = next?.lines.filter(({ record }) => record.kind === 'settled' && record.announcedBy);
    expect(late).toMatchObject([{ record: { outcome: 'purged', announcedBy: report.night } }]);
  });

  test('leaves the DELETE open when nothing says whether the user is there', async () => {
    const again = /^GET \/directory\/deletedItems\/[0-9a-f-]{36}/;
    stage = await setStage({ furnish });
    stage.servers.faults.add(
      { match: PURGE, kind: 'status', status: 500 },
      { match: again, kind: 'status', status: 500, after: 11, times: Number.POSITIVE_INFINITY },
    );
    const { report } = await stage.night();
    expect(report).toMatchObject({ status: 'failed', open: 1, notAttempted: GONE - 1 });
  });

  test('refuses the night before the first DELETE when the token lacks the permission to purge', async () => {
    const { report } = await nightWith(undefined, { roles: ['User.Read.All'] });
    expect(report).toMatchObject({
      status: 'refused',
      refusals: [{ refusal: 'accessDenied' }],
      outcomes: {},
    });
    expect(report.detail).toMatch(/User\.DeleteRestore\.All.*24 hours/);
    expect(JSON.stringify(stage?.servers.log)).not.toContain('DELETE');
  });

  test('without the permission to read, nobody is purged', async () => {
    const { report, violations } = await nightWith(undefined, { roles: ['User.DeleteRestore.All'] });
    expect(violations).toEqual([]);
    expect(stage?.world.truth.hardDeletes).toEqual([]);
    expect(report.outcomes.purged).toBeUndefined();
  });
});

describe('the world moves during the night', () => {
  const restoreFirst = () => {
    const [first] = leavers;
    if (first !== undefined) stage?.world.onPrem.restore(first);
    stage?.world.sync.syncNow();
  };
  test('restored between the plan and the re-read', async () => {
    const { report, violations } = await nightWith({
      match: /^GET \/directory\/deletedItems\/[0-9a-f-]+/,
      kind: 'none',
      before: restoreFirst,
    });
    expect(violations).toEqual([]);
    expect(report).toMatchObject({
      status: 'completed',
      outcomes: { restored: 1, purged: GONE - 1 },
    });
  });

  test('restored and deleted again: another deletion, not tonight’s', async () => {
    const { report, violations } = await nightWith({
      match: /^GET \/directory\/deletedItems\/[0-9a-f-]+/,
      kind: 'none',
      before: () => {
        const [first] = leavers;
        if (first === undefined) return;
        restoreFirst();
        stage?.world.advance(60_000);
        stage?.world.onPrem.delete(first);
        stage?.world.sync.syncNow();
      },
    });
    expect(violations).toEqual([]);
    expect(report).toMatchObject({ outcomes: { restored: 1, purged: GONE - 1 } });
  });

  test('an administrator purged one by hand', async () => {
    const { report, violations } = await nightWith({
      match: /^GET \/directory\/deletedItems\/[0-9a-f-]+/,
      kind: 'none',
      before: () => {
        const [first] = leavers;
        const id = first && stage?.world.entra.holderOf(immutableIdOf(first));
        const deleted = stage?.world.entra.deletedUsers().find((user) => user.id === id);
        stage?.world.entra.hardDelete(deleted?.id ?? '', 'an administrator');
      },
    });
    expect(violations).toEqual([]);
    expect(report).toMatchObject({ status: 'completed', outcomes: { alreadyGone: 1, purged: GONE - 1 } });
  });
});

test('asked to end while a DELETE is under way, it stops, and the next night looks at it', async () => {
  stage = await setStage({ furnish });
  const ending = new AbortController();
  stage.servers.faults.add({ match: PURGE, kind: 'none', after: 2, before: () => ending.abort() });
  const { report, lines } = await stage.night({}, {}, ending.signal);
  expect(report.status).toBe('stopped');
  expect(lines.at(-2)?.record).toMatchObject({ kind: 'nightEnded', status: 'stopped', open: report.open });
  const next = await stage.night();
  expect(next.report).toMatchObject({ status: 'completed' });
  expect({ violations: next.violations, missed: next.missed }).toEqual({ violations: [], missed: [] });
});

test('a live user with its address keeps it', async () => {
  stage = await setStage({
    furnish: (world) => {
      const gone = seedBlogTest(world);
      world.advance(DAY_MS);
      world.onPrem.delete(gone);
      world.advance(8 * DAY_MS);
      const again = world.onPrem.create({
        displayName: 'Blog Test again',
        userPrincipalName: 'other@domain.com',
        ou: PEOPLE_OU,
      });
      world.onPrem.mailEnable(again, { externalAddress: BLOG_TEST.externalAddress });
      world.advance(DAY_MS);
    },
  });
  const { report } = await stage.night();
  expect(report.plan?.counts.keptBy).toEqual({ reappeared: 1 });
});
