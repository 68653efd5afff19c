/** The few LDAP messages (RFC 4511) that an export is made of. */
import { BerReader, BerWriter } from 'ldapts';

export interface LdapEntry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly (string | Buffer)[]>>;
}

const PAGED_RESULTS = '1.2.840.113556.1.4.319';
const [SEQUENCE, SET, CONTROLS] = [0x30, 0x31, 0xa0];
const SEARCH = 0x63;
const ENTRY = 0x64;

/** Of the first message; infinite while its length is not there yet. */
export function sizeOf(bytes: Buffer): number {
  const reader = new BerReader(bytes);
  return bytes.length > 1 && reader.readSequence() !== null
    ? reader.offset + reader.length
    : Number.POSITIVE_INFINITY;
}

export interface Request {
  readonly id: number;
  readonly kind: number;
  readonly base: string;
  /** 0 base, 2 subtree */
  readonly scope: number;
  readonly attributes: readonly string[];
  readonly page?: { readonly size: number; readonly from: number };
}

export function requestIn(message: Buffer): Request {
  const reader = new BerReader(message);
  reader.readSequence();
  const id = reader.readInt() ?? 0;
  const kind = reader.peek() ?? 0;
  if (kind !== SEARCH) return { id, kind, base: '', scope: 0, attributes: [] };
  reader.readSequence(SEARCH);
  const end = reader.offset + reader.length;
  const base = reader.readString() ?? '';
  const scope = reader.readEnumeration() ?? 0;
  for (const skip of ['readEnumeration', 'readInt', 'readInt', 'readBoolean'] as const) reader[skip]();
  reader.readSequence(reader.peek() ?? 0);
  reader.offset += reader.length;
  reader.readSequence();
  const attributes: string[] = [];
  while (reader.offset < end) attributes.push(reader.readString() ?? '');
  while (reader.peek() === CONTROLS) {
    reader.readSequence(CONTROLS);
    const last = reader.offset + reader.length;
    while (reader.offset < last) {
      reader.readSequence();
      const after = reader.offset + reader.length;
      const oid = reader.readString();
      if (reader.peek() === 0x01) reader.readBoolean();
      if (oid === PAGED_RESULTS) {
        const value = new BerReader(reader.readString(0x04, true) ?? Buffer.alloc(0));
        value.readSequence();
        const size = value.readInt() ?? 0;
        return { id, kind, base, scope, attributes, page: { size, from: Number(value.readString() || 0) } };
      }
      reader.offset = after;
    }
  }
  return { id, kind, base, scope, attributes };
}

/** `maxValues`: how many values of an attribute are shown at once. */
export function entryOf({ id, attributes }: Request, entry: LdapEntry, maxValues?: number): Buffer {
  const writer = new BerWriter();
  writer.startSequence(SEQUENCE);
  writer.writeInt(id);
  writer.startSequence(ENTRY);
  writer.writeString(entry.dn);
  writer.startSequence(SEQUENCE);
  for (const asked of attributes) {
    const [name = '', option] = asked.split(';');
    const values = entry.attributes[name];
    if (values === undefined) continue;
    const from = Number(/range=(\d+)/.exec(option ?? '')?.[1] ?? 0);
    const shown = values.slice(from, from + (maxValues ?? values.length));
    const last = from + shown.length;
    const isRanged = option !== undefined || shown.length < values.length;
    writer.startSequence(SEQUENCE);
    const range = isRanged ? `;range=${from}-${last < values.length ? last - 1 : '*'}` : '';
    writer.writeString(name + range);
    writer.startSequence(SET);
    for (const value of shown) writer.writeBuffer(Buffer.from(value as string), 0x04);
    writer.endSequence();
    writer.endSequence();
  }
  writer.endSequence();
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

/** The end of an answer; `cookie` where it was asked for in pages. */
export function done(id: number, tag: number, code: number, cookie?: string): Buffer {
  const writer = new BerWriter();
  writer.startSequence(SEQUENCE);
  writer.writeInt(id);
  writer.startSequence(tag);
  writer.writeEnumeration(code);
  writer.writeString('');
  writer.writeString('');
  writer.endSequence();
  if (cookie !== undefined) {
    const value = new BerWriter();
    value.startSequence(SEQUENCE);
    value.writeInt(0);
    value.writeString(cookie);
    value.endSequence();
    writer.startSequence(CONTROLS);
    writer.startSequence(SEQUENCE);
    writer.writeString(PAGED_RESULTS);
    writer.writeBuffer(value.buffer, 0x04);
    writer.endSequence();
    writer.endSequence();
  }
  writer.endSequence();
  return writer.buffer;
}
