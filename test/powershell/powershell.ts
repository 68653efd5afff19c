/** PowerShell, where it is installed. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export const PWSH = resolve('.tools/powershell/pwsh');
export const PESTER = resolve('.tools/packages/pester/5.9.1/tools/Pester.psd1');

/** Why no script can run here; `undefined` where they can. */
export const whyNoPowerShell = (): string | undefined =>
  existsSync(PWSH) && existsSync(PESTER)
    ? undefined
    : 'PowerShell and Pester are not installed (npm run powershell, with a .NET SDK)';

/** The pipeline installs PowerShell where there is a .NET SDK: there it may not be missing. */
export function mayBeMissing(): boolean {
  if (process.env['CI'] !== 'true') return true;
  try {
    execFileSync('dotnet', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
}
