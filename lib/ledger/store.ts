/** Where the log is kept: a directory or a container. */
import { LOG_FILE } from '../core/record.ts';

/**
 * What fails throws an Error whose message is for the operator: what is wrong with the store and what to do about it.
 */
export interface LogStore {
  /** For people. */
  readonly location: string;
  /** The names of all that is kept, whatever it is. Nothing at all where nothing was ever written. */
  names(): Promise<readonly string[]>;
  read(name: string): AsyncIterable<Uint8Array>;
  /** Makes an empty file; leaves one that is there as it is. */
  create(name: string): Promise<void>;
  /** Writes a whole page of HTML. Throws where one exists. */
  attach(name: string, html: string): Promise<void>;
  /** Takes a file for one process alone; `undefined` where another has it. */
  lease(name: string): Promise<Lease | undefined>;
}

/** Another process has, or had, the file that this one had taken. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** Ends by itself some time after the process that has it. */
export interface Lease {
  /** How often the file was appended to when it was taken, where the store limits that. */
  readonly appends: number;
  /**
   * Adds `texts` to the end, which must be at `offset`, and makes them durable. Throws unless every one of them is
   * there, also where another process wrote meanwhile. @throws LeaseLost where another process took the lease
   */
  append(offset: number, texts: readonly string[]): Promise<void>;
  /** Resolves where no other process can have it, now and for some seconds more. @throws LeaseLost */
  stillOurs(): Promise<void>;
  /** Never throws. */
  release(): Promise<void>;
}

/** `log/000001.ndjson`: counted, so that no clock puts the files in another order. */
export const logName = (number: number) => `log/${String(number).padStart(6, '0')}.ndjson`;

/** Numbers of the log's files among `names`, in order. */
export function logsAmong(names: readonly string[]): readonly number[] {
  const numbers = names.map((name) => Number(LOG_FILE.exec(name)?.[1] ?? 0));
  return numbers.filter((number) => number > 0).sort((a, b) => a - b);
}
