/** Runs the export script against a domain controller on loopback, with Windows.ps1 replaced by Loopback.ps1. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PWSH } from './powershell.ts';

export interface ExportKit {
  /** A folder of the test's own, with the scripts in `scripts`. */
  readonly folder: string;
  /** Starts the script and returns at once. */
  start(args: readonly string[], options?: RunOptions): RunningExport;
  run(args: readonly string[], options?: RunOptions): Promise<ExportResult>;
  log(): string;
  events(): string;
  /** Kills what still runs, too. */
  remove(): void;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A shell line before the script, such as `ulimit -f 40`. */
  readonly before?: string;
}

export interface RunningExport {
  /** Of the launcher; 0 where it did not start. */
  readonly pid: number;
  /** PowerShell as a .NET tool is two processes: both get the signal. */
  kill: Kill;
  readonly ended: Promise<ExportResult>;
}

interface ExportResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Kill = (signal: 'SIGKILL' | 'SIGINT') => void;
const allRunning = new Set<ReadonlySet<Kill>>();
process.once('exit', () => {
  for (const kill of [...allRunning].flatMap((running) => [...running])) kill('SIGKILL');
});

/** @param controllers address of the domain controller of each domain */
export function createExportKit(
  controllers: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): ExportKit {
  const folder = mkdtempSync(join(tmpdir(), 'export-script-'));
  const scripts = join(folder, 'scripts');
  cpSync('infra/onprem', scripts, { recursive: true });
  cpSync('test/powershell/Loopback.ps1', join(scripts, 'OnPremExport', 'Windows.ps1'));
  const [logFolder, events] = [join(folder, 'log'), join(folder, 'events')];
  const running = new Set<Kill>();
  allRunning.add(running);
  const text = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

  const start = (args: readonly string[], options: RunOptions = {}): RunningExport => {
    const script = join(scripts, 'Export-OnPremUsers.ps1');
    const command = [
      PWSH,
      '-NoProfile',
      '-NonInteractive',
      '-File',
      script,
      ...args,
      '-LogFolder',
      logFolder,
    ];
    const shell = ['-c', `${options.before ?? ':'}; exec "$@"`, 'bash', ...command];
    const child = spawn('bash', shell, {
      detached: true,
      cwd: options.cwd ?? folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        POWERSHELL_TELEMETRY_OPTOUT: '1',
        POWERSHELL_UPDATECHECK: 'Off',
        TEST_DOMAIN_CONTROLLERS: JSON.stringify(controllers),
        TEST_READER: 'reader',
        TEST_PASSWORD: 'secret',
        TEST_EVENTS: events,
        ...env,
        ...options.env,
      },
    });
    const result = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (data) => {
        result[name] += data;
      });
    }
    const kill: Kill = (signal) => {
      if (running.has(kill) && child.pid !== undefined) process.kill(-child.pid, signal);
    };
    running.add(kill);
    const ended = once(child, 'close').then(([code]) => {
      running.delete(kill);
      return { code, ...result };
    });
    return { pid: child.pid ?? 0, kill, ended };
  };
  return {
    folder,
    start,
    run: (args, options) => start(args, options).ended,
    log: () => text(join(logFolder, 'export.log')),
    events: () => text(events),
    remove: () => {
      allRunning.delete(running);
      for (const kill of running) kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
