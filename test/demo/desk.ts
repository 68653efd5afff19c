/** `mailuser-purge … --demo`: the bundle against the embedded tenant, which is a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setStage } from './stage.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const asked = process.cwd();
process.chdir(root);

const options = { mode: 'report', users: 400, source: 'entra', exchange: 'off' } as const;
const stage = await setStage(options, { latency: 0 });
try {
  const exchangeRoot = await stage.ask('exchangeRoot');
  const { policy, settings } = stage.prepare(options, 'desk');
  const policyFile = join(root, stage.folder, 'policy.json');
  // The policy as it is shipped, but for the tenant.
  const shipped: object = JSON.parse(readFileSync('policy.json', 'utf8'));
  writeFileSync(policyFile, `${JSON.stringify({ ...shipped, tenantId: policy.tenantId }, null, 2)}\n`);
  process.stderr.write(
    `A company of ${options.users} users, simulated on this machine. The policy is policy.json with its tenantId.\n`,
  );
  const bundle = join(root, 'dist/mailuser-purge.cjs');
  const child = spawn(process.execPath, [bundle, ...process.argv.slice(2)], {
    cwd: asked,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...settings,
      APPLICATIONINSIGHTS_CONNECTION_STRING: '',
      EXCHANGE_ROOT: exchangeRoot,
      LEDGER_DIRECTORY: join(root, settings.LEDGER_DIRECTORY),
      POLICY_FILE: policyFile,
    },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  await stage.close();
}
