/**
 * Evaluates the KQL of this project over rows in memory: Microsoft's syntax tree walked node by node. It is no
 * Kusto: it knows the operators and functions that our queries use, in the sense of their documentation, and
 * throws at every other. No engine for KQL is published for Node; those that exist need .NET or a container.
 */
import { AGGREGATES } from './aggregates.ts';
import { FUNCTIONS, OPERATORS } from './functions.ts';
import { dataTable, TABULAR, unionOf } from './operators.ts';
import { nameOf, parse, part, type Tree } from './parser.ts';
import type { Named, Scope, Sight } from './scope.ts';
import { isBag, type Rows, Timespan, text, type Value } from './values.ts';

/** The rows that `query` returns. @throws Error where the query is wrong, or goes beyond what is known here. */
export function run(query: string, tables: ReadonlyMap<string, Rows>, now: Date): Rows {
  const { tree, problems, columns } = parse(query);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const names = new Map<string, Named>(tables);
  let result: Rows | undefined;
  for (const statement of part(tree, 'Statements').items) {
    const scope = scopeOf(names, now);
    const expression = part(statement, 'Expression');
    if (statement.kind === 'LetStatement') {
      names.set(
        nameOf(part(statement, 'Name')),
        isTabular(expression, scope)
          ? rowsOf(expression, scope)
          : { value: scalar(expression, { row: {} }, scope) },
      );
    } else {
      result = rowsOf(expression, scope);
    }
  }
  if (result === undefined) throw new Error('a query without a result');
  const expected = columns.map(([name]) => name).join();
  if (result.columns.join() !== expected) {
    throw new Error(`columns ${result.columns.join()}, where the parser says ${expected}`);
  }
  return result;
}

function scopeOf(names: ReadonlyMap<string, Named>, now: Date): Scope {
  const scope: Scope = {
    names,
    now,
    scalar: (tree, sight) => scalar(tree, sight, scope),
    rowsOf: (tree) => rowsOf(tree, scope),
  };
  return scope;
}

function isTabular(tree: Tree, scope: Scope): boolean {
  if (['PipeExpression', 'UnionOperator'].includes(tree.kind)) return true;
  const named = tree.kind === 'NameReference' ? scope.names.get(nameOf(tree)) : undefined;
  return named !== undefined && 'rows' in named;
}

function rowsOf(tree: Tree, scope: Scope): Rows {
  switch (tree.kind) {
    case 'ParenthesizedExpression':
      return rowsOf(part(tree, 'Expression'), scope);
    case 'NameReference': {
      const named = scope.names.get(nameOf(tree));
      if (named === undefined || !('rows' in named)) throw new Error(`${nameOf(tree)} is no table`);
      return named;
    }
    case 'PipeExpression': {
      const operator = part(tree, 'Operator');
      const apply = TABULAR[operator.kind];
      if (apply === undefined) throw new Error(`${operator.kind} is not known here`);
      return apply(operator, rowsOf(part(tree, 'Expression'), scope), scope);
    }
    case 'DataTableExpression':
      return dataTable(tree, scope);
    case 'UnionOperator': {
      // With isfuzzy=true, a table that is not there is passed over.
      const isFuzzy = part(tree, 'Parameters').items.some((one) => nameOf(one) === 'isfuzzy');
      const isThere = (one: Tree) => one.kind !== 'NameReference' || scope.names.has(nameOf(one));
      return unionOf(
        part(tree, 'Expressions')
          .items.filter((one) => !isFuzzy || isThere(one))
          .map((one) => rowsOf(one, scope)),
      );
    }
    default:
      throw new Error(`${tree.kind} is not known here as a table`);
  }
}

/** A string that is not there is an empty one. */
function scalar(tree: Tree, sight: Sight, scope: Scope): Value {
  const value = expression(tree, sight, scope);
  return value === null && tree.type === 'string' ? '' : value;
}

function expression(tree: Tree, sight: Sight, scope: Scope): Value {
  switch (tree.kind) {
    case 'LiteralExpression':
      return literal(tree);
    case 'DynamicExpression':
      return scalar(part(tree, 'Expression'), sight, scope);
    case 'JsonArrayExpression':
      return part(tree, 'Values').items.map((item) => scalar(item, sight, scope));
    case 'ParenthesizedExpression':
      return scalar(part(tree, 'Expression'), sight, scope);
    case 'NameReference':
      return reference(nameOf(tree), sight, scope);
    case 'PathExpression':
      return member(scalar(part(tree, 'Expression'), sight, scope), nameOf(part(tree, 'Selector')));
    case 'ElementExpression': {
      const selector = part(part(tree, 'Selector'), 'Expression');
      return member(scalar(part(tree, 'Expression'), sight, scope), scalar(selector, sight, scope));
    }
    case 'BinaryExpression':
      return binary(tree, sight, scope);
    case 'InExpression':
      return isIn(tree, sight, scope);
    case 'BetweenExpression': {
      const value = scalar(part(tree, 'Left'), sight, scope);
      const { First, Second } = part(tree, 'Right').parts;
      if (First === undefined || Second === undefined) throw new Error('between what?');
      const above = operate('>=', value, scalar(First, sight, scope));
      return above === true ? operate('<=', value, scalar(Second, sight, scope)) : above;
    }
    case 'ToScalarExpression': {
      const { rows, columns } = rowsOf(part(tree, 'Expression'), scope);
      return rows[0]?.[columns[0] ?? ''] ?? null;
    }
    case 'FunctionCallExpression':
      return call(tree, sight, scope);
    default:
      throw new Error(`${tree.kind} is not known here`);
  }
}

function literal(tree: Tree): Value {
  const value = tree.literal ?? '';
  if (tree.type === 'string') return value;
  if (value === 'null') return null;
  if (tree.type === 'bool') return value.toLowerCase() === 'true';
  if (tree.type === 'long' || tree.type === 'real') return Number(value);
  const written = /^(\d+)(ms|s|m|h|d)$/.exec(nameOf(tree));
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[written?.[2] ?? ''];
  if (unit === undefined) throw new Error(`the literal ${nameOf(tree)} is not known here`);
  return new Timespan(Number(written?.[1]) * unit);
}

function reference(name: string, { row }: Sight, scope: Scope): Value {
  if (name in row) return row[name] ?? null;
  const named = scope.names.get(name);
  if (named === undefined || !('value' in named)) throw new Error(`there is no ${name} here`);
  return named.value;
}

function member(value: Value, key: Value): Value {
  if (Array.isArray(value) && typeof key === 'number') return value[key] ?? null;
  return isBag(value) && typeof key === 'string' ? (value[key] ?? null) : null;
}

function operate(operator: string, left: Value, right: Value): Value {
  const apply = OPERATORS[operator];
  if (apply === undefined) throw new Error(`${operator} is not known here`);
  return apply(left, right);
}

/** `and` and `or` know three values: yes, no and null. */
function binary(tree: Tree, sight: Sight, scope: Scope): Value {
  const operator = part(tree, 'Operator').text;
  const left = scalar(part(tree, 'Left'), sight, scope);
  const decisive = { and: false, or: true }[operator];
  if (decisive === undefined) return operate(operator, left, scalar(part(tree, 'Right'), sight, scope));
  if (left === decisive) return decisive;
  const right = scalar(part(tree, 'Right'), sight, scope);
  if (right === decisive) return decisive;
  return left === null || right === null ? null : !decisive;
}

function isIn(tree: Tree, sight: Sight, scope: Scope): Value {
  const value = text(scalar(part(tree, 'Left'), sight, scope));
  const { items } = part(part(tree, 'Right'), 'Expressions');
  const [first] = items;
  const candidates =
    items.length === 1 && first !== undefined && isTabular(first, scope)
      ? firstColumn(rowsOf(first, scope))
      : items.map((item) => scalar(item, sight, scope));
  const found = candidates.some((candidate) => text(candidate) === value);
  switch (part(tree, 'Operator').text) {
    case 'in':
      return found;
    case '!in':
      return !found;
    default:
      throw new Error(`${part(tree, 'Operator').text} is not known here`);
  }
}

function firstColumn({ rows, columns }: Rows): readonly Value[] {
  return rows.map((row) => row[columns[0] ?? ''] ?? null);
}

function call(tree: Tree, sight: Sight, scope: Scope): Value {
  const name = nameOf(part(tree, 'Name'));
  const given = part(part(tree, 'ArgumentList'), 'Expressions').items;
  const aggregate = AGGREGATES[name];
  if (aggregate !== undefined) {
    if (sight.group === undefined) throw new Error(`${name} where there is no group`);
    return aggregate(sight.group.map((row) => given.map((argument) => scalar(argument, { row }, scope))));
  }
  if (name === 'now') return scope.now;
  if (name === 'ago') return operate('-', scope.now, given[0] ? scalar(given[0], sight, scope) : null);
  if (name === 'iff' || name === 'case') return choose(given, sight, scope);
  const values = given.map((argument) => scalar(argument, sight, scope));
  if (name === 'coalesce') return values.find((value) => value !== null && value !== '') ?? null;
  if (name === 'tostring' && given[0]?.type === 'real') throw new Error('tostring of a real number');
  const apply = FUNCTIONS[name];
  if (apply === undefined) throw new Error(`${name}() is not known here`);
  return apply(...values);
}

/** Predicate, value, predicate, value, …, else. */
function choose([condition, then, ...others]: readonly Tree[], sight: Sight, scope: Scope): Value {
  if (condition === undefined) throw new Error('case without an else');
  if (then === undefined) return scalar(condition, sight, scope);
  return scalar(condition, sight, scope) === true ? scalar(then, sight, scope) : choose(others, sight, scope);
}
