// Everything that one environment of the nightly purge needs, in a resource group of its own. See README.md.

import { clouds } from 'clouds.bicep'
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
@allowed([2048, 4096])
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

@description('Resource id of an existing Log Analytics workspace, whose retention and access then stay as they are; a new one where empty.')
param existingWorkspaceId string = ''

@description('Days for which telemetry is kept, in a new workspace.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Who is mailed when an alert fires. Where nobody is, and there is no webhook and no channel, alerts are only seen in the portal.')
param alertEmailAddresses string[] = []

@description('Names of webhooks that get each alert as JSON, in the common alert schema.')
param alertWebhookNames string[] = []

@secure()
@description('The address of each of these webhooks, by its name. Secret: it lets its holder send.')
param alertWebhookUrls { *: string } = {}

@description('Name of a Teams channel that gets each alert; none where empty.')
param alertTeamsChannel string = ''

@secure()
@description('Address of the workflow in that channel, "Post to a channel when a webhook request is received". Secret as well.')
param alertTeamsWorkflowUrl string = ''

@description('true tells every night that came to its end, with its headline: a message a night.')
param alertNightlySummary bool = false

@description('Who else may purge users by hand, without waking anybody: UPNs of people; object ids of service principals, or display names of apps.')
param knownInitiators string[] = []

@description('Where your operators read RUNBOOK.md. Part of every alert.')
param runbookUrl string = 'infra/RUNBOOK.md'

@description('Object id of the identity that uploads exports from on-premises; none where empty.')
param exportWriterPrincipalId string = ''

@description('Object id of your operators, a group or one person: they may halt the tool and lift the halt, ask for a night, and read reports and ledger.')
@minLength(36)
@maxLength(36)
param operatorsPrincipalId string

@description('Active Directory credentials that the policy names, and whether their certificate authority is in the key vault too. None: no key vault.')
param activeDirectories ActiveDirectory[] = []

@description('Resource id of an existing subnet that reaches the domain controllers, delegated to Microsoft.App/environments.')
param subnetId string = ''

@description('Address space of a new virtual network for that, /27 or larger (/26 with privateStorage). None where empty, or where there is a subnet.')
param virtualNetworkPrefix string = ''

@description('DNS servers of that new virtual network; those of Azure where empty.')
param virtualNetworkDnsServers string[] = []

@description('true closes both storage accounts to the public network: they are then reached through private endpoints only.')
param privateStorage bool = false

@description('Resource id of an existing subnet for these endpoints, in a network whose DNS knows the privatelink zones; not needed with a new network.')
param privateEndpointSubnetId string = ''

@description('What becomes of a running night when the app is deployed or a setting changes: Recreate ends it, RollingUpdate (a preview) lets it end.')
@allowed(['Recreate', 'RollingUpdate'])
param siteUpdateStrategy string = 'Recreate'

@description('Root of Microsoft Graph, where it is not the usual one of this cloud (DoD: https://dod-graph.microsoft.us).')
param graphRoot string = ''

@description('Root of Exchange Online, where it is not the usual one of this cloud (DoD: https://webmail.apps.mil).')
param exchangeRoot string = ''

var cloud = clouds[environment().name]
var graph = empty(graphRoot) ? cloud.graph : graphRoot
var exchange = empty(exchangeRoot) ? cloud.exchange : exchangeRoot

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
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
    existingWorkspaceId: existingWorkspaceId
    retentionDays: logRetentionDays
    principalId: identity.outputs.principalId
  }
}

module alerting 'alerting.bicep' = {
  scope: group
  params: {
    environmentName: environmentName
    token: token
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    existingWorkspaceId: existingWorkspaceId
    principalId: identity.outputs.principalId
    emailAddresses: alertEmailAddresses
    webhookNames: alertWebhookNames
    webhookUrls: alertWebhookUrls
    teamsChannel: alertTeamsChannel
    teamsWorkflowUrl: alertTeamsWorkflowUrl
    nightlySummary: alertNightlySummary
    knownInitiators: knownInitiators
    runbookUrl: runbookUrl
  }
}

module network 'network.bicep' = if (withNetwork) {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    addressPrefix: virtualNetworkPrefix
    withEndpoints: privateStorage
    dnsServers: virtualNetworkDnsServers
  }
}

module storage 'storage.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    ledgerSku: ledgerSku
    ledgerRetentionDays: ledgerRetentionDays
    ledgerPolicyLocked: ledgerPolicyLocked
    principalId: identity.outputs.principalId
    exportWriterPrincipalId: exportWriterPrincipalId
    operatorsPrincipalId: operatorsPrincipalId
    workspaceId: monitoring.outputs.workspaceId
    isPrivate: privateStorage
    endpointSubnetId: withNetwork ? network!.outputs.endpointSubnetId : privateEndpointSubnetId
    withZones: withNetwork
    zonesNetworkId: withNetwork ? network!.outputs.networkId : ''
  }
}

module keyVault 'keyVault.bicep' = if (withKeyVault) {
  scope: group
  params: { token: token, location: location, tags: tags, principalId: identity.outputs.principalId }
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
    hostBlobEndpoint: storage.outputs.blobEndpoint
    hostQueueEndpoint: storage.outputs.queueEndpoint
    siteUpdateStrategy: siteUpdateStrategy
    deploymentContainerUrl: storage.outputs.deploymentContainerUrl
    insightsConnectionString: monitoring.outputs.connectionString
    activeDirectories: activeDirectories
    keyVaultUri: withKeyVault ? keyVault!.outputs.uri : ''
    settings: {
      GRAPH_ROOT: graph
      EXCHANGE_ROOT: exchange
      MANAGED_IDENTITY_CLIENT_ID: identity.outputs.clientId
      LEDGER_CONTAINER_URL: storage.outputs.ledgerContainerUrl
      EXPORT_CONTAINER_URL: storage.outputs.exportContainerUrl
      NIGHTLY_SCHEDULE: nightlySchedule
      NIGHT_TIME_LIMIT_MINUTES: string(nightTimeLimitMinutes)
      NIGHTLY_PURGE_HALT: halt ? 'true' : 'false'
      HALT_BLOB_URL: storage.outputs.haltBlobUrl
    }
  }
}

// Read by azure.yaml's hooks, and by you: azd env get-values.
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output NIGHTLY_SCHEDULE string = nightlySchedule
output FUNCTION_APP_NAME string = app.outputs.name
output IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output GRAPH_ROOT string = graph
output LEDGER_CONTAINER_URL string = storage.outputs.ledgerContainerUrl
output REPORTS_CONTAINER_URL string = storage.outputs.reportsContainerUrl
output REQUESTS_QUEUE_URL string = storage.outputs.requestsQueueUrl
output HALT_BLOB_URL string = storage.outputs.haltBlobUrl
output EXPORT_CONTAINER_URL string = storage.outputs.exportContainerUrl
output KEY_VAULT_NAME string = withKeyVault ? keyVault!.outputs.name : ''
output WORKBOOK_ID string = monitoring.outputs.workbookId
output LOG_ANALYTICS_WORKSPACE_ID string = monitoring.outputs.workspaceId
output APPLICATION_INSIGHTS_ID string = monitoring.outputs.insightsId
