/** The whole page: one file that asks for nothing, runs nothing but its own script, and holds nobody's markup. */
import { createHash } from 'node:crypto';
import { keptSection } from './charts.ts';
import { type Html, html, verbatim } from './html.ts';
import { limitsSection } from './limits.ts';
import { peopleSection } from './people.ts';
import { rulesSection } from './rules.ts';
import { SCRIPT } from './script.ts';
import { curesSection, effortSection, sourcesSection } from './sources.ts';
import type { Story } from './story.ts';
import { STYLE } from './style.ts';
import { trendSection } from './trend.ts';
import { dateOf, momentOf, usersOf } from './units.ts';
import { verdictSection } from './verdict.ts';

export interface ReportOptions {
  /** false: the story was told without personal data, and the page says how to find out who is who. */
  readonly personalData: boolean;
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
/** The favicon is an empty `data:` URL, so that no browser goes looking for one. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The report of one night, as HTML. Pure: the same story gives the same page. */
export function renderReport(story: Story, { personalData }: ReportOptions): string {
  const title = `Night of ${dateOf(story.startedAt)}`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}: ${story.ended.status} – mailuser-purge</title>
<link rel="icon" href="data:,">
<style>${verbatim(STYLE)}</style>
</head>
<body>
<header>
<h1>mailuser-purge: ${title}</h1>
<p>Tenant <code>${story.started.tenantId}</code></p>
<nav aria-label="Sections">${links(story)}</nav>
</header>
<main>
${verdictSection(story)}
${keptSection(story)}
${rulesSection(story)}
${trendSection(story)}
${curesSection(story)}
${limitsSection(story)}
${sourcesSection(story)}
${!personalData && withoutNames()}
${peopleSection(story)}
${effortSection(story)}
</main>
<footer><p>Made of the ledger of the night <code>${story.night}</code>, ended ${momentOf(story.endedAt)}. The ledger beside this page has more: every line of it holds the hash of the one before. This page is only a way to read it.</p></footer>
<script>${verbatim(SCRIPT)}</script>
</body>
</html>
`.text;
}

const links = ({ people, cures, planned }: Story): readonly (Html | undefined)[] => [
  planned && html`<a href="#kept">Kept</a>`,
  html`<a href="#trend">Trend</a>`,
  cures.length > 0 ? html`<a href="#cures">Earlier purges</a>` : undefined,
  html`<a href="#limits">Limits</a>`,
  html`<a href="#sources">What was read</a>`,
  html`<a href="#people">${usersOf(people.length)}</a>`,
];

const withoutNames = (): Html => html`<section aria-labelledby="nameless">
<h2 id="nameless">No names here</h2>
<p>The policy leaves personal data out of this page (<code>telemetry.personalData</code>). People stand under their Entra object id. Whoever may read the ledger learns who it is by searching the night’s file for the id: the line with <code>"kind":"decided"</code> has the name, the addresses and every fact with its origin.</p>
</section>`;
