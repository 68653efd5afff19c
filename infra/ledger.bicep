// The record of every night, its reports, the exports that come in from on-premises, and the mark that halts the tool.
// A container-level policy, because only that allows protected appends (learn.microsoft.com, "Time-based retention
// policies for immutable blob data"): a night may add lines to its blob, and nobody may change or delete one.

import { roles } from 'roles.bicep'
import { Tags } from 'types.bicep'

@description('Name of the account.')
param accountName string

@description('Suffix of the name of the role of our own.')
param token string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Redundancy of the account.')
param skuName string

@description('Days for which no line of the ledger can be changed or deleted, counted from the last line of its night.')
@minValue(90)
@maxValue(146000)
param retentionDays int

@description('true once the policy has been locked: it is then left alone, since a locked policy takes no deployment.')
param policyLocked bool

@description('Object id of the managed identity that writes the ledger and reads the exports.')
param principalId string

@description('Object id of the identity that uploads exports from on-premises; empty where there is none.')
param exportWriterPrincipalId string

@description('Enabled or Disabled: whether the account is reached from outside its private endpoints.')
param publicNetworkAccess 'Enabled' | 'Disabled'

@description('Resource id of the Log Analytics workspace that is told of every write and delete.')
param workspaceId string

var groupId = resourceGroup().id

resource account 'Microsoft.Storage/storageAccounts@2026-04-01' = {
  name: accountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: skuName }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess
  }
}

// An unlocked immutability policy does not keep the account from being deleted.
resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'keeps-the-ledger'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'The ledger is the only record of purged users. See infra/README.md, "Remove it".'
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2026-04-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 30 }
    containerDeleteRetentionPolicy: { enabled: true, days: 30 }
  }
}

resource ledger 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' = {
  parent: blobs
  name: 'ledger'
}

resource immutable 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2026-04-01' = if (!policyLocked) {
  parent: ledger
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: retentionDays
    allowProtectedAppendWrites: true
  }
}

// Immutability ends and the blob stays; this removes it. A month later, so that it never meets the policy.
resource retention 'Microsoft.Storage/storageAccounts/managementPolicies@2026-04-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'past-retention'
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['appendBlob', 'blockBlob'], prefixMatch: ['ledger/', 'reports/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: retentionDays + 30 } } }
          }
        }
      ]
    }
  }
}

// Reports are made from the ledger, and the newest replaces the one before it: nothing here is immutable.
resource reports 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' = {
  parent: blobs
  name: 'reports'
}

resource exports 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' = {
  parent: blobs
  name: 'onprem-export'
}

// Not beside the ledger, where nothing can be deleted: an operator who halts the tool must be able to lift the halt.
resource control 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' = {
  parent: blobs
  name: 'control'
}

// Azure's own "Storage Blob Data Contributor" may also delete blobs and the container, and sign for others (SAS).
resource ledgerWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(groupId, 'ledger writer')
  properties: {
    roleName: 'Ledger writer of mailuser-purge ${token}'
    description: 'Reads blobs, makes new ones, adds to them and leases them. Deletes none.'
    type: 'CustomRole'
    permissions: [
      {
        actions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
          // For the lease. It would also replace what is there; the immutability policy does not let it.
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'
        ]
      }
    ]
    assignableScopes: [groupId]
  }
}

resource writesLedger 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(ledger.id, 'function', ledgerWriter.id)
  scope: ledger
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: ledgerWriter.id
  }
}

resource writesReports 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(reports.id, 'function', ledgerWriter.id)
  scope: reports
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: ledgerWriter.id
  }
}

resource readsExports 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(exports.id, 'function', roles.storageBlobDataReader)
  scope: exports
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
  }
}

resource writesExports 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(exportWriterPrincipalId)) {
  name: guid(exports.id, exportWriterPrincipalId, roles.storageBlobDataContributor)
  scope: exports
  properties: {
    principalId: exportWriterPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

resource readsControl 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(control.id, 'function', roles.storageBlobDataReader)
  scope: control
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
  }
}

// Reads are left out: every night reads the whole ledger. The only stable version of this API, 2016-09-01, is another
// resource: one setting for each resource, in a region, without category groups.
#disable-next-line use-recent-api-versions
resource trail 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'writes-and-deletes'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

output accountId string = account.id
output reportsContainerUrl string = '${account.properties.primaryEndpoints.blob}${reports.name}'
output ledgerContainerUrl string = '${account.properties.primaryEndpoints.blob}${ledger.name}'
output haltBlobUrl string = '${account.properties.primaryEndpoints.blob}${control.name}/halt'
output exportContainerUrl string = '${account.properties.primaryEndpoints.blob}${exports.name}'
