/** What comes from others: from where, in which version, under which licence. No network. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { LICENCES_FILE, productionPackages, thirdPartyLicences } from '../../infra/licences.ts';

/** Whoever passes the bundle on has to pass on these texts, and nothing more (spdx.org/licenses). */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MIT-0',
];
const REGISTRY = 'https://registry.npmjs.org/';

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly overrides: Record<string, string>;
  readonly allowScripts: Record<string, boolean>;
}
interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
}

const manifest: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const lockText = readFileSync('package-lock.json', 'utf8');
const lock: { readonly packages: Record<string, Entry> } = JSON.parse(lockText);
const published = readFileSync(LICENCES_FILE, 'utf8');
const entries = Object.entries(lock.packages).filter(([path]) => path !== '');
const shipped = entries.filter(([, { dev }]) => dev !== true);

describe('the list of licences', () => {
  test('is what "npm run licences" writes', () => {
    // A comparison that fails would print all of it.
    expect(published === thirdPartyLicences()).toBe(true);
  });

  test('has every package that is installed for production, with its version and licence', () => {
    expect(shipped.length).toBeGreaterThan(100);
    const lines = new Set(published.split('\n').map((line) => line.replace(/ \(its package .*\)$/, '')));
    const missing = shipped
      .map(
        ([path, { version, license }]) => `${path.replace(/^.*node_modules\//, '')} ${version}  ${license}`,
      )
      .filter((line) => !lines.has(line));
    expect(missing).toEqual([]);
  });

  test('has no licence but those that ask for their text to be passed on, and no more', () => {
    const others = productionPackages(lockText).filter(({ licence }) => !ALLOWED.includes(licence));
    expect(others).toEqual([]);
  });

  test('a package whose licence is not told, or another one, would show', () => {
    const packages = {
      '': { version: '1.0.0' },
      'node_modules/silent': { version: '1.0.0' },
      'node_modules/@a/b/node_modules/strict': { version: '2.0.0', license: 'GPL-3.0-only' },
      'node_modules/only-for-tests': { version: '3.0.0', license: 'MPL-2.0', dev: true },
    };
    const read = productionPackages(JSON.stringify({ packages }));
    expect(read.map(({ name, version, licence }) => [name, version, licence])).toEqual([
      ['silent', '1.0.0', 'UNKNOWN'],
      ['strict', '2.0.0', 'GPL-3.0-only'],
    ]);
  });
});

describe('what is installed', () => {
  test('is named exactly', () => {
    const { dependencies, devDependencies, overrides } = manifest;
    const named = Object.entries({ ...dependencies, ...devDependencies, ...overrides });
    expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const locked = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version,
    );
    expect(locked).toEqual([]);
  });

  test('comes from the registry, and is what it was when it was locked', () => {
    const elsewhere = entries.filter(
      ([, { resolved, link }]) => link === true || resolved?.startsWith(REGISTRY) === false,
    );
    expect(elsewhere).toEqual([]);
    const unchecked = entries.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''));
    expect(unchecked).toEqual([]);
    // It could name another registry.
    expect(existsSync('.npmrc')).toBe(false);
  });

  test('may run nothing while it is installed, but what was looked at; of what is shipped, nothing', () => {
    const scripted = entries.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const nameOf = (path: string) => path.replace(/^.*node_modules\//, '');
    const undecided = scripted.filter(([path]) => manifest.allowScripts[nameOf(path)] === undefined);
    expect(undecided.map(([path]) => path)).toEqual([]);
    const running = shipped.filter(
      ([path, { hasInstallScript }]) => hasInstallScript && manifest.allowScripts[nameOf(path)] !== false,
    );
    expect(running.map(([path]) => path)).toEqual([]);
  });
});
