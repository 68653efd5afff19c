/** The built job while its storage is slow, goes away, or is full: and the night after. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { createFileLedger } from '../../lib/ledger/file.ts';
import { readAll } from '../edges/ledgerRecords.ts';
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
afterEach(async () => {
  account.onPiece = () => true;
  await cloud.close();
});
afterAll(() => account.close());

const rest = async () => ({
  violations: await cloud.violations(),
  missed: cloud.missed(),
  book: await checkBook(cloud),
});
const wellDone = { violations: [], missed: [], book: [] };
const purged = () => cloud.world.truth.hardDeletes.length;

test('slow: it takes longer, and nothing else', async () => {
  account.onPiece = async () => {
    await delay(15);
    return true;
  };
  const { code, stderr } = await cloud.job().ended;
  expect([code, stderr]).toEqual([0, '']);
  expect(await rest()).toEqual(wellDone);
});

test('gone in the middle of a night: nothing more is purged, and the next night makes it good', async () => {
  const before = () => account.azurite.stop();
  cloud.servers.faults.add({ match: /^DELETE /, kind: 'none', after: 7, before });
  const { code, stderr } = await cloud.job().ended;
  await account.azurite.start();
  expect(code).toBe(1);
  expect(stderr).toMatch(/The ledger could not be written.*Nothing more is purged tonight/);
  expect(await cloud.violations()).toEqual([]);

  cloud.later(UNTIL_IT_SHOWS_MS);
  await cloud.endLease();
  expect((await cloud.job().ended).code).toBe(0);
  expect(await rest()).toEqual(wellDone);
});

test('full: nothing more is purged, and what was written can be read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'full-'));
  try {
    const settings = { LEDGER_CONTAINER_URL: undefined, LEDGER_DIRECTORY: join(folder, 'ledger') };
    // The largest file that this process may write, in KiB: enough for the plan, and not for all its purges.
    const { code, stderr } = await cloud.job(settings, { maxFileKiB: 48 }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/The ledger could not be written.*EFBIG.*Nothing more is purged tonight/);
    const before = purged();
    expect(before).toBeLessThan(GONE);

    cloud.later(UNTIL_IT_SHOWS_MS);
    expect((await cloud.job(settings).ended).code).toBe(0);
    expect(purged()).toBe(GONE);
    const kinds = (await readAll(createFileLedger(settings.LEDGER_DIRECTORY))).map(
      ({ record }) => record.kind,
    );
    expect(kinds.filter((kind) => kind === 'nightStarted')).toHaveLength(2);
    expect(kinds).toContain('nightEnded');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
