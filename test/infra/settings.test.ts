/** The app settings and role ids in the Bicep files, against lib/config.ts and Microsoft's documentation. */
import { beforeAll, expect, test } from '@jest/globals';
import { readConfig, SETTING_NAMES } from '../../lib/config.ts';
import {
  type BicepFile,
  bicepParser,
  bicepTexts,
  children,
  declarations,
  descendants,
  literal,
  objectIn,
  properties,
  property,
  resources,
} from './bicep.ts';

/** Not set by the Bicep files, and why. */
const LEFT_OUT = {
  POLICY_FILE: 'the packaged policy.json is the default',
  LEDGER_DIRECTORY: 'the ledger is in a container',
  EXPORT_DIRECTORY: 'exports are in a container',
  HALT_FILE: 'the mark is a blob',
};

/** Read by the Functions host itself (learn.microsoft.com, "App settings reference for Azure Functions"). */
const PLATFORM = [
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__clientId',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
];

/** learn.microsoft.com, "Azure built-in roles". */
const ROLES = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb',
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6',
};

/** Who may do what where: every role assignment that the files make, and no other. */
const ASSIGNMENTS = [
  'hostStorage: principalId is storageBlobDataOwner of account',
  'keyVault: principalId is keyVaultSecretsUser of vault',
  'ledger: exportWriterPrincipalId is storageBlobDataContributor of exports',
  'ledger: operatorsPrincipalId is storageBlobDataContributor of control',
  'ledger: operatorsPrincipalId is storageBlobDataReader of ledger',
  'ledger: principalId is ledgerWriter of ledger',
  'ledger: principalId is storageBlobDataReader of control',
  'ledger: principalId is storageBlobDataReader of exports',
  'monitoring: principalId is monitoringMetricsPublisher of insights',
];

let files: Readonly<Record<string, BicepFile>>;
beforeAll(async () => {
  const parse = await bicepParser();
  files = Object.fromEntries(Object.entries(bicepTexts()).map(([name, text]) => [name, parse(name, text)]));
});

function file(name: string): BicepFile {
  const found = files[name];
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function variable(from: string, name: string) {
  const node = declarations(file(from), 'variable_declaration').find(
    (candidate) => candidate.name === name,
  )?.node;
  const value = node && children(node)[1];
  if (value === undefined) throw new Error(`${from} has no ${name}`);
  return value;
}

/** What main.bicep hands over as `settings`. */
function ownSettings() {
  const module = declarations(file('main.bicep'), 'module_declaration').find(({ name }) => name === 'app');
  const body = module && objectIn(module.node);
  const params = body && property(body, 'params');
  const settings = params && property(params, 'settings');
  return settings ? properties(settings) : [];
}
const platformSettings = () => properties(variable('app.bicep', 'platformSettings'));
const names = (list: readonly { name: string | undefined }[]) => list.map(({ name }) => name ?? '');

test('every setting that is deployed is read by lib/config.ts or by the host', () => {
  expect(names(ownSettings()).filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
  expect(names(platformSettings()).sort()).toEqual([...PLATFORM].sort());
});

test('every setting that lib/config.ts reads is deployed, or left out for a reason', () => {
  const deployed = [...names(ownSettings()), ...names(platformSettings())];
  const missing = SETTING_NAMES.filter((name) => !deployed.includes(name));
  expect([...missing].sort()).toEqual(Object.keys(LEFT_OUT).sort());
});

test('the app is given all of them, and the credentials of Active Directory', () => {
  const settings = resources(file('app.bicep')).find(({ type }) =>
    type.startsWith('Microsoft.Web/sites/config@'),
  );
  expect(settings && property(settings.body, 'properties')?.text).toBe(
    'union(usernames, passwords, certificateAuthorities, settings, platformSettings)',
  );
  const parts = ['usernames', 'passwords', 'certificateAuthorities'].map(
    (name) => variable('app.bicep', name).text,
  );
  const environment = Object.fromEntries(
    parts.map((text) => [
      /=> '(AD_\$\{directory\.name\}_[A-Z]+)'/.exec(text)?.[1]?.replace(/\$\{[^}]+\}/, 'CORP') ?? '',
      text,
    ]),
  );
  const { directoryCredentials } = readConfig({ LEDGER_DIRECTORY: 'ledger', ...environment });
  expect(directoryCredentials).toEqual({ CORP: { username: parts[0], password: parts[1], ca: parts[2] } });
});

test('what is deployed by default is a configuration that lib/config.ts accepts', () => {
  const examples: Readonly<Record<string, string>> = {
    graph: 'https://graph.microsoft.com',
    exchange: 'https://outlook.office365.com',
    'identity.outputs.clientId': '0b6f1a5e-8f3c-4a39-8f0e-2f6f0c1d9a77',
    'ledger.outputs.ledgerContainerUrl': 'https://x.blob.core.windows.net/ledger',
    'ledger.outputs.exportContainerUrl': 'https://x.blob.core.windows.net/onprem-export',
    nightlySchedule: defaultOf('nightlySchedule'),
    'string(nightTimeLimitMinutes)': defaultOf('nightTimeLimitMinutes'),
    "halt ? 'true' : 'false'": defaultOf('halt'),
    'ledger.outputs.haltBlobUrl': 'https://x.blob.core.windows.net/control/halt',
  };
  const environment = Object.fromEntries(
    ownSettings().map(({ name, value }) => [name ?? '', examples[value.text]]),
  );
  expect(Object.values(environment)).not.toContain(undefined);
  const config = readConfig(environment);
  expect(config.isHalted()).toBe(false);
  expect(config).toMatchObject({
    haltBlobUrl: 'https://x.blob.core.windows.net/control/halt',
    timeLimitMs: 50 * 60_000,
    policyFile: 'policy.json',
  });
});

function defaultOf(parameter: string): string {
  const declared = declarations(file('main.bicep'), 'parameter_declaration').find(
    ({ name }) => name === parameter,
  );
  const value = declared && children(declared.node)[2];
  return literal(value) ?? value?.text ?? '';
}

test('role ids are those that Microsoft documents', () => {
  const found = properties(variable('roles.bicep', 'roles')).map(({ name, value }) => [name, literal(value)]);
  expect(Object.fromEntries(found)).toEqual(ROLES);
  const elsewhere = Object.entries(bicepTexts()).filter(
    ([name, text]) => name !== 'roles.bicep' && /'[0-9a-f]{8}-[0-9a-f-]{27}'/.test(text),
  );
  expect(elsewhere.map(([name]) => name)).toEqual([]);
});

test('roles are assigned where they are needed and nowhere else', () => {
  const found = Object.values(files).flatMap((from) =>
    resources(from)
      .filter(({ type }) => type.startsWith('Microsoft.Authorization/roleAssignments@'))
      .map(({ body }) => {
        const inside = property(body, 'properties');
        const definition = (inside && property(inside, 'roleDefinitionId')?.text) ?? '';
        const role = /\broles\.(\w+)\)$/.exec(definition)?.[1] ?? definition.replace(/\.id$/, '');
        const principal = inside && property(inside, 'principalId')?.text;
        return `${from.name.replace('.bicep', '')}: ${principal} is ${role} of ${property(body, 'scope')?.text}`;
      }),
  );
  expect(found.sort()).toEqual(ASSIGNMENTS);
});

test('the one role of our own lets in to a container, nowhere else, and deletes nothing', () => {
  const own = Object.values(files)
    .flatMap(resources)
    .filter(({ type }) => type.startsWith('Microsoft.Authorization/roleDefinitions@'));
  expect(own.map(({ name }) => name)).toEqual(['ledgerWriter']);
  const [role] = own.flatMap(({ body }) => property(body, 'properties') ?? []);
  const strings = role ? descendants(role).flatMap((node) => literal(node) ?? []) : [];
  const rights = strings.filter((text) => text.includes('/'));
  // What a night asks for is held against these on the wire: test/host/secrets.test.ts.
  expect(rights).toEqual(
    ['read', 'add/action', 'write'].map(
      (right) => `Microsoft.Storage/storageAccounts/blobServices/containers/blobs/${right}`,
    ),
  );
  expect(role?.text).toMatch(/actions: \[\]\s+dataActions: \[/);
  expect(role && property(role, 'assignableScopes')?.text).toBe('[groupId]');
  expect(variable('ledger.bicep', 'groupId').text).toBe('resourceGroup().id');
});

test('storage takes no keys, telemetry no keys, and the ledger only appends', () => {
  const all = Object.values(files).flatMap(resources);
  const accounts = all.filter(({ type }) => type.startsWith('Microsoft.Storage/storageAccounts@'));
  expect(accounts).toHaveLength(2);
  for (const { body } of accounts) {
    expect(body.text).toMatch(/allowSharedKeyAccess: false/);
    expect(body.text).toMatch(/allowBlobPublicAccess: false/);
    expect(body.text).toMatch(/minimumTlsVersion: 'TLS1_2'/);
  }
  const text = all.map(({ body }) => body.text).join('\n');
  expect(text).toMatch(/DisableLocalAuth: true/);
  expect(text).toMatch(/disableLocalAuth: true/);
  expect(text).toMatch(/allowProtectedAppendWrites: true/);
});

test('every cloud has its Graph and its Exchange', () => {
  const clouds = properties(variable('main.bicep', 'clouds')).map(({ name, value }) => [
    name,
    properties(value).map((endpoint) => literal(endpoint.value)),
  ]);
  expect(Object.fromEntries(clouds)).toEqual({
    AzureCloud: ['https://graph.microsoft.com', 'https://outlook.office365.com'],
    AzureUSGovernment: ['https://graph.microsoft.us', 'https://outlook.office365.us'],
    AzureChinaCloud: ['https://microsoftgraph.chinacloudapi.cn', 'https://partner.outlook.cn'],
  });
});
