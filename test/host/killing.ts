/**
 * `kill -9` at random moments: of the real process, over the wire, with the ledger in Azurite. A moment is a piece
 * of talk with storage or a request to Graph, and some milliseconds more. Company after company is cut off night by
 * night, until one comes through; after every death the truth and the ledger are held against each other.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerLine } from '../../lib/core/record.ts';
import { createBlobLedger } from '../../lib/ledger/blob.ts';
import { readAll as readLedger } from '../edges/ledgerRecords.ts';
import { Random } from '../tenant/random.ts';
import { type Cloud, foundCloud, openAccount, UNTIL_IT_SHOWS_MS } from './cloud.ts';

export interface Killings {
  readonly kills: number;
  readonly companies: number;
  /** By the last line that the dead one left: how often. */
  readonly diedAfter: Readonly<Record<string, number>>;
  /** DELETEs announced and not yet settled when the process died. */
  readonly leftOpen: number;
  /** Of those, users who were purged although nobody had recorded it. */
  readonly purgedUnseen: number;
  readonly wrongs: readonly string[];
}

interface Tally {
  kills: number;
  companies: number;
  readonly diedAfter: Record<string, number>;
  leftOpen: number;
  purgedUnseen: number;
  readonly wrongs: string[];
}

const GONE = 25;
/** Pieces and requests of a whole night, roughly; one that comes to its end before its moment is done. */
const MOMENTS = 260;
const MOST_MS_MORE = 12;
/** Then one may come through: nights take longer, the more there are before them. */
const MOST_KILLS = 12;

export async function killAtRandom(
  times: number,
  seed: number,
  progress: (tally: Killings) => void = () => {},
): Promise<Killings> {
  const random = new Random(seed);
  const tally: Tally = { kills: 0, companies: 0, diedAfter: {}, leftOpen: 0, purgedUnseen: 0, wrongs: [] };
  const account = await openAccount();
  try {
    while (tally.kills < times && tally.wrongs.length === 0) {
      tally.companies += 1;
      const cloud = await foundCloud(account, GONE, seed + tally.companies);
      try {
        await liveThrough(cloud, random, tally, times);
      } finally {
        await cloud.close();
      }
      progress(tally);
    }
  } finally {
    await account.close();
  }
  return tally;
}

async function liveThrough(cloud: Cloud, random: Random, tally: Tally, times: number): Promise<void> {
  const wrong = (texts: readonly string[]) =>
    tally.wrongs.push(
      ...texts.map((text) => `company ${tally.companies}, after kill ${tally.kills}: ${text}`),
    );
  let before: ReadonlyMap<string, Buffer> = new Map();
  let seen = 0;
  const most = Math.min(times, tally.kills + MOST_KILLS);
  for (let cameThrough = false; !cameThrough && tally.wrongs.length === 0; ) {
    const moment = tally.kills < most ? Math.ceil(random.between(0, MOMENTS)) : Number.POSITIVE_INFINITY;
    const end = await killAt(cloud, moment, random);
    cloud.account.onPiece = () => true;
    await cloud.endLease();
    const blobs = await cloud.blobs();
    wrong(lost(before, blobs));
    wrong(await cloud.violations());
    before = blobs;
    cameThrough = end.code !== null;
    if (cameThrough) {
      if (end.code !== 0) wrong([`the night failed: ${end.stderr.trim()}`]);
    } else count(cloud, await cloud.lines(), seen, tally);
    seen = (await cloud.lines()).length;
    cloud.later(UNTIL_IT_SHOWS_MS);
  }
  wrong(await cloud.violations());
  wrong(cloud.missed());
  wrong(await checkBook(cloud));
}

async function killAt(cloud: Cloud, moment: number, random: Random) {
  const moreMs = random.between(0, MOST_MS_MORE);
  const swallows = random.between(0, 1) < 0.5;
  const { child, ended } = cloud.job();
  let seen = 0;
  let isDead = false;
  const tick = () => {
    seen += 1;
    if (seen === moment) {
      void delay(moreMs).then(() => {
        isDead = true;
        child.kill('SIGKILL');
      });
    }
  };
  cloud.servers.faults.clear();
  cloud.servers.faults.add({ match: /./, kind: 'none', times: Number.POSITIVE_INFINITY, before: tick });
  cloud.account.onPiece = () => {
    tick();
    return !(isDead && swallows);
  };
  return ended;
}

/** Nothing that was recorded may be gone, or be another. */
function lost(before: ReadonlyMap<string, Buffer>, after: ReadonlyMap<string, Buffer>): readonly string[] {
  return [...before].flatMap(([name, bytes]) => {
    const now = after.get(name);
    const isThere = now?.subarray(0, bytes.length).equals(bytes);
    return isThere ? [] : [`${name} does not hold any more what it held`];
  });
}

function openIntents(lines: readonly LedgerLine[]): ReadonlySet<string> {
  const open = new Set<string>();
  for (const { record } of lines) {
    if (record.kind === 'announced') open.add(record.id);
    if (record.kind === 'settled') open.delete(record.id);
    if (record.kind === 'withdrawn' && record.attempt === 1) open.delete(record.id);
  }
  return open;
}

/** `seen` is the number of lines of the nights before. */
function count(cloud: Cloud, lines: readonly LedgerLine[], seen: number, tally: Tally): void {
  tally.kills += 1;
  const own = lines.slice(seen);
  const last = own.at(-1)?.record.kind ?? 'nothing at all';
  tally.diedAfter[last] = (tally.diedAfter[last] ?? 0) + 1;
  const open = openIntents(lines);
  tally.leftOpen += open.size;
  tally.purgedUnseen += cloud.world.truth.hardDeletes.filter(({ entry }) => open.has(entry.id)).length;
}

/** At the end: everybody is purged and said to be, every intent is settled, the chain holds. */
export async function checkBook(cloud: Cloud): Promise<readonly string[]> {
  const lines = await cloud.lines();
  const wrongs = [...openIntents(lines)].map((id) => `nobody settled the DELETE of ${id}`);
  const purged = lines.filter(({ record }) => record.kind === 'settled' && record.outcome === 'purged');
  const names = new Set(purged.map(({ record }) => record.kind === 'settled' && record.id));
  if (names.size !== cloud.gone || purged.length !== cloud.gone) {
    wrongs.push(`${names.size} users are said to be purged, in ${purged.length} lines, of ${cloud.gone}`);
  }
  return [...wrongs, ...(await brokenChain(cloud))];
}

async function brokenChain({ containerUrl, account }: Cloud): Promise<readonly string[]> {
  const { credential } = account.azurite;
  try {
    await readLedger(createBlobLedger({ containerUrl, credential }));
    return [];
  } catch (error) {
    return [String(error)];
  }
}
