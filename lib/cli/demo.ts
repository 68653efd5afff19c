/** `--demo`: the same bundle, started again against a company that a clone of the repository simulates. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXIT } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** @returns the exit code of the command that was run there */
export async function runDemo(terminal: Terminal, args: readonly string[]): Promise<number> {
  const root = dirname(dirname(realpathSync(process.argv[1] ?? '.')));
  const launcher = join(root, 'test/demo/desk.ts');
  if (!existsSync(launcher)) {
    terminal.note(
      '--demo needs a clone of the repository, which has the simulated company: git clone, npm ci, and run it there.',
    );
    return EXIT.usage;
  }
  // The Node that the repository brings runs its TypeScript as it is.
  const own = join(root, 'node_modules/node/bin/node');
  const child = spawn(
    existsSync(own) ? own : process.execPath,
    ['--disable-warning=ExperimentalWarning', launcher, ...args.filter((arg) => arg !== '--demo')],
    { stdio: 'inherit' },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? EXIT.finding;
}
