import { expect, jest, test } from '@jest/globals';
import { killAtRandom } from './killing.ts';

/** A process for each; a busy machine takes its time. */
jest.setTimeout(180_000);

test('killed at random moments, every night that follows makes good what the one before left', async () => {
  const { kills, wrongs } = await killAtRandom(3, 20_261_123);
  expect(wrongs).toEqual([]);
  expect(kills).toBe(3);
});
