// The function app. What its own settings mean is said in lib/config.ts.

import { ActiveDirectory, Tags } from 'types.bicep'

@description('App settings by name.')
type Settings = { *: string }

@description('Suffix of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('The managed identity that the function runs as.')
param identity { resourceId: string, clientId: string }

@description('Memory of an instance, in MB.')
param instanceMemoryMB int

@description('Subnet for outgoing traffic, delegated to Microsoft.App/environments; none where empty.')
param subnetId string

@description('Blob endpoint of the account that the host keeps its lock and schedule in.')
param hostBlobEndpoint string

@description('Queue endpoint of that account, with the queue `requests`.')
param hostQueueEndpoint string

@description('What becomes of a running night when the app is deployed or a setting changes.')
param siteUpdateStrategy 'Recreate' | 'RollingUpdate'

@description('Container that packages are deployed to.')
param deploymentContainerUrl string

@description('Where telemetry goes.')
param insightsConnectionString string

@description('The settings that lib/config.ts reads, by name.')
param settings Settings

@description('Active Directory credentials, by the NAME in AD_<NAME>_USERNAME, and whether a certificate authority comes with them.')
param activeDirectories ActiveDirectory[]

@description('Key Vault with those credentials, ending in a slash; empty where there are none.')
param keyVaultUri string

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'nightly-purge' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.resourceId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.resourceId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      // Documented from API version 2023-12-01 on, and missing in the types that Bicep has of this one.
      #disable-next-line BCP037
      siteUpdateStrategy: { type: siteUpdateStrategy }
      runtime: { name: 'node', version: '22' }
      // One instance does all the work: the host runs a timer on a single instance, the one that holds the timer's
      // lease in host storage. 40 is merely the smallest limit that Flex Consumption takes in every region, and
      // none is kept ready, since nobody waits for a night to begin.
      scaleAndConcurrency: {
        maximumInstanceCount: 40
        instanceMemoryMB: instanceMemoryMB
        alwaysReady: []
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.resourceId
          }
        }
      }
    }
  }
}

// Deployments sign in with Entra ID; a publishing password is one secret more.
resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}
resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

func secret(vaultUri string, name string) string => '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/${name})'

var usernames = toObject(
  activeDirectories,
  directory => 'AD_${directory.name}_USERNAME',
  directory => secret(keyVaultUri, 'AD-${directory.name}-USERNAME')
)
var passwords = toObject(
  activeDirectories,
  directory => 'AD_${directory.name}_PASSWORD',
  directory => secret(keyVaultUri, 'AD-${directory.name}-PASSWORD')
)
var certificateAuthorities = toObject(
  filter(activeDirectories, directory => directory.ownCertificateAuthority),
  directory => 'AD_${directory.name}_CA',
  directory => secret(keyVaultUri, 'AD-${directory.name}-CA')
)

var platformSettings = {
  // By endpoint, not by account name: the name alone works in the public cloud only.
  AzureWebJobsStorage__blobServiceUri: hostBlobEndpoint
  AzureWebJobsStorage__queueServiceUri: hostQueueEndpoint
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(usernames, passwords, certificateAuthorities, settings, platformSettings)
}

output name string = app.name
