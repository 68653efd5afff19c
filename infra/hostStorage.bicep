// What the Functions host itself keeps: the deployed package, the lock and the schedule of the timer, and the queue in
// which an operator asks for a night.
// The host needs "Storage Blob Data Owner" on the whole account (learn.microsoft.com, "Connecting to host storage
// with an identity"). That role may also take away immutability policies, so the ledger has an account of its own.

import { roles } from 'roles.bicep'
import { Tags } from 'types.bicep'

@description('Name of the account.')
param accountName string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Object id of the managed identity that the function runs as.')
param principalId string

@description('Enabled or Disabled: whether the account is reached from outside its private endpoints.')
param publicNetworkAccess 'Enabled' | 'Disabled'

@description('Resource id of the Log Analytics workspace that writes are logged to: each deployed package is one.')
param workspaceId string

resource account 'Microsoft.Storage/storageAccounts@2026-04-01' = {
  name: accountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2026-04-01' = {
  parent: account
  name: 'default'
}

resource deployment 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' = {
  parent: blobs
  name: 'deployment'
}

resource ownsHostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, 'function', roles.storageBlobDataOwner)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
  }
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2026-04-01' = {
  parent: account
  name: 'default'
}

resource requests 'Microsoft.Storage/storageAccounts/queueServices/queues@2026-04-01' = {
  parent: queues
  name: 'requests'
}

// Where the host puts a message that failed five times, under this name.
resource poison 'Microsoft.Storage/storageAccounts/queueServices/queues@2026-04-01' = {
  parent: queues
  name: 'requests-poison'
}

resource takesRequests 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(requests.id, 'function', roles.storageQueueDataContributor)
  scope: requests
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageQueueDataContributor)
  }
}

resource putsPoisonAway 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(poison.id, 'function', roles.storageQueueDataMessageSender)
  scope: poison
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageQueueDataMessageSender)
  }
}

// The only stable version of this API, 2016-09-01, is another resource.
#disable-next-line use-recent-api-versions
resource trail 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'writes'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageWrite', enabled: true }]
  }
}

output accountId string = account.id
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output requestsQueueUrl string = '${account.properties.primaryEndpoints.queue}${requests.name}'
output deploymentContainerUrl string = '${account.properties.primaryEndpoints.blob}${deployment.name}'
