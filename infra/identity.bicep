// A managed identity: who the function is, to Azure and to Microsoft Graph (identity/grant.sh grants its app roles), and
// who the alert rules are, to Log Analytics.

import { Tags } from 'types.bicep'

@description('Name of the managed identity.')
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output resourceId string = identity.id
output principalId string = identity.properties.principalId
output clientId string = identity.properties.clientId
