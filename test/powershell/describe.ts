import { describe } from '@jest/globals';
import { mayBeMissing, whyNoPowerShell } from './powershell.ts';

/**
 * Like `describe`, where PowerShell is installed. Elsewhere skipped by name; in a pipeline with .NET a failure.
 * @param describeHere what else the tests need, such as `describeWithSamba`
 */
export function describeWithPowerShell(
  name: string,
  tests: () => void,
  describeHere: (name: string, tests: () => void) => void = describe,
): void {
  const reason = whyNoPowerShell();
  if (reason === undefined) describeHere(name, tests);
  else if (mayBeMissing()) describe.skip(`${name} (skipped: ${reason})`, tests);
  else throw new Error(`${name} cannot be tested: ${reason}`);
}
