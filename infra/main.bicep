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

@description('Who else may purge users by hand, without waking anybody: UPNs of people, display names of apps.')
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

var clouds = {
  AzureCloud: { graph: 'https://graph.microsoft.com', exchange: 'https://outlook.office365.com' }
  AzureUSGovernment: { graph: 'https://graph.microsoft.us', exchange: 'https://outlook.office365.us' }
  AzureChinaCloud: { graph: 'https://microsoftgraph.chinacloudapi.cn', exchange: 'https://partner.outlook.cn' }
}
var cloud = clouds[environment().name]
var graph = empty(graphRoot) ? cloud.graph : graphRoot
var exchange = empty(exchangeRoot) ? cloud.exchange : exchangeRoot

var token = uniqueString(subscription().id, environmentName, location)
var names = {
  workspace: 'log-${token}'
  hostAccount: 'sthost${token}'
  ledgerAccount: 'stledger${token}'
  teams: 'logic-mailuser-purge-${environmentName}'
}
var tags = { 'azd-env-name': environmentName }
var withTeams = !empty(alertTeamsChannel)
var withActionGroup = !empty(alertEmailAddresses) || !empty(alertWebhookNames) || withTeams
var withKeyVault = !empty(activeDirectories)
var publicNetworkAccess = privateStorage ? 'Disabled' : 'Enabled'
var groupName = 'rg-mailuser-purge-${environmentName}'
var withNetwork = empty(subnetId) && !empty(virtualNetworkPrefix)

resource group 'Microsoft.Resources/resourceGroups@2025-03-01' = {
  name: groupName
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
    workspaceName: names.workspace
    existingWorkspaceId: existingWorkspaceId
    retentionDays: logRetentionDays
    principalId: identity.outputs.principalId
  }
}

module workbook 'workbook.bicep' = {
  scope: group
  params: { location: location, tags: tags, workspaceId: monitoring.outputs.workspaceId }
}

module teams 'teams.bicep' = if (withTeams) {
  scope: group
  params: {
    name: names.teams
    location: location
    tags: tags
    workflowUrl: alertTeamsWorkflowUrl
  }
}

module actionGroup 'actionGroup.bicep' = if (withActionGroup) {
  scope: group
  dependsOn: [teams]
  params: {
    name: 'ag-mailuser-purge-${environmentName}'
    tags: tags
    emailAddresses: alertEmailAddresses
    webhookNames: alertWebhookNames
    webhookUrls: alertWebhookUrls
    teamsChannel: alertTeamsChannel
    teamsLogicApp: names.teams
  }
}

module ruleIdentity 'identity.bicep' = {
  scope: group
  params: { name: 'id-mailuser-purge-alerts-${environmentName}', location: location, tags: tags }
}

// The workspace's own place: /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.OperationalInsights/workspaces/<name>
var workspacePlace = split(existingWorkspaceId, '/')

module rulesReadWorkspace 'workspaceReader.bicep' = {
  scope: resourceGroup(
    empty(existingWorkspaceId) ? subscription().subscriptionId : workspacePlace[2],
    empty(existingWorkspaceId) ? groupName : workspacePlace[4]
  )
  dependsOn: [monitoring]
  params: {
    workspaceName: empty(existingWorkspaceId) ? names.workspace : last(workspacePlace)
    token: token
    principalId: ruleIdentity.outputs.principalId
  }
}

module activityAlerts 'activityAlerts.bicep' = {
  scope: group
  params: {
    tags: tags
    actionGroupIds: withActionGroup ? [actionGroup!.outputs.id] : []
    runbookUrl: runbookUrl
  }
}

module alerts 'alerts.bicep' = {
  scope: group
  dependsOn: [rulesReadWorkspace]
  params: {
    ruleIdentityId: ruleIdentity.outputs.resourceId
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
  params: {
    accountName: names.hostAccount
    location: location
    tags: tags
    publicNetworkAccess: publicNetworkAccess
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module ledger 'ledger.bicep' = {
  scope: group
  params: {
    accountName: names.ledgerAccount
    token: token
    location: location
    tags: tags
    skuName: ledgerSku
    retentionDays: ledgerRetentionDays
    policyLocked: ledgerPolicyLocked
    publicNetworkAccess: publicNetworkAccess
    principalId: identity.outputs.principalId
    exportWriterPrincipalId: exportWriterPrincipalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module operators 'operators.bicep' = {
  scope: group
  dependsOn: [ledger, hostStorage]
  params: {
    operatorsPrincipalId: operatorsPrincipalId
    ledgerAccountName: names.ledgerAccount
    hostAccountName: names.hostAccount
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
    withEndpoints: privateStorage
    dnsServers: virtualNetworkDnsServers
  }
}

module privateEndpoints 'privateEndpoints.bicep' = if (privateStorage) {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    subnetId: withNetwork ? network!.outputs.endpointSubnetId : privateEndpointSubnetId
    withZones: withNetwork
    networkId: withNetwork ? network!.outputs.networkId : ''
    hostAccountId: hostStorage.outputs.accountId
    ledgerAccountId: ledger.outputs.accountId
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
    hostQueueEndpoint: hostStorage.outputs.queueEndpoint
    siteUpdateStrategy: siteUpdateStrategy
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
output NIGHTLY_SCHEDULE string = nightlySchedule
output FUNCTION_APP_NAME string = app.outputs.name
output IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output GRAPH_ROOT string = graph
output LEDGER_CONTAINER_URL string = ledger.outputs.ledgerContainerUrl
output REPORTS_CONTAINER_URL string = ledger.outputs.reportsContainerUrl
output REQUESTS_QUEUE_URL string = hostStorage.outputs.requestsQueueUrl
output HALT_BLOB_URL string = ledger.outputs.haltBlobUrl
output EXPORT_CONTAINER_URL string = ledger.outputs.exportContainerUrl
output KEY_VAULT_NAME string = withKeyVault ? keyVault!.outputs.name : ''
output WORKBOOK_ID string = workbook.outputs.workbookId
output LOG_ANALYTICS_WORKSPACE_ID string = monitoring.outputs.workspaceId
output APPLICATION_INSIGHTS_ID string = monitoring.outputs.insightsId
