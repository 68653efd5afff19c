/**
 * Who took the ledger, one line each, in a file beside the nights. A line is added at the end that was read, or
 * not at all: so no two runners have the same fencing number, and who was before is known by name even where it
 * died, or was paused, before it wrote the first line of its night.
 */
import { z } from 'zod';
import { type NightId, nightId, type Timestamp, timestamp } from '../core/ids.ts';
import { messageOf } from '../errors.ts';
import type { NightStore } from './store.ts';

/** No `.ndjson`: it is no night. */
const CLAIMS = 'claims.log';

/** One line of the file. */
export interface Taken {
  readonly fence: number;
  readonly night: NightId;
  readonly startedAt: Timestamp;
}

const taken = z.strictObject({
  fence: z.number().int().positive(),
  night: z.string(),
  startedAt: z.string(),
});

/**
 * Adds a claim with the next fencing number. Returns it, and those before it, oldest first.
 * @throws Error where it cannot be added, also where another runner was quicker
 */
export async function addClaim(
  store: NightStore,
  night: NightId,
  startedAt: Timestamp,
): Promise<{ readonly fence: number; readonly earlier: readonly Taken[] }> {
  const names = await store.names();
  if (!names.includes(CLAIMS)) await store.create(CLAIMS);
  const bytes = await bytesOf(store);
  const texts = bytes.toString('utf8').split('\n');
  const isTorn = texts.at(-1) !== '';
  const earlier = texts.flatMap(claimsIn);
  const fence = Math.max(0, ...earlier.map((claim) => claim.fence)) + 1;
  const line = `${JSON.stringify({ fence, night, startedAt })}\n`;
  await store.append(CLAIMS, bytes.length, [isTorn ? `\n${line}` : line]);
  return { fence, earlier };
}

async function bytesOf(store: NightStore): Promise<Buffer> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.read(CLAIMS)) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (error) {
    throw new Error(`${CLAIMS} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** A line that cannot be read was torn off while it was written: whoever wrote it never went on. */
function claimsIn(text: string): readonly Taken[] {
  try {
    const { fence, ...said } = taken.parse(JSON.parse(text));
    const night = nightId(said.night);
    const startedAt = timestamp(said.startedAt);
    return night === undefined || startedAt === undefined ? [] : [{ fence, night, startedAt }];
  } catch {
    return [];
  }
}
