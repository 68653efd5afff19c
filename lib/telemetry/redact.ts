import { redacted } from '../core/redaction.ts';
import type { Telemetry } from '../ports.ts';

/** Tells `telemetry` everything but personal data. */
export function redact(telemetry: Telemetry): Telemetry {
  return {
    record(lines) {
      telemetry.record(lines.map((line) => ({ ...line, record: redacted(line.record) })));
    },
    flush: () => telemetry.flush(),
  };
}
