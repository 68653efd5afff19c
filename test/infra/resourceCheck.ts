/** Checks resources against test/infra/types/azure.json. */
import { readFileSync } from 'node:fs';
import type { Node } from 'web-tree-sitter';
import {
  at,
  type BicepFile,
  children,
  declarations,
  literal,
  properties,
  type Resource,
  resources,
} from './bicep.ts';
import type { AzureTypes, PropertyType } from './types/model.ts';

const types: AzureTypes = JSON.parse(readFileSync('test/infra/types/azure.json', 'utf8'));

/** Bicep's own words in the body of a resource. */
const BICEP_WORDS = ['name', 'parent', 'scope', 'dependsOn'];

/** One line for everything that Azure would refuse, as far as its types tell. */
export function resourceProblems(file: BicepFile): readonly string[] {
  return resources(file).flatMap((resource) => {
    const body = types.resources[resource.type];
    if (body === undefined) {
      return [`${at(file, resource.node)} ${resource.type} is not described in test/infra/types/azure.json`];
    }
    return [...placeProblems(file, resource), ...objectProblems(file, resource.body, body, BICEP_WORDS)];
  });
}

function placeProblems(file: BicepFile, { node, type, body }: Resource): readonly string[] {
  const names = properties(body).map(({ name }) => name);
  const isChild = type.split('/').length > 2;
  return [
    ...(names.includes('name') ? [] : [`${at(file, node)} has no name`]),
    ...(isChild && !names.includes('parent') ? [`${at(file, node)} ${type} has no parent`] : []),
  ];
}

function objectProblems(
  file: BicepFile,
  object: Node,
  typeName: string,
  alsoAllowed: readonly string[] = [],
): readonly string[] {
  const type = types.objects[typeName] ?? {};
  const given = properties(object);
  const missing = Object.entries(type).filter(
    ([name, { required, readOnly }]) =>
      required && !readOnly && !given.some((property) => property.name === name),
  );
  return [
    ...missing
      .filter(([name]) => !alsoAllowed.includes(name))
      .map(([name]) => `${at(file, object)} lacks ${name}, which ${typeName} requires`),
    ...given.flatMap(({ name, node, value }) => {
      if (name !== undefined && alsoAllowed.includes(name)) return [];
      const expected = name === undefined ? undefined : type[name];
      if (expected === undefined)
        return [`${at(file, node)} ${name ?? 'a computed name'} is no property of ${typeName}`];
      if (expected.readOnly) return [`${at(file, node)} ${name} of ${typeName} is read-only`];
      return valueProblems(file, value, expected, `${typeName}.${name}`);
    }),
  ];
}

function valueProblems(
  file: BicepFile,
  value: Node,
  expected: PropertyType,
  path: string,
): readonly string[] {
  const { type } = expected;
  const refuse = (what: string) => [`${at(file, value)} ${path} is ${type}, and not ${what}`];
  if (value.type === 'ternary_expression') {
    return children(value)
      .slice(1)
      .flatMap((branch) => valueProblems(file, branch, expected, path));
  }
  if (type.startsWith('('))
    return [`${at(file, value)} ${path} is of the type ${type}, which sources.ts leaves out`];
  if (value.type === 'array') {
    if (!type.endsWith('[]')) return type === 'any' ? [] : refuse('a list');
    return children(value).flatMap((element) =>
      valueProblems(file, element, { type: type.slice(0, -2) }, `${path}[]`),
    );
  }
  if (value.type === 'object') {
    if (type.endsWith('{}')) {
      return properties(value).flatMap((entry) =>
        valueProblems(file, entry.value, { type: type.slice(0, -2) }, `${path}{}`),
      );
    }
    if (type.startsWith('#')) return objectProblems(file, value, type.slice(1));
    return type === 'any' ? [] : refuse('an object');
  }
  const known = primitiveOf(file, value);
  if (known === undefined || type === 'any') return [];
  if (known.type !== type) return refuse(`a ${known.type}`);
  const wrong = known.values.filter((option) => expected.values && !expected.values.includes(option));
  return wrong.map(
    (option) => `${at(file, value)} ${path} is one of ${expected.values?.join(', ')}, and not ${option}`,
  );
}

/** The primitive type of an expression and the values it can take, where both are plain to see. */
function primitiveOf(
  file: BicepFile,
  node: Node,
): { type: string; values: readonly (string | number)[] } | undefined {
  if (node.type === 'boolean') return { type: 'boolean', values: [] };
  if (node.type === 'number') return { type: 'number', values: [Number(node.text)] };
  if (node.type === 'string')
    return { type: 'string', values: literal(node) === undefined ? [] : [literal(node) ?? ''] };
  const parameter = declarations(file, 'parameter_declaration').find(({ name }) => name === node.text);
  const declared = parameter && children(parameter.node)[1]?.text;
  const type = { string: 'string', int: 'number', bool: 'boolean' }[declared ?? ''];
  return type === undefined ? undefined : { type, values: [] };
}
