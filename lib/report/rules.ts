/** The protect rules, and how many users each of them keeps: a rule that keeps nobody may be mistyped. */
import { type Html, html } from './html.ts';
import type { Story } from './story.ts';
import { number } from './units.ts';

export function rulesSection({ planned }: Story): Html | undefined {
  const rules = planned?.protectRules ?? [];
  if (rules.length === 0) return undefined;
  return html`<section aria-labelledby="rules">
<h2 id="rules">Protect rules</h2>
<table><caption class="aside">How many users of tonight’s recycle bin each rule protects. Look twice at a rule that protects nobody: it may be mistyped.</caption>
<thead><tr><th scope="col">Rule</th><th scope="col" class="number">Users</th></tr></thead>
<tbody>${rules.map(
    ({ rule, users, expired }) =>
      html`<tr><th scope="row"><bdi>${rule}</bdi>${expired && html`<br><span class="aside">Its last day is past, so that it protects nobody. Remove it, or set another day.</span>`}</th><td class="number">${users === 0 ? 'nobody' : number(users)}</td></tr>`,
  )}</tbody></table>
</section>`;
}
