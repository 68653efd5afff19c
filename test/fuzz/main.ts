/** `npm run fuzz -- --runs 50 --seed 7 graphNight`: the suites that are named, or all of them, for longer. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Times as many runs as in `npm test`. */
    runs: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const paths = positionals.length === 0 ? ['test/fuzz/'] : positionals.map((name) => `test/fuzz/${name}`);
const jest = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...paths], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_RUNS: values.runs, FUZZ_SEED: values.seed },
});
process.exitCode = jest.status ?? 1;
