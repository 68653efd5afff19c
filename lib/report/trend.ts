/** The nights of the past month, and this one. */
import type { PastNight } from '../core/state.ts';
import { type Html, html } from './html.ts';
import type { Story } from './story.ts';
import { momentOf, number } from './units.ts';

/** Width of one night's column in the drawing's own units. */
const STEP = 10;
const HEIGHT = 40;

export function trendSection({ nights }: Story): Html {
  const bins = nights.map(({ counts }) => counts?.deletedUsers ?? 0);
  const planned = nights.map((one) => (purges(one) ? 0 : (one.counts?.purge ?? 0)));
  return html`<section aria-labelledby="trend">
<h2 id="trend">The last ${nights.length === 1 ? 'night' : `${number(nights.length)} nights`}</h2>
${
  nights.length === 1
    ? html`<p>This is the first night in the ledger. From the next on, a chart stands here.</p>`
    : html`<div class="trends">
${columns(
  'Purged each night; pale: planned, and not purged',
  nights.map(({ purged }) => purged),
  'purged',
  planned,
)}
${columns('Users decided on each night', bins, 'kept')}
</div>
${marks(nights)}`
}
<details><summary>The same in numbers</summary>
<table><caption class="aside">One line for each night, newest first</caption>
<thead><tr><th scope="col">Night</th><th scope="col">Mode</th><th scope="col">Ended</th><th scope="col" class="number">Purged</th><th scope="col" class="number">Planned</th><th scope="col" class="number">Kept</th></tr></thead>
<tbody>${nights.toReversed().map(row)}</tbody></table></details>
</section>`;
}

const purges = ({ mode, status }: PastNight) => mode === 'purge' && status !== 'refused';
const wentWrong = ({ status }: PastNight) => status !== 'completed';

/** Nights to look at, in words: a chart of two colours cannot say why a column is missing. */
function marks(nights: readonly PastNight[]): Html | undefined {
  const wrong = nights.filter(wentWrong);
  if (wrong.length === 0) return html`<p class="aside">Every one of them came to its end.</p>`;
  return html`<p class="aside">Not completed: ${wrong.map(({ startedAt, status }, index) => html`${index > 0 && '; '}${momentOf(startedAt)} ${status ?? 'cut off'}`)}.</p>`;
}

function columns(
  title: string,
  solid: readonly number[],
  tone: 'purged' | 'kept',
  hollow: readonly number[] = [],
): Html {
  const most = Math.max(...solid, ...hollow, 1);
  const last = Math.max(solid.at(-1) ?? 0, hollow.at(-1) ?? 0);
  const said = `${title}. ${number(solid.length)} nights, at most ${number(most)}, last ${number(last)}.`;
  return html`<figure><figcaption>${title}</figcaption>
<svg class="columns" viewBox="0 0 ${solid.length * STEP} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${said}">
${solid.map((value, index) => column(index, value / most, tone))}
${hollow.map((value, index) => column(index, value / most, 'planned'))}
<rect class="track" x="0" y="${HEIGHT - 0.5}" width="${solid.length * STEP}" height="0.5"/></svg>
<p class="aside">At most ${number(most)}, last night ${number(last)}.</p></figure>`;
}

function column(index: number, share: number, tone: string): Html | undefined {
  if (share === 0) return undefined;
  const height = Math.max(share * HEIGHT, 1);
  return html`<rect class="${tone}" x="${index * STEP + 1.5}" y="${(HEIGHT - height).toFixed(2)}" width="${STEP - 3}" height="${height.toFixed(2)}"/>`;
}

function row({ startedAt, mode, status, counts, purged }: PastNight): Html {
  const planned = counts === undefined ? '–' : number(counts.purge);
  const kept = counts === undefined ? '–' : number(counts.keep);
  return html`<tr><th scope="row">${momentOf(startedAt)}</th><td>${mode}</td><td>${status ?? 'cut off'}</td><td class="number">${number(purged)}</td><td class="number">${planned}</td><td class="number">${kept}</td></tr>`;
}
