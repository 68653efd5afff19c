/** The workbook is assembled from the queries, all of them, and says what an empty chart means. */
import { readFileSync } from 'node:fs';
import { expect, jest, test } from '@jest/globals';
import { workbook } from '../../infra/workbook.ts';
import { QUERIES } from './kql/files.ts';
import { parse } from './kql/parser.ts';

// Loading and warming up the parser takes seconds on a busy machine.
jest.setTimeout(60_000);

const published = readFileSync('infra/workbook.json', 'utf8');

interface Item {
  readonly type?: number;
  readonly name?: string;
  readonly query?: string;
  readonly content?: Content;
}
interface Content {
  readonly query?: string;
  readonly noDataMessage?: string;
  readonly visualization?: string;
  readonly timeContextFromParameter?: string;
  readonly chartSettings?: {
    readonly xAxis: string;
    readonly yAxis: readonly string[];
    readonly group?: string;
  };
  readonly gridSettings?: { readonly formatters: readonly { readonly columnMatch: string }[] };
  readonly items?: readonly Item[];
  readonly parameters?: readonly (Item & { readonly value?: unknown })[];
}

/** Every item and parameter, those of groups included. */
function* itemsIn(items: readonly Item[]): Generator<Item> {
  for (const item of items) {
    yield item;
    yield* itemsIn([...(item.content?.items ?? []), ...(item.content?.parameters ?? [])]);
  }
}
const items = [...itemsIn((JSON.parse(published) as { items: readonly Item[] }).items)];
const charts = items.flatMap(({ type, name = '', content }) =>
  type === 3 && content ? [{ name, ...content }] : [],
);
const parameters = items.flatMap(({ type, name = '' }) =>
  type !== undefined && [1, 2, 4].includes(type) ? [name] : [],
);

test('workbook.json is what `npm run infra` makes', () => {
  expect(published === workbook()).toBe(true);
});

test('every query of the workbook is in it, as it is in its file', () => {
  const used = new Map(items.map((item) => [item.content?.query ?? item.query, item.name]));
  for (const { name, text } of QUERIES.filter(({ folder }) => folder === 'workbook')) {
    expect([name, used.has(text)]).toEqual([name, true]);
  }
  expect([...used.keys()].filter((text) => text !== undefined)).toHaveLength(
    QUERIES.filter(({ folder }) => folder === 'workbook').length,
  );
});

test('every chart takes its time from the parameter, and says what it means when it is empty', () => {
  for (const { name, noDataMessage, timeContextFromParameter } of charts) {
    const empty = QUERIES.find((query) => query.folder === 'workbook' && query.name === name)?.empty;
    expect([name, noDataMessage]).toEqual([name, empty]);
    expect(timeContextFromParameter).toBe('TimeRange');
  }
});

test('axes, groups and icons are columns of their query, and axes have the right type', () => {
  for (const { name, query = '', visualization, chartSettings, gridSettings } of charts) {
    const types = new Map(parse(query).columns);
    for (const { columnMatch } of gridSettings?.formatters ?? [])
      expect([name, types.has(columnMatch)]).toEqual([name, true]);
    if (chartSettings === undefined) {
      expect([name, visualization]).toEqual([name, 'table']);
      continue;
    }
    const { xAxis, yAxis, group } = chartSettings;
    expect([name, types.get(xAxis)]).toEqual([name, visualization === 'timechart' ? 'datetime' : 'string']);
    for (const column of yAxis) expect(['long', 'real']).toContain(types.get(column));
    if (group !== undefined) expect(types.get(group)).toBe('string');
  }
});

test('every {Parameter} that a query names is a parameter, and each is named by one', () => {
  const named = new Set(
    charts.flatMap(({ query = '' }) => [...query.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)),
  );
  expect([...named].sort()).toEqual(['Night', 'Tenant', 'User']);
  expect(parameters.filter((name) => /^[A-Z]/.test(name)).sort()).toEqual([
    'Night',
    'Tenant',
    'TimeRange',
    'User',
  ]);
});

test('names are unique, and every tab has its group', () => {
  const names = items.flatMap(({ type, name }) => (type === undefined || name === undefined ? [] : [name]));
  expect(new Set(names).size).toBe(names.length);
  const links = [...published.matchAll(/"subTarget": "(\w+)"/g)].map(([, tab]) => tab);
  const groups = items.filter(({ type }) => type === 12).map(({ name }) => name);
  expect(links.map((tab) => `tab ${tab}`)).toEqual(groups);
  expect(links.length).toBeGreaterThan(5);
});
