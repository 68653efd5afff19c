import { describe, expect, test } from '@jest/globals';
import { agedRefusals, shrinkRefusals, tenantRefusals } from '../../lib/core/guards.ts';
import { at, HOUR_MS, tenantId } from '../../lib/core/ids.ts';
import type { Organization, Refusal } from '../../lib/core/model.ts';
import { NOW, organization, policyOf, sure } from './people.ts';

const policy = policyOf();
const ago = (ms: number) => at(Date.parse(NOW) - ms);
const refusalsOf = (changes: Partial<Organization>) =>
  tenantRefusals({ ...organization, ...changes }, policy, NOW).map(({ refusal }) => refusal);

describe('the tenant', () => {
  test.each<readonly [string, Partial<Organization>, readonly string[]]>([
    ['as it should be', {}, []],
    ['another tenant', { tenantId: sure(tenantId('bbbbbbbb-0000-4000-8000-000000000001')) }, ['wrongTenant']],
    ['synced just in time', { lastSync: ago(3 * HOUR_MS) }, []],
    ['synced too long ago', { lastSync: ago(3 * HOUR_MS + 1) }, ['syncStale']],
    ['last sync unknown', { lastSync: undefined }, ['syncStale']],
    ['sync switched off', { onPremisesSyncEnabled: false }, ['syncStale']],
    ['sync unknown', { onPremisesSyncEnabled: undefined }, ['syncStale']],
    ['our clock slow by five minutes', { serverTime: ago(-5 * 60_000) }, []],
    ['our clock slow by more', { serverTime: ago(-5 * 60_000 - 1) }, ['clockSkewed']],
    ['our clock fast', { serverTime: ago(6 * 60_000) }, ['clockSkewed']],
    ['no server time', { serverTime: undefined }, ['clockSkewed']],
  ])('%s', (_name, changes, expected) => {
    expect(refusalsOf(changes)).toStrictEqual(expected);
  });
});

describe('a source', () => {
  const summary = (total: number, slices: Record<string, number> = {}) =>
    ({ kind: 'entra', total, slices, asOf: NOW }) as const;
  const limits = policy.onPremises;
  test.each([
    ['on the first night', summary(10), undefined, []],
    ['empty on the first night', summary(0), undefined, ['sourceEmpty']],
    ['ten percent fewer', summary(90), { total: 100, slices: {} }, []],
    ['more than ten percent fewer', summary(89), { total: 100, slices: {} }, ['sourceShrank']],
    ['grown', summary(300), { total: 100, slices: {} }, []],
    ['a small slice gone', summary(99, {}), { total: 100, slices: { a: 5 } }, []],
    ['a small slice with few fewer', summary(99, { a: 4 }), { total: 100, slices: { a: 6 } }, []],
    ['a slice gone', summary(99, {}), { total: 100, slices: { a: 6 } }, ['sourceShrank']],
    [
      'a slice gone that is called as what every object has',
      summary(99, {}),
      { total: 100, slices: { constructor: 6 } },
      ['sourceShrank'],
    ],
    ['a slice within its share', summary(990, { a: 90 }), { total: 1000, slices: { a: 100 } }, []],
    [
      'a slice beyond its share',
      summary(989, { a: 89 }),
      { total: 1000, slices: { a: 100 } },
      ['sourceShrank'],
    ],
  ] as const)('%s', (_name, now, baseline, expected) => {
    expect(shrinkRefusals(now, baseline, limits).map(({ refusal }) => refusal)).toStrictEqual(expected);
  });
});

test('a part older than what an earlier night read refuses', () => {
  const parts = { 'domain.com': ago(HOUR_MS), 'other.com': ago(HOUR_MS) };
  const source = { kind: 'export', total: 10, slices: {}, asOf: NOW, parts } as const;
  const refusals = (lastSeen: Record<string, typeof NOW>) =>
    agedRefusals(source, lastSeen).map(({ refusal }) => refusal);
  expect(refusals({})).toStrictEqual([]);
  expect(refusals({ 'domain.com': ago(HOUR_MS) })).toStrictEqual([]);
  expect(refusals({ 'other.com': ago(HOUR_MS - 1) })).toStrictEqual(['sourceStale']);
});

describe('a refusal tells an operator', () => {
  const limits = policy.onPremises;
  const summary = { kind: 'activeDirectory', total: 80, slices: { 'OU=A': 30 }, asOf: NOW } as const;
  const lastSync = ago(5.5 * HOUR_MS);
  const serverTime = ago(-400_000);
  const other = sure(tenantId('bbbbbbbb-0000-4000-8000-000000000001'));
  const old = ago(2 * HOUR_MS);
  const parts = { 'domain.com': old };
  const of = (changes: Partial<Organization>) => tenantRefusals({ ...organization, ...changes }, policy, NOW);

  test.each<readonly [string, () => readonly Refusal[], readonly string[], Partial<Refusal>]>([
    ['which tenants', () => of({ tenantId: other }), [other, policy.tenantId], {}],
    [
      'how far the clocks are apart',
      () => of({ serverTime }),
      ['-400 s', NOW, serverTime],
      { limit: 300, actual: 400 },
    ],
    ['that the time is unknown', () => of({ serverTime: undefined }), ['what time it is'], {}],
    [
      'how old the sync is',
      () => of({ lastSync }),
      ['5.5 hours', lastSync, 'allows 3'],
      { limit: 3, actual: 5.5 },
    ],
    ['that the sync is unknown', () => of({ lastSync: undefined }), ['last synced', 'Entra Connect'], {}],
    [
      'that sync is off',
      () => of({ onPremisesSyncEnabled: false }),
      ['not switched on', 'Entra Connect'],
      {},
    ],
    [
      'which part is old',
      () => agedRefusals({ ...summary, parts }, { 'domain.com': NOW }),
      ['activeDirectory', 'domain.com', old, NOW],
      {},
    ],
    [
      'which source is empty',
      () => shrinkRefusals({ ...summary, total: 0 }, undefined, limits),
      ['activeDirectory'],
      {},
    ],
    [
      'how much a source lost',
      () => shrinkRefusals(summary, { total: 120, slices: {} }, limits),
      ['activeDirectory', '80 users, 33.3 %', '120', '10 %', 'maxShrinkPercent'],
      { limit: 10, actual: 100 / 3 },
    ],
    [
      'which part of it lost them',
      () => shrinkRefusals(summary, { total: 80, slices: { 'OU=A': 40 } }, limits),
      ['activeDirectory', '30 users in OU=A', '25.0 %', '40', '10 %', 'maxShrinkPercent'],
      { limit: 10, actual: 25 },
    ],
  ])('%s, and that nobody is purged', (_name, refusing, facts, numbers) => {
    const refusals = refusing();
    expect(refusals).toStrictEqual([expect.objectContaining(numbers)]);
    const detail = refusals[0]?.detail ?? '';
    for (const fact of [...facts, 'Nobody is purged']) expect(detail).toContain(fact);
  });

  test('everything that is wrong, at once', () => {
    expect(refusalsOf({ tenantId: other, serverTime, lastSync })).toStrictEqual([
      'wrongTenant',
      'clockSkewed',
      'syncStale',
    ]);
    const baseline = { total: 100, slices: { a: 50, b: 50 } };
    const names = shrinkRefusals({ ...summary, total: 20, slices: { b: 20 } }, baseline, limits);
    expect(names.map(({ actual }) => actual)).toStrictEqual([80, 100, 60]);
  });

  test('nothing of a source that told no ages, or that held nobody before', () => {
    expect(agedRefusals(summary, { 'domain.com': NOW })).toStrictEqual([]);
    expect(shrinkRefusals(summary, { total: 0, slices: { a: 0 } }, limits)).toStrictEqual([]);
    expect(
      shrinkRefusals(summary, { total: 0, slices: { a: 0 } }, { ...limits, maxShrinkPercent: 0 }),
    ).toStrictEqual([]);
  });
});
