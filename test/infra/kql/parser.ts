/** Microsoft's own parser of KQL (`@kusto/language-service-next`), and its syntax tree as plain objects. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { TABLES } from './tables.ts';

/** A node or a token. `parts` are its children by name, `items` the elements of a list. */
export interface Tree {
  /** `FilterOperator`, `NameReference`, …; `Token` for a word of the text. */
  readonly kind: string;
  /** The text of a token. */
  readonly text: string;
  /** The type that the analysis found: `string`, `long`, `real`, `datetime`, … */
  readonly type: string;
  /** The value of a literal, as text. */
  readonly literal: string | undefined;
  readonly parts: Readonly<Record<string, Tree>>;
  readonly items: readonly Tree[];
}

export interface Query {
  /** What is wrong with it, with the place. */
  readonly problems: readonly string[];
  readonly tree: Tree;
  /** Name and type of each column of its result, as the analysis finds them. */
  readonly columns: readonly (readonly [name: string, type: string])[];
}

interface BridgeList<Item> {
  readonly Count: number;
  getItem(index: number): Item;
}
interface BridgeNode {
  readonly IsToken: boolean;
  readonly Text?: string;
  readonly ChildCount: number;
  readonly ResultType?: { readonly Name: string } | null;
  readonly LiteralValue?: unknown;
  GetChild(index: number): BridgeNode | null;
  GetName(index: number): string | null;
}
interface Named {
  readonly Name: string;
}
interface BridgeCode {
  readonly Syntax: BridgeNode;
  readonly ResultType?: { readonly Columns?: BridgeList<Named & { readonly Type: Named }> } | null;
  GetDiagnostics(): BridgeList<{
    readonly Severity: string;
    readonly Message: string;
    readonly Start: number;
  }>;
}
interface Loaded {
  readonly Bridge: { getTypeName(node: BridgeNode): string };
  readonly Kusto: {
    readonly Language: {
      readonly GlobalState: { readonly Default: { WithDatabase(database: unknown): unknown } };
      readonly KustoCode: { ParseAndAnalyze(text: string, globals: unknown): BridgeCode };
      readonly Symbols: {
        readonly TableSymbol: { From(schema: string): { WithName(name: string): unknown } };
        readonly DatabaseSymbol: {
          readonly $ctor1: new (name: string, tables: readonly unknown[]) => unknown;
        };
      };
    };
  };
}

interface Service {
  readonly service: Loaded;
  readonly globals: unknown;
  readonly noTables: unknown;
}
let loaded: Service | undefined;

/** The two scripts make globals; a context of their own keeps those out of ours. */
function load(): Service {
  if (loaded !== undefined) return loaded;
  const folder = join(
    createRequire(join(process.cwd(), 'package.json')).resolve('@kusto/language-service-next/package.json'),
    '..',
  );
  const context = createContext({});
  for (const script of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
    runInContext(readFileSync(join(folder, script), 'utf8'), context);
  }
  const service = context as unknown as Loaded;
  const { GlobalState, Symbols } = service.Kusto.Language;
  const tables = Object.entries(TABLES).map(([name, columns]) =>
    Symbols.TableSymbol.From(`(${columns.map(([column, type]) => `${column}:${type}`).join(', ')})`).WithName(
      name,
    ),
  );
  const workspace = (holding: readonly unknown[]) =>
    GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1('workspace', holding));
  loaded = { service, globals: workspace(tables), noTables: workspace([]) };
  return loaded;
}

const parsed = new Map<string, Query>();

/** Parses and analyses `text` against the tables of a Log Analytics workspace. */
export function parse(text: string): Query {
  const query = parsed.get(text) ?? analyse(text, load().globals);
  parsed.set(text, query);
  return query;
}

/** What is wrong with it in a workspace in which no table exists yet. */
export const problemsWithoutTables = (text: string) => analyse(text, load().noTables).problems;

function analyse(text: string, globals: unknown): Query {
  const { service } = load();
  const code = service.Kusto.Language.KustoCode.ParseAndAnalyze(text, globals);
  const problems = listOf(code.GetDiagnostics())
    .filter(({ Severity }) => Severity === 'Error' || Severity === 'Warning')
    .map(({ Severity, Message, Start }) => `${Severity} in line ${lineOf(text, Start)}: ${Message}`);
  const columns = listOf(code.ResultType?.Columns).map(({ Name, Type }) => [Name, Type.Name] as const);
  return { problems, columns, tree: plain(service, code.Syntax) };
}

const lineOf = (text: string, position: number) => text.slice(0, position).split('\n').length;

function listOf<Item>(list: BridgeList<Item> | undefined): Item[] {
  return Array.from({ length: list?.Count ?? 0 }, (_, index) => list?.getItem(index)).filter(
    (item): item is Item => item !== undefined,
  );
}

function plain(service: Loaded, node: BridgeNode): Tree {
  if (node.IsToken) {
    return { kind: 'Token', text: node.Text ?? '', type: '', literal: undefined, parts: {}, items: [] };
  }
  const kind = service.Bridge.getTypeName(node)
    .replace('Kusto.Language.Syntax.', '')
    .replace(/[`[].*$/s, '');
  const children = Array.from({ length: node.ChildCount }, (_, index) => ({
    name: node.GetName(index) ?? '',
    child: node.GetChild(index),
  })).filter(
    (one): one is { name: string; child: BridgeNode } => one.child !== null && one.child !== undefined,
  );
  // An element of a list comes wrapped, with its comma.
  const [first] = children;
  if (kind === 'SeparatedElement' && first !== undefined) return plain(service, first.child);
  const isList = kind === 'SyntaxList';
  const trees = children.map(({ name, child }) => [name, plain(service, child)] as const);
  return {
    kind,
    text: '',
    type: node.ResultType?.Name ?? '',
    literal: kind === 'LiteralExpression' ? String(node.LiteralValue ?? 'null') : undefined,
    parts: isList ? {} : Object.fromEntries(trees),
    items: isList ? trees.map(([, tree]) => tree) : [],
  };
}

/** Every node below `tree`, itself included. */
export function* nodesOf(tree: Tree): Generator<Tree> {
  yield tree;
  for (const child of [...Object.values(tree.parts), ...tree.items]) yield* nodesOf(child);
}

/** The part of that name. @throws Error where there is none: the query has a form that is not known here. */
export function part(tree: Tree, name: string): Tree {
  const found = tree.parts[name];
  if (found === undefined) throw new Error(`${tree.kind} without ${name}`);
  return found;
}

const names = new WeakMap<Tree, string>();

/** The first word of a node: the name that a declaration or a reference holds. */
export function nameOf(tree: Tree): string {
  const known = names.get(tree);
  if (known !== undefined) return known;
  const token = [...nodesOf(tree)].find(({ kind, text }) => kind === 'Token' && text !== '');
  if (token === undefined) throw new Error(`${tree.kind} without a name`);
  names.set(tree, token.text);
  return token.text;
}
