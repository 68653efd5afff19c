/** Charts as inline SVG. Each stands beside the same numbers in words, so none is ever the only place of one. */
import { KEEP, KEEP_REASONS } from '../core/vocabulary.ts';
import { type Html, html } from './html.ts';
import type { Story } from './story.ts';
import { number } from './units.ts';

/** A bar that is `percent` full, for the eye only: what it shows stands beside it. */
export function bar(percent: number, tone: 'kept' | 'purged' | 'near' = 'kept'): Html {
  const width = Math.min(Math.max(percent, 0), 100).toFixed(1);
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="track" width="100" height="10"/><rect class="${tone}" width="${width}" height="10"/></svg>`;
}

/** Kept by reason, most first. */
export function keptSection({ planned }: Story): Html | undefined {
  if (planned === undefined) return undefined;
  const { keptBy, keep } = planned.counts;
  const reasons = KEEP_REASONS.map((reason) => ({ reason, users: keptBy[reason] ?? 0 }))
    .filter(({ users }) => users > 0)
    .sort((a, b) => b.users - a.users);
  const most = Math.max(...reasons.map(({ users }) => users), 1);
  return html`<section aria-labelledby="kept">
<h2 id="kept">Kept, by reason</h2>
${keep === 0 ? html`<p>Nobody was kept.</p>` : undefined}
${
  reasons.length > 0 &&
  html`<table class="chart"><caption class="aside">Users kept for each reason. Of several reasons the first is counted.</caption>
<thead><tr><th scope="col">Reason</th><th scope="col" class="number">Users</th></tr></thead>
<tbody>${reasons.map(
    ({ reason, users }) =>
      html`<tr><th scope="row">${sentence(KEEP[reason])} <code>${reason}</code>${bar((users * 100) / most)}</th><td class="number">${number(users)}</td></tr>`,
  )}</tbody></table>`
}
</section>`;
}

export const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
