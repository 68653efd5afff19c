/** What must be right about the tenant, its clock and its size before anybody is considered. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { at } from '../../lib/core/ids.ts';
import type { Clock } from '../../lib/ports.ts';
import { DAY_MS, HOUR_MS } from '../tenant/clock.ts';
import { seedPopulation } from '../tenant/population.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await setStage({
    furnish: (world) => {
      seedPopulation(world, { users: 100, deleted: 30, seed: 5 });
    },
  });
});
afterEach(async () => {
  expect(stage.world.truth.hardDeletes).toEqual([]);
  await stage.close();
});

const refusalsOf = async (...how: Parameters<Stage['night']>) =>
  (await stage.night(...how)).report.refusals.map(({ refusal }) => refusal);

test('another tenant', async () => {
  expect(await refusalsOf({ tenantId: '11111111-1111-4111-8111-111111111111' })).toEqual(['wrongTenant']);
});

test('a directory sync that stopped', async () => {
  stage.world.sync.pause();
  stage.world.advance(4 * HOUR_MS);
  expect(await refusalsOf()).toEqual(['syncStale']);
});

test.each([
  ['fast', 6 * 60_000],
  ['slow', -6 * 60_000],
])('our clock is %s', async (_name, offset) => {
  const clock: Clock = { ...stage.clock, now: () => at(stage.world.clock.now() + offset) };
  expect(await refusalsOf({}, { clock })).toEqual(['clockSkewed']);
});

test('no live synced user at all', async () => {
  stage.servers.faults.add({
    match: /^GET \/users\?/,
    kind: 'transform',
    times: Number.POSITIVE_INFINITY,
    transform: () => ({ '@odata.count': 0, value: [] }),
  });
  expect(await refusalsOf()).toEqual(['sourceEmpty']);
});

test('refuses far fewer live synced users for a week, and then takes them for the measure', async () => {
  const report = { mode: 'report' };
  expect(await refusalsOf(report)).toEqual([]);
  for (const user of [...stage.world.onPrem.users()].slice(0, 20)) stage.world.onPrem.delete(user);
  for (let night = 0; night < 5; night++) {
    stage.world.advance(DAY_MS);
    expect(await refusalsOf(report)).toContain('sourceShrank');
  }
  stage.world.advance(4 * DAY_MS);
  expect(await refusalsOf(report)).toEqual([]);
});

test('addresses look external where the tenant does not tell its domains: refused', async () => {
  stage.servers.faults.add({
    match: /^GET \/organization/,
    kind: 'transform',
    times: Number.POSITIVE_INFINITY,
    transform: (body) => ({
      ...(body as object),
      value: [{ ...stage.world.entra.organization(), verifiedDomains: [] }],
    }),
  });
  expect(await refusalsOf()).toEqual(['sourceIncomplete']);
});
