/** Time that goes by where nobody expects it: a machine that is suspended, an answer that takes minutes. */
import { afterEach, expect, test } from '@jest/globals';
import type { LedgerLine } from '../../lib/core/record.ts';
import type { Ledger } from '../../lib/ports.ts';
import { DAY_MS, MINUTE_MS } from '../tenant/clock.ts';
import type { World } from '../tenant/world.ts';
import { furnishPartners, lookedAt, type Stage, setStage } from './stage.ts';

let stage: Stage | undefined;
afterEach(() => stage?.close());

const GONE = 3;
const furnish = (world: World) => furnishPartners(world, { people: 40, gone: GONE });

/** Lets `milliseconds` pass between the `nth` announcement and the look at the lease that follows it. */
function standingStill(ledger: Ledger, nth: number, milliseconds: number): Ledger {
  let slept = false;
  return lookedAt(ledger, (announced) => {
    if (slept || announced !== nth) return;
    slept = true;
    stage?.world.advance(milliseconds);
  });
}

const outcomesOf = (lines: readonly LedgerLine[] = []) =>
  lines.flatMap(({ record }) => (record.kind === 'settled' ? [record.outcome] : []));

test.each([1, 2])(
  'announced, then asleep for minutes: step %i is not sent, and what follows is',
  async (nth) => {
    stage = await setStage({ furnish });
    const { ledger } = stage.ports;
    const first = await stage.night({}, { ledger: standingStill(ledger, nth, 3 * MINUTE_MS) });
    const left = nth === 1 ? 1 : GONE - 1;
    expect(first.report).toMatchObject({
      status: 'completed',
      outcomes: { purged: GONE - left, notAttempted: left },
    });
    expect(stage.world.truth.hardDeletes).toHaveLength(GONE - left);
    const told = first.lines.flatMap(({ record }) =>
      record.kind === 'settled' && record.outcome === 'notAttempted' ? [record.detail] : [],
    );
    expect(told).toEqual(Array(left).fill(expect.stringContaining('stood still for minutes')));

    stage.world.advance(DAY_MS);
    const next = await stage.night();
    expect(next.report.outcomes).toEqual({ purged: left });
    expect({ violations: next.violations, missed: next.missed }).toEqual({ violations: [], missed: [] });
  },
);

test('a slow minute between an announcement and its DELETE is no standstill', async () => {
  stage = await setStage({ furnish });
  const { report } = await stage.night({}, { ledger: standingStill(stage.ports.ledger, 1, 1.5 * MINUTE_MS) });
  expect(report.outcomes).toEqual({ purged: GONE });
});

test('an answer that takes minutes says nothing of a DELETE that arrived meanwhile', async () => {
  stage = await setStage({ furnish });
  const { world, servers, ports } = stage;
  servers.faults.add({ match: /^DELETE /, kind: 'latePurge', delay: 6 * MINUTE_MS });
  const first = await stage.night();
  expect(outcomesOf(first.lines)[0]).toBe('unverified');

  const { entra } = ports;
  let looks = 0;
  const slow: typeof entra = {
    ...entra,
    sightings: async (...what) => {
      const answers = await entra.sightings(...what);
      looks += 1;
      if (looks === 1) world.advance(12 * MINUTE_MS);
      return answers;
    },
  };
  const next = await stage.night({}, { entra: slow });
  const late = next.lines.find(({ record }) => record.kind === 'settled' && record.intendedBy);
  expect(late?.record).toMatchObject({ outcome: 'purged' });
  expect(next.violations).toEqual([]);
});

test('as long as a purge may yet show, an unclear answer is asked for again', async () => {
  stage = await setStage({ furnish });
  const { servers, ports } = stage;
  servers.faults.add({ match: /^DELETE /, kind: 'latePurge', delay: 6 * MINUTE_MS });
  await stage.night();

  const { entra } = ports;
  let looks = 0;
  const vague: typeof entra = {
    ...entra,
    sightings: async (...what) => {
      looks += 1;
      return looks === 1 ? new Map() : entra.sightings(...what);
    },
  };
  const next = await stage.night({}, { entra: vague });
  const late = next.lines.filter(({ record }) => record.kind === 'settled' && record.intendedBy);
  expect(outcomesOf(late)).toEqual(['purged']);
});
