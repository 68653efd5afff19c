/** Two processes with one ledger in Azurite. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { type Account, type Cloud, foundCloud, openAccount, UNTIL_IT_SHOWS_MS } from './cloud.ts';
import { checkBook } from './killing.ts';

jest.setTimeout(120_000);

const GONE = 25;
let account: Account;
let cloud: Cloud;
beforeAll(async () => {
  account = await openAccount();
});
beforeEach(async () => {
  cloud = await foundCloud(account, GONE);
});
afterEach(() => cloud.close());
afterAll(() => account.close());

const rest = async () => ({
  violations: await cloud.violations(),
  missed: cloud.missed(),
  book: await checkBook(cloud),
});
const wellDone = { violations: [], missed: [], book: [] };
const nightsIn = async () =>
  new Set(
    (await cloud.lines()).filter(({ record }) => record.kind === 'nightStarted').map((line) => line.night),
  );

test('started together, one waits until the other is done, and finds nothing left to do', async () => {
  const ends = await Promise.all([cloud.job().ended, cloud.job().ended]);
  expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  expect((await nightsIn()).size).toBe(2);
  // The lines of the one stand before those of the other.
  const order = (await cloud.lines()).map((line) => line.night);
  expect(order.filter((night, index) => night !== order[index - 1])).toHaveLength(2);
  expect(await rest()).toEqual(wellDone);
});

test('one that was stopped while it purged, and wakes up after another took over, does not go on', async () => {
  const sleeper = cloud.job();
  const asleep = new Promise<void>((resolve) => {
    const before = () => {
      sleeper.child.kill('SIGSTOP');
      resolve();
    };
    cloud.servers.faults.add({ match: /^DELETE /, kind: 'none', after: 3, before });
  });
  await asleep;
  cloud.later(UNTIL_IT_SHOWS_MS);
  await cloud.endLease();
  const taker = await cloud.job().ended;
  expect([taker.code, taker.stderr]).toEqual([0, '']);
  const deletes = cloud.world.truth.hardDeletes.length;
  const lines = (await cloud.lines()).length;

  sleeper.child.kill('SIGCONT');
  const woken = await sleeper.ended;
  expect(woken.code).toBe(1);
  expect(woken.stderr).toMatch(/The ledger could not be written.*another run has taken/);
  expect(cloud.world.truth.hardDeletes).toHaveLength(deletes);
  expect(await cloud.lines()).toHaveLength(lines);
  expect(await rest()).toEqual(wellDone);
});

test('while one is under way, another that cannot wait is refused and has touched nothing', async () => {
  const first = cloud.job();
  let second: Promise<{ code: number | null; stderr: string }> | undefined;
  const before = async () => {
    first.child.kill('SIGSTOP');
    const other = cloud.job({ NIGHT_TIME_LIMIT_MINUTES: '0.01' });
    second = other.ended;
    await other.ended;
    first.child.kill('SIGCONT');
  };
  cloud.servers.faults.add({ match: /^DELETE /, kind: 'none', after: 3, before });
  expect(await first.ended).toMatchObject({ code: 0, stderr: '' });
  expect(await second).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Another night is running.*Nothing was purged by this one/),
  });
  expect((await nightsIn()).size).toBe(1);
  expect(await rest()).toEqual(wellDone);
});
