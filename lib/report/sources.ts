/** What was read and how old it was; what Exchange Online said; what it all took. */
import { OWN_DOMAIN_DAYS } from '../core/state.ts';
import { CURE, SOURCE } from '../core/vocabulary.ts';
import { type Html, html } from './html.ts';
import type { Story } from './story.ts';
import { between, decimal, lasted, momentOf, number, usersOf } from './units.ts';

export function sourcesSection(story: Story): Html {
  const { sources, exchange, deletedUsers } = story;
  return html`<section aria-labelledby="sources">
<h2 id="sources">What was read</h2>
<ul class="plain">
<li>Recycle bin of Entra ID: ${deletedUsers === undefined ? 'not read' : html`${number(deletedUsers)} deleted users, read to the end and counted`}.</li>
${tenantRead(story)}
${exchange && html`<li>Exchange Online: ${exchange.available ? `${number(exchange.recipients)} soft-deleted recipients` : 'no answer'}, <bdi>${exchange.detail}</bdi></li>`}
${ignoredFlag(story)}
</ul>
${sources.length === 0 ? html`<p>No source of the on-premises users was read.</p>` : sourceTable(sources)}
</section>`;
}

function ignoredFlag({ planned }: Story): Html | undefined {
  const { syncFlagIgnored } = planned ?? {};
  if (syncFlagIgnored === undefined) return undefined;
  return html`<li>The flag <code>onPremisesSyncEnabled</code> is false for ${usersOf(syncFlagIgnored)} with on-premises attributes, and true for no deleted user. So it says nothing here, and these users were judged without it. Somebody moved to cloud management cannot be told from the others.</li>`;
}

function tenantRead({ tenant }: Story): Html | undefined {
  if (tenant === undefined) return html`<li>The tenant itself: not read.</li>`;
  const { lastSync, vanishedDomains = [] } = tenant.record;
  const vanished =
    vanishedDomains.length > 0 &&
    html`<li>Domains that the company had in the past ${OWN_DOMAIN_DAYS} days and has not verified tonight: <bdi>${vanishedDomains.join(', ')}</bdi>. They still count as its own, so that the owner of a mailbox in one of them does not look like a mail user.</li>`;
  return html`${vanished}<li>Last directory sync: ${lastSync === undefined ? 'not told' : html`${momentOf(lastSync)}, ${between(lastSync, tenant.at)} before it was read`}.</li>`;
}

const sourceTable = (sources: Story['sources']): Html => html`<table>
<caption class="aside">Sources of the on-premises user set. A user whom any of them has is kept.</caption>
<thead><tr><th scope="col">Source</th><th scope="col" class="number">Users</th><th scope="col" class="number">Past week</th><th scope="col">As of</th></tr></thead>
<tbody>${sources.map(
  ({ at, record: { source, total, baseline, asOf, accepted, parts } }) =>
    html`<tr><th scope="row">${SOURCE[source]}${!accepted && html` <b class="tag bad">not accepted</b>`}</th><td class="number">${number(total)}</td><td class="number">${baseline === undefined ? '–' : number(baseline.total)}</td><td>${momentOf(asOf)}, ${between(asOf, at)} old${Object.entries(parts ?? {}).map(([part, partAsOf]) => html`<br><span class="aside"><bdi>${part}</bdi>: ${momentOf(partAsOf)}</span>`)}</td></tr>`,
)}</tbody></table>`;

/** What became in Exchange Online of those purged on this and earlier nights. */
export function curesSection({ cures }: Story): Html | undefined {
  if (cures.length === 0) return undefined;
  return html`<section aria-labelledby="cures">
<h2 id="cures">What became of earlier purges</h2>
<table><caption class="aside">What Exchange Online still holds of those purged before; while it holds one, mail to its address may bounce. Their names are in the ledger of the night that purged them.</caption>
<thead><tr><th scope="col">Object id</th><th scope="col">Exchange Online</th></tr></thead>
<tbody>${cures.map(
    ({ id, state, afterMs, purgedAt, detail }) =>
      html`<tr><th scope="row"><code>${id}</code></th><td><b class="tag ${state === 'lingering' ? 'bad' : ''}">${state}</b> ${CURE[state]}.<br><span class="aside">Purged ${momentOf(purgedAt)}, ${lasted(afterMs)} before.${detail !== CURE[state] && html` <bdi>${detail}</bdi>`}</span></td></tr>`,
  )}</tbody></table>
</section>`;
}

export function effortSection(story: Story): Html {
  const { ended, people } = story;
  const { durationMs, graphCalls, resourceUnits, throttled, retries } = ended.measurements;
  const proofs = people.flatMap(({ settled }) => settled?.verifiedAfterMs ?? []);
  const rows: readonly (readonly [string, string])[] = [
    ['The night took', lasted(durationMs)],
    ['Requests to Graph', `${number(graphCalls)}, for ${number(resourceUnits)} resource units`],
    ['Throttled answers', `${number(throttled)}; requests repeated: ${number(retries)}`],
    ...(proofs.length === 0
      ? []
      : [
          [
            'From DELETE to proof',
            `${decimal(mean(proofs) / 1000)} s on average, ${decimal(Math.max(...proofs) / 1000)} s at most`,
          ] as const,
        ]),
  ];
  return html`<section aria-labelledby="effort">
<h2 id="effort">What it took</h2>
<dl class="pairs">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</section>`;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
