/** The timer: runs one night, and fails the invocation where the night failed. */
import { app, type InvocationContext, type Timer } from '@azure/functions';
import { compose } from '../lib/compose.ts';
import { readConfig, scheduleOf } from '../lib/config.ts';
import { messageOf } from '../lib/errors.ts';
import { runNight } from '../lib/night.ts';

const terminating = new AbortController();
/** Two can share a worker. */
const running = new Set<Promise<void>>();

/** The worker awaits this hook and then exits: a night that is not awaited here is cut at any instruction. */
async function endRunningNights(): Promise<void> {
  terminating.abort(new Error('the platform ends this worker'));
  await Promise.allSettled(running);
}
app.hook.appTerminate(endRunningNights);
process.once('SIGTERM', () => void endRunningNights().then(() => process.exit(0)));

app.timer('nightlyPurge', {
  schedule: scheduleOf(process.env),
  runOnStartup: false,
  useMonitor: true,
  handler: async (timer, context) => {
    const night = nightlyPurge(timer, context);
    running.add(night);
    await night.finally(() => running.delete(night));
  },
});

async function nightlyPurge(timer: Timer, context: InvocationContext): Promise<void> {
  if (timer.isPastDue) context.warn('The timer is past due: last night did not run on time. Running now.');
  try {
    const config = readConfig(process.env);
    const { ports, policy, night, dispose } = compose(config, context);
    try {
      const signal = AbortSignal.any([terminating.signal, AbortSignal.timeout(config.timeLimitMs)]);
      const { status, detail, report, warnings } = await runNight(ports, policy, { id: night, signal });
      if (report !== undefined) context.info(`The report of this night: ${report}`);
      for (const warning of warnings) context.warn(warning);
      if (status === 'refused' || status === 'failed')
        throw new Error(`The night ${night} ${status}: ${detail}`);
    } finally {
      await dispose();
    }
  } catch (error) {
    // A new error, so that neither a stack of ours nor an inner cause reaches the log.
    const failure = new Error(messageOf(error));
    delete failure.stack;
    throw failure;
  }
}
