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

/** @throws LedgerFailed */
export async function record(night: Night, records: readonly LedgerRecord[]): Promise<void> {
  for (let start = 0; start < records.length; start += RECORDS_PER_APPEND) {
    await recordAtOnce(night, records.slice(start, start + RECORDS_PER_APPEND));
  }
}

/** In one write: for few. Returns the lines that the records became. @throws LedgerFailed */
export async function recordAtOnce(
  { ports, ledger }: Night,
  records: readonly LedgerRecord[],
): Promise<readonly LedgerLine[]> {
  const lines = await ledger.append(ports.clock.now(), records);
  ports.telemetry.record(lines);
  return lines;
}
