/** Tests against a real Active Directory, where there is one. */
import { describe } from '@jest/globals';
import { whyNoSamba } from './sambaServer.ts';

export { type SambaDirectory, startSamba } from './sambaServer.ts';

/** Like `describe`, where Samba is installed. Elsewhere skipped, and never in the pipeline. */
export function describeWithSamba(name: string, tests: () => void): void {
  const reason = whyNoSamba();
  if (reason === undefined) describe(name, tests);
  else if (process.env['CI'] === 'true') throw new Error(`${name} cannot be tested: ${reason}`);
  else describe.skip(`${name} (skipped: ${reason})`, tests);
}
