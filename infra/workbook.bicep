// The operators' view. Its content is assembled from queries/workbook by `npm run infra`; a test checks that it is.

import { Tags } from 'types.bicep'

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Resource id of the Log Analytics workspace that telemetry arrives in.')
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'mailuser-purge')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Mail user purge'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: replace(loadTextContent('workbook.json'), '{workspaceId}', workspaceId)
    version: 'Notebook/1.0'
  }
}

output workbookId string = workbook.id
