/** What a snapshot leaves to Azure (`[format('{0}', reference(…).x)]`) is worked out here, with examples for Azure's part. */
import { runInNewContext } from 'node:vm';

const CLIENT_ID = '0b6f1a5e-8f3c-4a39-8f0e-2f6f0c1d9a77';

/** The same value, with every expression in it replaced. */
export function evaluated(value: unknown): unknown {
  if (typeof value === 'string') return /^\[[^[]/s.test(value) ? evaluate(value.slice(1, -1)) : value;
  if (Array.isArray(value)) return value.map(evaluated);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, evaluated(part)]));
}

/** An expression of a template is JavaScript, apart from its strings. */
function evaluate(expression: string): unknown {
  // The id of a resource whose name is Azure's part: type and name say as much.
  if (expression.includes('lambda(')) return expression;
  const script = expression.replaceAll(/'((?:[^']|'')*)'/g, (_, text: string) =>
    JSON.stringify(text.replaceAll("''", "'")),
  );
  return runInNewContext(script, FUNCTIONS);
}

const format = (template: string, ...values: readonly unknown[]) =>
  template.replaceAll(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)]));

const replace = (text: string, from: string, to: string) => text.split(from).join(to);

const createObject = (...pairs: readonly unknown[]) =>
  Object.fromEntries(pairs.flatMap((name, index) => (index % 2 === 0 ? [[name, pairs[index + 1]]] : [])));

const environment = () => ({ name: 'AzureCloud', suffixes: { storage: 'core.windows.net' } });

const resourceId = (subscription: string, group: string, type: string, ...names: readonly string[]) => {
  const [provider = '', ...types] = type.split('/');
  const path = types.map((one, index) => `${one}/${names[index]}`).join('/');
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/${provider}/${path}`;
};

/** Secret parameters stay open: no snapshot holds a secret. */
const SECRETS: Readonly<Record<string, unknown>> = {
  alertTeamsWorkflowUrl: 'https://teams.example/workflow',
  alertWebhookUrls: { pager: 'https://pager.example', ticket: 'https://tickets.example' },
};
const parameters = (name: string) => SECRETS[name];

const listCallbackUrl = (trigger: string) => ({ value: `call ${trigger}` });

/** What Azure would say of a resource that has been deployed. */
function reference(id: string) {
  const name = id.split('/').at(-1) ?? '';
  return {
    principalId: `principal of ${name}`,
    clientId: CLIENT_ID,
    vaultUri: `https://${name}.vault.azure.net/`,
    ConnectionString: 'InstrumentationKey=k',
    primaryEndpoints: {
      blob: `https://${name}.blob.core.windows.net/`,
      queue: `https://${name}.queue.core.windows.net/`,
    },
  };
}

const FUNCTIONS = {
  createObject,
  environment,
  format,
  listCallbackUrl,
  parameters,
  reference,
  replace,
  resourceId,
};
