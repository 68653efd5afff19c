/** Reading one entry as ldapts gives it: an absent attribute is an empty list, and any value may be a Buffer. */
import type { Entry } from 'ldapts';
import { type Timestamp, timestamp } from '../core/ids.ts';

function valuesOf(value: Entry[string] | undefined): readonly (Buffer | string)[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** The values of a text attribute. Those of a very long one come as `name;range=0-1499`. */
export function texts(entry: Entry, name: string): readonly string[] {
  const exact = valuesOf(entry[name]);
  const ranged = Object.keys(entry).filter((key) => key.startsWith(`${name};`));
  return [...exact, ...ranged.flatMap((key) => valuesOf(entry[key]))].map(String);
}

/** The value of a text attribute that has at most one. */
export function text(entry: Entry, name: string): string | undefined {
  return texts(entry, name)[0];
}

/**
 * The values of a binary attribute. It must have been asked for as such (`explicitBufferAttributes`): ldapts
 * makes text of whatever happens to be UTF-8, and the bytes are then lost.
 */
export function binaries(entry: Entry, name: string): readonly Buffer[] {
  return valuesOf(entry[name]).filter((value) => Buffer.isBuffer(value));
}

/** Generalized time as Active Directory writes it: `20260105021109.0Z`. */
export function time(entry: Entry, name: string): Timestamp | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(text(entry, name) ?? '');
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return timestamp(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
