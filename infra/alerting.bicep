// Whom the deployment tells of what: the rules, the identity that they read the workspace as, and where an alert goes.

import { workspaceName } from 'names.bicep'
import { Tags } from 'types.bicep'

@description('Name of the environment, such as "prod".')
param environmentName string

@description('Suffix of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Resource id of the Log Analytics workspace that the rules read.')
param workspaceId string

@description('Resource id of an existing workspace; empty where this deployment makes one.')
param existingWorkspaceId string

@description('Object id of the managed identity that purges.')
param principalId string

@description('Addresses that are mailed.')
param emailAddresses string[]

@description('Names of webhooks that get each alert.')
param webhookNames string[]

@secure()
@description('The address of each of these webhooks, by its name.')
param webhookUrls { *: string }

@description('Name of the Teams channel; none where empty.')
param teamsChannel string

@secure()
@description('Address of the workflow in that channel.')
param teamsWorkflowUrl string

@description('true tells every night that came to its end.')
param nightlySummary bool

@description('Who else may purge users.')
param knownInitiators string[]

@description('Where RUNBOOK.md can be read, without a section.')
param runbookUrl string

var teamsName = 'logic-mailuser-purge-${environmentName}'
var withTeams = !empty(teamsChannel)
var withActionGroup = !empty(emailAddresses) || !empty(webhookNames) || withTeams

module teams 'teams.bicep' = if (withTeams) {
  params: {
    name: teamsName
    location: location
    tags: tags
    workflowUrl: teamsWorkflowUrl
  }
}

module actionGroup 'actionGroup.bicep' = if (withActionGroup) {
  dependsOn: [teams]
  params: {
    name: 'ag-mailuser-purge-${environmentName}'
    tags: tags
    emailAddresses: emailAddresses
    webhookNames: webhookNames
    webhookUrls: webhookUrls
    teamsChannel: teamsChannel
    teamsLogicApp: teamsName
  }
}

module ruleIdentity 'identity.bicep' = {
  params: { name: 'id-mailuser-purge-alerts-${environmentName}', location: location, tags: tags }
}

// The workspace's own place: /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.OperationalInsights/workspaces/<name>
var workspacePlace = split(existingWorkspaceId, '/')

module rulesReadWorkspace 'workspaceReader.bicep' = {
  scope: resourceGroup(
    empty(existingWorkspaceId) ? subscription().subscriptionId : workspacePlace[2],
    empty(existingWorkspaceId) ? resourceGroup().name : workspacePlace[4]
  )
  params: {
    workspaceName: empty(existingWorkspaceId) ? workspaceName(token) : last(workspacePlace)
    token: token
    principalId: ruleIdentity.outputs.principalId
  }
}

module activityAlerts 'activityAlerts.bicep' = {
  params: {
    tags: tags
    actionGroupIds: withActionGroup ? [actionGroup!.outputs.id] : []
    runbookUrl: runbookUrl
  }
}

module alerts 'alerts.bicep' = {
  dependsOn: [rulesReadWorkspace]
  params: {
    ruleIdentityId: ruleIdentity.outputs.resourceId
    location: location
    tags: tags
    workspaceId: workspaceId
    actionGroupIds: withActionGroup ? [actionGroup!.outputs.id] : []
    principalId: principalId
    tenantId: tenant().tenantId
    token: token
    nightlySummary: nightlySummary
    knownInitiators: knownInitiators
    runbookUrl: runbookUrl
  }
}
