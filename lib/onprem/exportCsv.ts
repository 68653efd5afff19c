/**
 * The CSV that Windows PowerShell 5.1, PowerShell 7 and Excel write. Text: UTF-8 with or without byte order mark,
 * UTF-16 with one. Delimiter: comma, semicolon or tab, as an Excel `sep=` line says or as the header shows. The
 * `#TYPE` line of Export-Csv is skipped. Quotes, doubled quotes and newlines inside quotes: RFC 4180.
 */
import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import { codeOf } from '../errors.ts';
import { sameText } from './exportManifest.ts';

/** One row by the names of its columns, in the letter case in which they were asked for; an empty cell is an empty text. */
export type ExportRow = ReadonlyMap<string, string>;

/** A record is a user, whose addresses can be many, but not this many: a quote was never closed. */
const MAX_RECORD_BYTES = 1_048_576;
const MAX_HEADER_LENGTH = 65_536;

/** What makes an export unreadable. The message continues "The export … ". */
export class ExportUnreadable extends Error {
  override readonly name = 'ExportUnreadable';
}

/**
 * The rows of a CSV. Columns may come in any order and case; all of `columns` must be there, and none twice.
 * @throws ExportUnreadable, or an error of csv-parse
 */
export async function* readRows(
  bytes: AsyncIterable<Uint8Array>,
  columns: readonly string[],
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
    if (toRow === undefined) toRow = rowReader(cells, columns);
    else yield toRow(cells);
  }
  if (toRow === undefined) throw new ExportUnreadable('has no header line');
}

function rowReader(header: readonly string[], columns: readonly string[]) {
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = columns.filter((column) => !names.includes(column.toLowerCase()));
  if (missing.length > 0) throw new ExportUnreadable(`has no column ${[...new Set(missing)].join(', ')}`);
  const twice = columns.find((column) => names.filter((name) => sameText(name, column)).length > 1);
  if (twice !== undefined) throw new ExportUnreadable(`has the column ${twice} twice`);
  const places = columns.map((column) => [column, names.indexOf(column.toLowerCase())] as const);
  return (cells: readonly string[]): ExportRow =>
    new Map(places.map(([column, place]) => [column, cells[place] ?? '']));
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
