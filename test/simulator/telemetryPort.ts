/** Telemetry as a port: what is handed over arrives, or not, or only in part, or nobody learns of it. */
import { isDeepStrictEqual } from 'node:util';
import type { LedgerLine } from '../../lib/core/record.ts';
import type { Telemetry } from '../../lib/ports.ts';
import { violate } from './company.ts';
import type { Runner } from './runner.ts';

export function telemetryPort({ company, point, fault }: Runner): Telemetry {
  const gone = fault('telemetry: gone');
  let pending: LedgerLine[] = [];
  const arrive = (lines: readonly LedgerLine[]) => {
    for (const line of lines) {
      const key = keyOf(line);
      const known = company.arrived.get(key);
      if (known !== undefined && !isDeepStrictEqual(known, line))
        violate(company, `telemetry was told ${key} in two ways`);
      company.arrived.set(key, line);
    }
  };
  return {
    record: (lines) => {
      pending.push(...lines);
    },
    async flush() {
      await point('telemetry.flush', 'before');
      const lines = pending;
      pending = [];
      const events = lines.length;
      if (gone) return { events, delivered: false, detail: 'nothing arrived' };
      if (fault('telemetry: only a part arrived')) {
        arrive(lines.slice(0, Math.floor(events / 2)));
        return { events, delivered: false, detail: 'a part arrived' };
      }
      arrive(lines);
      if (fault('telemetry: arrived, but nobody knows')) {
        return { events, delivered: false, detail: 'no answer' };
      }
      await point('telemetry.flush', 'after');
      return { events, delivered: true, detail: 'arrived' };
    },
  };
}

export const keyOf = ({ night, seq, record }: LedgerLine) => `${night} ${seq} ${record.kind}`;
