/** A few hundred nights on fixed seeds, and some on a fresh one, which the failure names. */
import { expect, jest, test } from '@jest/globals';
import { openStorage, type Storage } from './account.ts';
import { Coverage } from './coverage.ts';
import { liveOneLife } from './simulate.ts';

jest.setTimeout(60_000);

async function live(seed: string, nights: number, storage?: Storage): Promise<readonly string[]> {
  const coverage = new Coverage();
  let lived = 0;
  for (let company = 0; lived < nights; company++) {
    const life = await liveOneLife({ seed: `${seed}/${company}`, coverage, ...(storage && { storage }) });
    if (life.violations.length > 0) return [`seed ${seed}, company ${company}`, ...life.violations];
    lived += life.nights;
  }
  return [];
}

test.each(['1', '2', '3'])('nothing goes wrong in the nights of seed %s', async (seed) => {
  expect(await live(seed, 60)).toEqual([]);
});

test('nor in those of a fresh seed', async () => {
  expect(await live(String(Date.now()), 60)).toEqual([]);
});

test('nor in those of one company over the wire, of a fresh seed', async () => {
  const storage = await openStorage();
  try {
    expect(await live(String(Date.now()), 1, storage)).toEqual([]);
  } finally {
    await storage.close();
  }
});
