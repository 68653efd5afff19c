// Lets an identity read a Log Analytics workspace, which may be in another resource group than everything else.

import { roles } from 'roles.bicep'

@description('Name of the workspace.')
param workspaceName string

@description('Suffix of the names: one workspace can serve several environments.')
param token string

@description('Object id of the managed identity that reads.')
param principalId string

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = { name: workspaceName }

resource readsWorkspace 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, token, roles.logAnalyticsReader)
  scope: workspace
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.logAnalyticsReader)
  }
}
