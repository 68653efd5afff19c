/** Security identifiers as Active Directory holds them ([MS-DTYP] 2.4.2.2). */
import { type SecurityId, securityId } from '../core/ids.ts';

const HEAD = 8;

/** `S-1-5-21-…` of the bytes of an `objectSid`; `undefined` where they are none. */
export function sidFromBytes(bytes: Buffer): SecurityId | undefined {
  const count = bytes[1] ?? 0;
  if (bytes[0] !== 1 || bytes.length !== HEAD + 4 * count) return undefined;
  const authority = bytes.readUIntBE(2, 6);
  const parts = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(HEAD + 4 * index));
  return securityId(['S-1', authority, ...parts].join('-'));
}

/** The bytes to look for. */
export function bytesFromSid(sid: SecurityId): Buffer {
  const [authority = 0, ...parts] = sid.split('-').slice(2).map(Number);
  const bytes = Buffer.alloc(HEAD + 4 * parts.length);
  bytes.writeUInt8(1, 0);
  bytes.writeUInt8(parts.length, 1);
  bytes.writeUIntBE(authority, 2, 6);
  for (const [index, part] of parts.entries()) bytes.writeUInt32LE(part, HEAD + 4 * index);
  return bytes;
}
