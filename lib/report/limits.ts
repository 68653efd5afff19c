/** How near the night came to everything that would have stopped it. */
import { MAX_CLOCK_SKEW_MS } from '../core/guards.ts';
import { elapsedMs, HOUR_MS } from '../core/ids.ts';
import { numberAt } from '../core/json.ts';
import { SOURCE } from '../core/vocabulary.ts';
import { bar } from './charts.ts';
import { type Html, html } from './html.ts';
import type { Story } from './story.ts';
import { decimal, number, usersOf } from './units.ts';

export interface Limit {
  readonly what: string;
  readonly setting: string;
  readonly limit: number;
  readonly actual: number;
  /** `12 users of 20` */
  readonly said: string;
}

/** Every limit that the night came to, with what it took up; empty where it came to none. */
export const limitsOf = (story: Story): readonly Limit[] => [...planLimits(story), ...readLimits(story)];

export function limitsSection(story: Story): Html {
  const limits = limitsOf(story);
  return html`<section aria-labelledby="limits">
<h2 id="limits">Limits</h2>
${
  limits.length === 0
    ? html`<p>The night ended before a limit was reached.</p>`
    : html`<table class="chart"><caption class="aside">How much of each limit the night took up. More than all of it refuses the night.</caption>
<thead><tr><th scope="col">Limit</th><th scope="col" class="number">Taken up</th></tr></thead>
<tbody>${limits.map(row)}</tbody></table>`
}
</section>`;
}

function row({ what, setting, limit, actual, said }: Limit): Html {
  const percent = limit > 0 ? (Math.max(actual, 0) * 100) / limit : actual > 0 ? 100 : 0;
  const tone = percent > 100 ? 'over' : percent >= 80 ? 'close' : '';
  return html`<tr class="${tone}"><th scope="row">${what} <code>${setting}</code>${bar(percent, percent >= 80 ? 'near' : 'kept')}<span class="aside">${said}</span></th><td class="number">${actual > limit ? 'exceeded' : `${number(Math.floor(percent))} %`}</td></tr>`;
}

function planLimits({ started: { policy }, planned }: Story): readonly Limit[] {
  if (planned === undefined) return [];
  const { purge } = planned.counts;
  const { perNight, rollingBudget } = planned.allowed ?? { perNight: 0, rollingBudget: 0 };
  const days = numberAt(policy, ['accidentalDeletionPrevention', 'rollingBudget', 'days']) ?? 0;
  return [
    {
      what: 'Purges in one night',
      setting: 'perNight',
      limit: perNight,
      actual: purge,
      said: `${usersOf(purge)} of ${number(perNight)} allowed`,
    },
    {
      what: `Purges in ${number(days)} days`,
      setting: 'rollingBudget',
      limit: rollingBudget,
      actual: planned.budgetSpent + purge,
      said: `${number(planned.budgetSpent)} before and ${number(purge)} tonight, of ${number(rollingBudget)} allowed`,
    },
  ];
}

function readLimits({ started: { policy }, tenant, sources }: Story): readonly Limit[] {
  const maxHours = numberAt(policy, ['maxSyncAgeHours']) ?? 0;
  const maxShrink = numberAt(policy, ['onPremises', 'maxShrinkPercent']) ?? 0;
  const lastSync = tenant?.record.lastSync;
  const hours = tenant && lastSync ? elapsedMs(lastSync, tenant.at) / HOUR_MS : undefined;
  const skew = tenant?.record.clockSkewSeconds;
  const age = hours !== undefined && {
    what: 'Age of the last directory sync',
    setting: 'maxSyncAgeHours',
    limit: maxHours,
    actual: hours,
    said: `${decimal(hours)} of ${decimal(maxHours)} hours allowed`,
  };
  const clock = skew !== undefined && {
    what: 'Difference of the clocks here and at Graph',
    setting: 'clockSkewed',
    limit: MAX_CLOCK_SKEW_MS / 1000,
    actual: Math.abs(skew),
    said: `${decimal(Math.abs(skew))} of ${decimal(MAX_CLOCK_SKEW_MS / 1000)} seconds allowed`,
  };
  const shrinks = sources.flatMap(({ record: { source, total, baseline } }) => {
    if (baseline === undefined || baseline.total === 0) return [];
    const lost = ((baseline.total - total) * 100) / baseline.total;
    const change = lost > 0 ? `${decimal(lost)} % fewer` : 'no fewer';
    return [
      {
        what: `Users lost by the source ${SOURCE[source]}`,
        setting: 'maxShrinkPercent',
        limit: maxShrink,
        actual: lost,
        said: `${change} than the ${number(baseline.total)} of the past week; ${decimal(maxShrink)} % allowed`,
      },
    ];
  });
  return [age, clock, ...shrinks].filter((limit) => limit !== false);
}
