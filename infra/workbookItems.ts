/** The parts that an Azure Monitor workbook is made of, as its gallery template has them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTables } from './queries.ts';

const WORKSPACES = { queryType: 0, resourceType: 'microsoft.operationalinsights/workspaces' } as const;
/** Time comes from the parameter, so that no query needs to name it. */
const TIME = { timeContext: { durationMs: 0 }, timeContextFromParameter: 'TimeRange' } as const;

/** The text of a query, and what its result means when it is empty. */
function query(name: string): { readonly text: string; readonly empty: string } {
  const text = readFileSync(join('infra/queries/workbook', `${name}.kql`), 'utf8');
  const empty = /^\/\/ Empty: (.+)$/m.exec(text)?.[1];
  if (empty === undefined) throw new Error(`${name}.kql does not say what it means when it is empty`);
  return { text: withTables(text), empty };
}

interface Look {
  readonly title: string;
  readonly visualization: 'table' | 'barchart' | 'timechart';
  /** Of a chart: its axes. */
  readonly chartSettings?: {
    readonly xAxis: string;
    readonly yAxis: readonly string[];
    readonly group?: string;
  };
  /** Percent of the page's width. */
  readonly width?: number;
  /** Columns whose value is a word of good or bad news. */
  readonly icons?: readonly string[];
}

/** A query and how its result looks. */
export function chart(name: string, { width = 100, icons = [], ...look }: Look) {
  const { text, empty } = query(name);
  return {
    type: 3,
    content: {
      version: 'KqlItem/1.0',
      query: text,
      size: look.visualization === 'table' ? 0 : 1,
      noDataMessage: empty,
      noDataMessageStyle: 3,
      showExportToExcel: true,
      ...look,
      ...(look.visualization === 'table' && { gridSettings: grid(text, icons) }),
      ...TIME,
      ...WORKSPACES,
    },
    customWidth: String(width),
    name,
  };
}

/** More rows than anybody reads; the export has them all. */
const ROW_LIMIT = 1000;

/** `DaysToPurgeMost` → `Days to purge most`, `OccurredAt` → `Occurred`, `UserId` → `User id`. */
const friendly = (column: string) => {
  const words = column.replace(/(?<=.)At$/, '').split(/(?=[A-Z])/);
  return words.map((word, index) => (index === 0 ? word : word.toLowerCase())).join(' ');
};
const isTime = (column: string) => /At$|^LastSync$|^AsOf$|Until$|^Since$|^Week$/.test(column);

/** Names of the columns of the result: what the last `project` or `summarize` lists, without its functions. */
function resultOf(text: string): readonly string[] {
  let [list = ''] = (
    text
      .replace(/\/\/.*$|'[^']*'/gm, '')
      .split(/\| (?:project|summarize)\b/)
      .at(-1) ?? ''
  ).split('|');
  while (/\([^()]*\)/.test(list)) list = list.replace(/\([^()]*\)/g, '');
  const names = list.split(/,|\bby\b/).map((one) => one.split('=')[0]?.trim() ?? '');
  return names.filter((name) => /^\w+$/.test(name));
}

/** Names, times and icons of the columns that a query ends with. */
function grid(text: string, icons: readonly string[]) {
  const columns = resultOf(text);
  return {
    rowLimit: ROW_LIMIT,
    formatters: [
      ...columns.filter(isTime).map((columnMatch) => ({
        columnMatch,
        formatter: 6,
        dateFormat: { showUtcTime: true, formatName: 'shortDateTimePattern' },
      })),
      ...icons.map(iconFor),
    ],
    labelSettings: columns
      .filter((column) => friendly(column) !== column)
      .map((columnId) => ({ columnId, label: friendly(columnId) })),
  };
}

const GOOD = ['completed', 'yes', 'true', 'purged', 'gone'];
const BAD = ['failed', 'cut off', 'notPurged', 'denied', 'unread', 'false', 'lingering'];

function iconFor(columnMatch: string) {
  const when = (representation: string) => (thresholdValue: string) => ({
    operator: '==',
    thresholdValue,
    representation,
    text: '{0}{1}',
  });
  return {
    columnMatch,
    formatter: 18,
    formatOptions: {
      thresholdsOptions: 'icons',
      thresholdsGrid: [
        ...GOOD.map(when('success')),
        ...BAD.map(when('failed')),
        { operator: 'Default', thresholdValue: null, representation: 'warning', text: '{0}{1}' },
      ],
    },
  };
}

export const words = (name: string, markdown: string) => ({ type: 1, content: { json: markdown }, name });

const DAY_MS = 86_400_000;

export function timeRange(name: string, days: readonly number[], standard: number) {
  return {
    id: '6b1f3c52-8d0e-4f5a-9c37-0a1d5e7b2c01',
    version: 'KqlParameterItem/1.0',
    name,
    label: 'Time range',
    type: 4,
    isRequired: true,
    typeSettings: { selectableValues: days.map((day) => ({ durationMs: day * DAY_MS })), allowCustom: true },
    value: { durationMs: standard * DAY_MS },
  };
}

/** A parameter to choose from what a query returns (`value`, `label`). */
export function choice(id: string, name: string, label: string, from: string, all?: string) {
  return {
    id,
    version: 'KqlParameterItem/1.0',
    name,
    label,
    type: 2,
    query: query(from).text,
    typeSettings: {
      additionalResourceOptions: all === undefined ? ['value::1'] : ['value::1', 'value::all'],
      ...(all !== undefined && { selectAllValue: all }),
      showDefault: false,
    },
    defaultValue: 'value::1',
    ...TIME,
    ...WORKSPACES,
  };
}

/** A parameter to type in. */
export const typed = (id: string, name: string, label: string, description: string) => ({
  id,
  version: 'KqlParameterItem/1.0',
  name,
  label,
  description,
  type: 1,
  value: '',
});

export const parameters = (name: string, ...all: readonly object[]) => ({
  type: 9,
  content: { version: 'KqlParameterItem/1.0', parameters: all, style: 'pills', ...WORKSPACES },
  name,
});

export interface Tab {
  readonly name: string;
  readonly label: string;
  readonly items: readonly object[];
}

/** The row of tabs, and what each shows. */
export function tabs(all: readonly Tab[]): readonly object[] {
  const links = all.map(({ name, label }, index) => ({
    id: `9c2e4d10-0000-4000-8000-${String(index).padStart(12, '0')}`,
    cellValue: 'Tab',
    linkTarget: 'parameter',
    linkLabel: label,
    subTarget: name,
    style: 'link',
  }));
  return [
    { type: 11, content: { version: 'LinkItem/1.0', style: 'tabs', links }, name: 'tabs' },
    ...all.map(({ name, items }) => ({
      type: 12,
      content: { version: 'NotebookGroup/1.0', groupType: 'editable', items },
      conditionalVisibility: { parameterName: 'Tab', comparison: 'isEqualTo', value: name },
      name: `tab ${name}`,
    })),
  ];
}
