/** The project's Bicep files as syntax trees, and what of them the checks speak of. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Language, type Node, Parser } from 'web-tree-sitter';

export const INFRA = 'infra';
const GRAMMAR = 'node_modules/tree-sitter-bicep/tree-sitter-bicep.wasm';

export interface BicepFile {
  /** `app.bicep` */
  readonly name: string;
  readonly root: Node;
}

export async function bicepParser(): Promise<(name: string, text: string) => BicepFile> {
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(readFileSync(GRAMMAR)));
  return (name, text) => {
    const tree = parser.parse(text);
    if (tree === null) throw new Error(`${name} was not parsed`);
    return { name, root: tree.rootNode };
  };
}

export function bicepTexts(): Readonly<Record<string, string>> {
  const names = readdirSync(INFRA).filter((name) => name.endsWith('.bicep'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(INFRA, name), 'utf8')]));
}

export const at = (file: BicepFile, node: Node) => `${file.name}:${node.startPosition.row + 1}`;

export function children(node: Node): readonly Node[] {
  return node.namedChildren.filter(
    (child) => child !== null && !/comment$/.test(child.type),
  ) as readonly Node[];
}

export function descendants(node: Node): readonly Node[] {
  return children(node).flatMap((child) => [child, ...descendants(child)]);
}

/** The text of a string without interpolation; `undefined` for anything else. */
export function literal(node: Node | undefined): string | undefined {
  if (node?.type !== 'string' || children(node).some(({ type }) => type === 'interpolation'))
    return undefined;
  return node.text.replace(/^'+|'+$/g, '');
}

export interface Property {
  /** `undefined` where the name is computed. */
  readonly name: string | undefined;
  readonly node: Node;
  readonly value: Node;
}

export function properties(object: Node): readonly Property[] {
  return children(object).flatMap((node) => {
    const [key, value] = children(node);
    if (node.type !== 'object_property' || key === undefined || value === undefined) return [];
    return { name: key.type === 'string' ? literal(key) : key.text, node, value };
  });
}

export const property = (object: Node, name: string): Node | undefined =>
  properties(object).find((candidate) => candidate.name === name)?.value;

export interface Declaration {
  readonly name: string;
  readonly node: Node;
  /** The text of each decorator in front of it. */
  readonly decorators: readonly string[];
}

/** Top-level declarations of one kind, such as `parameter_declaration`. */
export function declarations(file: BicepFile, kind: string): readonly Declaration[] {
  const statements = children(file.root);
  return statements.flatMap((node, index) => {
    if (node.type !== kind) return [];
    const before = statements[index - 1];
    const decorators = before?.type === 'decorators' ? children(before).map(({ text }) => text) : [];
    const name = node.childForFieldName('name') ?? children(node)[0];
    return { name: name?.text ?? '', node, decorators };
  });
}

/** Of a parameter. */
export const hasDefault = ({ node }: Declaration) => children(node).length > 2;

export interface Resource extends Declaration {
  /** `Microsoft.Web/sites@2024-11-01` */
  readonly type: string;
  readonly body: Node;
}

/** Resources, without those that merely refer to an existing one. */
export function resources(file: BicepFile): readonly Resource[] {
  return declarations(file, 'resource_declaration').flatMap((declaration) => {
    const [, type, body] = children(declaration.node);
    if (declaration.node.children.some((child) => child?.type === 'existing')) return [];
    const object = body && objectIn(body);
    return object ? { ...declaration, type: literal(type) ?? '', body: object } : [];
  });
}

/** The object behind `if (…)` or `[for … : …]`. */
export function objectIn(node: Node): Node | undefined {
  if (node.type === 'object') return node;
  const body = node.childForFieldName('body') ?? children(node).at(-1);
  return body && body.id !== node.id ? objectIn(body) : undefined;
}

/** What the grammar could not read, and neighbours on one line without a comma (which only Bicep itself refuses). */
export function syntaxProblems(file: BicepFile): readonly string[] {
  const visit = (node: Node): readonly string[] => [
    ...(node.isError || node.isMissing ? [`${at(file, node)} is not Bicep: ${node.text.slice(0, 40)}`] : []),
    ...(['object', 'array'].includes(node.type) ? crowded(file, node) : []),
    ...node.children.flatMap((child) => (child ? visit(child) : [])),
  ];
  return visit(file.root);
}

function crowded(file: BicepFile, list: Node): readonly string[] {
  const members = list.children.filter(
    (child) => child !== null && child.type !== 'comment',
  ) as readonly Node[];
  return members.slice(1, -1).flatMap((member, index) => {
    const before = members[index];
    const touching = before?.isNamed && member.isNamed && before.endPosition.row === member.startPosition.row;
    return touching
      ? [`${at(file, member)} needs a comma or a line of its own: ${member.text.slice(0, 40)}`]
      : [];
  });
}
