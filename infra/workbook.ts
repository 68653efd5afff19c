/** Assembles `workbook.json` from the queries in `queries/workbook`: `npm run infra`. */
import { writeFileSync } from 'node:fs';
import { chart, choice, parameters, type Tab, tabs, timeRange, typed, words } from './workbookItems.ts';

const LAST_NIGHT: Tab = {
  name: 'lastNight',
  label: 'Last night',
  items: [
    chart('lastNight', {
      title: 'Did it run, in time, and how did it end?',
      visualization: 'table',
      icons: ['InTime', 'Status'],
    }),
    chart('lastNightRefusals', { title: 'Refused, and why', visualization: 'table' }),
    chart('lastNightOutcomes', {
      title: 'Purges, and how each ended',
      visualization: 'table',
      width: 60,
      icons: ['Outcome'],
    }),
    chart('lastNightKept', {
      title: 'Kept, by reason',
      visualization: 'barchart',
      chartSettings: { xAxis: 'Reason', yAxis: ['Users'] },
      width: 40,
    }),
  ],
};

const TREND: Tab = {
  name: 'trend',
  label: 'Trend',
  items: [
    chart('trend', {
      title: 'Purged, kept, failed',
      visualization: 'timechart',
      chartSettings: { xAxis: 'EndedAt', yAxis: ['InRecycleBin', 'Purged', 'Kept', 'Failed'] },
    }),
    chart('keptTrend', {
      title: 'Kept, by reason',
      visualization: 'timechart',
      chartSettings: { xAxis: 'PlannedAt', yAxis: ['Users'], group: 'Reason' },
    }),
    chart('nights', { title: 'Every night', visualization: 'table', icons: ['Status'] }),
    chart('policies', { title: 'The policy in force', visualization: 'table' }),
  ],
};

const BOUNCES: Tab = {
  name: 'bounces',
  label: 'Who bounces',
  items: [
    chart('recycleBin', {
      title: 'Mail users in the recycle bin: who bounces, until when',
      visualization: 'table',
    }),
    chart('uncured', {
      title: 'Purged, but still in Exchange Online',
      visualization: 'table',
      icons: ['State'],
    }),
    chart('timeToPurge', {
      title: 'From deletion to purge, proof and cure, by week',
      visualization: 'table',
    }),
  ],
};

const LIMITS: Tab = {
  name: 'limits',
  label: 'Limits',
  items: [
    words(
      'limitsNote',
      'A share of 1 is the limit. Above it, the whole night was refused. From 0.8 on, the alert "A limit was near" tells you.',
    ),
    chart('limits', {
      title: 'How near each night came to each limit',
      visualization: 'timechart',
      chartSettings: { xAxis: 'At', yAxis: ['Share'], group: 'LimitName' },
    }),
  ],
};

const SOURCES: Tab = {
  name: 'sources',
  label: 'Sources',
  items: [
    chart('sources', { title: 'The on-premises user set', visualization: 'table', icons: ['Accepted'] }),
    chart('tenantHealth', {
      title: 'Directory sync, clock, recycle bin, Exchange Online',
      visualization: 'table',
    }),
  ],
};

const GRAPH: Tab = {
  name: 'graph',
  label: 'Graph',
  items: [
    chart('effort', {
      title: 'What each night cost',
      visualization: 'timechart',
      chartSettings: {
        xAxis: 'EndedAt',
        yAxis: ['Minutes', 'Throttled', 'Retries', 'GraphCalls', 'ResourceUnits'],
      },
    }),
    chart('calls', { title: 'Calls', visualization: 'table', width: 50 }),
    chart('answers', { title: 'Answers to purges', visualization: 'table', width: 50 }),
  ],
};

const RECORD: Tab = {
  name: 'record',
  label: 'Record',
  items: [chart('auditLog', { title: 'Audit log: who hard-deleted users', visualization: 'table' })],
};

const ONE_NIGHT: Tab = {
  name: 'oneNight',
  label: 'One night',
  items: [
    parameters(
      'nightParameters',
      choice('1d7a94c3-2f60-4a0b-8b5e-3c9e8f1a6d03', 'Night', 'Night', 'nightChoices'),
    ),
    chart('oneNight', { title: 'All that was recorded', visualization: 'table' }),
  ],
};

const ONE_USER: Tab = {
  name: 'oneUser',
  label: 'One user',
  items: [
    parameters(
      'userParameters',
      typed(
        '5e8b60f1-7c42-4d19-a3f8-90b1c2d4e504',
        'User',
        'User',
        'Object id, mail address, former UPN or on-premises anchor',
      ),
    ),
    chart('oneUser', { title: 'Verdicts, with every fact', visualization: 'table' }),
    chart('oneUserEvents', { title: 'All that happened', visualization: 'table' }),
  ],
};

export function workbook(): string {
  const template = {
    version: 'Notebook/1.0',
    items: [
      words(
        'about',
        'Soft-deleted mail users, purged from Entra ID so that mail to their external addresses flows again. What an alert means, and what to do first, is in `infra/RUNBOOK.md`. Times are UTC. "Last night" begins with every tenant; all else is about the tenant chosen. A night that could not use its ledger names no tenant: it shows under "All" only.',
      ),
      parameters(
        'parameters',
        timeRange('TimeRange', [2, 7, 14, 30, 90], 30),
        choice('3f0c2b71-6a9d-4e85-b1c4-7d2e9f8a5b02', 'Tenant', 'Tenant', 'tenants', '*'),
      ),
      ...tabs([LAST_NIGHT, TREND, BOUNCES, LIMITS, SOURCES, GRAPH, RECORD, ONE_NIGHT, ONE_USER]),
    ],
    fallbackResourceIds: ['{workspaceId}'],
    $schema: 'https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json',
  };
  return `${JSON.stringify(template, null, 2)}\n`;
}

if (process.argv[2] === '--write') writeFileSync('infra/workbook.json', workbook());
