/** Checks that every name in the Bicep files is declared and used, and that modules are given what they ask for. */
import type { Node } from 'web-tree-sitter';
import {
  at,
  type BicepFile,
  children,
  declarations,
  descendants,
  hasDefault,
  literal,
  objectIn,
  properties,
  property,
} from './bicep.ts';

/** Those of Bicep's own functions that are used here (learn.microsoft.com, "Bicep functions"). */
const FUNCTIONS = new Set(
  'cidrSubnet concat contains empty environment filter format guid join loadJsonContent loadTextContent map max min reduce replace resourceGroup resourceId string subscription subscriptionResourceId take tenant toLower toObject union uniqueString'.split(
    ' ',
  ),
);
const KINDS = ['parameter', 'variable', 'resource', 'module'].map((kind) => `${kind}_declaration`);

export function nameProblems(file: BicepFile): readonly string[] {
  const declared = KINDS.flatMap((kind) => declarations(file, kind));
  const functions = declarations(file, 'user_defined_function');
  const imported = descendants(file.root)
    .filter(({ type }) => type === 'import_functionality')
    .flatMap((node) => children(node).filter(({ type }) => type === 'identifier'));
  const known = new Set(
    [...declared, ...functions].map(({ name }) => name).concat(imported.map(({ text }) => text)),
  );
  const uses = descendants(file.root).filter(isUse);
  const used = new Set(uses.map(({ text }) => text));
  return [
    ...uses
      .filter(
        (node) => !known.has(node.text) && !isLocal(node) && !(isCalled(node) && FUNCTIONS.has(node.text)),
      )
      .map((node) => `${at(file, node)} ${node.text} is not declared`),
    ...declared
      .filter(({ name, node, decorators }) => {
        const mayGoUnused = ['resource_declaration', 'module_declaration'].includes(node.type);
        return !mayGoUnused && !used.has(name) && !decorators.includes('@export()');
      })
      .map(({ name, node }) => `${at(file, node)} ${name} is never used`),
  ];
}

/** An identifier that stands for a value: not the name in a declaration, a property, a type or a decorator. */
function isUse(node: Node): boolean {
  const { parent } = node;
  if (node.type !== 'identifier' || parent === null) return false;
  if (parent.type === 'object_property') return children(parent)[0]?.id !== node.id;
  if (parent.type === 'import_functionality' || within(node, 'decorator') || within(node, 'type'))
    return false;
  if (parent.type === 'lambda_expression') return children(parent)[0]?.id !== node.id;
  if (parent.type === 'for_statement') return parent.childForFieldName('initializer')?.id !== node.id;
  return (
    !/_declaration$|^user_defined_function$|^parameter$/.test(parent.type) ||
    children(parent)[0]?.id !== node.id
  );
}

const isCalled = (node: Node) => node.parent?.childForFieldName('function')?.id === node.id;

function within(node: Node, kind: string): boolean {
  return node.parent !== null && (node.parent.type === kind || within(node.parent, kind));
}

/** Is it the variable of a lambda, a loop or a function around it? */
function isLocal({ text, parent }: Node): boolean {
  for (let around = parent; around !== null; around = around.parent) {
    const [first] = children(around);
    if (
      around.type === 'lambda_expression' &&
      first?.text
        .replace(/[()\s]/g, '')
        .split(',')
        .includes(text)
    )
      return true;
    if (around.type === 'for_statement' && around.childForFieldName('initializer')?.text === text)
      return true;
    if (around.type === 'user_defined_function') {
      const parameters = descendants(around).filter(({ type }) => type === 'parameter');
      if (parameters.some((parameter) => children(parameter)[0]?.text === text)) return true;
    }
  }
  return false;
}

/** Each module's file, parameters and outputs, against what the file declares. */
export function moduleProblems(file: BicepFile, files: readonly BicepFile[]): readonly string[] {
  return declarations(file, 'module_declaration').flatMap((module) => {
    const [, path, body] = children(module.node);
    const target = files.find(({ name }) => name === literal(path));
    if (target === undefined || body === undefined)
      return [`${at(file, module.node)} there is no ${path?.text}`];
    const object = objectIn(body);
    const params = object && property(object, 'params');
    const given = params ? properties(params).map(({ name }) => name ?? '') : [];
    const asked = declarations(target, 'parameter_declaration');
    const outputs = declarations(target, 'output_declaration').map(({ name }) => name);
    const say = (text: string) => `${at(file, module.node)} ${module.name}: ${text}`;
    return [
      ...given
        .filter((name) => !asked.some((param) => param.name === name))
        .map((name) => say(`no parameter ${name}`)),
      ...asked
        .filter((param) => !given.includes(param.name) && !hasDefault(param))
        .map(({ name }) => say(`parameter ${name} is not given`)),
      ...outputsAsked(file, module.name)
        .filter((name) => !outputs.includes(name))
        .map((name) => say(`no output ${name}`)),
    ];
  });
}

/** The x of each `module.outputs.x`, and of `module!.outputs.x`. */
function outputsAsked(file: BicepFile, module: string): readonly string[] {
  const found = file.root.text.matchAll(new RegExp(`\\b${module}!?\\.outputs\\.(\\w+)`, 'g'));
  return [...found].map((match) => match[1] ?? '');
}
