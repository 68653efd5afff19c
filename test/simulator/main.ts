/** `npm run simulate -- --nights 10000 --seed 1` */
import { parseArgs } from 'node:util';
import { openStorage, type Storage } from './account.ts';
import { Coverage } from './coverage.ts';
import { WORLD_EVENTS } from './events.ts';
import { explain } from './explain.ts';
import { liveOneLife } from './simulate.ts';
import { TAMPERINGS } from './tamper.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    nights: { type: 'string' },
    seed: { type: 'string', default: String(Date.now()) },
    /** One company alone, as a failure names it. */
    company: { type: 'string' },
    /** With the real SDKs over TLS: some dozen nights a minute, and fewer faults. */
    wire: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const storage = values.wire ? await openStorage() : undefined;
  try {
    return await simulate(storage);
  } finally {
    await storage?.close();
  }
}

async function simulate(storage: Storage | undefined): Promise<number> {
  const wanted = Number(values.nights ?? (values.wire ? 100 : 2_000));
  const coverage = new Coverage();
  coverage.expect('world', WORLD_EVENTS);
  coverage.expect(
    'check',
    TAMPERINGS.map((how) => `tampered: ${how}`),
  );
  const startedAt = performance.now();
  let nights = 0;
  let told = 0;
  const perMinute = () => Math.round((nights * 60_000) / (performance.now() - startedAt));
  for (let company = Number(values.company ?? 0); nights < wanted; company++) {
    const seed = `${values.seed}/${company}`;
    const life = await liveOneLife({ seed, coverage, ...(storage && { storage }) });
    nights += life.nights;
    if (life.violations.length > 0) {
      say(`After ${nights} nights, company ${company} of seed ${values.seed} went wrong:`);
      for (const violation of life.violations.slice(0, 5)) say(`  ${violation}`);
      if (!values.quiet)
        await explain({ seed, violations: life.violations, say, ...(storage && { storage }) });
      const how = `--seed ${values.seed} --company ${company} --nights 1${values.wire ? ' --wire' : ''}`;
      say(`To see it again: npm run simulate -- ${how}`);
      return 1;
    }
    if (!values.quiet && performance.now() - told > 2_000) {
      told = performance.now();
      say(`${nights} nights, ${company + 1} companies, ${perMinute()} nights a minute`);
    }
    if (values.company !== undefined) break;
  }
  say(`${nights} nights without a violation, seed ${values.seed}, ${perMinute()} nights a minute.`);
  if (!values.quiet) report(coverage);
  return 0;
}

function report(coverage: Coverage): void {
  let group = '';
  for (const [name, row, count] of coverage.rows()) {
    // Over the wire much cannot happen, and is no hole.
    if (values.wire && count === 0) continue;
    if (name !== group) say(`\n${name}`);
    group = name;
    say(`${String(count).padStart(9)}  ${row}${count === 0 ? '   <- a hole' : ''}`);
  }
  if (values.wire) return;
  const holes = coverage.holes();
  say(holes.length === 0 ? '\nNo holes.' : `\n${holes.length} holes: ${holes.join('; ')}`);
}

process.exitCode = await main();
