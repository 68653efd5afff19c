/** The ledger over any store. */
import type { Timestamp } from '../core/ids.ts';
import type { LedgerLine, LedgerRecord } from '../core/record.ts';
import { LedgerFailed, messageOf, NightRefused } from '../errors.ts';
import type { ChainLink, Claim, Clock, Ledger, NightLedger } from '../ports.ts';
import { linkRecords, NOTHING_BEFORE, type Tail } from './chain.ts';
import { addClaim } from './claims.ts';
import { readHistory } from './history.ts';
import { type Lease, type NightStore, nameOf, reportNameOf } from './store.ts';
import { takeOverUnfinished } from './takeOver.ts';

/** Together longer than the lease of a process that died. */
const WAIT_MS = 5_000;
const WAITS = 15;

export function createLedger(store: NightStore): Ledger {
  return {
    location: store.location,
    async *earlierNights(since) {
      try {
        return yield* readHistory(store, since);
      } catch (error) {
        throw unreliable(store, error);
      }
    },
    async claim(night, clock, signal) {
      const lease = await takeLease(store, clock, signal);
      const startedAt = clock.now();
      try {
        const { fence, earlier } = await addClaim(store, night, startedAt);
        await takeOverUnfinished(store, earlier, { night, fence, startedAt });
        return { night, startedAt, fence, ...inLedgerWords(lease, store.location) };
      } catch (error) {
        await lease.release();
        throw unreliable(store, error);
      }
    },
    async begin(claim, continues) {
      const { night, startedAt, fence } = claim;
      if (continues !== undefined && continues.fence >= fence) {
        throw unreliable(
          store,
          `claims.log gave tonight the number ${fence}, and the night ${continues.night} has ${continues.fence} already: it was cut or replaced`,
        );
      }
      const name = nameOf(night, startedAt);
      try {
        await store.create(name);
      } catch (error) {
        throw new NightRefused(
          'ledgerUnusable',
          `The ledger cannot be written: ${store.location}/${name}: ${messageOf(error)}. Nothing was purged, ` +
            'because nothing is purged that is not written first.',
          { cause: error },
        );
      }
      return beginNight(store, name, claim, continues);
    },
  };
}

function unreliable(store: NightStore, error: unknown): NightRefused {
  return new NightRefused(
    'ledgerUnusable',
    `The ledger in ${store.location} cannot be relied on: ${messageOf(error)}. Nothing was purged. ` +
      'Put right what is said here; where a file was changed, find out by whom (storage log) and restore ' +
      'it from a copy, or start a new ledger elsewhere: nights absent and budget then count from nothing.',
    { cause: error },
  );
}

async function takeLease(store: NightStore, clock: Clock, signal: AbortSignal): Promise<Lease> {
  for (let waits = 0; waits <= WAITS && !signal.aborted; waits++) {
    if (waits > 0) await clock.sleep(WAIT_MS, signal);
    try {
      const lease = await store.lease();
      if (lease !== undefined) return lease;
    } catch (error) {
      throw unreliable(store, error);
    }
  }
  throw new NightRefused(
    'anotherNightRuns',
    `Another night is running: it has the ledger in ${store.location}. Nothing was purged by this one. Wait until ` +
      'the other has ended. If none is running, this lasts for a minute after the other died: run it again.',
  );
}

/** A claim that is lost is a ledger that cannot be written. */
function inLedgerWords(lease: Lease, location: string): Pick<Claim, 'stillOurs' | 'release'> {
  return {
    async stillOurs() {
      try {
        await lease.stillOurs();
      } catch (error) {
        throw failed(location, messageOf(error), error);
      }
    },
    release: () => lease.release(),
  };
}

/**
 * A night's file is made empty when it begins, so that a ledger that cannot be written refuses the night at
 * once. After one failed append nothing more is appended: what the file then ends with is not certain.
 */
function beginNight(
  store: NightStore,
  name: string,
  claim: Claim,
  continues: ChainLink | undefined,
): NightLedger {
  const location = `${store.location}/${name}`;
  let tail: Tail = { seq: 0, prev: continues?.hash ?? NOTHING_BEFORE };
  let offset = 0;
  let broken = false;

  async function append(at: Timestamp, records: readonly LedgerRecord[]): Promise<readonly LedgerLine[]> {
    if (broken) throw failed(location, 'an earlier write failed');
    try {
      if (tail.seq === 0) checkStart(records[0], continues);
      const linked = linkRecords(claim, tail, at, records);
      await claim.stillOurs();
      await store.append(name, offset, linked.texts);
      tail = linked.tail;
      offset += linked.texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0);
      return linked.lines;
    } catch (error) {
      broken = true;
      throw error instanceof LedgerFailed ? error : failed(location, messageOf(error), error);
    }
  }

  let last: Promise<unknown> = Promise.resolve();
  return {
    location,
    append(at, records) {
      const turn = last.then(() => append(at, records));
      last = turn.catch(() => undefined);
      return turn;
    },
    async attach(html) {
      const report = reportNameOf(name);
      await store.attach(report, html);
      return `${store.location}/${report}`;
    },
  };
}

function checkStart(first: LedgerRecord | undefined, continues: ChainLink | undefined): void {
  const said = first?.kind === 'nightStarted' ? first.continues : undefined;
  if (first?.kind !== 'nightStarted' || said?.night !== continues?.night || said?.hash !== continues?.hash) {
    throw new Error('the first record of a night must be nightStarted and name the night it continues');
  }
}

function failed(location: string, what: string, cause?: unknown): LedgerFailed {
  return new LedgerFailed(
    `The ledger could not be written: ${location}: ${what}. Nothing more is purged tonight. Put it right before ` +
      'the next night, which first looks at what this one left open.',
    { cause },
  );
}
