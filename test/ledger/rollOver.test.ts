/** The roll-over, cut short after every step of it, and several runs at once in any order. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLedger } from '../../lib/ledger/ledger.ts';
import type { LogStore } from '../../lib/ledger/store.ts';
import { clockAt, ended, linesIn, night, openAt, started, time, writeNight } from '../edges/ledgerRecords.ts';
import { azureContainer, type Step } from './azureStore.ts';

const FIRST = time('2026-11-01T02:00:00Z');
const LATER = time('2026-11-10T02:00:00Z');
const going = new AbortController().signal;
const nothing: Step = () => undefined;

const read = async (store: LogStore) => {
  const open = await openAt(createLedger(store), night('f'), LATER);
  const lines = await linesIn(open);
  await open.release();
  return lines.map(({ night: id, seq, record }) => `${id[0]}${seq} ${record.kind}`);
};
const kinds = (lines: readonly string[]) => lines.map((line) => line.replace(/\d+ /, ' '));
const whole = (...ids: string[]) => ids.flatMap((id) => [`${id} nightStarted`, `${id} nightEnded`]);

/** A log of one night whose file is due, and how many steps the next night takes. */
async function dueLog() {
  const container = azureContainer();
  await writeNight(createLedger(container.seenBy(nothing)), night('a'), FIRST, [ended()]);
  return container;
}
/** Dies at the given step: from then on, nothing that it does arrives. */
function dyingAt(last: number, steps: string[] = []): Step {
  return (action) => {
    steps.push(action);
    if (steps.length > last) throw new Error('the process is dead');
  };
}

test('loses no line and writes none twice, whatever step the run dies at', async () => {
  const steps: string[] = [];
  await writeNight(createLedger((await dueLog()).seenBy(dyingAt(1_000, steps))), night('b'), LATER, [
    ended(),
  ]);
  expect(steps.filter((step) => step.startsWith('after')).map((step) => step.slice(6))).toEqual([
    'names',
    'create log/000001.ndjson',
    'lease log/000001.ndjson',
    'read',
    'create log/000002.ndjson',
    'lease log/000002.ndjson',
    'append log/000001.ndjson',
    'release log/000001.ndjson',
    'append log/000002.ndjson',
    'release log/000002.ndjson',
  ]);
  for (let last = 0; last < steps.length; last += 1) {
    for (let second = 0; second < steps.length; second += 3) {
      const container = await dueLog();
      for (const [id, at] of [
        ['b', last],
        ['c', second],
      ] as const) {
        await writeNight(createLedger(container.seenBy(dyingAt(at))), night(id), LATER, [ended()]).catch(
          () => undefined,
        );
        container.runOut();
      }
      await writeNight(createLedger(container.seenBy(nothing)), night('d'), LATER, [ended()]);
      const lines = kinds(await read(container.seenBy(nothing)));
      const written = ['b', 'c'].filter((id) => lines.includes(`${id} nightStarted`));
      expect(lines).toEqual(whole('a', ...written, 'd'));
      expect(container.held()).toBe(0);
    }
  }
});

test('keeps one writer at a time, and every acknowledged line once, in any order of three runs', async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(fc.nat(60), { maxLength: 2 }), async (scheduler, expiries) => {
      const container = await dueLog();
      const acknowledged: string[] = [];
      let steps = 0;
      const step = async (action: string) => {
        await scheduler.schedule(Promise.resolve(), action);
        steps += 1;
        // The machine that holds a lease stands still for a minute.
        if (expiries.includes(steps)) container.runOut();
      };
      const clock = {
        now: () => LATER,
        sleep: async () => void (await scheduler.schedule(Promise.resolve(), 'sleep')),
      };
      const run = async (id: string) => {
        const open = await createLedger(container.seenBy(step)).open(night(id), clock, going);
        try {
          for (const record of [started(), ended()]) {
            const lines = await open.append(LATER, [record]);
            acknowledged.push(...lines.map(({ seq }) => `${id}${seq} ${record.kind}`));
          }
        } finally {
          await open.release();
        }
      };
      const runs = Promise.allSettled(['b', 'c', 'd'].map(run));
      await scheduler.waitFor(runs);
      for (const one of await runs) {
        if (one.status === 'rejected') {
          expect(String(one.reason)).toMatch(/Another night is running|LeaseNotPresent/);
        } else done += 1;
      }
      container.runOut();
      const lines = await read(container.seenBy(nothing));
      expect(new Set(lines).size).toBe(lines.length);
      expect(lines.filter((line) => !line.startsWith('a')).sort()).toEqual(acknowledged.sort());
    }),
    { numRuns: 150 },
  );
  expect(done).toBeGreaterThan(150);
});

describe('a run that is opening the ledger', () => {
  test('says that another run has it where it loses the lease meanwhile', async () => {
    const container = await dueLog();
    const store = container.seenBy((action) => {
      if (action.startsWith('before append')) container.runOut();
    });
    const opened = createLedger(store).open(night('b'), clockAt(LATER), going);
    await expect(opened).rejects.toMatchObject({ refusals: [{ refusal: 'anotherNightRuns' }] });
  });

  test('goes on where it loses the lease once, and nobody else has it', async () => {
    const container = await dueLog();
    let isFirst = true;
    const store = container.seenBy((action) => {
      if (isFirst && action.startsWith('before append')) {
        isFirst = false;
        container.runOut();
      }
    });
    await writeNight(createLedger(store), night('b'), LATER, [ended()]);
    expect(kinds(await read(container.seenBy(nothing)))).toEqual(whole('a', 'b'));
  });

  test('is stopped, and touches nothing, where it is asked to end before its first try', async () => {
    const steps: string[] = [];
    const ledger = createLedger(azureContainer().seenBy((action) => void steps.push(action)));
    const opened = ledger.open(night('b'), clockAt(LATER), AbortSignal.abort());
    await expect(opened).rejects.toMatchObject({ name: 'NightStopped' });
    expect(steps).toEqual([]);
  });
});
