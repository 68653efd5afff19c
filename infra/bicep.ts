/** Microsoft's Bicep compiler over the files of this folder. It is a NuGet package, kept in `.tools`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const VERSION = '0.49.2';
const TOOLS = '.tools';
const OS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'osx', win32: 'win' };
const PACKAGE = `Azure.Bicep.CommandLine.${OS[process.platform] ?? process.platform}-${process.arch}`;
const COMPILER = join(
  TOOLS,
  'packages',
  PACKAGE.toLowerCase(),
  VERSION,
  'tools',
  process.platform === 'win32' ? 'bicep.exe' : 'bicep',
);
const INSTALL = 'npm run bicep -- --install';

export const MAIN = 'infra/main.bicep';
export const SNAPSHOTS = 'test/infra/snapshots';
/** One deployment each, as a parameter file and what it would deploy. */
export const DEPLOYMENTS: readonly string[] = readdirSync(SNAPSHOTS)
  .filter((name) => name.endsWith('.bicepparam'))
  .map((name) => name.replace('.bicepparam', ''));

/** Where the snapshots pretend to be deployed. */
const PLACE = [
  ['--subscription-id', '11111111-1111-4111-8111-111111111111'],
  ['--tenant-id', '22222222-2222-4222-8222-222222222222'],
  ['--location', 'westeurope'],
  ['--deployment-name', 'main'],
].flat();

/** Why nothing can be judged here. @throws Error in the pipeline, where the compiler could be had. */
export function whyNoCompiler(
  compiler = COMPILER,
  { CI } = process.env,
  hasDotnet = succeeds('dotnet', '--version'),
): string | undefined {
  if (existsSync(compiler)) return undefined;
  const reason = `there is no ${compiler}. Install it: ${INSTALL} (needs the .NET SDK)`;
  if (CI === 'true' && hasDotnet) throw new Error(`The Bicep files were not judged: ${reason}`);
  return reason;
}

const succeeds = (...[command, ...options]: readonly [string, ...string[]]) =>
  spawnSync(command, options, { stdio: 'ignore' }).status === 0;

/** Errors and warnings of the compiler and its linter, one a line; empty where there is none. */
export const lint = (file: string): string => run('lint', file).output;

/** What the parameter file would deploy, against what its snapshot says; empty where they agree. */
export function compareSnapshot(deployment: string, project = '.'): string {
  const { status, output } = snapshot(deployment, 'validate', project);
  return status === 0 ? '' : output;
}

export function writeSnapshot(deployment: string): void {
  const { status, output } = snapshot(deployment, 'overwrite');
  if (status !== 0) throw new Error(`The snapshot ${deployment} was not written: ${output}`);
}

const snapshot = (deployment: string, mode: string, project = '.') =>
  run('snapshot', join(project, SNAPSHOTS, `${deployment}.bicepparam`), '--mode', mode, ...PLACE);

function run(...options: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync(COMPILER, options, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { status, output: `${stdout}${stderr}`.trim() };
}

/** @throws Error where NuGet does not give it */
export function installCompiler(): void {
  mkdirSync(TOOLS, { recursive: true });
  const project = join(TOOLS, 'bicep.csproj');
  writeFileSync(
    project,
    `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
    <RestorePackagesPath>packages</RestorePackagesPath>
  </PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="${PACKAGE}" Version="[${VERSION}]" />
  </ItemGroup>
</Project>
`,
  );
  const { status, error } = spawnSync('dotnet', ['restore', project], { stdio: 'inherit' });
  if (error !== undefined || status !== 0 || !existsSync(COMPILER))
    throw new Error(
      `${PACKAGE} ${VERSION} was not installed. Is the .NET SDK there, and can it reach NuGet?`,
    );
}
