/** azure.yaml, the script that puts the package together, and infra/README.md. No Azure, no network. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { LICENCES_FILE } from '../../infra/licences.ts';
import { policySchema } from '../../lib/core/policy.ts';
import { outputNamesOf, parametersOf } from './bicepText.ts';
import { theOne } from './deployed.ts';

const TENANT = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const OTHER = '9a0c3f25-4f89-41d3-9a0c-0305e82c3302';

describe('the package', () => {
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'package-'));
    for (const file of ['package.json', 'policy.json', 'host.json', 'LICENSE', LICENCES_FILE]) {
      cpSync(file, join(project, file));
    }
    mkdirSync(join(project, 'dist'));
    writeFileSync(join(project, 'dist/nightlyPurge.cjs'), '// the bundle');
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  const pack = (tenant: string | undefined, schedule?: string) =>
    spawnSync(process.execPath, [resolve('infra/scripts/package.ts')], {
      cwd: project,
      encoding: 'utf8',
      env: { ...process.env, AZURE_TENANT_ID: tenant, NIGHTLY_SCHEDULE: schedule, TZ: 'Europe/Berlin' },
    });
  const policyIn = (folder: string) => readFileSync(join(project, folder, 'policy.json'), 'utf8');
  const write = (change: object) =>
    writeFileSync(join(project, 'policy.json'), JSON.stringify({ ...JSON.parse(policyIn('.')), ...change }));

  test('holds the bundle, what the host reads, the policy and licences, and nothing else', () => {
    expect(pack(TENANT)).toMatchObject({ status: 0 });
    const files = readdirSync(join(project, 'dist/package'), { recursive: true, encoding: 'utf8' });
    expect(files.sort()).toEqual([
      'LICENSE',
      LICENCES_FILE,
      'dist',
      'dist/nightlyPurge.cjs',
      'host.json',
      'package.json',
      'policy.json',
    ]);
    const { main, ...manifest } = JSON.parse(
      readFileSync(join(project, 'dist/package/package.json'), 'utf8'),
    );
    expect(existsSync(join(project, 'dist/package', main))).toBe(true);
    expect(Object.keys(manifest)).toEqual(['name', 'version', 'private']);
  });

  test('is not made of a wrong policy: every line of it is named', () => {
    write({ gracePeriodDays: 'two weeks', protect: { addresses: ['*'] } });
    const { status, stderr } = pack(TENANT);
    expect([status, existsSync(join(project, 'dist/package'))]).toEqual([1, false]);
    expect(stderr).toMatch(/policy\.json:\d+:\d+ gracePeriodDays must be a number/);
    expect(stderr).toMatch(/Nothing was packaged\./);
    write({ gracePeriodDays: 14 });
    expect(pack(TENANT).stderr).toMatch(/protect\.addresses\.0 matches everybody/);
  });

  test('gets the tenant where the policy has none, again and again, in report mode', () => {
    const before = policyIn('.');
    expect(pack(TENANT.toUpperCase()).stdout).toContain(
      `tenant ${TENANT.toUpperCase()} written into the package`,
    );
    expect(pack(TENANT).status).toBe(0);
    expect(policyIn('.')).toBe(before);
    const policy = policySchema.parse(JSON.parse(policyIn('dist/package')));
    expect(policy).toEqual(policySchema.parse({ ...JSON.parse(before), tenantId: TENANT }));
    expect(policy.mode).toBe('report');
  });

  test('keeps the tenant and the mode of a policy that has one', () => {
    write({ tenantId: TENANT, mode: 'purge' });
    expect(pack(TENANT).stdout).toContain('mode purge');
    expect(pack(undefined).status).toBe(0);
    expect(policyIn('dist/package')).toBe(policyIn('.'));
  });

  test.each([
    ['no tenant is known', undefined, {}, /azd provision/],
    ['the tenant is not a GUID', 'contoso.com', {}, /does not name one/],
    ['the policy is for another tenant', TENANT, { tenantId: OTHER }, /is for the tenant 9a0c3f25/],
  ])('is not made where %s', (_case, tenant, change, message) => {
    write(change);
    const { status, stderr } = pack(tenant);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(existsSync(join(project, 'dist/package'))).toBe(false);
  });

  describe('the schedule', () => {
    test('is shown in local time, and the package says what to do about a 403', () => {
      const { status, stdout } = pack(TENANT, '0 0 2 15 7 *');
      expect(status).toBe(0);
      expect(stdout).toMatch(/in the time of this machine: \d{4}-07-15 0?4:00:00 (?:GMT\+2|CEST), /);
      expect(stdout).toContain('ends with 403');
      expect(stdout).toContain('run "azd deploy" again');
    });

    test.each([
      ['0 0 24 * * *', 'must have its hour in 0 to 23'],
      ['0 0 2 31 2 *', 'never fires'],
      ['0 2 * * *', 'six fields'],
    ])('is refused where no night would run: %s', (schedule, reason) => {
      const { status, stderr } = pack(TENANT, schedule);
      expect(status).toBe(1);
      expect(stderr).toContain(`"${schedule}"`);
      expect(stderr).toContain(reason);
      expect(stderr).toContain('Nothing was packaged.');
      expect(existsSync(join(project, 'dist/package'))).toBe(false);
    });
  });
});

describe('azure.yaml', () => {
  const yaml = parse(readFileSync('azure.yaml', 'utf8'));
  const service = yaml.services['nightly-purge'];

  test('provisions before it packages, and lets Azure build nothing', () => {
    expect(yaml.workflows.up.steps).toEqual([{ azd: 'provision' }, { azd: 'deploy --all' }]);
    expect(service).toMatchObject({
      project: '.',
      host: 'function',
      dist: 'dist/package',
      remoteBuild: false,
    });
    expect(existsSync('.funcignore')).toBe(false);
  });

  test('names the service that the function app is tagged with', () => {
    expect(theOne('smallest', 'Microsoft.Web/sites')['tags']).toMatchObject({
      'azd-service-name': Object.keys(yaml.services).join(),
    });
  });

  test('calls scripts that are there, with outputs of main.bicep', () => {
    const hooks = [service.hooks.prepackage, yaml.hooks.postprovision].flatMap(({ posix, windows }) => [
      posix,
      windows,
    ]);
    const runs: readonly string[] = hooks.map(({ run }) => run);
    expect(runs).toHaveLength(4);
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(runs.slice(0, 2)).toEqual(['npm ci && npm run package', 'npm ci && npm run package']);
    const paths = [...runs, scripts.package].flatMap((run) => run.match(/infra\/\S+/g) ?? []);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    const texts = [
      ...runs,
      readFileSync('infra/scripts/grant.ps1', 'utf8'),
      readFileSync('infra/scripts/package.ts', 'utf8'),
    ];
    const used = texts.flatMap((text) =>
      [...text.matchAll(/(?:"\$|\$env:|process\.env\[')([A-Z_]+)/g)].map((match) => match[1]),
    );
    expect(new Set(used)).toEqual(
      new Set(['IDENTITY_PRINCIPAL_ID', 'GRAPH_ROOT', 'AZURE_TENANT_ID', 'NIGHTLY_SCHEDULE']),
    );
    expect(outputNamesOf('main.bicep')).toEqual(expect.arrayContaining([...new Set(used)]));
  });

  test('gives main.bicep every parameter without a default', () => {
    const needed = parametersOf('main.bicep').filter((parameter) => parameter.default === undefined);
    const given: Readonly<Record<string, { value: string }>> = JSON.parse(
      readFileSync('infra/main.parameters.json', 'utf8'),
    ).parameters;
    expect(Object.keys(given)).toEqual(needed.map(({ name }) => name));
    // azd knows who deploys.
    expect(given['operatorsPrincipalId']?.value).toMatch(/^\$\{AZURE_PRINCIPAL_ID\}$/);
  });
});

test('infra/README.md has a row for every parameter, with its default, and for no other', () => {
  const shown = (value: string | undefined) => {
    if (value === undefined) return 'none';
    return ["''", '[]', '{}'].includes(value) ? 'empty' : `\`${value.replaceAll("'", '')}\``;
  };
  const parameters = parametersOf('main.bicep').map((one) => [one.name, shown(one.default)]);
  const rows = [...readFileSync('infra/README.md', 'utf8').matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)];
  expect(rows.map(([, name, value]) => [name, value?.trim()])).toEqual(parameters);
});
