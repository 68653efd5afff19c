/** The one place that stops waiting. */

/**
 * What `work` comes to, `late` where it takes longer than `milliseconds`, or `stopped` where `signal` aborts first. The
 * work itself goes on: `fetch` and most SDKs want a signal of their own for that.
 */
export async function within<T>(
  milliseconds: number,
  work: Promise<T>,
  signal?: AbortSignal,
): Promise<{ readonly done: T } | 'late' | 'stopped'> {
  let timer: NodeJS.Timeout | undefined;
  let stop = () => {};
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), milliseconds);
  });
  const stopped = new Promise<'stopped'>((resolve) => {
    stop = () => resolve('stopped');
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work.then((done) => ({ done })), late, stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
