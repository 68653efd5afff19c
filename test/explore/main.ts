/** `npm run explore`: every order of answers, and a crash after every line, in small nights. */
import { parseArgs } from 'node:util';
import { exploreAll, LONG_RUNS, SHORT_RUNS } from './runs.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

function main(): number {
  const { values } = parseArgs({
    options: { short: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
  });
  const runs = (values.short ? SHORT_RUNS : LONG_RUNS).filter(({ name }) => name.includes(values.only));
  let all = 0;
  for (const run of runs) {
    const begun = performance.now();
    const { states, violation } = exploreAll(run);
    all += states;
    if (violation !== undefined) {
      say(`After ${states} states of "${run.name}":\n  ${violation}`);
      return 1;
    }
    say(`${run.name}: ${states} states in ${Math.round((performance.now() - begun) / 1_000)} s`);
  }
  say(`${all} states without a violation.`);
  return 0;
}

process.exitCode = main();
