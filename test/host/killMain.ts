/** `npm run kill [-- --times 200 --seed 1]`: kills the built job at so many random moments, and says what was found. */
import { parseArgs } from 'node:util';
import { type Killings, killAtRandom } from './killing.ts';

const { values } = parseArgs({
  options: { times: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
const say = (text: string) => process.stdout.write(`${text}\n`);
const summary = ({ kills, companies, leftOpen, purgedUnseen }: Killings) =>
  `${kills} kills in ${companies} companies; ${leftOpen} DELETEs left open, ${purgedUnseen} of which had purged`;

const began = Date.now();
const killings = await killAtRandom(Number(values.times), Number(values.seed), (tally) =>
  say(summary(tally)),
);
for (const [kind, times] of Object.entries(killings.diedAfter).sort(([, a], [, b]) => b - a)) {
  say(`${String(times).padStart(5)}  died after ${kind}`);
}
say(`${summary(killings)}, in ${Math.round((Date.now() - began) / 1000)} s, seed ${values.seed}.`);
for (const wrong of killings.wrongs) say(`WRONG: ${wrong}`);
process.exitCode = killings.wrongs.length > 0 ? 1 : 0;
