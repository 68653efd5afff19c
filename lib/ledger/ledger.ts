/** The ledger over any store: one log, which one run at a time holds, written by one writer. */
import type { NightId, Timestamp } from '../core/ids.ts';
import type { LedgerLine, LedgerRecord } from '../core/record.ts';
import { LedgerFailed, messageOf, NightRefused, NightStopped } from '../errors.ts';
import type { Clock, Ledger, OpenLedger } from '../ports.ts';
import { linkRecords, type Tail } from './chain.ts';
import { readLog } from './readLog.ts';
import { LeaseLost, type LogStore } from './store.ts';
import { type Held, type Place, put, takeLog } from './take.ts';

/** Together longer than the lease of a process that died. */
const WAIT_MS = 5_000;
const WAITS = 15;
const STOPPED = 'the platform, or the time limit, asked the night to end before it had the ledger';

export function createLedger(store: LogStore): Ledger {
  return {
    location: store.location,
    async open(night, clock, signal) {
      const held = await waitFor(store, night, clock, signal);
      return openLedger(store, held, night, clock.now());
    },
  };
}

async function waitFor(store: LogStore, night: NightId, clock: Clock, signal: AbortSignal): Promise<Held> {
  for (let waits = 0; waits <= WAITS; waits += 1) {
    if (waits > 0) await clock.sleep(WAIT_MS, signal);
    // Whoever was seen to hold the log is the reason; before the first try nobody was.
    if (signal.aborted && waits === 0) throw new NightStopped(STOPPED);
    if (signal.aborted) break;
    try {
      const held = await takeLog(store, night, clock.now());
      if (held !== undefined) return held;
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw unreliable(store, error);
    }
  }
  throw new NightRefused(
    'anotherNightRuns',
    `Another night is running: it holds the ledger in ${store.location}. Nothing was purged by this one. Wait until the other has ended. If none is running, this lasts for a minute after the other died: run it again.`,
  );
}

function openLedger(store: LogStore, held: Held, night: NightId, startedAt: Timestamp): OpenLedger {
  const location = `${store.location}/${held.name}`;
  return {
    location,
    startedAt,
    async *lines(since) {
      try {
        yield* readLog(store, since);
      } catch (error) {
        throw unreliable(store, error);
      }
    },
    append: startWriter(held, night, location),
    async stillOurs() {
      try {
        await held.lease.stillOurs();
      } catch (error) {
        throw failed(location, error);
      }
    },
    async attach(html) {
      const name = reportName(night, startedAt);
      await store.attach(name, html);
      return `${store.location}/${name}`;
    },
    release: () => held.lease.release(),
  };
}

/** `2026/11/23/20261123T020000Z-<night>.html` */
function reportName(night: NightId, startedAt: Timestamp): string {
  const stamp = `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  return `${startedAt.slice(0, 10).replaceAll('-', '/')}/${stamp}-${night}.html`;
}

interface Waiting {
  readonly at: Timestamp;
  readonly records: readonly LedgerRecord[];
  readonly resolve: (lines: readonly LedgerLine[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What comes in while an append is under way goes into the next one, in order, the lines of one call together. After a
 * failure nothing more is appended: what the file then ends with is not certain.
 */
function startWriter(held: Held, night: NightId, location: string): OpenLedger['append'] {
  let place: Place = held.place;
  let waiting: Waiting[] = [];
  let isWriting = false;
  let broken: LedgerFailed | undefined;

  async function write(batch: readonly Waiting[]): Promise<void> {
    try {
      if (broken !== undefined) throw broken;
      let tail: Tail = place;
      const linked = batch.map(({ at, records }) => {
        const one = linkRecords(night, tail, at, records);
        tail = one.tail;
        return one;
      });
      const texts = linked.flatMap((one) => one.texts);
      place = await put(held.lease, place.offset, tail, texts);
      for (const [index, one] of batch.entries()) one.resolve(linked[index]?.lines ?? []);
    } catch (error) {
      broken ??= failed(location, error);
      for (const one of batch) one.reject(broken);
    }
  }

  async function writeAll(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await write(batch);
    }
    isWriting = false;
  }

  return (at, records) =>
    new Promise((resolve, reject) => {
      waiting.push({ at, records, resolve, reject });
      void writeAll();
    });
}

function unreliable(store: LogStore, error: unknown): NightRefused {
  if (error instanceof NightRefused) return error;
  return new NightRefused(
    'ledgerUnusable',
    `The ledger in ${store.location} cannot be relied on: ${messageOf(error)}. Nothing was purged. Put right what is said here; where a file was changed, find out by whom (storage log) and restore it from a copy, or start a new ledger elsewhere: nights absent and budget then count from nothing.`,
    { cause: error },
  );
}

function failed(location: string, error: unknown): LedgerFailed {
  if (error instanceof LedgerFailed) return error;
  return new LedgerFailed(
    `The ledger could not be written: ${location}: ${messageOf(error)}. Nothing more is purged tonight. Put it right before the next night, which first looks at what this one left open.`,
    { cause: error },
  );
}
