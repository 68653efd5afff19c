/**
 * The CSV that Windows PowerShell 5.1, PowerShell 7 and Excel write. Text: UTF-8 with or without byte order mark,
 * UTF-16 with one. Delimiter: comma, semicolon or tab, as an Excel `sep=` line says or as the header shows. The
 * `#TYPE` line of Export-Csv is skipped. Quotes, doubled quotes and newlines inside quotes: RFC 4180.
 */
import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import { codeOf } from '../errors.ts';
import { EXPORT_COLUMNS, sameText } from './exportManifest.ts';

/** One row; an empty cell is an empty text. */
export type ExportRow = Readonly<Record<(typeof EXPORT_COLUMNS)[number], string>>;

/** A record is a user, whose addresses can be many, but not this many: a quote was never closed. */
const MAX_RECORD_BYTES = 1_048_576;
const MAX_HEADER_LENGTH = 65_536;

/** What makes an export unreadable. The message continues "The export … ". */
export class ExportUnreadable extends Error {
  override readonly name = 'ExportUnreadable';
}

/**
 * The rows of a CSV. Columns may come in any order and case, `required` ones and {@link EXPORT_COLUMNS} must all
 * be there.
 * @throws ExportUnreadable, or an error of csv-parse
 */
export async function* readRows(
  bytes: AsyncIterable<Uint8Array>,
  required: readonly string[],
): AsyncGenerator<ExportRow, void, undefined> {
  const { delimiter, text } = await skipPrelude(decode(bytes));
  // The callback is for nothing: an error reaches whoever iterates the parser.
  const records: AsyncIterable<readonly string[]> = pipeline(
    text,
    parse({
      delimiter,
      record_delimiter: ['\r\n', '\n'],
      skip_empty_lines: true,
      max_record_size: MAX_RECORD_BYTES,
    }),
    () => {},
  );
  let toRow: ((cells: readonly string[]) => ExportRow) | undefined;
  for await (const cells of records) {
    if (toRow === undefined) toRow = rowReader(cells, required);
    else yield toRow(cells);
  }
  if (toRow === undefined) throw new ExportUnreadable('has no header line');
}

function rowReader(header: readonly string[], required: readonly string[]) {
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = [...EXPORT_COLUMNS, ...required].filter((column) => !names.includes(column.toLowerCase()));
  if (missing.length > 0) throw new ExportUnreadable(`has no column ${[...new Set(missing)].join(', ')}`);
  const twice = EXPORT_COLUMNS.find((column) => names.filter((name) => sameText(name, column)).length > 1);
  if (twice !== undefined) throw new ExportUnreadable(`has the column ${twice} twice`);
  const [id, guid, upn, mail, proxies, target, type, dn] = EXPORT_COLUMNS.map((column) =>
    names.indexOf(column.toLowerCase()),
  );
  return (cells: readonly string[]): ExportRow => ({
    immutableId: cells[id ?? -1] ?? '',
    objectGuid: cells[guid ?? -1] ?? '',
    userPrincipalName: cells[upn ?? -1] ?? '',
    mail: cells[mail ?? -1] ?? '',
    proxyAddresses: cells[proxies ?? -1] ?? '',
    targetAddress: cells[target ?? -1] ?? '',
    recipientTypeDetails: cells[type ?? -1] ?? '',
    distinguishedName: cells[dn ?? -1] ?? '',
  });
}

async function* decode(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let head = Buffer.alloc(0);
  try {
    for await (const chunk of bytes) {
      if (decoder !== undefined) {
        yield decoder.decode(chunk, { stream: true });
        continue;
      }
      head = Buffer.concat([head, chunk]);
      if (head.length < 2) continue;
      decoder = decoderFor(head);
      yield decoder.decode(head, { stream: true });
    }
    yield (decoder ?? decoderFor(head)).decode();
  } catch (error) {
    if (codeOf(error) !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new ExportUnreadable('is neither UTF-8 nor UTF-16 with a byte order mark', { cause: error });
  }
}

/** Fatal, since a letter that was lost on the way may be part of an id. A byte order mark is taken off. */
function decoderFor([first, second]: Uint8Array) {
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding, { fatal: true });
}

/** Takes off the lines before the header and finds the delimiter. */
async function skipPrelude(text: AsyncGenerator<string, void, undefined>) {
  let head = '';
  let sep: string | undefined;
  for (;;) {
    const line = /^(.*?)\r?\n/.exec(head)?.[1];
    const isSep = /^"?sep=(.)"?$/i.exec(line ?? '');
    if (isSep !== null || /^"?#TYPE\b/.test(line ?? '')) {
      sep = isSep?.[1] ?? sep;
      head = head.slice(head.indexOf('\n') + 1);
      continue;
    }
    if (line !== undefined) break;
    if (head.length > MAX_HEADER_LENGTH) throw new ExportUnreadable('has no header line');
    const next = await text.next();
    if (next.done) break;
    head += next.value;
  }
  return { delimiter: sep ?? delimiterOf(head.split('\n', 1)[0] ?? ''), text: resume(head, text) };
}

function delimiterOf(header: string): string {
  const count = (delimiter: string) => header.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best));
}

async function* resume(head: string, text: AsyncGenerator<string, void, undefined>) {
  yield head;
  yield* text;
}
