import { describe } from '@jest/globals';
import { mayBeMissing, whyNoPowerShell } from './powershell.ts';

/** Like `describe`, where PowerShell is installed. Elsewhere skipped by name; in a pipeline with .NET a failure. */
export function describeWithPowerShell(name: string, tests: () => void, alsoMissing?: string): void {
  const reason = whyNoPowerShell() ?? alsoMissing;
  if (reason === undefined) describe(name, tests);
  else if (!mayBeMissing()) throw new Error(`${name} cannot be tested: ${reason}`);
  else describe.skip(`${name} (skipped: ${reason})`, tests);
}
