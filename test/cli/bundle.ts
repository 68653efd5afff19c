/** The desk's bundle in a process of its own, told of everything by its environment. To be run from the repository. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Settings } from '../host/job.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const BUNDLE = join(process.cwd(), 'dist/mailuser-purge.cjs');

export async function runBundle(
  args: readonly string[],
  settings: Settings = {},
  stdin?: string,
  bundle = BUNDLE,
): Promise<Ended> {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(process.execPath, [bundle, ...args], { env: { PATH, HOME, TMPDIR, ...settings } });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin ?? '');
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}
