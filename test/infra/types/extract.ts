/**
 * Writes azure.json: what Azure's management libraries for JavaScript say of the resources in sources.ts. Those
 * libraries are generated from the same published API descriptions as Bicep's own types, and unlike these they come
 * as npm packages. To run it again:
 *
 *   cd "$(mktemp -d)" && npm pack @azure/arm-storage@18.6.0 … (each package of sources.ts)
 *   for f in *.tgz; do mkdir "${f%.tgz}" && tar xzf "$f" -C "${f%.tgz}" --strip-components=1; done
 *   node <project>/test/infra/types/extract.ts "$PWD" && npm run format
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Interfaces, readInterfaces } from './interfaces.ts';
import type { ObjectType, PropertyType } from './model.ts';
import { SOURCES, type Source } from './sources.ts';

/** What a package's mappers say of one property; its name on the wire may be a path into `properties`. */
interface Mapper {
  readonly serializedName?: string;
  readonly required?: boolean;
  readonly readOnly?: boolean;
  readonly type: {
    readonly name: string;
    readonly className?: string;
    readonly allowedValues?: readonly string[];
    readonly element?: Mapper;
    readonly value?: Mapper;
    readonly modelProperties?: Readonly<Record<string, Mapper>>;
  };
}

const PRIMITIVES: Readonly<Record<string, string>> = {
  String: 'string',
  Enum: 'string',
  Uuid: 'string',
  DateTime: 'string',
  TimeSpan: 'string',
  Number: 'number',
  Boolean: 'boolean',
};

/** The objects of one resource, by name; its body is the first. */
async function extract(folder: string, source: Source): Promise<Record<string, ObjectType>> {
  const files = readdirSync(join(folder, source.package), { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?:^|\/)(?:dist-)?esm\//.test(file))
    .map((file) => join(folder, source.package, file));
  const interfaces = readInterfaces(
    files.filter((file) => /models\/.*\.d\.ts$/.test(file)).map((file) => readFileSync(file, 'utf8')),
  );
  const mappers = files.find((file) => file.endsWith('models/mappers.js'));
  const named = (name: string) => `${source.package.replace(/^azure-arm-/, '')}.${name}`;
  const known = new Set(source.nested);
  const reference = (type: string) => {
    const name = /^\w+/.exec(type)?.[0] ?? '';
    return known.has(name) ? `#${named(name)}${type.slice(name.length)}` : `(${type})`;
  };
  if (mappers === undefined) return fromInterfaces(source, interfaces, named, reference);
  const loaded: Readonly<Record<string, Mapper>> = await import(pathToFileURL(mappers).href);
  return Object.assign(
    {},
    ...[source.body, ...known].map((name) => fromMappers(name, loaded, interfaces, named, reference)),
  );
}

function fromMappers(
  name: string,
  mappers: Readonly<Record<string, Mapper>>,
  interfaces: Interfaces,
  named: (name: string) => string,
  reference: (type: string) => string,
): Record<string, ObjectType> {
  const objects: Record<string, Record<string, PropertyType>> = { [named(name)]: {} };
  for (const [property, mapper] of Object.entries(mappers[name]?.type.modelProperties ?? {})) {
    const path = (mapper.serializedName ?? property).replaceAll('\\.', '§').split('.');
    const leaf = (path.pop() ?? property).replaceAll('§', '.');
    const declared = interfaces[name]?.[property];
    const values = mapper.type.allowedValues ?? declared?.values;
    // Mappers do not mark every object that is required; the declaration does.
    const required = mapper.required === true || declared?.required === true;
    let owner = named(name);
    for (const step of path) {
      const before = objects[owner]?.[step];
      objects[owner] = {
        ...objects[owner],
        [step]: { type: `#${owner}.${step}`, ...((required || before?.required) && { required: true }) },
      };
      owner = `${owner}.${step}`;
      objects[owner] ??= {};
    }
    objects[owner] = {
      ...objects[owner],
      [leaf]: {
        type: typeOf(mapper, reference),
        ...(required && { required: true }),
        ...(mapper.readOnly && { readOnly: true }),
        ...(values && { values }),
      },
    };
  }
  return objects;
}

function typeOf({ type }: Mapper, reference: (type: string) => string): string {
  if (type.element) return `${typeOf(type.element, reference)}[]`;
  if (type.value) return `${typeOf(type.value, reference)}{}`;
  if (type.className) return reference(type.className);
  return PRIMITIVES[type.name] ?? 'any';
}

function fromInterfaces(
  { body, properties, nested = [] }: Source,
  interfaces: Interfaces,
  named: (name: string) => string,
  reference: (type: string) => string,
): Record<string, ObjectType> {
  const described = (name: string): ObjectType =>
    Object.fromEntries(
      Object.entries(interfaces[name] ?? {}).map(([property, { type, ...rest }]) => [
        property,
        { type: /^(?:string|number|boolean|any)\b/.test(type) ? type : reference(type), ...rest },
      ]),
    );
  const inside = described(properties ?? body);
  // The library flattens `properties` into the body: what is not in there stays outside.
  const outside = Object.entries(described(body)).filter(([name]) => !(name in inside));
  return {
    [named(body)]: {
      ...Object.fromEntries(outside),
      properties: { type: `#${named(body)}.properties`, required: true },
    },
    [`${named(body)}.properties`]: inside,
    ...Object.fromEntries(nested.map((name) => [named(name), described(name)])),
  };
}

async function main(folder: string): Promise<void> {
  const resources: Record<string, string> = {};
  const objects: Record<string, ObjectType> = {};
  for (const source of SOURCES) {
    const extracted = await extract(folder, source);
    const [body, ...others] = Object.keys(extracted);
    if (
      body === undefined ||
      [body, ...others].some((name) => Object.keys(extracted[name] ?? {}).length === 0)
    ) {
      throw new Error(`${source.package} does not describe all of ${source.resource}`);
    }
    resources[source.resource] = body;
    Object.assign(objects, extracted);
  }
  const $comment =
    'Written by extract.ts from the packages @azure/arm-* on npm, by Microsoft, MIT licence; the versions are in sources.ts. A type in brackets is not described here.';
  writeFileSync(
    join(import.meta.dirname, 'azure.json'),
    `${JSON.stringify({ $comment, resources, objects }, null, 2)}\n`,
  );
}

await main(process.argv[2] ?? '.');
