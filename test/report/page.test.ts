/** What the report says: the headline, what to do next, the limits, the trend. */
import { describe, expect, test } from '@jest/globals';
import { parse, serialize } from 'parse5';
import type { RecordOf } from '../../lib/core/record.ts';
import type { PastNight } from '../../lib/core/state.ts';
import { SCRIPT } from '../../lib/report/script.ts';
import type { Story } from '../../lib/report/story.ts';
import { decided, ended, started } from '../edges/ledgerRecords.ts';
import { eventfulNight, MONTH, POLICY, renderedStory, storyOf } from './night.ts';

/** The text of the page, without markup, style and script. */
const textOf = (story: Story, earlier: readonly PastNight[] = []) =>
  serialize(parse(renderedStory(story, earlier)))
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

const reportMode = { ...started(), mode: 'report' } as const;
const counts = { deletedUsers: 7, purge: 4, keep: 3, keptBy: { licensed: 3 } };
const planned: RecordOf<'planned'> = {
  kind: 'planned',
  state: 'ready',
  fingerprint: 'a'.repeat(64),
  counts,
  refusals: [],
  budgetSpent: 10,
  allowed: { perNight: 20, rollingBudget: 60 },
};
const end = (changes: Partial<RecordOf<'nightEnded'>>) => ({ ...ended(), outcomes: {}, ...changes });
const refusals = [{ refusal: 'tooManyPurges', detail: '44 of 20.', limit: 20, actual: 44 } as const];

describe('at 7 in the morning', () => {
  test.each<readonly [string, Story, readonly string[]]>([
    [
      'purged',
      storyOf([started(), planned, end({ outcomes: { purged: 4 } })]),
      [
        'completed 4 users purged and seen to be gone.',
        'What to do next Nothing.',
        'Purged 4 Kept 3 Need you 0',
      ],
    ],
    [
      'nobody to be purged',
      storyOf([started(), end({})]),
      ['completed Nobody was to be purged.', 'What to do next Nothing.'],
    ],
    [
      'report mode',
      storyOf([reportMode, planned, end({})]),
      ['Nobody was purged. 4 users would be.', 'If every one of them is right, write "mode": "purge"'],
    ],
    [
      'report mode, over a limit',
      storyOf([reportMode, { ...planned, state: 'overLimit', refusals }, end({ refusals })]),
      ['In purge mode this night would have been refused.', 'Why it would have been refused', '44 of 20.'],
    ],
    [
      'refused',
      storyOf([started(), end({ status: 'refused', refusals })]),
      ['refused Nobody was purged.', 'Why it was refused', 'tooManyPurges', 'Runbook: nightRefused'],
    ],
    [
      'failed',
      storyOf([
        started(),
        end({ status: 'failed', detail: 'It broke.', outcomes: { purged: 1, notPurged: 1 }, open: 2 }),
      ]),
      [
        'failed 1 user purged and seen to be gone, 1 notPurged, 2 open.',
        'Runbook: nightFailed',
        'purgeUnverified',
        'It broke.',
      ],
    ],
    [
      'failed before anything',
      storyOf([started(), end({ status: 'failed', detail: 'It broke.' })]),
      ['failed Nobody was purged.', 'Read below why it failed', 'Nobody was decided on.'],
    ],
    [
      'stopped',
      storyOf([started(), end({ status: 'stopped', outcomes: { purged: 3 }, notAttempted: 9 })]),
      ['stopped 3 users purged and seen to be gone, 9 not attempted.', 'NIGHT_TIME_LIMIT_MINUTES'],
    ],
  ])('%s', (_, story, saying) => {
    const text = textOf(story);
    for (const words of saying) expect(text.replaceAll('&quot;', '"')).toContain(words);
  });

  test('nothing is called good that has to be looked at', () => {
    const tone = (story: Story) => /class="verdict (\w+)"/.exec(renderedStory(story))?.[1];
    expect(tone(storyOf([started(), end({ outcomes: { purged: 1 } })]))).toBe('good');
    expect(tone(storyOf([started(), end({ outcomes: { purged: 1, denied: 1 } })]))).toBe('look');
    expect(tone(storyOf([reportMode, end({ refusals })]))).toBe('look');
    expect(tone(storyOf([started(), end({ status: 'refused', refusals })]))).toBe('look');
    expect(tone(storyOf([started(), end({ status: 'failed' })]))).toBe('bad');
    expect(tone(eventfulNight(1, 1))).toBe('look');
  });
});

describe('how near each limit came', () => {
  const withPlan = (purge: number, budgetSpent: number) => {
    const plan = { ...planned, counts: { ...counts, purge }, budgetSpent };
    return textOf(storyOf([{ ...started(), policy: POLICY }, plan, end({})]));
  };

  test('in numbers and in percent', () => {
    const text = withPlan(15, 33);
    expect(text).toContain('perNight 15 users of 20 allowed 75 %');
    expect(text).toContain('rollingBudget 33 before and 15 tonight, of 60 allowed 80 %');
  });

  test('at the limit is not over it; over it is said', () => {
    expect(withPlan(20, 0)).toContain('20 users of 20 allowed 100 %');
    expect(withPlan(21, 0)).toContain('21 users of 20 allowed exceeded');
  });

  test('a night that ended before', () => {
    expect(textOf(storyOf([started(), end({ status: 'refused', refusals })]))).toContain(
      'The night ended before a limit was reached.',
    );
  });
});

describe('everybody', () => {
  test('a user with every fact, its origin, its outcome and the times', () => {
    const text = textOf(eventfulNight(1, 0));
    for (const words of [
      'Zoë 0',
      'Synced from on-premises: yes , Entra ID',
      'Still on-premises: no , Entra ID',
      'Licensed: no , Entra ID',
      'Deleted: 2026-11-01 08:30 UTC ; seen absent on 1 night',
      'DELETE announced 2026-11-20 02:00 UTC',
      'Answer (attempt 1): accepted, status 204',
      'Settled 2026-11-20 02:00 UTC , 0.9 s after the DELETE',
    ]) {
      expect(text).toContain(words);
    }
  });

  test('under the name before the deletion, without the id that Entra ID put before it', () => {
    const { id } = decided(1);
    const userPrincipalName = `${id.replaceAll('-', '')}zoe@contoso.com`;
    const text = textOf(storyOf([started(), { ...decided(1), userPrincipalName }, end({})]));
    expect(text).toContain(' zoe@contoso.com ');
  });
});

describe('the nights before', () => {
  test('a chart with its numbers in words and in a table', () => {
    const page = renderedStory(eventfulNight(14, 30), MONTH);
    expect(page).toContain('31 nights, at most 12, last 10.');
    expect(page.match(/role="img"/g)).toHaveLength(2);
    const text = textOf(eventfulNight(14, 30), MONTH);
    expect(text).toContain('Not completed: 2026-11-06 02:01 UTC refused; 2026-11-11 02:01 UTC cut off.');
    expect(text).toContain('2026-11-11 02:01 UTC purge cut off 0 – –');
  });

  test('none yet', () => {
    expect(textOf(storyOf([started(), end({})]))).toContain('This is the first night in the ledger.');
  });
});

test('the one script is the one that the policy of the page allows', () => {
  const page = renderedStory(eventfulNight(1, 1));
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).toContain(`<script>${SCRIPT}</script>`);
  expect(page).toMatch(
    /content="default-src &#39;none&#39;; script-src &#39;sha256-[\w+/=]+&#39;; style-src/,
  );
  expect(page).not.toMatch(/\sstyle=|\son\w+=|https?:/);
});
