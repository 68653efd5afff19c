/** How fast a ledger is read: `node test/bench/ledger.ts [--nights 31 --users 10000]`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { at, DAY_MS, type NightId } from '../../lib/core/ids.ts';
import { createFileLedger, fileStore } from '../../lib/ledger/file.ts';
import { readLog } from '../../lib/ledger/readLog.ts';
import { announced, clockAt, decided, ended, started, user } from '../edges/ledgerRecords.ts';

const { values } = parseArgs({
  options: { nights: { type: 'string', default: '31' }, users: { type: 'string', default: '10000' } },
});
const nights = Number(values.nights);
const users = Number(values.users);
const BEGAN = Date.parse('2026-10-20T02:00:00Z');

/** A user is decided once, and again where something about it changed; one in a hundred is purged each night. */
const folder = await mkdtemp(join(tmpdir(), 'ledger-bench-'));
try {
  for (let number = 0; number < nights; number += 1) {
    const moment = at(BEGAN + number * DAY_MS);
    const id = (number + 1).toString(16).padStart(32, '0') as NightId;
    const open = await createFileLedger(folder).open(id, clockAt(moment), new AbortController().signal);
    await open.append(moment, [started()]);
    const changed = number === 0 ? users : Math.round(users / 20);
    const first = (number * changed) % users;
    await open.append(
      moment,
      Array.from({ length: changed }, (_, index) => decided((first + index) % users)),
    );
    const purged = Array.from({ length: Math.round(users / 100) }, (_, index) => number * users + index);
    await open.append(
      moment,
      purged.map((one) => announced(one)),
    );
    await open.append(moment, [
      { kind: 'unchanged', users: users - changed, fingerprint: '0'.repeat(64), left: [user(0)] },
      ended(),
    ]);
    await open.release();
  }
  const began = performance.now();
  let lines = 0;
  for await (const _ of readLog(fileStore(folder), at(BEGAN))) lines += 1;
  const seconds = (performance.now() - began) / 1_000;
  console.log(`${nights} nights of ${users} users: ${lines} lines read in ${seconds.toFixed(2)} s`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
