/** What `why` is asked about: an argument, or a bounce in a file. */
import { readFile, stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { smtpAddress } from '../core/addresses.ts';
import { type ObjectId, objectId } from '../core/ids.ts';
import { messageOf } from '../errors.ts';
import { legacyExchangeDNIn, readBounce } from './bounce.ts';
import { UsageError } from './exit.ts';

export interface Subject {
  /** In lower case: SMTP addresses and UPNs. */
  readonly addresses: readonly string[];
  /** `/o=…` */
  readonly legacyExchangeDNs: readonly string[];
  readonly ids: readonly ObjectId[];
  /** What the bounce says failed, where it was read from one. */
  readonly diagnostic: string | undefined;
  readonly from: 'argument' | 'bounce';
}

const MAX_BYTES = 20 * 1024 * 1024;

/** @throws UsageError */
export async function subjectOf(what: string, stdin: NodeJS.ReadStream): Promise<Subject> {
  const text = what.trim();
  const nothing = { addresses: [], legacyExchangeDNs: [], ids: [], diagnostic: undefined } as const;
  if (text === '-') return ofBounce(await buffer(stdin), 'stdin');
  const id = objectId(text);
  if (id !== undefined) return { ...nothing, ids: [id], from: 'argument' };
  const dn = /^(?:x500:)?\/o=/i.test(text) ? text.replace(/^x500:/i, '') : legacyExchangeDNIn(text);
  if (dn !== undefined) return { ...nothing, legacyExchangeDNs: [dn], from: 'argument' };
  const file = await stat(text).catch(() => undefined);
  if (file?.isFile() === true) {
    if (file.size > MAX_BYTES) throw new UsageError(`${text} has ${file.size} bytes, too many for a bounce.`);
    return ofBounce(await bytesOf(text), text);
  }
  const address = smtpAddress(text);
  if (address === undefined) {
    throw new UsageError(
      `"${text}" is no address, no UPN, no object id and no file here. Give one of them, or - and the bounce on stdin.`,
    );
  }
  return { ...nothing, addresses: [address], from: 'argument' };
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function ofBounce(bytes: Uint8Array, where: string): Promise<Subject> {
  const bounce = await readBounce(bytes);
  if (bounce.addresses.length === 0 && bounce.legacyExchangeDNs.length === 0) {
    throw new UsageError(
      `Nobody is named in ${where} as the recipient of a bounce. Save the whole bounce, with its headers ("Diagnostic information for administrators", "Original message headers"), or give the address itself.`,
    );
  }
  return { ...bounce, ids: [], from: 'bounce' };
}
