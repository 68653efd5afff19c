// What the Functions host itself keeps: the deployed package, and the lock and the schedule of the timer.
// The host needs "Storage Blob Data Owner" on the whole account (learn.microsoft.com, "Connecting to host storage
// with an identity"). That role may also take away immutability policies, so the ledger has an account of its own.

import { roles } from 'roles.bicep'
import { Tags } from 'types.bicep'

@description('Suffix of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Object id of the managed identity that the function runs as.')
param principalId string

resource account 'Microsoft.Storage/storageAccounts@2026-04-01' = {
  name: 'sthost${token}'
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

output blobEndpoint string = account.properties.primaryEndpoints.blob
output deploymentContainerUrl string = '${account.properties.primaryEndpoints.blob}${deployment.name}'
