/** Writes the night's records: the ledger first, then whoever watches. */
import type { NightId } from '../core/ids.ts';
import type { LedgerLine, LedgerRecord } from '../core/record.ts';
import type { Claim, NightLedger, Ports } from '../ports.ts';

/** What every step of a night has at hand. */
export interface Night {
  readonly id: NightId;
  readonly ports: Ports;
  readonly claim: Claim;
  readonly ledger: NightLedger;
  /** Aborts when the platform wants the night to end. */
  readonly signal: AbortSignal;
}

/** Large enough to be few writes, small enough for one block of an append blob (4 MiB). */
const RECORDS_PER_APPEND = 500;

/** Returns the lines that the records became. @throws LedgerFailed */
export async function record(
  { ports, ledger }: Night,
  records: readonly LedgerRecord[],
): Promise<readonly LedgerLine[]> {
  const written: LedgerLine[] = [];
  for (let start = 0; start < records.length; start += RECORDS_PER_APPEND) {
    const chunk = records.slice(start, start + RECORDS_PER_APPEND);
    const lines = await ledger.append(ports.clock.now(), chunk);
    ports.telemetry.record(lines);
    written.push(...lines);
  }
  return written;
}
