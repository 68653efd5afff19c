/**
 * Writes `THIRD-PARTY-LICENSES.txt`, which goes into the package beside the bundle: `npm run licences`. The packages are
 * those of package-lock.json that are installed for production, their texts what each of them carries.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const LICENCES_FILE = 'THIRD-PARTY-LICENSES.txt';

export interface Package {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as the package itself says. */
  readonly licence: string;
  /** Its folder. The same version of a package may be in several. */
  readonly path: string;
}

const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string(),
      license: z.string().default('UNKNOWN'),
      dev: z.boolean().default(false),
    }),
  ),
});

/** Everything that a production installation holds, in the order of names and versions. */
export function productionPackages(lockText: string): readonly Package[] {
  const { packages } = lock.parse(JSON.parse(lockText));
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { version, license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version, licence: license, path };
    })
    .sort((one, other) => (titleOf(one) < titleOf(other) ? -1 : 1));
}

const titleOf = ({ name, version }: Package) => `${name} ${version}`;

/** The whole file, of what is installed in `node_modules`. */
export function thirdPartyLicences(): string {
  const packages = productionPackages(readFileSync('package-lock.json', 'utf8'));
  const named = new Map(packages.map((one) => [titleOf(one), one]));
  const owners = new Map<string, Set<string>>();
  for (const one of packages) {
    for (const text of textsOf(one)) owners.set(text, (owners.get(text) ?? new Set()).add(titleOf(one)));
  }
  const withText = new Set([...owners.values()].flatMap((titles) => [...titles]));
  const rows = [...named].map(([title, { licence }]) =>
    withText.has(title) ? `${title}  ${licence}` : `${title}  ${licence} (its package holds no licence text)`,
  );
  const texts = [...owners].map(([text, titles]) => `${RULE}\n${[...titles].join('\n')}\n\n${text}\n`);
  return `${HEAD}\n${rows.join('\n')}\n\n${texts.join('\n')}`;
}

const RULE = '='.repeat(100);
const HEAD = `The function that is deployed is one file, and holds code of the packages below, which are the work of others.
First their names, versions and licences; then the texts, each once, under the packages that carry it.
Written by "npm run licences".
`;

/** Licences and notices, also those of what a package has itself taken from others. */
function textsOf({ path }: Package): readonly string[] {
  const files = readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => /^(?:licen[cs]e|notice|copying)/i.test(name))
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(join(path, entry.name)) : join(path, entry.name)));
  return files.sort().map((file) => readFileSync(file, 'utf8').replaceAll(/\r\n?/g, '\n').trim());
}

const filesUnder = (folder: string) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

if (process.argv[2] === '--write') writeFileSync(LICENCES_FILE, thirdPartyLicences());
