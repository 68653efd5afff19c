// The two storage accounts, who may do what in them, and the private endpoints by which they are reached.

import { hostAccountName, ledgerAccountName } from 'names.bicep'
import { Tags } from 'types.bicep'

@description('Suffix of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Redundancy of the ledger.')
param ledgerSku string

@description('Days for which no line of the ledger can be changed or deleted.')
@minValue(90)
@maxValue(146000)
param ledgerRetentionDays int

@description('true once the policy of the ledger has been locked.')
param ledgerPolicyLocked bool

@description('Object id of the managed identity that the function runs as.')
param principalId string

@description('Object id of the identity that uploads exports; empty where there is none.')
param exportWriterPrincipalId string

@description('Object id of the operators.')
param operatorsPrincipalId string

@description('Resource id of the Log Analytics workspace that is told of writes and deletes.')
param workspaceId string

@description('true closes both accounts to the public network.')
param isPrivate bool

@description('Resource id of the subnet for private endpoints; empty where there are none.')
param endpointSubnetId string

@description('true makes DNS zones for the endpoints.')
param withZones bool

@description('Resource id of the network in which those zones are known; empty where there are none.')
param zonesNetworkId string

var publicNetworkAccess = isPrivate ? 'Disabled' : 'Enabled'

module hostStorage 'hostStorage.bicep' = {
  params: {
    accountName: hostAccountName(token)
    location: location
    tags: tags
    publicNetworkAccess: publicNetworkAccess
    principalId: principalId
    workspaceId: workspaceId
  }
}

module ledger 'ledger.bicep' = {
  params: {
    accountName: ledgerAccountName(token)
    token: token
    location: location
    tags: tags
    skuName: ledgerSku
    retentionDays: ledgerRetentionDays
    policyLocked: ledgerPolicyLocked
    publicNetworkAccess: publicNetworkAccess
    principalId: principalId
    exportWriterPrincipalId: exportWriterPrincipalId
    workspaceId: workspaceId
  }
}

module operators 'operators.bicep' = {
  dependsOn: [ledger, hostStorage]
  params: {
    operatorsPrincipalId: operatorsPrincipalId
    ledgerAccountName: ledgerAccountName(token)
    hostAccountName: hostAccountName(token)
  }
}

module privateEndpoints 'privateEndpoints.bicep' = if (isPrivate) {
  params: {
    token: token
    location: location
    tags: tags
    subnetId: endpointSubnetId
    withZones: withZones
    networkId: zonesNetworkId
    hostAccountId: hostStorage.outputs.accountId
    ledgerAccountId: ledger.outputs.accountId
  }
}

output blobEndpoint string = hostStorage.outputs.blobEndpoint
output queueEndpoint string = hostStorage.outputs.queueEndpoint
output requestsQueueUrl string = hostStorage.outputs.requestsQueueUrl
output deploymentContainerUrl string = hostStorage.outputs.deploymentContainerUrl
output ledgerContainerUrl string = ledger.outputs.ledgerContainerUrl
output reportsContainerUrl string = ledger.outputs.reportsContainerUrl
output haltBlobUrl string = ledger.outputs.haltBlobUrl
output exportContainerUrl string = ledger.outputs.exportContainerUrl
