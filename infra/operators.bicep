// What operators may do: halt the tool and lift the halt, ask for a night, and read the ledger and its reports.

import { roles } from 'roles.bicep'

@description('Object id of the operators: a group, or one person.')
param operatorsPrincipalId string

@description('Name of the account with the ledger.')
param ledgerAccountName string

@description('Name of the account with the queue.')
param hostAccountName string

resource ledgerBlobs 'Microsoft.Storage/storageAccounts/blobServices@2026-04-01' existing = {
  name: '${ledgerAccountName}/default'

  resource ledger 'containers' existing = { name: 'ledger' }
  resource reports 'containers' existing = { name: 'reports' }
  resource control 'containers' existing = { name: 'control' }
}

resource hostQueues 'Microsoft.Storage/storageAccounts/queueServices@2026-04-01' existing = {
  name: '${hostAccountName}/default'

  resource requests 'queues' existing = { name: 'requests' }
}

resource readLedger 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(ledgerBlobs::ledger.id, operatorsPrincipalId, roles.storageBlobDataReader)
  scope: ledgerBlobs::ledger
  properties: {
    principalId: operatorsPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
  }
}

resource readReports 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(ledgerBlobs::reports.id, operatorsPrincipalId, roles.storageBlobDataReader)
  scope: ledgerBlobs::reports
  properties: {
    principalId: operatorsPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
  }
}

resource halt 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(ledgerBlobs::control.id, operatorsPrincipalId, roles.storageBlobDataContributor)
  scope: ledgerBlobs::control
  properties: {
    principalId: operatorsPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

resource askForANight 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostQueues::requests.id, operatorsPrincipalId, roles.storageQueueDataMessageSender)
  scope: hostQueues::requests
  properties: {
    principalId: operatorsPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageQueueDataMessageSender)
  }
}
