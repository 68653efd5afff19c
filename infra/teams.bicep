// Posts an alert to a Teams channel. The channel's workflow ("Post to a channel when a webhook request is received") takes
// an adaptive card, and an action group sends none, so a Logic App stands between them.

import { Tags } from 'types.bicep'

@description('Name of the Logic App.')
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@secure()
@description('Address of the workflow in Teams. It lets its holder post to the channel.')
param workflowUrl string

resource logicApp 'Microsoft.Logic/workflows@2019-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    definition: loadJsonContent('teams.json')
    parameters: { workflowUrl: { value: workflowUrl } }
  }
}
