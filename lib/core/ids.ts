/** Ids and moments, each with a type of its own, so that none is taken for another. */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** An Entra object id: a GUID in lower case. Graph compares GUIDs without regard to case. */
export type ObjectId = Brand<string, 'ObjectId'>;
/** An Entra tenant id: a GUID in lower case. */
export type TenantId = Brand<string, 'TenantId'>;
/** `onPremisesImmutableId`, exactly as given: base64 of 16 bytes or a plain anchor. Case matters. */
export type ImmutableId = Brand<string, 'ImmutableId'>;
/** A security identifier as text, in capitals: `S-1-5-21-…`. */
export type SecurityId = Brand<string, 'SecurityId'>;
/** One run. 32 lower-case hexadecimal digits, so that it also serves as the telemetry's operation id. */
export type NightId = Brand<string, 'NightId'>;
/** ISO 8601, UTC, milliseconds: `2026-01-05T02:11:09.000Z`. Compares correctly as text. */
export type Timestamp = Brand<string, 'Timestamp'>;

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The object id in `text`, or `undefined` where it is not a GUID. */
export function objectId(text: string): ObjectId | undefined {
  return GUID.test(text) ? (text.toLowerCase() as ObjectId) : undefined;
}

/** The tenant id in `text`, or `undefined` where it is not a GUID. */
export function tenantId(text: string): TenantId | undefined {
  return GUID.test(text) ? (text.toLowerCase() as TenantId) : undefined;
}

/** The immutable id in `text`, or `undefined` where it is blank, or half a character that nobody can be asked for. */
export function immutableId(text: string): ImmutableId | undefined {
  return text.trim() === '' || !text.isWellFormed() ? undefined : (text as ImmutableId);
}

/** The security identifier in `text`, or `undefined` where it is none. */
export function securityId(text: string): SecurityId | undefined {
  const upper = text.trim().toUpperCase();
  return /^S-1-\d+(-\d+)+$/.test(upper) ? (upper as SecurityId) : undefined;
}

/** The night id in `text`, or `undefined` where it is not 32 hexadecimal digits (all zeros is no trace id). */
export function nightId(text: string): NightId | undefined {
  return /^[0-9a-f]{32}$/.test(text) && !/^0+$/.test(text) ? (text as NightId) : undefined;
}

const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?Z$/;

/** The moment in `text` (ISO 8601 in UTC, as Graph writes it), or `undefined` where it is no such moment. */
export function timestamp(text: string): Timestamp | undefined {
  if (!ISO_UTC.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : at(milliseconds);
}

/** The moment `milliseconds` after 1970-01-01 UTC. @throws RangeError where no date can hold it. */
export function at(milliseconds: number): Timestamp {
  return new Date(milliseconds).toISOString() as Timestamp;
}

/** Milliseconds from `earlier` to `later`; negative where they are the other way round. */
export function elapsedMs(earlier: Timestamp, later: Timestamp): number {
  return Date.parse(later) - Date.parse(earlier);
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
