/**
 * `node --import` this: the process lives CLOCK_AHEAD_MS later than its machine, and waits a CLOCK_HURRY-th of what it
 * waits by setTimeout. What times out by AbortSignal takes as long as ever.
 */
import timers from 'node:timers/promises';

const ahead = Number(process.env['CLOCK_AHEAD_MS'] ?? 0);
const hurry = Number(process.env['CLOCK_HURRY'] ?? 1);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], self) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + ahead] : args, self),
  get: (target, name, self) =>
    name === 'now' ? () => RealDate.now() + ahead : Reflect.get(target, name, self),
});

const { setTimeout } = globalThis;
globalThis.setTimeout = Object.assign(
  (run: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]) =>
    setTimeout(run, milliseconds / hurry, ...args),
  setTimeout,
) as typeof setTimeout;
const sleep = timers.setTimeout;
timers.setTimeout = (milliseconds = 0, ...how) => sleep(milliseconds / hurry, ...how);
