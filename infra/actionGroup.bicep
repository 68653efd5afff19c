// Who is told when an alert fires.

import { Tags } from 'types.bicep'

@description('Name of the action group.')
param name string

@description('Tags of every resource.')
param tags Tags

@description('Addresses that are mailed.')
@minLength(1)
param emailAddresses string[]

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
  }
}

output id string = actionGroup.id
