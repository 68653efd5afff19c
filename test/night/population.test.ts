/** A company of every kind of deleted user, and nights in front of it. The tenant's own checkers judge. */
import { afterEach, expect, test } from '@jest/globals';
import { DAY_MS } from '../tenant/clock.ts';
import { seedPopulation } from '../tenant/population.ts';
import type { World } from '../tenant/world.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage | undefined;
afterEach(async () => stage?.close());

const furnish = (world: World) => {
  seedPopulation(world, { users: 600, deleted: 200, seed: 7 });
};
const roomy = {
  accidentalDeletionPrevention: {
    perNight: { users: 500 },
    rollingBudget: { days: 7, users: 1000 },
  },
};

test('purges whoever ought to be, and nobody else; the next night has nothing left to do', async () => {
  stage = await setStage({ furnish });
  const { report, violations, missed } = await stage.night(roomy);
  expect({ status: report.status, violations, missed }).toEqual({
    status: 'completed',
    violations: [],
    missed: [],
  });
  expect(report.outcomes.purged).toBeGreaterThan(60);
  expect(report.outcomes.denied).toBeGreaterThan(0);

  stage.world.advance(DAY_MS);
  const next = await stage.night(roomy);
  expect(next.violations).toEqual([]);
  expect(next.missed).toEqual([]);
  expect(next.report.outcomes.purged ?? 0).toBeLessThan(20);
});

test('the brakes refuse the whole night, in both modes, and say by how much', async () => {
  stage = await setStage({ furnish });
  const tight = {
    accidentalDeletionPrevention: { ...roomy.accidentalDeletionPrevention, perNight: { users: 5 } },
  };
  const { report, lines } = await stage.night(tight);
  expect(report.status).toBe('refused');
  expect(report.refusals).toMatchObject([{ refusal: 'tooManyPurges', limit: 5 }]);
  expect(lines.some(({ record }) => record.kind === 'announced')).toBe(false);
  expect(stage.world.truth.hardDeletes).toEqual([]);

  const reported = await stage.night({ ...tight, mode: 'report' });
  expect(reported.report.status).toBe('completed');
  expect(reported.report.refusals).toMatchObject([{ refusal: 'tooManyPurges', limit: 5 }]);
});

test('a user must be absent on as many nights as the policy says', async () => {
  stage = await setStage({ furnish });
  const patient = { ...roomy, nightsAbsent: 3 };
  for (const purged of [false, false, true]) {
    const { report, violations } = await stage.night(patient);
    expect(violations).toEqual([]);
    expect((report.outcomes.purged ?? 0) > 0).toBe(purged);
    stage.world.advance(DAY_MS);
  }
});

test('the rolling budget counts earlier nights', async () => {
  stage = await setStage({ furnish });
  const first = await stage.night(roomy);
  const spent = first.report.outcomes.purged ?? 0;
  stage.world.advance(2 * DAY_MS);
  const { report } = await stage.night({
    accidentalDeletionPrevention: {
      ...roomy.accidentalDeletionPrevention,
      rollingBudget: { days: 7, users: spent },
    },
  });
  expect(report.refusals).toMatchObject([{ refusal: 'budgetExceeded', limit: spent }]);
});
