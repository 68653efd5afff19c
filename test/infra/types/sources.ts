/** Which resources azure.json describes, and which published package describes each. */

export interface Source {
  /** Type and API version; the package's own calls use this version. */
  readonly resource: string;
  /** Unpacked under this name by `npm pack`. */
  readonly package: string;
  /** The class or interface that is sent to create the resource. */
  readonly body: string;
  /** Where the package describes what goes into `properties` apart from the rest. */
  readonly properties?: string;
  /** The classes within it that are described too; any other is left out, and whatever uses it fails the check. */
  readonly nested?: readonly string[];
}

const storage = { package: 'azure-arm-storage-18.6.0' };
const web = { package: 'azure-arm-appservice-17.0.0' };
const monitor = { package: 'azure-arm-monitor-8.0.0' };
const insights = { package: 'azure-arm-appinsights-5.0.0-beta.8' };

export const SOURCES: readonly Source[] = [
  {
    resource: 'Microsoft.Resources/resourceGroups@2025-03-01',
    package: 'azure-arm-resources-6.1.0',
    body: 'ResourceGroup',
  },
  {
    resource: 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30',
    package: 'azure-arm-msi-2.2.0',
    body: 'Identity',
  },
  {
    resource: 'Microsoft.Authorization/roleAssignments@2022-04-01',
    package: 'azure-arm-authorization-9.0.0',
    body: 'RoleAssignmentCreateParameters',
  },
  {
    resource: 'Microsoft.Authorization/roleDefinitions@2022-04-01',
    package: 'azure-arm-authorization-9.0.0',
    body: 'RoleDefinition',
    nested: ['Permission'],
  },
  {
    ...storage,
    resource: 'Microsoft.Storage/storageAccounts@2024-01-01',
    body: 'StorageAccountCreateParameters',
    nested: ['Sku', 'NetworkRuleSet', 'Encryption'],
  },
  {
    ...storage,
    resource: 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01',
    body: 'BlobServiceProperties',
    nested: ['DeleteRetentionPolicy'],
  },
  {
    ...storage,
    resource: 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01',
    body: 'BlobContainer',
  },
  {
    ...storage,
    resource: 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2024-01-01',
    body: 'ImmutabilityPolicy',
  },
  {
    resource: 'Microsoft.OperationalInsights/workspaces@2022-10-01',
    package: 'azure-arm-operationalinsights-9.0.0',
    body: 'Workspace',
    nested: ['WorkspaceSku', 'WorkspaceFeatures', 'WorkspaceCapping'],
  },
  {
    ...insights,
    resource: 'Microsoft.Insights/components@2020-02-02',
    body: 'ApplicationInsightsComponent',
  },
  { ...insights, resource: 'Microsoft.Insights/workbooks@2023-06-01', body: 'Workbook' },
  {
    resource: 'Microsoft.KeyVault/vaults@2024-11-01',
    package: 'azure-arm-keyvault-3.2.0',
    body: 'VaultCreateOrUpdateParameters',
    nested: ['VaultProperties', 'Sku', 'NetworkRuleSet'],
  },
  {
    resource: 'Microsoft.Network/virtualNetworks@2024-10-01',
    package: 'azure-arm-network-34.1.0',
    body: 'VirtualNetwork',
    nested: ['AddressSpace', 'DhcpOptions', 'Subnet', 'Delegation'],
  },
  {
    ...web,
    resource: 'Microsoft.Web/serverfarms@2024-11-01',
    body: 'AppServicePlan',
    nested: ['SkuDescription'],
  },
  {
    ...web,
    resource: 'Microsoft.Web/sites@2024-11-01',
    body: 'Site',
    nested: [
      'ManagedServiceIdentity',
      'UserAssignedIdentity',
      'SiteConfig',
      'FunctionAppConfig',
      'FunctionsRuntime',
      'FunctionsScaleAndConcurrency',
      'FunctionsAlwaysReadyConfig',
      'FunctionsDeployment',
      'FunctionsDeploymentStorage',
      'FunctionsDeploymentStorageAuthentication',
    ],
  },
  { ...web, resource: 'Microsoft.Web/sites/config@2024-11-01', body: 'StringDictionary' },
  {
    ...web,
    resource: 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01',
    body: 'CsmPublishingCredentialsPoliciesEntity',
  },
  {
    ...monitor,
    resource: 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview',
    body: 'DiagnosticSettingsResource',
    properties: 'DiagnosticSettings',
    nested: ['LogSettings', 'MetricSettings'],
  },
  {
    ...monitor,
    resource: 'Microsoft.Insights/scheduledQueryRules@2025-01-01-preview',
    body: 'ScheduledQueryRuleResource',
    properties: 'ScheduledQueryRuleProperties',
    nested: [
      'ScheduledQueryRuleCriteria',
      'Condition',
      'ConditionFailingPeriods',
      'Dimension',
      'Actions',
      'RuleResolveConfiguration',
      'Identity',
    ],
  },
  {
    ...monitor,
    resource: 'Microsoft.Insights/actionGroups@2024-10-01-preview',
    body: 'ActionGroupResource',
    properties: 'ActionGroup',
    nested: ['EmailReceiver', 'WebhookReceiver', 'ArmRoleReceiver'],
  },
];
