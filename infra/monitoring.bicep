// Where telemetry goes. Nothing is taken in without a token of an identity that has been given the role for it.

import { workspaceName } from 'names.bicep'
import { roles } from 'roles.bicep'
import { Tags } from 'types.bicep'

@description('Suffix of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Resource id of an existing workspace; a new one where empty.')
param existingWorkspaceId string

@description('Days for which telemetry is kept, in a new workspace.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Object id of the managed identity that sends telemetry.')
param principalId string

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' = if (empty(existingWorkspaceId)) {
  name: workspaceName(token)
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

var workspaceId = empty(existingWorkspaceId) ? workspace.id : existingWorkspaceId

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspaceId
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

resource sendsTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, 'function', roles.monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringMetricsPublisher)
  }
}

module workbook 'workbook.bicep' = {
  params: { location: location, tags: tags, workspaceId: workspaceId }
}

output workspaceId string = workspaceId
output workbookId string = workbook.outputs.workbookId
output insightsId string = insights.id
@description('Says where to send; with local authentication off it lets nobody in.')
output connectionString string = insights.properties.ConnectionString
