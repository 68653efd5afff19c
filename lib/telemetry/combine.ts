import type { Telemetry } from '../ports.ts';

/** Tells `first` and all the `others`. Delivered is what all have; the count of events is the first one's. */
export function combine(first: Telemetry, ...others: readonly Telemetry[]): Telemetry {
  return {
    record(lines) {
      for (const telemetry of [first, ...others]) telemetry.record(lines);
    },
    async flush() {
      const [of, ...rest] = await Promise.all([first.flush(), ...others.map((other) => other.flush())]);
      const failed = [of, ...rest].filter(({ delivered }) => !delivered);
      return {
        events: of.events,
        delivered: failed.length === 0,
        detail: failed.length === 0 ? of.detail : failed.map(({ detail }) => detail).join(' '),
      };
    },
  };
}
