/** What somebody can do who may change the policy and nothing else. */
import { afterEach, expect, test } from '@jest/globals';
import { seedPopulation } from '../tenant/population.ts';
import type { World } from '../tenant/world.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage | undefined;
afterEach(async () => stage?.close());

const furnish = (world: World) => {
  seedPopulation(world, { users: 400, deleted: 150, seed: 11 });
};

/** As far as every setting goes towards purging. */
const CARELESS = {
  mode: 'purge',
  gracePeriodDays: 0,
  nightsAbsent: 1,
  maxSyncAgeHours: 168,
  onPremises: { source: 'entra', maxShrinkPercent: 100, maxSliceShrinkUsers: 1_000_000 },
  exchange: { use: 'off' },
  protect: {},
  accidentalDeletionPrevention: {
    perNight: { users: 1_000_000 },
    rollingBudget: { days: 1, users: 1_000_000 },
  },
};

test('the most careless policy purges mail users who are gone, and nobody else; live users stay', async () => {
  stage = await setStage({ furnish });
  const live = stage.world.entra.liveUsers().map(({ id }) => id);
  const { report, violations } = await stage.night(CARELESS);
  expect({ status: report.status, violations }).toEqual({ status: 'completed', violations: [] });
  expect(report.outcomes.purged).toBeGreaterThan(40);
  expect(stage.world.entra.liveUsers().map(({ id }) => id)).toEqual(live);
});

test('it purges nobody in a tenant that it is not for', async () => {
  stage = await setStage({ furnish });
  const { report } = await stage.night({ ...CARELESS, tenantId: '11111111-2222-4333-8444-555555555555' });
  expect(report.refusals).toMatchObject([{ refusal: 'wrongTenant' }]);
  expect(stage.world.truth.hardDeletes).toEqual([]);
});
