/** Who may do what where, in what is deployed; and what storage and telemetry let nobody do. */
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { BICEP_FILES, bicepText } from './bicepText.ts';
import { DEPLOYMENTS, type Deployment, deployed, theOne } from './deployed.ts';

/** learn.microsoft.com, "Azure built-in roles". */
const ROLES: Readonly<Record<string, string>> = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1': 'Storage Blob Data Reader',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88': 'Storage Queue Data Contributor',
  'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a': 'Storage Queue Data Message Sender',
  '73c42c96-874c-492b-b04d-ab87d138a893': 'Log Analytics Reader',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  '4633458b-17de-408a-b874-0445c86b69e6': 'Key Vault Secrets User',
};

const ALWAYS = [
  'alert rules: Log Analytics Reader on log-…',
  'operators: Storage Blob Data Contributor on stledger…/control',
  'operators: Storage Blob Data Reader on stledger…/ledger',
  'operators: Storage Blob Data Reader on stledger…/reports',
  'operators: Storage Queue Data Message Sender on sthost…/requests',
  'function: Ledger writer on stledger…/ledger',
  'function: Ledger writer on stledger…/reports',
  'function: Monitoring Metrics Publisher on appi-…',
  'function: Storage Blob Data Owner on sthost…',
  'function: Storage Blob Data Reader on stledger…/control',
  'function: Storage Blob Data Reader on stledger…/onprem-export',
  'function: Storage Queue Data Contributor on sthost…/requests',
  'function: Storage Queue Data Message Sender on sthost…/requests-poison',
];
const KEY_VAULT = 'function: Key Vault Secrets User on kv-…';
const EXPORTER = 'exporter: Storage Blob Data Contributor on stledger…/onprem-export';
/** The principals that the parameter files name. */
const PRINCIPALS: Readonly<Record<string, string>> = { 3: 'exporter', 4: 'operators' };

const assignment = z.object({ principalId: z.string(), roleDefinitionId: z.string() });

/** `who: role on what`, with the suffix of names left out. */
function assignments(deployment: Deployment): readonly string[] {
  return deployed(deployment, 'Microsoft.Authorization/roleAssignments').map(({ id, properties }) => {
    const { principalId, roleDefinitionId } = assignment.parse(properties);
    const roleId = roleDefinitionId.split('/').at(-1) ?? '';
    const own = deployed(deployment, 'Microsoft.Authorization/roleDefinitions').some(
      ({ name }) => name === roleId,
    );
    const managed = /^principal of id-mailuser-purge-(alerts-)?/.exec(principalId);
    const who = managed ? (managed[1] ? 'alert rules' : 'function') : PRINCIPALS[principalId.slice(0, 1)];
    const [, scope = ''] =
      /providers\/Microsoft\.[A-Z]\w+\/\w+\/(.+)\/providers\/Microsoft\.Auth/.exec(id) ?? [];
    const place = scope
      .replace(/^([a-z]+-?)[a-z0-9]{13}/, '$1…')
      .replace(/\/(?:blob|queue)Services\/default\/(?:containers|queues)/, '');
    return `${who}: ${own ? 'Ledger writer' : (ROLES[roleId] ?? roleId)} on ${place}`;
  });
}

test.each<readonly [Deployment, readonly string[]]>([
  ['smallest', ALWAYS],
  ['network', [...ALWAYS, KEY_VAULT]],
  ['everything', [...ALWAYS.map((one) => one.replace('log-…', 'company')), KEY_VAULT, EXPORTER]],
])('roles are assigned where they are needed and nowhere else: %s', (deployment, expected) => {
  expect([...assignments(deployment)].sort()).toEqual([...expected].sort());
});

test('role ids stand in one file', () => {
  const elsewhere = BICEP_FILES.filter(
    (name) => name !== 'roles.bicep' && /'[0-9a-f]{8}-[0-9a-f-]{27}'/.test(bicepText(name)),
  );
  expect(elsewhere).toEqual([]);
});

test.each(DEPLOYMENTS)(
  'the one role of our own reads, adds and writes blobs, and deletes nothing: %s',
  (name) => {
    const role = theOne(name, 'Microsoft.Authorization/roleDefinitions');
    // What a night asks for is held against these on the wire: test/host/secrets.test.ts.
    expect(role.properties['permissions']).toEqual([
      {
        actions: [],
        dataActions: ['read', 'add/action', 'write'].map(
          (right) => `Microsoft.Storage/storageAccounts/blobServices/containers/blobs/${right}`,
        ),
      },
    ]);
    expect(role.properties['assignableScopes']).toEqual([
      expect.stringMatching(/^\/subscriptions\/[^/]+\/resourceGroups\/rg-mailuser-purge-\w+$/),
    ]);
  },
);

test.each(DEPLOYMENTS)('storage and telemetry take no keys: %s', (name) => {
  const accounts = deployed(name, 'Microsoft.Storage/storageAccounts');
  expect(accounts).toHaveLength(2);
  for (const { properties } of accounts)
    expect(properties).toMatchObject({
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      minimumTlsVersion: 'TLS1_2',
    });
  expect(theOne(name, 'Microsoft.Insights/components').properties).toMatchObject({ DisableLocalAuth: true });
  for (const { properties } of deployed(name, 'Microsoft.OperationalInsights/workspaces'))
    expect(properties).toMatchObject({ features: { disableLocalAuth: true } });
});

test('the ledger only appends, until its policy is locked and then left alone', () => {
  const type = 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies';
  expect(theOne('smallest', type).name).toMatch(/\/ledger\/default$/);
  expect(theOne('smallest', type).properties).toEqual({
    immutabilityPeriodSinceCreationInDays: 365,
    allowProtectedAppendWrites: true,
  });
  expect(deployed('everything', type)).toEqual([]);
});
