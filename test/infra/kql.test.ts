/** The queries of workbook and alerts, held against the tables they ask and against what telemetry sends. */
import { describe, expect, jest, test } from '@jest/globals';
import { type EventName, TELEMETRY_EVENTS } from '../../lib/telemetry/events.ts';
import { ROLE } from '../../lib/telemetry/wire.ts';
import { run } from './kql/evaluate.ts';
import { QUERIES, queryText } from './kql/files.ts';
import { nameOf, nodesOf, parse, part, problemsWithoutTables, type Tree } from './kql/parser.ts';
import { readsOf } from './kql/reads.ts';
import { createWorkspace } from './kql/workspace.ts';

// Loading and warming up the parser takes seconds on a busy machine.
jest.setTimeout(60_000);

const every = QUERIES.map(({ folder, name, text }) => [`${folder}/${name}`, text] as const);
const alerts = QUERIES.filter(({ folder }) => folder === 'alerts').map(
  ({ name, text }) => [name, text] as const,
);
const problemsOf = (text: string) => {
  const { problems, tree } = parse(text);
  return [...problems, ...readsOf(tree).problems];
};

/** Sent for whoever reads one night or one user in full; no chart or alert could make anything of it. */
const DETAIL_ONLY: Readonly<Record<string, string>> = {
  'PurgeAnswered.properties.DeletedDateTime':
    'a user is purged once a night; UserId and NightId say which deletion',
  'Planned.properties.Fingerprint': 'a hash: compared by whoever looks at two nights',
  'Planned.properties.State': 'a refused plan shows in Refused',
  'Planned.properties.Refusals': 'the names; Refused has them with their detail',
  'NightStarted.properties.Version': 'detail of one night: which version ran',
  'Planned.measurements.Keep': 'the same as in NightEnded, which the charts read',
  'PurgeAnswered.measurements.RetryAfterMs': 'detail of one night: why it was slow',
  'TenantRead.measurements.VanishedDomains': 'detail of one night: the report names the domains',
  'TenantRead.properties.TenantId': 'another than the policy’s refuses the night, and wrongTenant says so',
};

const SENT = ['AppEvents', 'AppDependencies'];

describe('every query', () => {
  test.each(every)('%s is a query also where no table has had a row yet', (_, text) => {
    const problems = problemsWithoutTables(text);
    expect(problems.filter((problem) => !/^Warning .*: The fuzzy name/.test(problem))).toEqual([]);
    expect(problems).not.toEqual([]);
  });

  test.each(every)(
    '%s is right in the eyes of Microsoft’s parser, and reads only what is sent',
    (_, text) => {
      expect(problemsOf(text)).toEqual([]);
    },
  );

  test.each(
    QUERIES.map(({ folder, name, written, empty }) => [`${folder}/${name}`, written, empty] as const),
  )('%s says what it shows, and what it means when it is empty', (_, written, empty) => {
    expect(written).toMatch(/^\/\/ \w.*\n/);
    expect(empty).toMatch(/\.$/);
  });

  test.each(every)('%s asks for rows of this tool alone', (_, text) => {
    for (const node of nodesOf(parse(text).tree)) {
      if (node.kind !== 'PipeExpression') continue;
      const source = part(node, 'Expression');
      const tables = [...nodesOf(source)].filter(({ kind }) => kind === 'NameReference').map(nameOf);
      if (source.kind !== 'UnionOperator' || !tables.some((table) => SENT.includes(table))) continue;
      const literals = [...nodesOf(part(node, 'Operator'))].map(({ literal }) => literal);
      expect(literals).toContain(ROLE);
    }
  });
});

test.each([
  ['no table exists', new Map()],
  ['no table has a row', createWorkspace().at(0)],
])('where %s, every query is empty but the one that says so', (_, nowhere) => {
  const answered = QUERIES.filter(({ text }) => run(text, nowhere, new Date(0)).rows.length > 0);
  expect(answered.map(({ name }) => name)).toEqual(['noNight']);
});

describe('what is wrong is told', () => {
  const changed = (from: string, to: string, query = 'nightFailed') => {
    const text = queryText('alerts', query);
    expect(text).toContain(from);
    return problemsOf(text.replaceAll(from, to));
  };
  test.each([
    [
      'a column',
      '| where AppRoleName',
      '| where AppRole',
      /The name 'AppRole' does not refer to any known column/,
    ],
    ['a table', 'AppEvents\n', 'AppEvent\n', /The fuzzy name 'AppEvent' does not refer to any known/],
    ['a function', 'take_anyif', 'take_if', /'take_if' does not refer to any known function/],
    ['a type', 'OccurredAt > ago(2d)', 'OccurredAt > 2d', /type/],
    ['a property', 'Properties.Status', 'Properties.State', /properties State is sent with none of/],
    [
      'a property of another event',
      'Properties.Status',
      'Properties.Outcome',
      /properties Outcome is sent with none/,
    ],
    [
      'a measurement as a property',
      'Properties.Status',
      'Properties.DurationMs',
      /DurationMs is sent with none/,
    ],
  ])('%s: %s → %s', (_, from, to, expected) => {
    expect(changed(from, to).join('\n')).toMatch(expected);
  });

  test('an event: NightEnded → NightFinished', () => {
    const problems = changed("'NightEnded')", "'NightFinished')", 'noNight');
    expect(problems.join('\n')).toMatch(/no event is called NightFinished/);
  });
});

test('everything that is sent is read by a query, or is detail for a reason', () => {
  const read = new Set(every.flatMap(([, text]) => [...readsOf(parse(text).tree).names]));
  const sent = (Object.keys(TELEMETRY_EVENTS) as EventName[]).flatMap((event) =>
    (['properties', 'measurements'] as const).flatMap((bag) =>
      Object.keys(TELEMETRY_EVENTS[event][bag]).map((name) => `${event}.${bag}.${name}`),
    ),
  );
  expect(sent.filter((name) => !read.has(name) && !(name in DETAIL_ONLY))).toEqual([]);
  expect(Object.keys(DETAIL_ONLY).filter((name) => read.has(name) || !sent.includes(name))).toEqual([]);
});

describe('what Azure Monitor asks of an alert’s query ("Create a log search alert rule", "Optimize log search alert queries"; `union`, which one page rules out, works)', () => {
  const REFUSED = new Set([
    'SearchOperator',
    'TakeOperator',
    'TopOperator',
    'FindOperator',
    'EvaluateOperator',
  ]);

  test.each(alerts)('%s', (_, text) => {
    const { tree } = parse(text);
    const nodes = [...nodesOf(tree)];
    expect(nodes.filter(({ kind }) => REFUSED.has(kind))).toEqual([]);
    expect(text).not.toContain('AggregatedValue');
    expect(text.length).toBeLessThan(10_000);
    for (const argument of nodes.filter(isAgo).map(firstArgument)) expect(argument?.type).toBe('timespan');
    for (const argument of nodes.filter(isAgo).map(firstArgument))
      expect(argument?.kind).toBe('LiteralExpression');
  });

  /** Rules see two days at most, whatever the query says. */
  test.each(alerts)('%s looks back no further than two days', (_, text) => {
    const hours = [...text.matchAll(/ago\((\d+)([hd])\)/g)].map(
      ([, n, unit]) => Number(n) * (unit === 'd' ? 24 : 1),
    );
    for (const one of hours) expect(one).toBeLessThanOrEqual(48);
  });
});

const isAgo = (node: Tree) => node.kind === 'FunctionCallExpression' && nameOf(part(node, 'Name')) === 'ago';
const firstArgument = (node: Tree) => part(part(node, 'ArgumentList'), 'Expressions').items[0];
