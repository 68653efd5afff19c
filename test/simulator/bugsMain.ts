/**
 * `npm run simulate:bugs`: can the simulator fail? Each deliberate bug is put into a copy of the source tree, and
 * the simulator has so many nights to find it there. The tree as it is must pass the same nights first. With
 * `--explore` (`npm run explore:bugs`) the same of the explorer.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BUGS } from '../explore/bugs.ts';
import { BUGS_IN_DECIDING, type Bug } from './bugsDeciding.ts';
import { BUGS_IN_PURGING } from './bugsPurging.ts';
import { BUGS_IN_RECORDING } from './bugsRecording.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const COPIED = ['lib', 'test', 'package.json'];
const say = (text: string) => process.stdout.write(`${text}\n`);

interface Hunted {
  /** Until the simulator stopped, at a violation or at the end. */
  readonly nights: number;
  /** `undefined` where it found nothing. */
  readonly violation: string | undefined;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      nights: { type: 'string', default: '6000' },
      seed: { type: 'string', default: '1' },
      /** Only those whose name holds this. */
      only: { type: 'string', default: '' },
      explore: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '2' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'bugs-'));
  try {
    const nights = ['--nights', values.nights, '--seed', values.seed, '--quiet'];
    const args = values.explore ? ['test/explore/main.ts', '--short'] : ['test/simulator/main.ts', ...nights];
    const bugs = values.explore ? BUGS : [...BUGS_IN_DECIDING, ...BUGS_IN_PURGING, ...BUGS_IN_RECORDING];
    const some = bugs.filter(({ name }) => name.includes(values.only));
    return await huntAll(some, { folder, args, jobs: Number(values.jobs) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Hunt {
  readonly folder: string;
  readonly args: readonly string[];
  readonly jobs: number;
}

/** Never planted: the tree as it is must pass. */
const CONTROL: Bug = { name: 'no bug at all', file: 'lib/night.ts', edits: [] };

async function huntAll(bugs: readonly Bug[], { folder, args, jobs }: Hunt): Promise<number> {
  // A copy of what stands now: whoever edits the tree meanwhile is not to be taken for a bug.
  const whole = join(folder, 'whole');
  for (const path of COPIED) cpSync(join(ROOT, path), join(whole, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(whole, 'node_modules'));
  const queue = [CONTROL, ...bugs].map((bug) => ({ bug, text: edited(bug, whole) }));
  let missed = 0;
  let isSound = true;
  say(`${'nights'.padStart(7)}  bug, and what the simulator said of it`);
  const work = async (_: unknown, job: number) => {
    const copy = join(folder, `job ${job}`);
    cpSync(whole, copy, { recursive: true });
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { bug, text } = next;
      writeFileSync(join(copy, bug.file), text);
      const { nights, violation } = await simulate(copy, args);
      cpSync(join(whole, bug.file), join(copy, bug.file));
      if (bug === CONTROL) isSound = violation === undefined;
      else if (violation === undefined) missed += 1;
      const how = violation ?? `nothing in ${nights}`;
      const found = violation === undefined ? '-' : String(nights);
      say(`${found.padStart(7)}  ${bug.name}\n${' '.repeat(11)}${how.slice(0, 160)}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  if (!isSound) say('\nThe tree as it is does not pass, so that the others prove nothing.');
  say(`\n${bugs.length - missed} of ${bugs.length} bugs caught.`);
  return isSound && missed === 0 ? 0 : 1;
}

/** @throws Error where the source has changed so that the bug cannot be planted any more */
function edited({ name, file, edits }: Bug, folder: string): string {
  return edits.reduce(
    (text, [from, to]) => {
      if (text.split(from).length !== 2) {
        throw new Error(`"${name}" cannot be planted: ${file} does not hold this once: ${from}`);
      }
      return text.replace(from, () => to);
    },
    readFileSync(join(folder, file), 'utf8'),
  );
}

/** @throws Error where the simulator itself did not run, which proves nothing */
async function simulate(folder: string, args: readonly string[]): Promise<Hunted> {
  const output = await run(folder, args);
  const passed = /^(\d+) (?:nights|states) without a violation/m.exec(output)?.[1];
  if (passed !== undefined) return { nights: Number(passed), violation: undefined };
  const failed = /^After (\d+) (?:nights|states).*\n {2}(.*)/m.exec(output);
  if (failed === null) throw new Error(`It did not run: ${output.slice(-2_000)}`);
  return { nights: Number(failed[1]), violation: failed[2] ?? '' };
}

function run(folder: string, args: readonly string[]): Promise<string> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [...args], { cwd: folder });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', failed);
    child.on('close', () => done(output));
  });
}

process.exitCode = await main();
