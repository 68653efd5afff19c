import { describe, expect, test } from '@jest/globals';
import { agedRefusals, shrinkRefusals, tenantRefusals } from '../../lib/core/guards.ts';
import { at, HOUR_MS, tenantId } from '../../lib/core/ids.ts';
import type { Organization } from '../../lib/core/model.ts';
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
    expect(refusalsOf(changes)).toEqual(expected);
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
    ['a slice gone', summary(99, {}), { total: 100, slices: { a: 6 } }, ['sourceShrank']],
    ['a slice within its share', summary(990, { a: 90 }), { total: 1000, slices: { a: 100 } }, []],
    [
      'a slice beyond its share',
      summary(989, { a: 89 }),
      { total: 1000, slices: { a: 100 } },
      ['sourceShrank'],
    ],
  ] as const)('%s', (_name, now, baseline, expected) => {
    expect(shrinkRefusals(now, baseline, limits).map(({ refusal }) => refusal)).toEqual(expected);
  });
});

test('a part older than what an earlier night read refuses', () => {
  const parts = { 'domain.com': ago(HOUR_MS), 'other.com': ago(HOUR_MS) };
  const source = { kind: 'export', total: 10, slices: {}, asOf: NOW, parts } as const;
  const refusals = (lastSeen: Record<string, typeof NOW>) =>
    agedRefusals(source, lastSeen).map(({ refusal }) => refusal);
  expect(refusals({})).toEqual([]);
  expect(refusals({ 'domain.com': ago(HOUR_MS) })).toEqual([]);
  expect(refusals({ 'other.com': ago(HOUR_MS - 1) })).toEqual(['sourceStale']);
});
