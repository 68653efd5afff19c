/** A source that knows on-premises, honest or not: nobody who is there is purged, whoever is gone is. */
import { afterEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at, immutableId } from '../../lib/core/ids.ts';
import type { OnPremUser } from '../../lib/core/model.ts';
import { NightRefused } from '../../lib/errors.ts';
import type { OnPremSource } from '../../lib/ports.ts';
import { sure } from '../core/people.ts';
import { DAY_MS } from '../tenant/clock.ts';
import { immutableIdOf } from '../tenant/onPrem.ts';
import { seedPopulation } from '../tenant/population.ts';
import { PARTNERS_OU, PEOPLE_OU, type World } from '../tenant/world.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage | undefined;
afterEach(async () => stage?.close());

const roomy = {
  onPremises: {
    source: 'export',
    domains: ['domain.com'],
    maxAgeHours: 26,
    maxShrinkPercent: 10,
    maxSliceShrinkUsers: 3,
  },
  accidentalDeletionPrevention: {
    perNight: { users: 500 },
    rollingBudget: { days: 7, users: 1000 },
  },
};
const furnish = (seed: number) => (world: World) => {
  seedPopulation(world, { users: 150, deleted: 60, seed });
};

interface Lies {
  /** Leaves out every n-th user while reading. */
  readonly drop?: number;
  readonly repeat?: boolean;
  /** Stops after so many users, with or without noticing. */
  readonly stopAfter?: number;
  readonly notices?: boolean;
  readonly total?: number;
  /** Reads another attribute than Entra Connect does. */
  readonly wrongAnchor?: boolean;
  /** Days by which the export of its one domain is old. */
  readonly daysOld?: number;
}

/** The world's own directory, as a source tells it. */
function sourceOf(world: World, lies: Lies = {}): OnPremSource {
  const everybody = (): OnPremUser[] =>
    [...world.onPrem.users()].map((user) => ({
      immutableIds: [sure(immutableId(lies.wrongAnchor ? `other ${user.key}` : immutableIdOf(user)))],
      sidHistory: [],
      userPrincipalName: user.userPrincipalName,
      addresses: user.proxyAddresses,
    }));
  const containers = new Set([PEOPLE_OU, PARTNERS_OU].map((ou) => ou.toLowerCase()));
  const coverage = { 'domain.com': { tombstones: false, containers, canHaveMade: () => true } };
  return {
    kind: 'export',
    async *read() {
      const all = everybody();
      const told = all.filter((_, n) => lies.drop === undefined || (n + 1) % lies.drop !== 0);
      yield told.slice(0, lies.stopAfter);
      if (lies.stopAfter !== undefined && lies.notices) {
        throw new NightRefused('sourceIncomplete', 'The source ended early. Nothing was purged.');
      }
      if (lies.repeat) yield told.slice(0, lies.stopAfter);
      const asOf = at(world.clock.now());
      const parts = { 'domain.com': at(world.clock.now() - (lies.daysOld ?? 0) * DAY_MS) };
      const slices = { 'domain.com': all.length };
      return { kind: 'export', total: lies.total ?? all.length, slices, asOf, parts, coverage };
    },
    recheck: async (wanted) => ({ users: everybody().filter(wanted.has), coverage }),
  };
}

const both = (onStage: Stage, lies?: Lies) => ({
  sources: [...onStage.ports.sources, sourceOf(onStage.world, lies)],
});

test('with honest sources, whoever is gone and allowed is purged, and whoever was only moved is kept', async () => {
  stage = await setStage({ furnish: furnish(11) });
  const { report, violations, missed } = await stage.night(roomy, both(stage));
  expect({ status: report.status, violations, missed }).toEqual({
    status: 'completed',
    violations: [],
    missed: [],
  });
  expect(report.outcomes.purged).toBeGreaterThan(15);
  expect(report.plan?.counts.keptBy.stillOnPremises).toBeGreaterThan(0);
});

test('Entra ID alone would have purged those who were only moved', async () => {
  stage = await setStage({ furnish: furnish(11) });
  const before = new Set(
    stage.world.truth
      .deleted()
      .filter((one) => one.onPremises === 'present')
      .map((one) => one.id),
  );
  await stage.night({
    ...roomy,
    onPremises: { source: 'entra', maxShrinkPercent: 10, maxSliceShrinkUsers: 3 },
  });
  const wronged = stage.world.truth.hardDeletes.filter(({ entry }) => before.has(entry.id));
  expect(wronged.length).toBeGreaterThan(0);
});

test('whatever a source does wrong while it is read, nobody who is there is purged', async () => {
  const anyLies = fc.record(
    {
      drop: fc.integer({ min: 1, max: 5 }),
      repeat: fc.boolean(),
      stopAfter: fc.nat(150),
      notices: fc.boolean(),
      total: fc.nat(400),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(anyLies, fc.nat(1000), async (lies, seed) => {
      const one = await setStage({ furnish: furnish(seed) });
      try {
        const { violations } = await one.night(roomy, both(one, lies));
        expect(violations).toEqual([]);
      } finally {
        await one.close();
      }
    }),
    { numRuns: 25 },
  );
});

test('a source that lost sight of a tenth, or of a whole domain, refuses the night', async () => {
  stage = await setStage({ furnish: furnish(3) });
  const honest = sure(both(stage).sources[1]);
  await stage.night(roomy, { sources: [...stage.ports.sources, honest] });
  stage.world.advance(DAY_MS);
  const total = [...stage.world.onPrem.users()].length;
  const shrunk = both(stage, { total: Math.floor(total * 0.89) });
  const { report } = await stage.night(roomy, shrunk);
  expect(report.refusals).toMatchObject([{ refusal: 'sourceShrank', limit: 10 }]);
  stage.world.advance(DAY_MS);
  const again = await stage.night(roomy, shrunk);
  expect(again.report.refusals).toMatchObject([{ refusal: 'sourceShrank', limit: 10 }]);
});

test('an unreachable source refuses the night', async () => {
  stage = await setStage({ furnish: furnish(3) });
  const { report } = await stage.night(roomy, both(stage, { stopAfter: 10, notices: true }));
  expect(report).toMatchObject({ status: 'refused', refusals: [{ refusal: 'sourceIncomplete' }] });
  expect(stage.world.truth.hardDeletes).toEqual([]);
});

test('a source that looks at the wrong anchor knows none of whom Entra ID knows: refused', async () => {
  stage = await setStage({ furnish: furnish(3) });
  const { report } = await stage.night(roomy, both(stage, { wrongAnchor: true }));
  expect(report).toMatchObject({ status: 'refused', refusals: [{ refusal: 'sourceDisagrees' }] });
  expect(stage.world.truth.hardDeletes).toEqual([]);
});

test('an export older than the one of an earlier night refuses', async () => {
  stage = await setStage({ furnish: furnish(3) });
  expect((await stage.night({ ...roomy, mode: 'report' }, both(stage))).report.status).toBe('completed');
  stage.world.advance(DAY_MS);
  const { report } = await stage.night(roomy, both(stage, { daysOld: 2 }));
  expect(report).toMatchObject({ status: 'refused', refusals: [{ refusal: 'sourceStale' }] });
});
