/** Everybody in the recycle bin: the verdict, why, on what facts, and what came of it. */
import { formerUpn } from '../core/addresses.ts';
import type { Fact } from '../core/model.ts';
import {
  FACT_NAMES,
  FACTS,
  type FactName,
  KEEP,
  KEEP_REASONS,
  OUTCOME,
  OUTCOMES,
} from '../core/vocabulary.ts';
import { sentence } from './charts.ts';
import { type Html, html } from './html.ts';
import type { Person, Story } from './story.ts';
import { decimal, momentOf, number, usersOf } from './units.ts';

export function peopleSection(story: Story): Html {
  const { people } = story;
  const sorted = [...people].sort((a, b) => rank(a) - rank(b));
  return html`<section aria-labelledby="people">
<h2 id="people">Everybody in the recycle bin</h2>
${
  people.length === 0
    ? html`<p>Nobody was decided on.</p>`
    : html`${tools(people)}
<table id="users" role="table"><caption class="aside">${usersOf(people.length)}, those to be purged first.</caption>
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">User</th><th scope="col" role="columnheader">Verdict</th><th scope="col" role="columnheader">Why</th></tr></thead>
<tbody role="rowgroup">${sorted.map((person) => row(person, story))}</tbody></table>`
}
${lateSettled(story)}
</section>`;
}

/** Shown by the script, without which there is nothing to search with. */
function tools(people: readonly Person[]): Html {
  const reasons = KEEP_REASONS.filter((reason) => people.some(({ decided }) => decided.reason === reason));
  const outcomes = OUTCOMES.filter((outcome) => people.some(({ settled }) => settled?.outcome === outcome));
  const option = (value: string, words: string) => html`<option value="${value}">${words}</option>`;
  return html`<form id="tools" hidden role="search" aria-label="Users">
<p><label for="search">Search</label><input id="search" type="search" autocomplete="off" placeholder="name, address, id, reason"></p>
<p><label for="choice">Show</label><select id="choice">${option('', 'everybody')}${option('purge', 'to be purged')}${option('keep', 'kept')}
${outcomes.map((outcome) => option(outcome, `outcome: ${OUTCOME[outcome]}`))}
${reasons.map((reason) => option(reason, `kept: ${KEEP[reason]}`))}</select></p>
<p><span id="count" role="status"></span> <button type="button" id="before">Previous</button> <button type="button" id="after">Next</button></p>
</form>`;
}

/** What went wrong first, then the other purges, then the kept. */
function rank({ decided, settled }: Person): number {
  if (settled !== undefined && settled.outcome !== 'purged') return 0;
  return decided.verdict === 'purge' ? 1 : 2;
}

/** The roles are a table's own; said aloud, because on a phone it is laid out as something else. */
function row(person: Person, story: Story): Html {
  const { decided, settled } = person;
  const purge = decided.verdict === 'purge';
  const is = [decided.verdict, decided.reason, settled?.outcome].filter((name) => name !== undefined);
  return html`<tr role="row" data-is="${is.join(' ')}"><th scope="row" role="rowheader">${who(person)}</th><td role="cell"><b class="tag ${decided.verdict}">${decided.verdict}</b>${settled && html`<br><b class="tag ${UNEVENTFUL.has(settled.outcome) ? 'done' : 'bad'}">${settled.outcome}</b>`}</td><td role="cell">${why(person, story)}
${purge ? html`<details open><summary>Facts</summary>${facts(person)}</details>` : html`<details><summary>Facts</summary>${facts(person)}</details>`}</td></tr>
`;
}

const UNEVENTFUL: ReadonlySet<string> = new Set(['purged', 'alreadyGone']);

function who({ decided }: Person): Html {
  const { id, displayName, mail } = decided;
  const upn = formerUpn({ id, userPrincipalName: decided.userPrincipalName });
  return html`${displayName !== undefined && html`<bdi class="name">${displayName}</bdi>`}
${upn !== undefined && html`<bdi class="line">${upn}</bdi>`}
${mail !== undefined && mail !== upn && html`<bdi class="line">${mail}</bdi>`}
<code class="line">${id}</code>`;
}

function why(person: Person, { started }: Story): Html {
  const { decided, settled } = person;
  if (decided.verdict === 'keep') {
    const words = decided.reason === undefined ? 'kept' : KEEP[decided.reason];
    return html`<p>${sentence(words)}. <code>${decided.reason}</code></p>${decided.detail !== words && html`<p class="aside"><bdi>${decided.detail}</bdi></p>`}`;
  }
  if (settled === undefined) {
    return html`<p>Every fact speaks for a purge${started.mode === 'report' ? '; report mode purges nobody' : ''}.</p>`;
  }
  return html`<p>${sentence(OUTCOME[settled.outcome])}.</p>${settled.detail !== OUTCOME[settled.outcome] && html`<p class="aside"><bdi>${settled.detail}</bdi></p>`}`;
}

function facts(person: Person): Html {
  const { decided, sent, settled, settledAt } = person;
  const known = FACT_NAMES.flatMap((name) => {
    const fact = decided.facts[name];
    return fact === undefined ? [] : [factLine(name, fact)];
  });
  const { deletedDateTime, nightsAbsent, immutableId } = decided;
  const proof = settled?.verifiedAfterMs;
  return html`<ul class="facts">${known}
<li>Deleted: ${deletedDateTime === undefined ? 'not told' : momentOf(deletedDateTime)}; seen absent on ${number(nightsAbsent)} ${nightsAbsent === 1 ? 'night' : 'nights in a row'}</li>
${immutableId !== undefined && html`<li>Immutable id: <bdi>${immutableId}</bdi></li>`}
${sent && html`<li>DELETE announced ${momentOf(sent.announcedAt)}</li>`}
${sent?.answer && html`<li>Answer (attempt ${sent.attempt}): ${sent.answer.answer}, <bdi>${sent.answer.detail}</bdi></li>`}
${settledAt && html`<li>Settled ${momentOf(settledAt)}${proof !== undefined && `, ${decimal(proof / 1000)} s after the DELETE`}</li>`}</ul>`;
}

const factLine = (name: FactName, { value, origin }: Fact): Html =>
  html`<li>${FACTS[name].asked}: <b>${value}</b>, <bdi>${origin}</bdi></li>`;

/** Purges that an earlier night had announced. */
function lateSettled({ late }: Story): Html | undefined {
  if (late.length === 0) return undefined;
  return html`<h3 id="late">Left open by earlier nights, and settled now</h3>
<table aria-labelledby="late"><thead><tr><th scope="col">Object id</th><th scope="col">Outcome</th></tr></thead>
<tbody>${late.map(
    ({ id, outcome, detail }) =>
      html`<tr><th scope="row"><code>${id}</code></th><td>${sentence(OUTCOME[outcome])}.${detail !== OUTCOME[outcome] && html` <span class="aside"><bdi>${detail}</bdi></span>`}</td></tr>`,
  )}</tbody></table>`;
}
