// Alerts on what Azure itself records in this resource group: changes that no night can tell of. What each rule means, and
// the first thing to do, is in RUNBOOK.md under its title.

import { Tags } from 'types.bicep'

@description('Tags of every resource.')
param tags Tags

@description('Resource ids of the action groups that get the alerts.')
param actionGroupIds string[]

@description('Where RUNBOOK.md can be read, without a section. Part of every alert.')
param runbookUrl string

var rules = [
  {
    name: 'ruleDisabled'
    section: 'an-alert-rule-was-disabled'
    operations: [
      'Microsoft.Insights/scheduledQueryRules/disable/action'
      'Microsoft.Insights/scheduledQueryRules/delete'
      'Microsoft.Insights/activityLogAlerts/delete'
      'Microsoft.Insights/actionGroups/delete'
    ]
  }
  {
    name: 'appChanged'
    section: 'the-function-app-was-changed'
    operations: [
      'Microsoft.Web/sites/write'
      'Microsoft.Web/sites/config/write'
      'Microsoft.Web/sites/delete'
      'Microsoft.Web/sites/stop/action'
    ]
  }
  {
    name: 'rightGranted'
    section: 'a-right-was-granted'
    operations: [
      'Microsoft.Authorization/roleAssignments/write'
      'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'
      'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write'
    ]
  }
  {
    name: 'ledgerExposed'
    section: 'the-ledger-lost-its-protection'
    operations: [
      'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/write'
      'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/delete'
      'Microsoft.Storage/storageAccounts/blobServices/containers/delete'
      'Microsoft.Storage/storageAccounts/delete'
      'Microsoft.Authorization/locks/delete'
      'Microsoft.Insights/diagnosticSettings/delete'
    ]
  }
]

resource alerts 'Microsoft.Insights/activityLogAlerts@2026-01-01' = [
  for rule in rules: {
    name: 'mailuser-purge-${rule.name}'
    location: 'global'
    tags: tags
    properties: {
      description: 'First thing to do: ${runbookUrl}#${rule.section}'
      scopes: [resourceGroup().id]
      condition: {
        allOf: [
          { field: 'category', equals: 'Administrative' }
          { field: 'status', equals: 'Succeeded' }
          { anyOf: map(rule.operations, operation => { field: 'operationName', equals: operation }) }
        ]
      }
      actions: { actionGroups: map(actionGroupIds, id => { actionGroupId: id }) }
    }
  }
]
