/** Reads the interfaces of a package's declaration files: what is required, read-only, and of which values. */
import ts from 'typescript';
import type { PropertyType } from './model.ts';

export type Interfaces = Readonly<Record<string, Readonly<Record<string, PropertyType>>>>;

/** Later files do not override earlier ones. */
export function readInterfaces(texts: readonly string[]): Interfaces {
  const declared = texts.flatMap((text) => [
    ...ts.createSourceFile('models.d.ts', text, ts.ScriptTarget.Latest, true).statements,
  ]);
  const enums = new Map(
    declared.filter(ts.isEnumDeclaration).map((node) => [node.name.text, valuesOf(node)]),
  );
  const aliases = new Map(
    declared.filter(ts.isTypeAliasDeclaration).map((node) => [node.name.text, node.type.getText()]),
  );
  const nodes = new Map(
    declared
      .filter(ts.isInterfaceDeclaration)
      .reverse()
      .map((node) => [node.name.text, node]),
  );

  const property = (node: ts.PropertySignature): PropertyType => {
    const text = (node.type?.getText() ?? 'any').replace(/^Record<string, (.*)>$/, '$1{}');
    const name = text.replace(/(?:\[\]|\{\})$/, '');
    const values = enums.get(`Known${name}`) ?? enums.get(name) ?? literalsIn(aliases.get(name) ?? '');
    const type = values ? typeof values[0] : (aliases.get(name) ?? name);
    return {
      type: `${type}${text.slice(name.length)}`,
      ...(node.questionToken === undefined && { required: true }),
      ...(node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword) && { readOnly: true }),
      ...(values && { values }),
    };
  };
  const properties = (name: string): Record<string, PropertyType> => {
    const node = nodes.get(name);
    const inherited =
      node?.heritageClauses?.flatMap(({ types }) => types.map((type) => type.getText())) ?? [];
    const own = node?.members.filter(ts.isPropertySignature) ?? [];
    return Object.assign(
      {},
      ...inherited.map(properties),
      Object.fromEntries(own.map((member) => [member.name.getText(), property(member)])),
    );
  };
  return Object.fromEntries([...nodes.keys()].map((name) => [name, properties(name)]));
}

function valuesOf(node: ts.EnumDeclaration): readonly (string | number)[] {
  return node.members.flatMap(({ initializer }) => {
    if (initializer && ts.isStringLiteral(initializer)) return initializer.text;
    return initializer && ts.isNumericLiteral(initializer) ? Number(initializer.text) : [];
  });
}

/** `"a" | "b"` */
function literalsIn(type: string): readonly string[] | undefined {
  return /^"[^"]*"(?: \| "[^"]*")*$/.test(type)
    ? type.split(' | ').map((text) => text.slice(1, -1))
    : undefined;
}
