/**
 * The immutable id as Entra Connect makes it from the source anchor: base64 of the raw bytes of
 * `mS-DS-ConsistencyGuid` (else `objectGUID`), or the text itself where the anchor is a plain string attribute.
 * Two ids are the same only byte for byte: in base64, another case is another object.
 */
import { type ImmutableId, immutableId } from './ids.ts';

const GUID_BYTES = 16;

/**
 * The immutable id of an object whose binary anchor holds `bytes`, 16 or another number; `undefined` where it holds none,
 * or zeros alone, which is how some tools write "none".
 */
export function idFromBytes(bytes: Uint8Array): ImmutableId | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined;
  return immutableId(Buffer.from(bytes).toString('base64'));
}

/**
 * The bytes to look for in a binary anchor; `undefined` where `id` is not what base64 makes of any bytes, so
 * that no binary anchor can have become it.
 */
export function bytesFromId(id: ImmutableId): Buffer | undefined {
  const bytes = Buffer.from(id, 'base64');
  return bytes.toString('base64') === id ? bytes : undefined;
}

/** The 16 bytes of a GUID to look for; `undefined` where `id` cannot have come from a GUID. */
export function guidFromId(id: ImmutableId): Buffer | undefined {
  const bytes = bytesFromId(id);
  return bytes?.length === GUID_BYTES && idFromBytes(bytes) === id ? bytes : undefined;
}

/**
 * What a directory would take for the same text: it compares without regard to case, accents and width. An
 * anchor whose case was changed on-premises still belongs to somebody who is there.
 */
export function looseText(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .trim();
}
