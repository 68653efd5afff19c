/** What alerts.bicep deploys, held against the queries, the runbook and what Azure Monitor takes. */
import { readFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { deployed, theOne } from './deployed.ts';
import { QUERIES, queryText } from './kql/files.ts';
import { filled } from './kql/filled.ts';
import { parse } from './kql/parser.ts';

// Loading and warming up the parser takes seconds on a busy machine.
jest.setTimeout(60_000);

const runbook = readFileSync('infra/RUNBOOK.md', 'utf8');

const logRule = z.object({
  displayName: z.string(),
  description: z.string(),
  severity: z.number().min(0).max(4),
  enabled: z.boolean(),
  evaluationFrequency: z.string(),
  windowSize: z.string(),
  criteria: z.object({
    allOf: z.tuple([z.object({ query: z.string(), dimensions: z.array(z.object({ name: z.string() })) })]),
  }),
  actions: z.object({ actionGroups: z.array(z.string()) }),
});

const PREFIX = 'mailuser-purge-';
const rules = deployed('everything', 'Microsoft.Insights/scheduledQueryRules').map(
  ({ name, properties, ...rest }) => {
    const rule = logRule.parse(properties);
    const [{ query, dimensions }] = rule.criteria.allOf;
    return {
      ...rule,
      name: name.replace(PREFIX, ''),
      identity: rest['identity'],
      title: rule.displayName.replace('Mail user purge: ', ''),
      section: rule.description.split('#')[1] ?? '',
      query,
      dimensions: dimensions.map((dimension) => dimension.name),
    };
  },
);
const EVERY = { PT10M: '10 minutes', PT15M: '15 minutes', PT30M: '30 minutes', PT1H: 'hour' };

const account = (prefix: string) =>
  deployed('everything', 'Microsoft.Storage/storageAccounts').find(({ name }) => name.startsWith(prefix))
    ?.name ?? '';

test('every query of an alert is deployed, and every rule has its query', () => {
  const names = QUERIES.filter(({ folder }) => folder === 'alerts').map(({ name }) => name);
  expect(rules.map(({ name }) => name).sort()).toEqual(names);
  for (const { name, query } of rules) {
    expect(query).toBe(
      filled(queryText('alerts', name), {
        principalId: 'principal of id-mailuser-purge-everything',
        tenantId: '22222222-2222-4222-8222-222222222222',
        hostAccount: account('sthost'),
        ledgerAccount: account('stledger'),
        knownInitiators: ["sean.o'brien@contoso.com", 'contoso\\svc', 'a;b'],
      }),
    );
  }
});

describe.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
  test('has a section in the runbook, under its title, with what it means and what to do first', () => {
    const own = sectionOf(rule.section);
    expect(own).toMatch(/^\*\*Means:\*\* /m);
    expect(own).toMatch(/\*\*First:\*\* /);
    expect(rule.section).toBe(rule.title.toLowerCase().replaceAll(' ', '-'));
  });

  test('stands in the table as it is deployed', () => {
    const every = EVERY[rule.evaluationFrequency as keyof typeof EVERY];
    expect(runbook).toContain(`| [${name}](#${rule.section}) | ${rule.severity} | ${every} |`);
  });

  test('splits by columns that its query has, and that are text', () => {
    const { columns } = parse(QUERIES.find((query) => query.name === name)?.text ?? '');
    const types = new Map(columns);
    expect(rule.dimensions.map((dimension) => types.get(dimension))).toEqual(
      rule.dimensions.map(() => 'string'),
    );
    expect(rule.dimensions.length).toBeLessThanOrEqual(6);
  });
});

test('windows and frequencies are those that Azure Monitor takes, and the dead-man rule is watched by Azure', () => {
  for (const { evaluationFrequency, windowSize } of rules) {
    expect(windowSize).toBe('P2D');
    expect(Object.keys(EVERY)).toContain(evaluationFrequency);
  }
  // Azure reports the health of a rule only at a frequency of 15 minutes or less.
  expect(rules.find(({ name }) => name === 'noNight')?.evaluationFrequency).toBe('PT15M');
});

test('rules read the workspace under an identity of their own', () => {
  const id = theOne('everything', 'Microsoft.ManagedIdentity/userAssignedIdentities', 'alerts-everything').id;
  for (const { identity } of rules)
    expect(identity).toEqual({ type: 'UserAssigned', userAssignedIdentities: { [id]: {} } });
});

test('the placeholders of a query are filled in by the deployment', () => {
  for (const { query } of rules) expect(query).not.toMatch(/\{\w+\}/);
  expect(rules.find(({ name }) => name === 'foreignPurge')?.query).toContain(
    "let ourIdentity = 'principal of id-mailuser-purge-everything';",
  );
});

const activityRule = z.object({
  description: z.string(),
  scopes: z.tuple([z.string().endsWith('/resourceGroups/rg-mailuser-purge-everything')]),
  condition: z.object({
    allOf: z.tuple([
      z.strictObject({ field: z.literal('category'), equals: z.literal('Administrative') }),
      z.strictObject({ field: z.literal('status'), equals: z.literal('Succeeded') }),
      z.strictObject({
        anyOf: z.array(z.strictObject({ field: z.literal('operationName'), equals: z.string() })),
      }),
    ]),
  }),
  actions: z.object({ actionGroups: z.tuple([z.object({ actionGroupId: z.string() })]) }),
});

test('what Azure records of this resource group wakes somebody', () => {
  const found = deployed('everything', 'Microsoft.Insights/activityLogAlerts').map(({ name, properties }) => {
    const { description, condition } = activityRule.parse(properties);
    const [, , { anyOf }] = condition.allOf;
    return { name: name.replace(PREFIX, ''), section: description.split('#')[1] ?? '', operations: anyOf };
  });
  expect(found.map(({ name }) => name)).toEqual([
    'ruleDisabled',
    'appChanged',
    'rightGranted',
    'ledgerExposed',
  ]);
  for (const { name, section } of found) {
    expect(runbook).toContain(`| [${name}](#${section}) | 4 | at once |`);
    expect(sectionOf(section)).toMatch(/^\*\*Means:\*\* .+\*\*First:\*\* /ms);
  }
  const operations = found.flatMap((rule) => rule.operations.map(({ equals }) => equals));
  expect(operations).toContain('Microsoft.Insights/scheduledQueryRules/disable/action');
  for (const operation of operations) expect(operation).toMatch(/^Microsoft\.\w+(?:\/\w+)+$/);
});

test.each(['smallest', 'everything'] as const)(
  'every alert goes to the action group, if there is one: %s',
  (name) => {
    const groups = deployed(name, 'Microsoft.Insights/actionGroups').map(({ id }) => id);
    expect(groups).toHaveLength(name === 'smallest' ? 0 : 1);
    const log = deployed(name, 'Microsoft.Insights/scheduledQueryRules');
    const activity = deployed(name, 'Microsoft.Insights/activityLogAlerts');
    expect(log.length).toBe(rules.length);
    for (const { properties } of log) expect(properties).toMatchObject({ actions: { actionGroups: groups } });
    for (const { properties } of activity)
      expect(properties).toMatchObject({
        actions: { actionGroups: groups.map((actionGroupId) => ({ actionGroupId })) },
      });
  },
);

function sectionOf(anchor: string): string {
  const sections = runbook.split(/^## /m);
  return sections.find((text) => text.split('\n')[0]?.toLowerCase().replaceAll(' ', '-') === anchor) ?? '';
}
