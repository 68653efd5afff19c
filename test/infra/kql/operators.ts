/** The tabular operators that our queries use. */
import { nameOf, part, type Tree } from './parser.ts';
import type { Scope } from './scope.ts';
import { compare, keyOf, type Row, type Rows, type Value } from './values.ts';

type Operator = (operator: Tree, input: Rows, scope: Scope) => Rows;

/** Name and expression of one column. Names that Kusto would make up are not known here. */
function column(tree: Tree): { readonly name: string; readonly expression: Tree } {
  if (tree.kind === 'SimpleNamedExpression') {
    return { name: nameOf(part(tree, 'Name')), expression: part(tree, 'Expression') };
  }
  if (tree.kind === 'NameReference') return { name: nameOf(tree), expression: tree };
  throw new Error(`a column (${tree.kind}) needs a name`);
}

const unique = (names: readonly string[]) => [...new Set(names)];

const where: Operator = (operator, { columns, rows }, scope) => ({
  columns,
  rows: rows.filter((row) => scope.scalar(part(operator, 'Condition'), { row }) === true),
});

const extend: Operator = (operator, { columns, rows }, scope) => {
  const added = part(operator, 'Expressions').items.map(column);
  return {
    columns: unique([...columns, ...added.map(({ name }) => name)]),
    // Every expression sees the row as it was: one may not use another of the same `extend`.
    rows: rows.map((row) => ({ ...row, ...computed(added, row, scope) })),
  };
};

const project: Operator = (operator, { rows }, scope) => {
  const kept = part(operator, 'Expressions').items.map(column);
  return { columns: kept.map(({ name }) => name), rows: rows.map((row) => computed(kept, row, scope)) };
};

function computed(columns: readonly ReturnType<typeof column>[], row: Row, scope: Scope): Row {
  return Object.fromEntries(columns.map(({ name, expression }) => [name, scope.scalar(expression, { row })]));
}

const summarize: Operator = (operator, { rows }, scope) => {
  const by = operator.parts['ByClause'];
  const keys = by === undefined ? [] : part(by, 'Expressions').items.map(column);
  const groups = new Map<string, { readonly key: Row; readonly rows: Row[] }>();
  if (by === undefined) groups.set('', { key: {}, rows: [] });
  for (const row of rows) {
    const key = computed(keys, row, scope);
    const id = by === undefined ? '' : keyOf(Object.values(key));
    const group = groups.get(id) ?? { key, rows: [] };
    group.rows.push(row);
    groups.set(id, group);
  }
  const aggregates = part(operator, 'Aggregates').items;
  return {
    columns: [...keys.map(({ name }) => name), ...aggregates.flatMap(namesOf)],
    rows: [...groups.values()].map((group) => ({
      ...group.key,
      ...Object.assign({}, ...aggregates.map((aggregate) => aggregated(aggregate, group.rows, scope))),
    })),
  };
};

const isArgMax = (tree: Tree) =>
  tree.kind === 'FunctionCallExpression' && nameOf(part(tree, 'Name')) === 'arg_max';
const argumentsOf = (tree: Tree) => part(part(tree, 'ArgumentList'), 'Expressions').items;
const namesOf = (tree: Tree): readonly string[] =>
  isArgMax(tree) ? argumentsOf(tree).map((one) => column(one).name) : [column(tree).name];

function aggregated(tree: Tree, group: readonly Row[], scope: Scope): Row {
  if (!isArgMax(tree)) {
    const { name, expression } = column(tree);
    return { [name]: scope.scalar(expression, { row: {}, group }) };
  }
  const [by, ...others] = argumentsOf(tree).map(column);
  if (by === undefined) throw new Error('arg_max of nothing');
  const best = group.reduce<Row | undefined>((top, row) => {
    if (row[by.name] === null) return top;
    return top === undefined || compare(row[by.name] ?? null, top[by.name] ?? null) > 0 ? row : top;
  }, undefined);
  return Object.fromEntries(
    [by, ...others].map(({ name, expression }) => [
      name,
      best?.[name] ?? (expression.type === 'string' ? '' : null),
    ]),
  );
}

/** `kind=inner` or `leftouter`, on columns of the same name on both sides. */
const join: Operator = (operator, left, scope) => {
  const [kind, ...others] = part(operator, 'Parameters').items;
  const how =
    kind && nameOf(part(kind, 'Name')) === 'kind' ? nameOf(part(kind, 'Expression')) : 'innerunique';
  if (others.length > 0 || !['inner', 'leftouter'].includes(how))
    throw new Error(`join ${how} is not known here`);
  const right = scope.rowsOf(part(operator, 'Expression'));
  const on = part(part(operator, 'ConditionClause'), 'Expressions').items.map(nameOf);
  const keyFrom = (row: Row) => keyOf(on.map((name) => row[name] ?? null));
  const matches = Map.groupBy(right.rows, keyFrom);
  const renamed = right.columns.map((name) => ({
    name,
    as: left.columns.includes(name) ? `${name}1` : name,
  }));
  return {
    columns: [...left.columns, ...renamed.map(({ as }) => as)],
    rows: left.rows.flatMap((row) =>
      (matches.get(keyFrom(row)) ?? (how === 'leftouter' ? [{}] : [])).map((match) => ({
        ...row,
        ...Object.fromEntries(renamed.map(({ name, as }) => [as, match[name] ?? null])),
      })),
    ),
  };
};

const sort: Operator = (operator, { columns, rows }) => {
  const orders = part(operator, 'Expressions').items.map((item) => ({
    name: nameOf(item.kind === 'OrderedExpression' ? part(item, 'Expression') : item),
    sign: item.kind === 'OrderedExpression' && nameOf(part(item, 'Ordering')) === 'asc' ? 1 : -1,
  }));
  const byAll = (a: Row, b: Row): number => {
    for (const { name, sign } of orders) {
      const order = sign * ordered(a[name] ?? null, b[name] ?? null);
      if (order !== 0) return order;
    }
    return 0;
  };
  return { columns, rows: [...rows].sort(byAll) };
};

/** Nulls come first in ascending order, last in descending. */
function ordered(a: Value, b: Value): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return compare(a, b);
}

const mvExpand: Operator = (operator, { columns, rows }, scope) => {
  const [only, ...others] = part(operator, 'Expressions').items;
  if (only === undefined || others.length > 0) throw new Error('mv-expand of one column only');
  const { name, expression } = column(part(only, 'Expression'));
  return {
    columns: unique([...columns, name]),
    rows: rows.flatMap((row) => {
      const values = scope.scalar(expression, { row });
      return Array.isArray(values) ? values.map((value: Value) => ({ ...row, [name]: value })) : [];
    }),
  };
};

/** The rows of all, in the columns of any: what one of them lacks is null, an empty string after its first use. */
export function unionOf(all: readonly Rows[]): Rows {
  const columns = unique(all.flatMap((one) => one.columns));
  const blank = Object.fromEntries(columns.map((name) => [name, null]));
  return { columns, rows: all.flatMap(({ rows }) => rows.map((row) => ({ ...blank, ...row }))) };
}

const union: Operator = (operator, input, scope) =>
  unionOf([input, ...part(operator, 'Expressions').items.map((item) => scope.rowsOf(item))]);

/** `datatable (Name: type, …) [value, …]` */
export function dataTable(tree: Tree, scope: Scope): Rows {
  const columns = part(part(tree, 'Schema'), 'Columns').items.map((one) => nameOf(part(one, 'Name')));
  const values = part(tree, 'Values').items.map((value) => scope.scalar(value, { row: {} }));
  const rows = Array.from({ length: values.length / columns.length }, (_, at) =>
    Object.fromEntries(columns.map((name, index) => [name, values[at * columns.length + index] ?? null])),
  );
  return { columns, rows };
}

export const TABULAR: Readonly<Record<string, Operator>> = {
  FilterOperator: where,
  ExtendOperator: extend,
  ProjectOperator: project,
  SummarizeOperator: summarize,
  JoinOperator: join,
  SortOperator: sort,
  MvExpandOperator: mvExpand,
  UnionOperator: union,
};
