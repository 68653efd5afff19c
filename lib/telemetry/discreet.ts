import { withoutPersonalData } from '../core/discretion.ts';
import type { Telemetry } from '../ports.ts';

/** Tells `telemetry` everything but personal data. */
export function discreet(telemetry: Telemetry): Telemetry {
  return {
    record(lines) {
      telemetry.record(lines.map((line) => ({ ...line, record: withoutPersonalData(line.record) })));
    },
    flush: () => telemetry.flush(),
  };
}
