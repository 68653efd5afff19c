// Everything that one environment of the nightly purge needs, in a resource group of its own. See README.md.

import { ActiveDirectory } from 'types.bicep'

targetScope = 'subscription'

@description('Name of the environment, such as "prod". Part of the name of the resource group.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Azure region. It must offer Flex Consumption: az functionapp list-flexconsumption-locations.')
@metadata({ azd: { type: 'location' } })
param location string

@description('When the night runs: NCRONTAB with six fields, in UTC.')
@minLength(11)
param nightlySchedule string = '0 0 2 * * *'

@description('Minutes after which the night stops cleanly. host.json ends the function after 60.')
@minValue(5)
@maxValue(55)
param nightTimeLimitMinutes int = 50

@description('true refuses every night until it is false again.')
param halt bool = false

@description('Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Days for which no line of the ledger can be changed or deleted.')
@minValue(90)
@maxValue(146000)
param ledgerRetentionDays int = 365

@description('Set to true once you have locked the policy of the ledger. It is then left as it is.')
param ledgerPolicyLocked bool = false

@description('Redundancy of the ledger. Standard_LRS exists everywhere; better ones do not.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param ledgerSku string = 'Standard_LRS'

@description('Days for which telemetry is kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Who is mailed when an alert fires. Nobody where empty: the alerts are then only seen in the portal.')
param alertEmailAddresses string[] = []

@description('Who else may purge users by hand, without waking anybody: UPNs of people, display names of apps.')
param knownInitiators string[] = []

@description('Where your operators read RUNBOOK.md. Part of every alert.')
param runbookUrl string = 'infra/RUNBOOK.md'

@description('Object id of the identity that uploads exports from on-premises; none where empty.')
param exportWriterPrincipalId string = ''

@description('Object id of the group of your operators, who may then read the ledger and halt the tool; empty where you give these rights yourself.')
param operatorsPrincipalId string = ''

@description('Active Directory credentials that the policy names, and whether their certificate authority is in the key vault too. None: no key vault.')
param activeDirectories ActiveDirectory[] = []

@description('Resource id of an existing subnet that reaches the domain controllers, delegated to Microsoft.App/environments.')
param subnetId string = ''

@description('Address space of a new virtual network for that, /27 or larger. None where empty, or where there is a subnet.')
param virtualNetworkPrefix string = ''

@description('DNS servers of that new virtual network; those of Azure where empty.')
param virtualNetworkDnsServers string[] = []

@description('Root of Microsoft Graph, where it is not the usual one of this cloud (DoD: https://dod-graph.microsoft.us).')
param graphRoot string = ''

@description('Root of Exchange Online, where it is not the usual one of this cloud (DoD: https://webmail.apps.mil).')
param exchangeRoot string = ''

var clouds = {
  AzureCloud: { graph: 'https://graph.microsoft.com', exchange: 'https://outlook.office365.com' }
  AzureUSGovernment: { graph: 'https://graph.microsoft.us', exchange: 'https://outlook.office365.us' }
  AzureChinaCloud: { graph: 'https://microsoftgraph.chinacloudapi.cn', exchange: 'https://partner.outlook.cn' }
}
var cloud = clouds[environment().name]
var graph = empty(graphRoot) ? cloud.graph : graphRoot
var exchange = empty(exchangeRoot) ? cloud.exchange : exchangeRoot

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var withActionGroup = !empty(alertEmailAddresses)
var withKeyVault = !empty(activeDirectories)
var withNetwork = empty(subnetId) && !empty(virtualNetworkPrefix)

resource group 'Microsoft.Resources/resourceGroups@2025-03-01' = {
  name: 'rg-mailuser-purge-${environmentName}'
  location: location
  tags: tags
}

module identity 'identity.bicep' = {
  scope: group
  params: { name: 'id-mailuser-purge-${environmentName}', location: location, tags: tags }
}

module monitoring 'monitoring.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    retentionDays: logRetentionDays
    principalId: identity.outputs.principalId
  }
}

module workbook 'workbook.bicep' = {
  scope: group
  params: { location: location, tags: tags, workspaceId: monitoring.outputs.workspaceId }
}

module actionGroup 'actionGroup.bicep' = if (withActionGroup) {
  scope: group
  params: { name: 'ag-mailuser-purge-${environmentName}', tags: tags, emailAddresses: alertEmailAddresses }
}

module alerts 'alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupIds: withActionGroup ? [actionGroup!.outputs.id] : []
    principalId: identity.outputs.principalId
    knownInitiators: knownInitiators
    runbookUrl: runbookUrl
  }
}

module hostStorage 'hostStorage.bicep' = {
  scope: group
  params: { token: token, location: location, tags: tags, principalId: identity.outputs.principalId }
}

module ledger 'ledger.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    skuName: ledgerSku
    retentionDays: ledgerRetentionDays
    policyLocked: ledgerPolicyLocked
    principalId: identity.outputs.principalId
    exportWriterPrincipalId: exportWriterPrincipalId
    operatorsPrincipalId: operatorsPrincipalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module keyVault 'keyVault.bicep' = if (withKeyVault) {
  scope: group
  params: { token: token, location: location, tags: tags, principalId: identity.outputs.principalId }
}

module network 'network.bicep' = if (withNetwork) {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    addressPrefix: virtualNetworkPrefix
    dnsServers: virtualNetworkDnsServers
  }
}

module app 'app.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    identity: { resourceId: identity.outputs.resourceId, clientId: identity.outputs.clientId }
    instanceMemoryMB: instanceMemoryMB
    subnetId: withNetwork ? network!.outputs.subnetId : subnetId
    hostBlobEndpoint: hostStorage.outputs.blobEndpoint
    deploymentContainerUrl: hostStorage.outputs.deploymentContainerUrl
    insightsConnectionString: monitoring.outputs.connectionString
    activeDirectories: activeDirectories
    keyVaultUri: withKeyVault ? keyVault!.outputs.uri : ''
    settings: {
      GRAPH_ROOT: graph
      EXCHANGE_ROOT: exchange
      MANAGED_IDENTITY_CLIENT_ID: identity.outputs.clientId
      LEDGER_CONTAINER_URL: ledger.outputs.ledgerContainerUrl
      EXPORT_CONTAINER_URL: ledger.outputs.exportContainerUrl
      NIGHTLY_SCHEDULE: nightlySchedule
      NIGHT_TIME_LIMIT_MINUTES: string(nightTimeLimitMinutes)
      NIGHTLY_PURGE_HALT: halt ? 'true' : 'false'
      HALT_BLOB_URL: ledger.outputs.haltBlobUrl
    }
  }
}

// Read by azure.yaml's hooks, and by you: azd env get-values.
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output FUNCTION_APP_NAME string = app.outputs.name
output IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output GRAPH_ROOT string = graph
output LEDGER_CONTAINER_URL string = ledger.outputs.ledgerContainerUrl
output HALT_BLOB_URL string = ledger.outputs.haltBlobUrl
output EXPORT_CONTAINER_URL string = ledger.outputs.exportContainerUrl
output KEY_VAULT_NAME string = withKeyVault ? keyVault!.outputs.name : ''
output WORKBOOK_ID string = workbook.outputs.workbookId
output LOG_ANALYTICS_WORKSPACE_ID string = monitoring.outputs.workspaceId
output APPLICATION_INSIGHTS_ID string = monitoring.outputs.insightsId
