/** Where nights are kept, and how they are named there. */
import { type NightId, nightId, type Timestamp } from '../core/ids.ts';

/**
 * A directory or a container. What fails throws an Error whose message is for the operator: what is wrong with
 * the store and what to do about it.
 */
export interface NightStore {
  /** For people. */
  readonly location: string;
  /** The names of all that is kept, whatever it is. Nothing at all where no night ever was. */
  names(): Promise<readonly string[]>;
  read(name: string): AsyncIterable<Uint8Array>;
  /** Makes an empty file. Throws where it exists and is not empty. */
  create(name: string): Promise<void>;
  /**
   * Adds `texts` to the end, which must be at `offset`, and makes them durable. Throws unless every one of them
   * is there, also where somebody else wrote meanwhile.
   */
  append(name: string, offset: number, texts: readonly string[]): Promise<void>;
  /** Writes a whole page of HTML. Throws where one exists. */
  attach(name: string, html: string): Promise<void>;
  /** Takes the store for one process alone; `undefined` where another has it. */
  lease(): Promise<Lease | undefined>;
}

/** Ends by itself some time after the process that has it. */
export interface Lease {
  /** Resolves where nobody else can have it, now and for some seconds more. Throws otherwise. */
  stillOurs(): Promise<void>;
  /** Never throws. */
  release(): Promise<void>;
}

/** One night's file. */
export interface NightFile {
  readonly name: string;
  readonly night: NightId;
  /** `20261123T020000Z`: when the night began, cut to the second. */
  readonly stamp: string;
}

const NAME = /^\d{4}\/\d{2}\/\d{2}\/(\d{8}T\d{6}Z)-([0-9a-f]{32})\.ndjson$/;

/** `2026-11-23T02:00:00.000Z` as `20261123T020000Z`. */
export function stampOf(moment: Timestamp): string {
  return `${moment.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** `2026/11/23/20261123T020000Z-<night>.ndjson`: names in order of text are nights in order of time. */
export function nameOf(night: NightId, startedAt: Timestamp): string {
  return `${startedAt.slice(0, 10).replaceAll('-', '/')}/${stampOf(startedAt)}-${night}.ndjson`;
}

/** Beside its night: the same name with `.html`. */
export function reportNameOf(nightName: string): string {
  return nightName.replace(/\.ndjson$/, '.html');
}

/**
 * The nights among `names`, oldest first. What is not `.ndjson` is none of the ledger's business.
 * @throws Error where a name is no night's, or two files claim to be the same night
 */
export function nightsAmong(names: readonly string[]): readonly NightFile[] {
  const nights = names
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .map((name): NightFile => {
      const [, stamp, id] = NAME.exec(name) ?? [];
      const night = nightId(id ?? '');
      if (stamp === undefined || night === undefined) {
        throw new Error(`${name} has not the name of a night. Move it out of the ledger`);
      }
      return { name, night, stamp };
    });
  const byId = new Map<NightId, NightFile>();
  for (const file of nights) {
    const other = byId.get(file.night);
    if (other)
      throw new Error(`${other.name} and ${file.name} claim to be the same night. Move the copy away`);
    byId.set(file.night, file);
  }
  return nights;
}
