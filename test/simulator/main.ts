/** `npm run simulate -- --nights 10000 --seed 1` */
import { parseArgs } from 'node:util';
import { Coverage } from './coverage.ts';
import { WORLD_EVENTS } from './events.ts';
import { explain } from './explain.ts';
import { liveOneLife } from './simulate.ts';
import { TAMPERINGS } from './tamper.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      nights: { type: 'string', default: '2000' },
      seed: { type: 'string', default: String(Date.now()) },
      /** One company alone, as a failure names it. */
      company: { type: 'string' },
      quiet: { type: 'boolean', default: false },
    },
  });
  const wanted = Number(values.nights);
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
    const life = await liveOneLife({ seed, coverage });
    nights += life.nights;
    if (life.violations.length > 0) {
      say(`After ${nights} nights, company ${company} of seed ${values.seed} went wrong:`);
      for (const violation of life.violations.slice(0, 5)) say(`  ${violation}`);
      if (!values.quiet) await explain(seed, life.violations, say);
      say(`To see it again: npm run simulate -- --seed ${values.seed} --company ${company} --nights 1`);
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
    if (name !== group) say(`\n${name}`);
    group = name;
    say(`${String(count).padStart(9)}  ${row}${count === 0 ? '   <- a hole' : ''}`);
  }
  const holes = coverage.holes();
  say(holes.length === 0 ? '\nNo holes.' : `\n${holes.length} holes: ${holes.join('; ')}`);
}

process.exitCode = await main();
