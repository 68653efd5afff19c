/**
 * Puts the package for Azure together in dist/package: the bundle, the three files that the host and the night read,
 * and the licences of what the bundle holds. Where policy.json still carries the zeros it is shipped with, the
 * packaged copy gets the tenant that AZURE_TENANT_ID names; everything else in it, the mode above all, stays as it is.
 * A schedule on which no night would run (NIGHTLY_SCHEDULE, an output of main.bicep) is refused here, before the host
 * would refuse it without a word.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, findingsIn } from '../../lib/cli/policyCheck.ts';
import { nextStarts, scheduleProblem } from '../../lib/schedule.ts';

const TARGET = 'dist/package';
const NO_TENANT = '00000000-0000-0000-0000-000000000000';
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const say = (line: string) => process.stdout.write(`${line}\n`);

class Refused extends Error {}

/** The policy's text, with a tenant id. */
function policyFor(tenantId: string): string {
  const text = readFileSync('policy.json', 'utf8');
  const policy: { tenantId?: unknown; mode?: unknown } = JSON.parse(text.replace(/^\uFEFF/, ''));
  const written = String(policy.tenantId).toLowerCase();
  if (written !== NO_TENANT) {
    if (tenantId !== '' && tenantId.toLowerCase() !== written) {
      throw new Refused(
        `policy.json is for the tenant ${written}, and this deployment is in ${tenantId}. Correct the policy.`,
      );
    }
    say(`policy.json: tenant ${written}, mode ${policy.mode}.`);
    return text;
  }
  if (!GUID.test(tenantId) || tenantId === NO_TENANT) {
    throw new Refused(
      'policy.json has no tenant yet, and AZURE_TENANT_ID does not name one. Run "azd provision" first, or set it.',
    );
  }
  say(`policy.json: tenant ${tenantId} written into the package only, mode ${policy.mode}.`);
  return text.replace(NO_TENANT, tenantId.toLowerCase());
}

function checkSchedule(schedule: string | undefined): void {
  if (schedule === undefined) return;
  const problem = scheduleProblem(schedule);
  if (problem !== undefined)
    throw new Refused(
      `The parameter nightlySchedule, "${schedule}", ${problem}. Correct it, and run "azd provision".`,
    );
  const starts = nextStarts(schedule, new Date(), 3).map((at) =>
    at.toLocaleString('sv-SE', { timeZoneName: 'short' }),
  );
  say(`The next nights begin, in the time of this machine: ${starts.join(', ')}.`);
}

/** The function would refuse every night under a wrong policy. */
function checkPolicy(text: string): void {
  const findings = findingsIn(Buffer.from(text));
  const inWords = ({ line, column, path, what }: Finding) => `policy.json:${line}:${column} ${path} ${what}`;
  const wrong = findings.filter(({ grade }) => grade === 'wrong');
  if (wrong.length > 0) throw new Refused(`${wrong.map(inWords).join('\n')}\nThe policy is wrong.`);
  for (const finding of findings) say(inWords(finding));
}

function writePackage(policy: string): void {
  const { name, version, main }: { name: string; version: string; main: string } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  );
  rmSync(TARGET, { recursive: true, force: true });
  mkdirSync(join(TARGET, 'dist'), { recursive: true });
  copyFileSync(main, join(TARGET, main));
  for (const file of ['host.json', 'LICENSE', 'THIRD-PARTY-LICENSES.txt'])
    copyFileSync(file, join(TARGET, file));
  writeFileSync(join(TARGET, 'policy.json'), policy);
  // No scripts and no dependencies, so that a build in Azure would find nothing to do.
  writeFileSync(
    join(TARGET, 'package.json'),
    `${JSON.stringify({ name, version, private: true, main }, null, 2)}\n`,
  );
  say(`Packaged in ${TARGET}.`);
  say(
    'If the deployment that follows ends with 403, the identity has its roles on storage, and Azure has not spread them yet: run "azd deploy" again in ten minutes.',
  );
}

try {
  const policy = policyFor(process.env['AZURE_TENANT_ID'] ?? '');
  checkPolicy(policy);
  checkSchedule(process.env['NIGHTLY_SCHEDULE']);
  writePackage(policy);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  process.stderr.write(`package: ${error.message} Nothing was packaged.\n`);
  process.exitCode = 1;
}
