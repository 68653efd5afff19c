/**
 * What a bounce (NDR) says of whom it could not reach, in whatever form people have it: a whole message, its text, its
 * headers alone, in any language. Only what machines wrote is read: header names, DSN fields (RFC 3464), status codes
 * (RFC 3463), and the IMCEAEX form in which Exchange wraps a legacyExchangeDN.
 */
import PostalMime, { addressParser, decodeWords, type Email } from 'postal-mime';
import { smtpAddress } from '../core/addresses.ts';

export interface Bounce {
  /** Addresses that may be the one that was written to. */
  readonly addresses: readonly string[];
  /** legacyExchangeDNs (`/o=…`) out of IMCEAEX recipients. */
  readonly legacyExchangeDNs: readonly string[];
  /** `550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found` */
  readonly diagnostic: string | undefined;
}

/** Never throws: what is no bounce has neither addresses nor DNs. */
export async function readBounce(bytes: Uint8Array): Promise<Bounce> {
  const text = decoded(bytes);
  const isMessage = FIELD.test(firstLineOf(text));
  const email = isMessage ? await PostalMime.parse(text, { forceRfc822Attachments: true }) : undefined;
  const parts = [...(email === undefined ? [text] : partsOf(email))].map(withoutQuoting);
  const blocks = parts.flatMap(fieldBlocks);
  const failed = [...parts.flatMap(namedBeforeStatus), ...blocks.flatMap(dsnRecipients)];
  const legacyExchangeDNs = unique(parts.flatMap(imceaexIn));
  const isWhole = parts.some((part) => STATUS.test(part)) || blocks.length > 0;
  const original = blocks.filter((block) => block.has('to')).at(-1);
  const typed = original === undefined ? [] : recipientsIn(original);
  const named = failed.filter(isPlain).flatMap((one) => smtpAddress(one) ?? []);
  // A message without any of this in it is the original itself.
  const own = email !== undefined && !isWhole ? (email.to ?? []).map(({ address }) => address ?? '') : [];
  return {
    addresses: unique(named.length > 0 ? named : [...typed, ...own].filter(isPlain)),
    legacyExchangeDNs,
    diagnostic: parts.map((part) => STATUS.exec(part)?.[0].trim()).find((found) => found !== undefined),
  };
}

/**
 * `/o=ExchangeLabs/ou=…/cn=Recipients/cn=…` of `IMCEAEX-_o=ExchangeLabs_ou=…@host`: `_` stands for `/`, and `+20` for
 * the character of that code (MS-OXOABK and KB 2807779 show the form). `undefined` where it is of another form.
 */
export function legacyExchangeDNIn(address: string): string | undefined {
  const wrapped = /^IMCEAEX-(.+)@[^@]+$/i.exec(address)?.[1];
  if (wrapped === undefined) return undefined;
  const bytes = wrapped
    .replaceAll('_', '/')
    .replaceAll('%', '+25')
    .replaceAll(/\+([0-9a-f]{2})/gi, '%$1');
  const dn = percentDecoded(bytes);
  return /^\/o=/i.test(dn) ? dn : undefined;
}

/** UTF-8, or one byte a character. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
}

const FIELD = /^([A-Za-z][A-Za-z0-9-]*):(?:\s|$)/;
const STATUS = /\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b[^\r\n'"<>]*/;
const IMCEAEX = /IMCEAEX-[^\s<>"',;:()]+@[\w.-]+/gi;
/** Of these at least two make a block of headers, whatever language stands around it. */
const HEADERS = ['received', 'from', 'to', 'subject', 'date', 'message-id', 'mime-version'];

const isPlain = (address: string) => !/^imceaex-/i.test(address);
const unique = (texts: readonly string[]) => [...new Set(texts)];
const imceaexIn = (text: string) =>
  [...text.matchAll(IMCEAEX)].flatMap(([address]) => legacyExchangeDNIn(address) ?? []);
const firstLineOf = (text: string) => text.trimStart().split(/\r?\n/, 1)[0] ?? '';
const withoutQuoting = (text: string) => text.replaceAll(/^(?:>[ \t]?)+/gm, '');

/** People save text in the encoding of their editor. */
function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function partsOf({ text, html, attachments }: Email): readonly string[] {
  const attached = attachments
    .filter(({ mimeType }) => /^(?:message\/|text\/)/i.test(mimeType))
    .map(({ content }) => (typeof content === 'string' ? content : decoded(new Uint8Array(content))));
  return [text ?? '', html === undefined ? '' : plain(html), ...attached];
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  '#43': '+',
  nbsp: ' ',
};
const plain = (html: string) =>
  html
    .replaceAll(/<(?:style|script)\b[\s\S]*?<\/(?:style|script)>/gi, '')
    .replaceAll(/<pre\b[\s\S]*?<\/pre>/gi, (block) => block.replaceAll('\n', '<br>'))
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?<(?:br|\/p|\/div|\/tr|\/li|\/h\d)\b[^>]*> ?/gi, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? whole);

type Block = ReadonlyMap<string, string>;

/** Runs of header or DSN fields, folded lines joined. Names in lower case; of several of one name the last. */
function fieldBlocks(text: string): readonly Block[] {
  const blocks: Map<string, string>[] = [];
  let open = new Map<string, string>();
  let last: string | undefined;
  for (const line of [...text.split(/\r?\n/), '']) {
    const name = FIELD.exec(line)?.[1]?.toLowerCase();
    if (name !== undefined) {
      open.set(name, line.slice(line.indexOf(':') + 1).trim());
      last = name;
    } else if (last !== undefined && /^\s+\S/.test(line)) {
      open.set(last, `${open.get(last) ?? ''} ${line.trim()}`);
    } else {
      if (isBlock(open)) blocks.push(open);
      open = new Map();
      last = undefined;
    }
  }
  return blocks;
}

const isBlock = (block: Block) =>
  block.has('final-recipient') || HEADERS.filter((name) => block.has(name)).length >= 2;

const dsnRecipients = (block: Block) =>
  ['original-recipient', 'final-recipient'].flatMap(
    (name) => block.get(name)?.replace(/^[^;]*;\s*/, '') ?? [],
  );

function recipientsIn(block: Block): readonly string[] {
  const fields = [block.get('to'), block.get('cc')].filter((field) => field !== undefined);
  return fields
    .flatMap((field) => addressParser(decodeWords(field), { flatten: true }))
    .flatMap(({ address }) => smtpAddress(address ?? '') ?? []);
}

/** Exchange writes the recipient alone on the line before the status code. */
function namedBeforeStatus(text: string): readonly string[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.flatMap((line, index) => {
    const before = lines[index - 1]?.replace(/^<|>$/g, '') ?? '';
    return STATUS.test(line) && /^[^\s@:]+@[^\s@:]+$/.test(before) ? [before] : [];
  });
}
