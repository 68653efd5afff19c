/** The job as it runs in Azure, in a process of its own, told of everything by its environment. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export type Settings = Readonly<Record<string, string | undefined>>;

export interface JobEnd {
  /** `null` where a signal ended it. */
  readonly code: number | null;
  /** What the function told its log. */
  readonly stdout: string;
  /** Its warnings, and why the invocation failed. */
  readonly stderr: string;
  /** Bytes of memory at the most, as the process itself saw it at its end. */
  readonly maxMemory: number | undefined;
}

export interface Job {
  readonly child: ChildProcess;
  readonly ended: Promise<JobEnd>;
}

/** What a process needs to run at all, and nothing that could point it anywhere. */
const INHERITED = ['PATH', 'HOME', 'USERPROFILE', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR', 'LANG'];

export interface JobOptions {
  readonly nodeArgs?: readonly string[];
  /** No file that it writes may grow beyond this. */
  readonly maxFileKiB?: number;
}

/** Starts the built function under the host. To be run from the root of the repository. */
export function startJob(
  settings: Settings,
  args: readonly string[] = [],
  { nodeArgs = [], maxFileKiB }: JobOptions = {},
): Job {
  const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
  const shell = maxFileKiB === undefined ? undefined : limitingShell(maxFileKiB);
  const child = fork(join(process.cwd(), 'test/host/main.ts'), args, {
    ...shell,
    execArgv: [...(shell?.execArgv ?? []), '--disable-warning=ExperimentalWarning', ...nodeArgs],
    env: { ...inherited, ...settings },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  return { child, ended: endOf(child) };
}

/** A file that grows beyond it is as good as a full disk, but for the name of the error. POSIX counts by 512 bytes. */
const limitingShell = (maxFileKiB: number) => ({
  execPath: '/bin/sh',
  execArgv: ['-c', `ulimit -f ${maxFileKiB * 2} && exec "$0" "$@"`, process.execPath],
});

async function endOf(child: ChildProcess): Promise<JobEnd> {
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  let maxMemory: number | undefined;
  child.on('message', (message) => {
    if (typeof message === 'object' && 'maxMemory' in message) maxMemory = Number(message.maxMemory);
  });
  const [code, stdout, stderr] = await Promise.all([exited, textOf(child.stdout), textOf(child.stderr)]);
  return { code, stdout, stderr, maxMemory };
}

const textOf = async (stream: ChildProcess['stdout']) => (stream === null ? '' : text(stream));
