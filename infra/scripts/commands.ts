/**
 * `npm run commands` prints what an operator runs from a desk, with the names of this deployment filled in. A command
 * works as it stands in bash and in PowerShell, without azd; one that begins with `bash` takes the bash of Git on
 * Windows, or Azure Cloud Shell. The names come from the environment, or from `azd env get-values`.
 */
import { spawnSync } from 'node:child_process';
import { z } from 'zod';

/** Outputs of main.bicep. */
const outputs = z.object({
  AZURE_RESOURCE_GROUP: z.string(),
  FUNCTION_APP_NAME: z.string(),
  GRAPH_ROOT: z.string(),
  HALT_BLOB_URL: z.string(),
  IDENTITY_PRINCIPAL_ID: z.string(),
  LEDGER_CONTAINER_URL: z.string(),
});
type Outputs = z.infer<typeof outputs>;

interface Command {
  readonly purpose: string;
  readonly command: string;
}

function commandsOf(outputs: Outputs): readonly Command[] {
  const [account = ''] = new URL(outputs.LEDGER_CONTAINER_URL).host.split('.');
  const group = `--resource-group "${outputs.AZURE_RESOURCE_GROUP}"`;
  const app = `${group} --name "${outputs.FUNCTION_APP_NAME}"`;
  const halt = `--auth-mode login --blob-url "${outputs.HALT_BLOB_URL}"`;
  const identity = `--principal-id "${outputs.IDENTITY_PRINCIPAL_ID}" --graph-root "${outputs.GRAPH_ROOT}"`;
  const policy = `--account-name "${account}" --container-name ledger`;
  return [
    {
      purpose: 'Halt the tool, with a word on why',
      command: `az storage blob upload ${halt} --data "Halted. Ask the operators." --overwrite`,
    },
    { purpose: 'Lift the halt', command: `az storage blob delete ${halt}` },
    {
      purpose: 'Let the function read the directory (Privileged Role Administrator)',
      command: `bash infra/identity/grant.sh ${identity}`,
    },
    {
      purpose: 'Let it purge as well',
      command: `bash infra/identity/grant.sh ${identity} --purge`,
    },
    {
      purpose: 'Take the right to purge away',
      command: `bash infra/identity/revoke.sh ${identity} --purge`,
    },
    {
      purpose: 'Let the portal run the function by hand (Code + Test)',
      command: `az functionapp cors add ${app} --allowed-origins "https://portal.azure.com"`,
    },
    {
      purpose: 'Restart the function app, which stops a night under way',
      command: `az functionapp restart ${app}`,
    },
    {
      purpose: 'Show the policy of the ledger',
      command: `az storage container immutability-policy show ${policy}`,
    },
    {
      purpose: 'Lock that policy for ever; then set ledgerPolicyLocked to true',
      command: `az storage container immutability-policy lock ${policy} --if-match "$(az storage container immutability-policy show ${policy} --query etag -o tsv)"`,
    },
    {
      purpose: 'Take the delete lock of the ledger away, before "azd down"',
      command: `az lock delete --name keeps-the-ledger ${group} --resource-type Microsoft.Storage/storageAccounts --resource-name "${account}"`,
    },
  ];
}

/** @throws Error where neither the environment nor azd has them */
function readOutputs(): Outputs {
  const given = outputs.safeParse(process.env).data ?? outputs.safeParse(azdValues()).data;
  if (given !== undefined) return given;
  throw new Error(
    `Neither the environment nor "azd env get-values" has all of ${Object.keys(outputs.shape).join(', ')}. Run this where "azd up" ran, or set these outputs of the deployment.`,
  );
}

function azdValues(): unknown {
  const { status, stdout } = spawnSync('azd', ['env', 'get-values', '--output', 'json'], {
    encoding: 'utf8',
  });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

try {
  const commands = commandsOf(readOutputs());
  process.stdout.write(commands.map(({ purpose, command }) => `# ${purpose}\n${command}\n`).join('\n'));
} catch (error) {
  process.stderr.write(`commands: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
