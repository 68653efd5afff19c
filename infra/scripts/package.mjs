/**
 * Puts the package for Azure together in dist/package: the bundle, the three files that the host and the night read,
 * and the licences of what the bundle holds. Where policy.json still carries the zeros it is shipped with, the
 * packaged copy gets the tenant that AZURE_TENANT_ID names; everything else in it, the mode above all, stays as it is.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const TARGET = 'dist/package';
const NO_TENANT = '00000000-0000-0000-0000-000000000000';
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const say = (line) => process.stdout.write(`${line}\n`);

function fail(message) {
  process.stderr.write(`package.mjs: ${message} Nothing was packaged.\n`);
  process.exit(1);
}

/** The policy's text, with a tenant id. */
function policyFor(tenantId) {
  const text = readFileSync('policy.json', 'utf8');
  const policy = JSON.parse(text.replace(/^\uFEFF/, ''));
  const written = String(policy.tenantId).toLowerCase();
  if (written !== NO_TENANT) {
    if (tenantId !== '' && tenantId.toLowerCase() !== written) {
      fail(
        `policy.json is for the tenant ${written}, and this deployment is in ${tenantId}. Correct the policy.`,
      );
    }
    say(`policy.json: tenant ${written}, mode ${policy.mode}.`);
    return text;
  }
  if (!GUID.test(tenantId) || tenantId === NO_TENANT) {
    fail(
      'policy.json has no tenant yet, and AZURE_TENANT_ID does not name one. Run "azd provision" first, or set it.',
    );
  }
  say(`policy.json: tenant ${tenantId} written into the package only, mode ${policy.mode}.`);
  return text.replace(NO_TENANT, tenantId.toLowerCase());
}

const policy = policyFor(process.env.AZURE_TENANT_ID ?? '');
const { name, version, main } = JSON.parse(readFileSync('package.json', 'utf8'));
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
