/** Nights that find their ledger spoilt: they say so and purge nobody, or what they read is what was written. */
import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { nightId } from '../../lib/core/ids.ts';
import { runNight } from '../../lib/night.ts';
import { policyOf, sure } from '../core/people.ts';
import { type Stage, setStage } from '../night/stage.ts';
import { checkSafety, observe } from '../tenant/checkers.ts';
import { DAY_MS } from '../tenant/clock.ts';
import { factsOfLedger } from '../tenant/facts.ts';
import { seedPopulation } from '../tenant/population.ts';
import { expectClear, fuzz } from './fuzz.ts';
import { anyFolderSpoil } from './ledgerSpoils.ts';

const policy = (tenantId: string) =>
  policyOf({
    tenantId,
    nightsAbsent: 2,
    accidentalDeletionPrevention: {
      perNight: { users: 100 },
      rollingBudget: { days: 7, users: 300 },
    },
  });

/**
 * One night more, which purges nobody wrongly, nobody unannounced and nobody where its ledger cannot be relied on.
 * What it wrote is what telemetry was told: the stage itself reads no spoilt file.
 */
async function play({ world, ports, servers, told }: Stage): Promise<string> {
  const before = observe(world);
  const id = sure(nightId(randomBytes(16).toString('hex')));
  const { signal } = new AbortController();
  const report = await runNight(ports, policy(world.tenantId), { id, signal });
  const { violations } = checkSafety(world, before, factsOfLedger(told), {
    by: servers.clientId,
    graceDays: 7,
    maxPurges: 100,
    sourceKnowsOnPrem: false,
    mailUserProof: 'graph',
    holdsKnown: false,
  });
  expect(violations).toEqual([]);
  for (const text of [report.detail, ...report.warnings]) expectClear(text);
  const purged = world.truth.hardDeletes.length - before.audit;
  if (report.status === 'completed') return purged > 0 ? 'purged' : 'nobody';
  expect({ status: report.status, purged }).toEqual({ status: 'refused', purged: 0 });
  return report.status;
}

fuzz('a night on a spoilt ledger', {
  runs: 6,
  of: fc.tuple(anyFolderSpoil, fc.nat({ max: 1_000 })),
  run: async ([{ apply }, seed]) => {
    const stage = await setStage({
      furnish: (world) => {
        seedPopulation(world, { users: 40, deleted: 30, seed });
      },
    });
    try {
      expect(await play(stage)).toBe('nobody');
      stage.world.advance(DAY_MS);
      apply(stage.ports.ledger.location);
      return await play(stage);
    } finally {
      await stage.close();
    }
  },
  atLeast: { refused: 10 },
});
