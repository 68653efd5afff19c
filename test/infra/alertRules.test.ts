/** What alerts.bicep deploys, held against the queries, the runbook and what Azure Monitor takes. */
import { readFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { QUERIES } from './kql/files.ts';
import { parse } from './kql/parser.ts';

// Loading and warming up the parser takes seconds on a busy machine.
jest.setTimeout(60_000);

const bicep = readFileSync('infra/alerts.bicep', 'utf8');
const runbook = readFileSync('infra/RUNBOOK.md', 'utf8');

interface Rule {
  readonly name: string;
  readonly title: string;
  readonly section: string;
  readonly severity: string;
  readonly frequency: string;
  readonly dimensions: readonly string[];
  readonly query: string;
}

/** The objects of `var rules`, one property to a line. */
const rules: readonly Rule[] = [...bicep.matchAll(/^ {2}\{\n((?: {4}\w+: .+\n)+) {2}\}$/gm)].map(
  ([, body = '']) => {
    const property = (name: string) => new RegExp(`^ {4}${name}: (.+)$`, 'm').exec(body)?.[1] ?? '';
    const text = (name: string) => property(name).replaceAll("'", '');
    return {
      name: text('name'),
      title: text('title'),
      section: text('section'),
      severity: text('severity'),
      frequency: text('frequency'),
      query: property('query'),
      dimensions: [...property('dimensions').matchAll(/'(\w+)'/g)].map(([, name = '']) => name),
    };
  },
);
const EVERY = { PT10M: '10 minutes', PT30M: '30 minutes', PT1H: 'hour' };

test('every query of an alert is deployed, and every rule has its query', () => {
  const names = QUERIES.filter(({ folder }) => folder === 'alerts').map(({ name }) => name);
  expect(rules.map(({ name }) => name).sort()).toEqual(names);
  for (const { name, query } of rules) {
    expect(query === name ? bicep : query).toContain(`loadTextContent('queries/alerts/${name}.kql')`);
  }
});

describe.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
  test('has a section in the runbook, under its title, with what it means and what to do first', () => {
    const [, section = ''] = runbook.split(new RegExp(`^## ${rule.title}$`, 'm'));
    const [own = ''] = section.split(/^## /m);
    expect(own).toMatch(/^\*\*Means:\*\* /m);
    expect(own).toMatch(/\*\*First:\*\* /);
    expect(rule.section).toBe(rule.title.toLowerCase().replaceAll(' ', '-'));
  });

  test('stands in the table as it is deployed', () => {
    const every = EVERY[rule.frequency as keyof typeof EVERY];
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

test('windows and frequencies are those that Azure Monitor takes', () => {
  expect(bicep).toContain("windowSize: 'P2D'");
  for (const { frequency } of rules) expect(Object.keys(EVERY)).toContain(frequency);
  for (const { severity } of rules) expect(severity).toMatch(/^[0-4]$/);
});

test('the placeholders of a query are filled in by the deployment', () => {
  for (const { text } of QUERIES.filter(({ folder }) => folder === 'alerts')) {
    for (const [placeholder] of text.matchAll(/\{\w+\}/g)) expect(bicep).toContain(`'${placeholder}'`);
  }
});
