/** Sees that telemetry has what the ledger has: tonight's lines, and those of nights that could not send them. */
import type { History } from '../core/history.ts';
import { at, DAY_MS, type NightId, type Timestamp } from '../core/ids.ts';
import type { RecordOf } from '../core/record.ts';
import { messageOf } from '../errors.ts';
import type { Delivery } from '../ports.ts';
import { type Night, record } from './record.ts';

/** How far back telemetry is made up for. */
const RESEND_DAYS = 31;

/** Flushes tonight's telemetry; if it arrived, sends what earlier nights still owe. @throws LedgerFailed */
export async function tellTelemetry(night: Night, history: History, startedAt: Timestamp): Promise<void> {
  const tonight = await night.ports.telemetry.flush();
  await record(night, [telemetrySent(night.id, tonight)]);
  if (!tonight.delivered) return;
  for (const owed of history.untold) {
    const delivery = await resend(night, owed, startedAt);
    await record(night, [telemetrySent(owed, delivery)]);
    if (!delivery.delivered) return;
  }
}

async function resend({ ports }: Night, owed: NightId, startedAt: Timestamp): Promise<Delivery> {
  const since = at(Date.parse(startedAt) - RESEND_DAYS * DAY_MS);
  try {
    for await (const line of ports.ledger.earlierNights(since)) {
      if (line.night === owed) ports.telemetry.record([line]);
    }
  } catch (error) {
    // Tonight is over and recorded. What earlier nights owe must not make another night of it.
    return { events: 0, delivered: false, detail: `could not be read again: ${messageOf(error)}` };
  }
  return ports.telemetry.flush();
}

function telemetrySent(of: NightId, { events, delivered, detail }: Delivery): RecordOf<'telemetrySent'> {
  return { kind: 'telemetrySent', of, events, delivered, detail };
}
