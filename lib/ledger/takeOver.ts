/**
 * Closes nights that did not come to their own end. Their runner is dead, or paused; should it wake up, its next
 * line finds that its file does not end where it left it, and a file that it has yet to begin is not empty: the
 * store refuses it, nothing is recorded, and so nothing is purged.
 */
import { hash } from 'node:crypto';
import { DAY_MS, elapsedMs, type NightId, type Timestamp } from '../core/ids.ts';
import { linkRecords, NOTHING_BEFORE, type Tail } from './chain.ts';
import type { Taken } from './claims.ts';
import { checked } from './history.ts';
import { type NightStore, nameOf } from './store.ts';

/** Nobody is paused for longer, and the ledger is not read back further. */
const LOOK_BACK_MS = 31 * DAY_MS;
/** The other may just be writing its last line. */
const TRIES = 4;

/** Who takes over. */
export interface Taker {
  readonly night: NightId;
  readonly fence: number;
  readonly startedAt: Timestamp;
}

/**
 * Takes over every unfinished night among `earlier` (oldest first). A night that began has itself taken over those
 * before it, so that the look back ends there.
 */
export async function takeOverUnfinished(
  store: NightStore,
  earlier: readonly Taken[],
  taker: Taker,
): Promise<void> {
  const recent = earlier.filter(({ startedAt }) => elapsedMs(startedAt, taker.startedAt) < LOOK_BACK_MS);
  const names = new Set(await store.names());
  for (const claim of recent.toReversed()) {
    const name = nameOf(claim.night, claim.startedAt);
    if (!names.has(name)) await store.create(name);
    if (await takeOver(store, name, claim, taker)) return;
  }
}

/** Returns whether that night began. */
async function takeOver(store: NightStore, name: string, claim: Taken, taker: Taker): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    const { began, isOver, tail, bytes, torn } = await endOf(store, name, claim.night);
    if (isOver) return began;
    const author = { night: claim.night, fence: taker.fence };
    const isTorn = torn.length > 0;
    const record = {
      kind: 'takenOver',
      by: taker.night,
      ...(isTorn && { torn: hash('sha256', torn) }),
    } as const;
    const { texts } = linkRecords(author, tail, taker.startedAt, [record]);
    try {
      await store.append(name, bytes, isTorn ? ['\n', ...texts] : texts);
      return began;
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

async function endOf(store: NightStore, name: string, night: NightId) {
  const chain = checked(store, { name, night });
  let began = false;
  let isOver = false;
  let tail: Tail = { seq: 0, prev: NOTHING_BEFORE };
  let next = await chain.next();
  while (!next.done) {
    const { line } = next.value;
    const { kind } = line.record;
    if (kind === 'nightStarted') began = true;
    if (kind === 'nightEnded' || kind === 'takenOver') isOver = true;
    tail = { seq: line.seq + 1, prev: next.value.hash };
    next = await chain.next();
  }
  return { began, isOver, tail, ...next.value };
}
