/** `npm run explore`: every order of answers in small nights. `--bugs` asks whether it can fail. */
import { parseArgs } from 'node:util';
import { exploreAll, LONG_RUNS, SHORT_RUNS } from './runs.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

function main(): number {
  const { values } = parseArgs({
    options: { short: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
  });
  const runs = (values.short ? SHORT_RUNS : LONG_RUNS).filter(({ name }) => name.includes(values.only));
  for (const run of runs) {
    const begun = performance.now();
    const { states, violation } = exploreAll(run);
    if (violation !== undefined) {
      say(`After ${states} states of "${run.name}":\n  ${violation}`);
      return 1;
    }
    say(`${run.name}: ${states} states in ${Math.round((performance.now() - begun) / 1_000)} s`);
  }
  say('No violation.');
  return 0;
}

process.exitCode = main();
