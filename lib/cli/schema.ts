/** `schema`: what `--json` prints, as JSON Schema. */
import { z } from 'zod';
import { auditResult } from './audit.ts';
import { EXIT, type Exit, UsageError } from './exit.ts';
import { nightsResult } from './nights.ts';
import { policyCheckResult } from './policyCheck.ts';
import { replayResult } from './replay.ts';
import { reportResult } from './report.ts';
import type { CommonOptions, Context } from './session.ts';
import { tonightResult } from './tonightResult.ts';
import { whyResult } from './whyResult.ts';

const RESULTS = new Map<string, z.ZodType>([
  ['why', whyResult],
  ['tonight', tonightResult],
  ['nights', nightsResult],
  ['report', reportResult],
  ['audit', auditResult],
  ['replay', replayResult],
  ['policy check', policyCheckResult],
]);

/** @throws UsageError */
export async function schema(
  context: Context,
  [command = '']: readonly string[],
  _: CommonOptions,
): Promise<Exit> {
  const result = RESULTS.get(command);
  if (result === undefined) {
    throw new UsageError(`"${command}" prints no JSON. These do: ${[...RESULTS.keys()].join(', ')}.`);
  }
  context.terminal.json(z.toJSONSchema(result));
  return EXIT.fine;
}
