/** People stop the tool: before a night, and while it purges. */
import { afterEach, expect, test } from '@jest/globals';
import type { Halt } from '../../lib/ports.ts';
import { DAY_MS } from '../tenant/clock.ts';
import type { World } from '../tenant/world.ts';
import { furnishPartners, kindsOf, type Stage, setStage } from './stage.ts';

const GONE = 30;
let stage: Stage | undefined;
afterEach(() => stage?.close());

const furnish = (world: World) => furnishPartners(world, { people: 200, gone: GONE });

/** Halts, or cannot tell, from the `n`-th question on (the first is asked before anything is read). */
function from(n: number, then: () => string): Halt & { questions: number } {
  return {
    questions: 0,
    async reason() {
      this.questions += 1;
      return this.questions < n ? undefined : then();
    },
  };
}
const halted = () => 'control/halt halts this tool.';
const untold = (): string => {
  throw new Error('Whether control/halt halts this tool cannot be told: 403.');
};

test.each([
  ['halted', halted],
  ['where nobody can tell', untold],
])('%s: the night is refused before anything is read', async (_, then) => {
  stage = await setStage({ furnish });
  const { report, lines } = await stage.night({}, { halt: from(1, then) });
  expect(report.refusals).toEqual([
    { refusal: 'halted', detail: expect.stringMatching(/control\/halt.*Nobody was purged\./) },
  ]);
  expect(kindsOf(lines)).toEqual(['nightStarted', 'nightEnded', 'telemetrySent']);
  expect(stage.servers.log).toEqual([]);
});

// The steps are 1, 5 and then up to 20 users.
test.each([
  [2, 0],
  [3, 1],
  [4, 6],
])('halted before batch %i, not one more than the %i of the batches before is purged', async (n, purged) => {
  stage = await setStage({ furnish });
  const { report, lines, violations } = await stage.night({}, { halt: from(n, halted) });
  expect(report).toMatchObject({
    status: 'stopped',
    detail: expect.stringContaining('control/halt halts this tool.'),
  });
  expect(report.outcomes).toEqual(purged > 0 ? { purged } : {});
  expect(report).toMatchObject({ open: 0, notAttempted: GONE - purged });
  expect(stage.world.truth.hardDeletes).toHaveLength(purged);
  const count = (kind: string) => kindsOf(lines).filter((one) => one === kind).length;
  expect(count('announced') - count('withdrawn')).toBe(purged);
  expect(count('withdrawn')).toBeGreaterThan(0);
  expect(violations).toEqual([]);

  stage.world.advance(DAY_MS);
  const next = await stage.night();
  expect(next.report).toMatchObject({ status: 'completed', outcomes: { purged: GONE - purged } });
  expect(next.missed).toEqual([]);
});

test('where nobody can tell any more, no more is purged, and the night fails', async () => {
  stage = await setStage({ furnish });
  const { report } = await stage.night({}, { halt: from(3, untold) });
  expect(report).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining('cannot be told: 403'),
    outcomes: { purged: 1 },
    notAttempted: GONE - 1,
  });
  expect(stage.world.truth.hardDeletes).toHaveLength(1);
});
