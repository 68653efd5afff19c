// Where an alert goes when it fires: people, webhooks, and a Teams channel by way of a Logic App.

import { Tags } from 'types.bicep'

@description('Name of the action group.')
param name string

@description('Tags of every resource.')
param tags Tags

@description('Addresses that are mailed.')
param emailAddresses string[]

@description('Names of webhooks that get the alert as JSON, in the common alert schema.')
param webhookNames string[]

@secure()
@description('The address of each of these webhooks, by its name.')
param webhookUrls { *: string }

@description('Name of the Teams channel; none where empty.')
param teamsChannel string

@description('Name of the Logic App that posts to it.')
param teamsLogicApp string

var teamsLogicAppId = resourceId('Microsoft.Logic/workflows', teamsLogicApp)

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'mailuserpurg'
    enabled: true
    emailReceivers: [
      for address in emailAddresses: { name: address, emailAddress: address, useCommonAlertSchema: true }
    ]
    webhookReceivers: [
      for webhook in webhookNames: { name: webhook, serviceUri: webhookUrls[webhook], useCommonAlertSchema: true }
    ]
    logicAppReceivers: empty(teamsChannel)
      ? []
      : [
          {
            name: teamsChannel
            resourceId: teamsLogicAppId
            callbackUrl: listCallbackUrl('${teamsLogicAppId}/triggers/alert', '2019-05-01').value
            useCommonAlertSchema: true
          }
        ]
  }
}

output id string = actionGroup.id
