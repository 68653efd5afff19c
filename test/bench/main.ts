/**
 * `npm run bench [-- --deleted 10000 --users 200000 --latency 50]`: one night of the built job against the embedded
 * tenant with Graph's documented throttling, and what it cost.
 */
import { arch, availableParallelism, platform } from 'node:os';
import { parseArgs } from 'node:util';
import type { LedgerLine } from '../../lib/core/record.ts';
import type { Options } from '../demo/options.ts';
import { createScreen, number } from '../demo/screen.ts';
import { setStage } from '../demo/stage.ts';
import { followLedger } from '../host/followLedger.ts';
import { startJob } from '../host/job.ts';

/** "Microsoft Graph service-specific throttling limits": 3,000 writes in 150 s for an app in a tenant. */
const DOCUMENTED_WRITES_PER_SECOND = 3_000 / 150;

const { values } = parseArgs({
  options: {
    deleted: { type: 'string', default: '10000' },
    users: { type: 'string', default: '200000' },
    latency: { type: 'string', default: '50' },
  },
});
const wrong = Object.entries(values).find(([, text]) => !/^\d+$/.test(text));
if (wrong !== undefined) {
  process.stderr.write(`--${wrong[0]} must be a whole number, and is "${wrong[1]}".\n`);
  process.exit(2);
}
const deleted = Number(values.deleted);
const users = Number(values.users);
const latency = Number(values.latency);

const screen = createScreen(process.stdout);
screen.section(
  'A night, measured',
  `node ${process.version}, ${platform()} ${arch()}, ${availableParallelism()} cores`,
);
screen.wait('The company is being made …');
const options: Options = { mode: 'purge', users, source: 'entra', exchange: 'off' };
// Most of them are to be purged, so that purging is what is measured.
const stage = await setStage(options, { deleted, latency, kinds: { longGoneMailUser: { share: 150 } } });
try {
  const { settings } = stage.prepare(options, 'bench', {
    accidentalDeletionPrevention: {
      perNight: { users: deleted },
      rollingBudget: { days: 7, users: deleted },
    },
  });
  const started = performance.now();
  const job = startJob(settings);
  const lines = await watch(settings.LEDGER_DIRECTORY, job.ended);
  const { code, stderr, maxMemory = 0 } = await job.ended;
  const seconds = (performance.now() - started) / 1_000;
  const ended = lines.map(({ record }) => record).find((record) => record.kind === 'nightEnded');
  if (ended === undefined) throw new Error(stderr.trim().split('\n').at(-1));
  const { outcomes, status, detail, measurements, counts } = ended;
  const { maxWriteUse, maxResourceUse } = await stage.ask('counters');
  const purging = secondsOf(lines, 'announced', 'settled');
  const purged = outcomes.purged ?? 0;
  const rate = purged / purging;
  const share = Math.round((rate * 100) / DOCUMENTED_WRITES_PER_SECOND);
  screen.clear();
  screen.table(
    [{ title: 'Measured' }, { title: 'Value', align: 'right' }, { title: '' }],
    [
      ['live users', number(users), ''],
      ['deleted users', number(counts?.deletedUsers ?? 0), `${number(purged)} of them purged`],
      ['latency', `${latency} ms`, 'before every answer of Graph'],
      ['wall time', `${seconds.toFixed(0)} s`, 'of the whole process'],
      ['reading and deciding', `${secondsOf(lines, 'nightStarted', 'planned').toFixed(1)} s`, ''],
      ['purging and verifying', `${purging.toFixed(0)} s`, ''],
      [
        'purges',
        `${rate.toFixed(1)}/s`,
        `${share} % of the documented ${DOCUMENTED_WRITES_PER_SECOND}/s, after a burst`,
      ],
      [
        'Graph requests',
        number(measurements.graphCalls),
        `${number(measurements.throttled)} throttled, ${number(measurements.retries)} retried`,
      ],
      ['resource units', number(measurements.resourceUnits), ''],
      [
        'quota used at most',
        `${percent(maxWriteUse)}`,
        `of writes; ${percent(maxResourceUse)} of resource units`,
      ],
      ['memory at most', `${number(Math.round(maxMemory / 2 ** 20))} MiB`, 'of the job process'],
      ['ledger', number(lines.length), 'lines'],
    ].map((cells) => cells.map((text) => ({ text }))),
  );
  if (code !== 0) screen.fact('bad', `night ${status}`, detail);
  process.exitCode = code === 0 ? 0 : 1;
  screen.say(`npm run bench -- --deleted ${deleted} --users ${users} --latency ${latency}`, 'dim');
} finally {
  await stage.close();
}

async function watch(directory: string, ended: Promise<unknown>): Promise<readonly LedgerLine[]> {
  const lines: LedgerLine[] = [];
  let toPurge = 0;
  let settled = 0;
  for await (const line of followLedger(directory, ended)) {
    lines.push(line);
    if (line.record.kind === 'planned') toPurge = line.record.counts.purge;
    if (line.record.kind === 'settled') screen.progress('settled', ++settled, toPurge);
  }
  return lines;
}

/** From the first line of one kind to the last of another. */
function secondsOf(lines: readonly LedgerLine[], first: string, last: string): number {
  const from = lines.find(({ record }) => record.kind === first)?.at ?? '';
  const to = lines.findLast(({ record }) => record.kind === last)?.at ?? '';
  return (Date.parse(to) - Date.parse(from)) / 1_000;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
