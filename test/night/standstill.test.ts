/** Time that goes by where nobody expects it: a machine that is suspended, an answer that takes minutes. */
import { afterEach, expect, test } from '@jest/globals';
import type { LedgerLine } from '../../lib/core/record.ts';
import type { Ledger } from '../../lib/ports.ts';
import { MINUTE_MS } from '../tenant/clock.ts';
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
  'withdraws step %i when the machine stood still after announcing it, and tries it again',
  async (nth) => {
    stage = await setStage({ furnish });
    const { ledger } = stage.ports;
    const first = await stage.night({}, { ledger: standingStill(ledger, nth, 3 * MINUTE_MS) });
    expect(first.report).toMatchObject({ status: 'completed', outcomes: { purged: GONE } });
    const why = first.lines.flatMap(({ record }) => (record.kind === 'withdrawn' ? [record.why] : []));
    expect(why).toEqual(Array(nth === 1 ? 1 : GONE - 1).fill(expect.stringContaining('too old')));
    expect({ violations: first.violations, missed: first.missed }).toEqual({ violations: [], missed: [] });
  },
);

test('sends what was announced less than a minute after its re-read', async () => {
  stage = await setStage({ furnish });
  const { report, lines } = await stage.night({}, { ledger: standingStill(stage.ports.ledger, 1, 50_000) });
  expect(report.outcomes).toEqual({ purged: GONE });
  expect(lines.filter(({ record }) => record.kind === 'withdrawn')).toEqual([]);
});

test('takes nothing from an answer that was asked for before a DELETE arrived', async () => {
  stage = await setStage({ furnish });
  const { world, servers, ports } = stage;
  servers.faults.add({ match: /^DELETE /, kind: 'latePurge', delay: 6 * MINUTE_MS });
  const first = await stage.night();
  expect(first.report).toMatchObject({ status: 'failed', open: 1 });

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
  const late = next.lines.find(({ record }) => record.kind === 'settled' && record.announcedBy);
  expect(late?.record).toMatchObject({ outcome: 'purged' });
  expect(next.violations).toEqual([]);
});

test('asks again after an unclear answer, as long as a purge may yet show', async () => {
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
  const late = next.lines.filter(({ record }) => record.kind === 'settled' && record.announcedBy);
  expect(outcomesOf(late)).toEqual(['purged']);
});
