/** The chain of one night that version 0.1 wrote, checked as that version checked it. */
import { hash } from 'node:crypto';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/model.ts';
import { jsonIn, NOTHING_BEFORE, wholeLines } from './chain.ts';
import type { LogStore } from './store.ts';

/** `2026/11/23/20261123T020000Z-<night>.ndjson` */
export interface OldFile {
  readonly name: string;
  /** `20261123T020000Z`: when the night began. */
  readonly stamp: string;
  readonly night: string;
}

export interface OldLine {
  readonly json: JsonObject;
  readonly record: JsonObject;
  /** Counted from 1, the torn ones too. */
  readonly number: number;
  /** What the next line must hold. */
  readonly hash: string;
}

/**
 * Each line holds the hash of the one before. Whoever took over a night that had not ended wrote one last line,
 * `takenOver`, with a greater fence number. A torn line stands at the end, or before the `takenOver` that names it.
 * @throws Error naming file and line
 */
export async function* readOldNight(
  store: LogStore,
  { name, night }: Pick<OldFile, 'name' | 'night'>,
): AsyncGenerator<OldLine, void, undefined> {
  let before: OldLine | undefined;
  let seq = 0;
  let torn: string | undefined;
  let number = 0;
  for await (const bytes of wholeLines(store.read(name))) {
    number += 1;
    const json = jsonIn(bytes);
    const record = isObject(json?.['record']) ? json['record'] : {};
    const named = record['kind'] === 'takenOver' ? record['torn'] : undefined;
    const wrong =
      json === undefined
        ? torn !== undefined && 'cannot be read'
        : named === torn
          ? wrongPlace(json, record, { night, seq, before })
          : 'does not follow what a crash tore off before it';
    if (wrong) throw new Error(`${name} line ${number} ${wrong}`);
    torn = json === undefined ? hash('sha256', bytes) : undefined;
    if (json === undefined) continue;
    before = { json, record, number, hash: hash('sha256', bytes) };
    seq += 1;
    yield before;
  }
  if (torn !== undefined) throw new Error(`${name} line ${number} cannot be read`);
}

interface OldPlace {
  readonly night: string;
  readonly seq: number;
  readonly before: OldLine | undefined;
}

/** `undefined` where the line is in its place. */
function wrongPlace(
  json: JsonObject,
  record: JsonObject,
  { night, seq, before }: OldPlace,
): string | undefined {
  const { kind } = record;
  const takesOver = kind === 'takenOver';
  if (json['night'] !== night) return `is a line of another night (${json['night']})`;
  if (json['seq'] !== seq)
    return `says that it is line ${Number(json['seq']) + 1} of its night: one is missing or moved`;
  if (seq === 0 && kind !== 'nightStarted' && !takesOver) return 'does not start the night';
  if (seq > 0 && kind === 'nightStarted') return 'starts the night a second time';
  if (before?.record['kind'] === 'takenOver') return 'was written after the night was taken over';
  if (before !== undefined) {
    const [fence, last] = [json['fence'], before.json['fence']];
    if (takesOver ? !(Number(fence) > Number(last)) : fence !== last)
      return `has the fence number ${fence} after ${last}`;
  }
  if (json['prev'] === (before?.hash ?? continuesOf(record)?.['hash'] ?? NOTHING_BEFORE)) return undefined;
  return 'does not continue the line before: one of them was changed, removed or added';
}

/** The night that the first line of another continues. */
export function continuesOf({ kind, continues }: JsonObject): JsonObject | undefined {
  return kind === 'nightStarted' && isObject(continues) ? continues : undefined;
}
