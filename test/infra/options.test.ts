/** What the optional parameters of main.bicep deploy. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { DEPLOYMENTS, type Deployment, deployed, outputsOf, settingsOf, theOne } from './deployed.ts';

const ACCOUNTS = 'Microsoft.Storage/storageAccounts';
const ENDPOINTS = 'Microsoft.Network/privateEndpoints';
const ZONES = 'Microsoft.Network/privateDnsZones';
const site = (deployment: Deployment) => theOne(deployment, 'Microsoft.Web/sites').properties;

describe('private storage', () => {
  test.each([
    ['smallest', 'Enabled'],
    ['network', 'Disabled'],
    ['everything', 'Disabled'],
  ] as const)('closes both accounts to the public network: %s', (name, publicNetworkAccess) => {
    const accounts = deployed(name, ACCOUNTS);
    expect(accounts).toHaveLength(2);
    for (const { properties } of accounts) expect(properties).toMatchObject({ publicNetworkAccess });
  });

  const endpoint = z.object({
    subnet: z.object({ id: z.string() }),
    privateLinkServiceConnections: z.tuple([
      z.object({
        properties: z.object({ privateLinkServiceId: z.string(), groupIds: z.tuple([z.string()]) }),
      }),
    ]),
  });
  const endpointsOf = (name: Deployment) =>
    deployed(name, ENDPOINTS).map(({ properties }) => {
      const { subnet, privateLinkServiceConnections } = endpoint.parse(properties);
      const [connection] = privateLinkServiceConnections;
      const { privateLinkServiceId, groupIds } = connection.properties;
      const account = privateLinkServiceId.split('/').at(-1)?.slice(0, -13);
      return `${account} ${groupIds[0]} in ${subnet.id.split('/').slice(-3).join('/')}`;
    });

  test('puts blobs and queue of the host and the blobs of the ledger into the new network, with its names', () => {
    const { name: network, properties } = theOne('network', 'Microsoft.Network/virtualNetworks');
    expect(properties).toMatchObject({
      subnets: [
        { name: 'function', properties: { addressPrefix: '10.20.30.0/27' } },
        { name: 'endpoints', properties: { addressPrefix: '10.20.30.32/27' } },
      ],
    });
    expect(endpointsOf('network')).toEqual(
      ['sthost blob', 'sthost queue', 'stledger blob'].map(
        (what) => `${what} in ${network}/subnets/endpoints`,
      ),
    );
    expect(deployed('network', ZONES).map(({ name }) => name)).toEqual([
      'privatelink.blob.core.windows.net',
      'privatelink.queue.core.windows.net',
    ]);
    expect(deployed('network', `${ZONES}/virtualNetworkLinks`)).toHaveLength(2);
    expect(deployed('network', `${ENDPOINTS}/privateDnsZoneGroups`)).toHaveLength(3);
  });

  test("uses the company's own network and its names where there is one", () => {
    expect(endpointsOf('everything')).toEqual(
      ['sthost blob', 'sthost queue', 'stledger blob'].map((what) => `${what} in hub/subnets/endpoints`),
    );
    expect(deployed('everything', ZONES)).toEqual([]);
    expect(site('everything')).toMatchObject({
      virtualNetworkSubnetId: expect.stringMatching(/hub\/subnets\/function$/),
    });
  });

  test('makes nothing where it is not asked for', () => {
    expect(deployed('smallest').filter(({ type }) => type.startsWith('Microsoft.Network/'))).toEqual([]);
  });
});

describe('an existing workspace', () => {
  const COMPANY = expect.stringMatching(/\/resourceGroups\/logs\/.+\/workspaces\/company$/);

  test('takes telemetry and the trail of both accounts, and is not touched', () => {
    expect(deployed('everything', 'Microsoft.OperationalInsights/workspaces')).toEqual([]);
    expect(theOne('everything', 'Microsoft.Insights/components').properties['WorkspaceResourceId']).toEqual(
      COMPANY,
    );
    expect(outputsOf('everything')['LOG_ANALYTICS_WORKSPACE_ID']).toEqual(COMPANY);
    const trails = deployed('everything', 'Microsoft.Insights/diagnosticSettings');
    expect(trails.map(({ properties }) => properties['workspaceId'])).toEqual([COMPANY, COMPANY]);
  });
});

describe('the ledger', () => {
  test.each(DEPLOYMENTS)('cannot be deleted with its account: %s', (name) => {
    const lock = theOne(name, 'Microsoft.Authorization/locks');
    expect(lock.properties).toMatchObject({ level: 'CanNotDelete' });
    expect(lock.id).toMatch(/\/storageAccounts\/stledger\w+\/providers\/Microsoft\.Authorization\/locks\//);
  });

  test.each([
    ['smallest', 365],
    ['everything', 730],
  ] as const)(
    'is removed a month after its retention, and its reports with it: %s',
    (name, retentionDays) => {
      expect(theOne(name, 'Microsoft.Storage/storageAccounts/managementPolicies').properties).toEqual({
        policy: {
          rules: [
            {
              name: 'past-retention',
              type: 'Lifecycle',
              definition: {
                filters: { blobTypes: ['appendBlob', 'blockBlob'], prefixMatch: ['ledger/', 'reports/'] },
                actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: retentionDays + 30 } } },
              },
            },
          ],
        },
      });
    },
  );

  test('has reports beside it that no policy keeps from being replaced', () => {
    const type = 'Microsoft.Storage/storageAccounts/blobServices/containers';
    expect(theOne('smallest', type, '/reports').name).toMatch(/^stledger/);
    expect(deployed('smallest', `${type}/immutabilityPolicies`).map(({ name }) => name)).toEqual([
      expect.stringMatching(/\/ledger\/default$/),
    ]);
    expect(outputsOf('smallest')['REPORTS_CONTAINER_URL']).toMatch(
      /^https:\/\/stledger\w+\.blob\..+\/reports$/,
    );
  });
});

test('a night can be asked for in the queue that the host listens to', () => {
  const queues = deployed('smallest', 'Microsoft.Storage/storageAccounts/queueServices/queues');
  expect(queues.map(({ name }) => name.split('/').slice(1).join('/'))).toEqual([
    'default/requests',
    'default/requests-poison',
  ]);
  const listens = settingsOf('smallest')['AzureWebJobsStorage__queueServiceUri'];
  expect(outputsOf('smallest')['REQUESTS_QUEUE_URL']).toBe(`${listens}requests`);
});

describe('receivers of alerts', () => {
  const group = theOne('everything', 'Microsoft.Insights/actionGroups').properties;

  test('are people and webhooks, in the common alert schema', () => {
    const useCommonAlertSchema = true;
    expect(group).toMatchObject({
      emailReceivers: [
        { emailAddress: 'night@contoso.com', useCommonAlertSchema },
        { emailAddress: 'ada@contoso.com', useCommonAlertSchema },
      ],
      webhookReceivers: [
        { name: 'pager', serviceUri: 'https://pager.example', useCommonAlertSchema },
        { name: 'ticket', serviceUri: 'https://tickets.example', useCommonAlertSchema },
      ],
    });
  });

  test('and a Teams channel, by way of a Logic App that hides its address in the run history', () => {
    const logicApp = theOne('everything', 'Microsoft.Logic/workflows');
    expect(group['logicAppReceivers']).toEqual([
      {
        name: 'Mail operations',
        resourceId: logicApp.id,
        callbackUrl: `call ${logicApp.id}/triggers/alert`,
        useCommonAlertSchema: true,
      },
    ]);
    expect(logicApp.properties).toMatchObject({
      parameters: { workflowUrl: { value: 'https://teams.example/workflow' } },
      definition: {
        parameters: { workflowUrl: { type: 'securestring' } },
        actions: {
          post: {
            inputs: { uri: "@parameters('workflowUrl')", body: { type: 'message' } },
            runtimeConfiguration: { secureData: { properties: ['inputs'] } },
          },
        },
      },
    });
    expect(deployed('smallest', 'Microsoft.Logic/workflows')).toEqual([]);
  });
});

test.each([
  ['smallest', 'Recreate', 2048],
  ['everything', 'RollingUpdate', 4096],
] as const)(
  'the app is updated, and has the memory, as the parameters say: %s',
  (name, type, instanceMemoryMB) => {
    expect(site(name)).toMatchObject({
      functionAppConfig: { siteUpdateStrategy: { type }, scaleAndConcurrency: { instanceMemoryMB } },
    });
  },
);
