/** What the night came to, and what an operator does next. */
import { endsCounted, NIGHT, REFUSAL } from '../core/vocabulary.ts';
import { type Html, html } from './html.ts';
import type { Story } from './story.ts';
import { momentOf, number, usersOf } from './units.ts';

export function verdictSection(story: Story): Html {
  const { ended } = story;
  const tone = toneOf(story);
  return html`<section class="verdict ${tone}" aria-labelledby="verdict">
<h2 id="verdict"><span class="status">${ended.status}</span> ${headline(story)}</h2>
<p class="mode">${modeInWords(story)}</p>
<dl class="figures">${figures(story).map(([name, count]) => html`<div><dt>${name}</dt><dd>${number(count)}</dd></div>`)}</dl>
${refusals(story)}
<h3>What to do next</h3>
<ul class="next">${nextSteps(story).map((step) => html`<li>${step}</li>`)}</ul>
${(ended.status === 'failed' || ended.status === 'stopped') && html`<p class="detail">In the ledger’s words: <bdi>${ended.detail}</bdi></p>`}
</section>`;
}

/** Green only where there is nothing to look at. */
function toneOf(story: Story): 'good' | 'look' | 'bad' {
  const { status, refusals } = story.ended;
  if (status === 'failed') return 'bad';
  const calm = status === 'completed' && refusals.length === 0 && needYou(story) === 0;
  return calm ? 'good' : 'look';
}

/** From the counts, whatever the status: what was done is never hidden behind it. */
function headline({ started, ended, planned }: Story): string {
  const { status, refusals } = ended;
  const { purged = 0 } = ended.outcomes;
  if (started.mode === 'report' && status === 'completed') {
    return refusals.length > 0
      ? 'Nobody was purged. In purge mode this night would have been refused.'
      : `Nobody was purged. ${usersOf(planned?.counts.purge ?? 0)} would be.`;
  }
  const others = endsCounted(ended).filter(([name]) => name !== 'purged');
  const rest = others.map(([name, count]) => `${number(count)} ${name}`);
  if (purged === 0 && rest.length === 0) {
    return status === 'completed' ? 'Nobody was to be purged.' : 'Nobody was purged.';
  }
  const first = purged === 0 ? 'Nobody was purged' : `${usersOf(purged)} purged and seen to be gone`;
  return `${[first, ...rest].join(', ')}.`;
}

const modeInWords = ({ started, startedAt, ended }: Story) =>
  started.mode === 'report'
    ? html`Report mode: everything is read and decided, and nobody is purged. Began ${momentOf(startedAt)}.`
    : html`Purge mode. The night ${NIGHT[ended.status]}. Began ${momentOf(startedAt)}.`;

function figures(story: Story): readonly (readonly [string, number])[] {
  const { started, planned, ended, deletedUsers } = story;
  const planOnly = started.mode === 'report' || ended.status === 'refused';
  const seen: readonly (readonly [string, number | undefined])[] = [
    planOnly ? ['Would be purged', planned?.counts.purge] : ['Purged', ended.outcomes.purged ?? 0],
    ['Kept', planned?.counts.keep],
    ['In the recycle bin', deletedUsers],
    ['Need you', needYou(story)],
  ];
  return seen.flatMap(([name, count]) => (count === undefined ? [] : [[name, count] as const]));
}

function refusals({ ended }: Story): Html | undefined {
  if (ended.refusals.length === 0) return undefined;
  return html`<h3>Why it ${ended.status === 'refused' ? 'was' : 'would have been'} refused</h3>
<ul class="refusals">${ended.refusals.map(
    ({ refusal, detail }) =>
      html`<li><b>${REFUSAL[refusal].what}</b> <code>${refusal}</code><br><bdi>${detail}</bdi></li>`,
  )}</ul>`;
}

function nextSteps(story: Story): readonly string[] {
  const { started, ended, planned } = story;
  const steps = [
    ...ended.refusals.map(({ refusal }) => REFUSAL[refusal].next),
    ended.status === 'refused' && 'The next night tries again by itself. Runbook: nightRefused.',
    ended.status === 'failed' && 'Read below why it failed. Runbook: nightFailed.',
    ended.open > 0 && 'The next night looks again at every open purge by itself.',
    ended.open > 0 && 'If a purge stays open for a day: runbook, purgeUnverified.',
    stubborn(story) > 0 &&
      'Find those that were not purged at the head of the list of users. They go last from now on and hold nobody up.',
    ended.status === 'stopped' &&
      'Nothing tonight. If it stops every night, raise NIGHT_TIME_LIMIT_MINUTES and functionTimeout.',
    denied(story) > 0 &&
      'The service does not let this app purge some users, as those who held privileged roles. An administrator has to purge them by hand.',
    lingering(story) > 0 &&
      'Exchange Online still holds purged users. Run Remove-MailUser -PermanentlyDelete for each; this tool does not.',
    started.mode === 'report' &&
      ended.refusals.length === 0 &&
      (planned?.counts.purge ?? 0) > 0 &&
      'Read the list of those to be purged. If every one of them is right, write "mode": "purge" into the policy.',
  ].filter((step) => step !== false);
  return steps.length === 0 ? ['Nothing.'] : [...new Set(steps)];
}

const denied = ({ ended }: Story) => ended.outcomes.denied ?? 0;
const stubborn = ({ ended }: Story) => (ended.outcomes.notPurged ?? 0) + (ended.outcomes.unread ?? 0);
const lingering = ({ cures }: Story) => cures.filter(({ state }) => state === 'lingering').length;
const needYou = (story: Story) => story.ended.open + denied(story) + stubborn(story) + lingering(story);
