// Both storage accounts inside a virtual network: the function reaches them there, and nobody from outside.

import { Tags } from 'types.bicep'

@description('Suffix of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Resource id of the subnet that the endpoints lie in.')
param subnetId string

@description('true for a new virtual network, which gets DNS zones of its own; false where the network has some.')
param withZones bool

@description('Resource id of the new virtual network; empty where there is none.')
param networkId string

@description('Resource id of the account of the Functions host.')
param hostAccountId string

@description('Resource id of the account with the ledger.')
param ledgerAccountId string

var services = ['blob', 'queue']
var endpoints = [
  { name: 'host-blob', account: hostAccountId, service: 'blob' }
  { name: 'host-queue', account: hostAccountId, service: 'queue' }
  { name: 'ledger-blob', account: ledgerAccountId, service: 'blob' }
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for service in services: if (withZones) {
    name: 'privatelink.${service}.${environment().suffixes.storage}'
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (service, index) in services: if (withZones) {
    parent: zones[index]
    name: 'function'
    location: 'global'
    tags: tags
    properties: { virtualNetwork: { id: networkId }, registrationEnabled: false }
  }
]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2026-01-01' = [
  for endpoint in endpoints: {
    name: 'pe-${endpoint.name}-${token}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: endpoint.name
          properties: { privateLinkServiceId: endpoint.account, groupIds: [endpoint.service] }
        }
      ]
    }
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2026-01-01' = [
  for (endpoint, index) in endpoints: if (withZones) {
    parent: privateEndpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        { name: endpoint.service, properties: { privateDnsZoneId: zones[indexOf(services, endpoint.service)].id } }
      ]
    }
  }
]
