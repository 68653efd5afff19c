/** Somebody changes the ledger behind the tool's back: the next night must notice, and purge nobody. */
import type { NightReport } from '../../lib/night.ts';
import { type Company, violate } from './company.ts';
import { liveOneNight } from './night.ts';

const HOW: Readonly<Record<string, (bytes: Buffer, at: number) => Buffer | undefined>> = {
  'a digit changed': (bytes, at) => {
    const changed = Buffer.from(bytes);
    let position = lineEnds(bytes)[at] ?? 0;
    while (!isDigit(bytes[position])) position -= 1;
    changed[position] = bytes[position] === ZERO ? ZERO + 1 : ZERO;
    return changed;
  },
  'a line taken out': (bytes, at) => {
    const ends = lineEnds(bytes);
    const from = at === 0 ? 0 : (ends[at - 1] ?? 0) + 1;
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray((ends[at] ?? 0) + 1)]);
  },
  'the end cut off': (bytes, at) => bytes.subarray(0, at === 0 ? 0 : (lineEnds(bytes)[at - 1] ?? 0) + 1),
  'the file taken away': () => undefined,
};
export const TAMPERINGS = Object.keys(HOW);

const AT_THE_END: ReadonlySet<string> = new Set(['the end cut off', 'the file taken away']);

const ZERO = 0x30;
const isDigit = (byte: number | undefined) => byte !== undefined && byte >= ZERO && byte <= ZERO + 9;

function lineEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, end + 1)) ends.push(end);
  return ends;
}

/** A file of the log in which a line has another behind it, and which is not too old to be read. */
function victimOf({ files, chance, clock, book }: Company): string | undefined {
  const since = new Date(clock.now() - 25 * 86_400_000).toISOString();
  const isRead = book.lines.some(({ at }) => at > since);
  const names = [...files.keys()].filter((name) => lineEnds(files.get(name) ?? Buffer.alloc(0)).length > 2);
  return isRead && names.length > 0 ? chance.pick('victim', names.sort().slice(-2)) : undefined;
}

export async function tamperAndNotice(company: Company): Promise<NightReport | 'crashed' | undefined> {
  const { files, chance, coverage } = company;
  const name = victimOf(company);
  const bytes = files.get(name ?? '');
  if (name === undefined || bytes === undefined) return undefined;
  // The end of the newest file is beyond the chain's reach, and so is the only file.
  const isNewest =
    name ===
    [...files.keys()]
      .filter((one) => (files.get(one)?.length ?? 0) > 0)
      .sort()
      .at(-1);
  const ways = isNewest ? TAMPERINGS.filter((how) => !AT_THE_END.has(how)) : TAMPERINGS;
  const how = chance.pick('tamper', ways);
  const most = lineEnds(bytes).length - (isNewest ? 2 : 1);
  const changed = HOW[how]?.(bytes, chance.int('tampered line', 1, most));
  if (changed === undefined) files.delete(name);
  else files.set(name, changed);
  company.trace?.(`tampered with ${name}: ${how}`);
  const weather = company.weather;
  company.weather = 0;
  const before = company.world.truth.hardDeletes.length;
  const report = await liveOneNight(company);
  company.weather = weather;
  coverage.hit('check', `tampered: ${how}`);
  if (report === 'crashed' || report.refusals[0]?.refusal !== 'ledgerUnusable') {
    violate(company, `nobody noticed that the ledger was tampered with: ${how} in ${name}`);
  }
  if (company.world.truth.hardDeletes.length > before) violate(company, 'purged on a tampered ledger');
  files.set(name, bytes);
  return report;
}
