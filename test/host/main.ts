/**
 * `node test/host/main.ts [--list] [--past-due]`: loads the function app that package.json names as its main
 * file, as the Azure Functions worker does, and fires its timer once. Everything else comes from the environment.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Log, loadApp } from './worker.ts';

const ROOT = join(import.meta.dirname, '../..');
const FUNCTION = 'nightlyPurge';
const KILLED_AFTER_MS = 5_000;

const { values } = parseArgs({ options: { list: { type: 'boolean' }, 'past-due': { type: 'boolean' } } });

const log: Log = (level, message) => {
  if (level === 'trace' || level === 'debug') return;
  const stream = level === 'information' ? process.stdout : process.stderr;
  stream.write(`${message}\n`);
};

const { main } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { main: string };
const app = await loadApp(join(ROOT, main), log);

if (values.list === true) {
  process.stdout.write(`${JSON.stringify(app.functions)}\n`);
} else {
  // The worker awaits the hooks, exits without waiting for a running invocation, and is killed after five seconds.
  process.once('SIGTERM', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), KILLED_AFTER_MS).unref();
    void app.terminate().then(() => process.exit(0));
  });
  // A worker ends with its host.
  process.once('disconnect', () => process.exit(1));
  await app.fire(FUNCTION, { isPastDue: values['past-due'] === true }).catch((error: unknown) => {
    log('error', error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  });
}
process.send?.({ maxMemory: process.resourceUsage().maxRSS * 1024 });
// A worker lives on after an invocation, and does not mind what the app leaves open; this host is done.
for (const stream of [process.stdout, process.stderr])
  await new Promise((resolve) => stream.write('', resolve));
process.exit();
