// Who is told when an alert fires.

@description('Name of the action group.')
param name string

@description('Tags of every resource.')
param tags object

@description('Addresses that are mailed.')
@minLength(1)
param emailAddresses string[]

resource actionGroup 'Microsoft.Insights/actionGroups@2024-10-01-preview' = {
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
