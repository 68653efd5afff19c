/** Which properties and measurements of which events a query reads, and whether those are sent at all. */
import {
  COMMON_MEASUREMENTS,
  COMMON_PROPERTIES,
  type EventName,
  TELEMETRY_EVENTS,
} from '../../../lib/telemetry/events.ts';
import { nameOf, nodesOf, part, type Tree } from './parser.ts';

export interface Reads {
  /** `Planned.measurements.Purge`: what is read of each event that the query could mean there. */
  readonly names: ReadonlySet<string>;
  readonly problems: readonly string[];
}

type Events = ReadonlySet<EventName>;
const EVERY: Events = new Set(Object.keys(TELEMETRY_EVENTS) as EventName[]);
const NONE: Events = new Set();
const BAGS = { Properties: 'properties', Measurements: 'measurements' } as const;
const COMMON = { properties: COMMON_PROPERTIES, measurements: COMMON_MEASUREMENTS } as const;

/** Follows the rows of `AppEvents` through the query, and what `Name` they may still have at each place. */
export function readsOf(tree: Tree): Reads {
  const names = new Set<string>();
  const problems: string[] = [];
  const lets = new Map<string, Events>();

  function rows(expression: Tree): Events {
    if (expression.kind === 'ParenthesizedExpression') return rows(part(expression, 'Expression'));
    if (expression.kind === 'UnionOperator') {
      return new Set(part(expression, 'Expressions').items.flatMap((one) => [...rows(one)]));
    }
    if (expression.kind === 'PipeExpression') {
      const before = rows(part(expression, 'Expression'));
      const operator = part(expression, 'Operator');
      const after =
        operator.kind === 'FilterOperator' ? narrowed(part(operator, 'Condition'), before) : before;
      look(operator, after);
      return after;
    }
    const name = expression.kind === 'NameReference' ? nameOf(expression) : '';
    return name === 'AppEvents' ? EVERY : (lets.get(name) ?? NONE);
  }

  function look(node: Tree, events: Events): void {
    if (node.kind === 'PipeExpression') {
      rows(node);
      return;
    }
    const bag = node.kind === 'PathExpression' && BAGS[rootOf(node) as keyof typeof BAGS];
    if (bag) note(bag, nameOf(part(node, 'Selector')), events);
    const inside = narrowsInside(node) ? narrowed(node, events) : events;
    if (node.kind === 'BinaryExpression' && part(node, 'Operator').text === 'startswith')
      counters(node, events);
    for (const child of [...Object.values(node.parts), ...node.items]) look(child, inside);
  }

  function note(bag: 'properties' | 'measurements', name: string, events: Events): void {
    if (name in COMMON[bag]) return;
    const having = [...events].filter((event) => name in TELEMETRY_EVENTS[event][bag]);
    for (const event of having) names.add(`${event}.${bag}.${name}`);
    if (having.length === 0) problems.push(`${bag} ${name} is sent with none of: ${[...events].join(', ')}`);
  }

  /** `bag_keys(Measurements)` and then `startswith 'KeptBy'`: all of that name. */
  function counters(node: Tree, events: Events): void {
    if (rootOf(part(node, 'Left')) !== 'Counter') return;
    const prefix = part(node, 'Right').literal ?? '';
    const all = [...events].flatMap((event) => Object.keys(TELEMETRY_EVENTS[event].measurements));
    const counted = all.filter((name) => prefix !== '' && name.startsWith(prefix));
    if (counted.length === 0) problems.push(`no measurement begins with ${prefix}`);
    for (const name of counted) note('measurements', name, events);
  }

  for (const statement of part(tree, 'Statements').items) {
    const expression = part(statement, 'Expression');
    const inner = [...nodesOf(expression)].find(({ kind }) => kind === 'PipeExpression') ?? expression;
    const events = rows(inner);
    if (statement.kind === 'LetStatement') lets.set(nameOf(part(statement, 'Name')), events);
  }
  for (const literal of eventLiterals(tree)) {
    if (!(literal in TELEMETRY_EVENTS)) problems.push(`no event is called ${literal}`);
  }
  return { names, problems };
}

const rootOf = (node: Tree): string => {
  const inner = node.kind === 'PathExpression' ? part(node, 'Expression') : node;
  return inner.kind === 'NameReference' ? nameOf(inner) : '';
};

/** An `and`, or an aggregate that has a condition, means only the events that its condition names. */
function narrowsInside(node: Tree): boolean {
  if (node.kind === 'BinaryExpression') return part(node, 'Operator').text === 'and';
  return (
    node.kind === 'FunctionCallExpression' &&
    ['maxif', 'minif', 'countif', 'take_anyif'].includes(nameOf(part(node, 'Name')))
  );
}

function narrowed(condition: Tree, events: Events): Events {
  const conditions = conjuncts(condition).map(namesIn);
  const fits = (event: string) =>
    conditions.every(
      ([operator, literals]) => operator === undefined || literals.includes(event) === (operator === 'in'),
    );
  return new Set([...events].filter(fits));
}

function conjuncts(node: Tree): readonly Tree[] {
  if (node.kind === 'FunctionCallExpression') {
    return part(part(node, 'ArgumentList'), 'Expressions').items.flatMap(conjuncts);
  }
  const isAnd = node.kind === 'BinaryExpression' && part(node, 'Operator').text === 'and';
  return isAnd ? [...conjuncts(part(node, 'Left')), ...conjuncts(part(node, 'Right'))] : [node];
}

/** `Name == 'x'`, `Name != 'x'` or `Name in ('x', 'y')`. */
function namesIn(node: Tree): readonly ['in' | 'not in' | undefined, readonly string[]] {
  const { Left, Operator, Right } = node.parts;
  if (!Left || !Operator || !Right || rootOf(Left) !== 'Name') return [undefined, []];
  const literals = [...nodesOf(Right)].flatMap(({ literal }) => literal ?? []);
  return [['!=', '!in'].includes(Operator.text) ? 'not in' : 'in', literals];
}

/** What `Name` is compared with where the rows are those of AppEvents. */
function eventLiterals(tree: Tree): readonly string[] {
  return [...nodesOf(tree)]
    .filter(({ kind }) => kind === 'PipeExpression')
    .filter((pipe) => sourceOf(pipe) === 'appEvents' && part(pipe, 'Operator').kind === 'FilterOperator')
    .flatMap((pipe) => [...nodesOf(part(part(pipe, 'Operator'), 'Condition'))])
    .flatMap((node) => namesIn(node)[1]);
}

function sourceOf(tree: Tree): string {
  return tree.kind === 'PipeExpression' ? sourceOf(part(tree, 'Expression')) : rootOf(tree);
}
