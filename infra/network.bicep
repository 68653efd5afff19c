// A virtual network from which the function can reach domain controllers, once it is joined to the company's own by
// peering or a gateway. All traffic of the function then leaves through it, that to Microsoft Graph too.

import { Tags } from 'types.bicep'

@description('Suffix of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Address space: /27 or larger, and /26 or larger with private endpoints.')
param addressPrefix string

@description('true makes a second subnet, for the private endpoints of storage.')
param withEndpoints bool

@description('DNS servers that know the domain controllers; those of Azure where empty.')
param dnsServers string[]

resource network 'Microsoft.Network/virtualNetworks@2026-01-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    dhcpOptions: { dnsServers: dnsServers }
    subnets: concat([
      {
        name: 'function'
        properties: {
          // Flex Consumption wants a subnet of its own with this delegation; /27 is the size it is documented for.
          addressPrefix: cidrSubnet(addressPrefix, 27, 0)
          delegations: [
            { name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }
          ]
          // The way to Microsoft Graph, until a NAT gateway or a firewall takes over.
          defaultOutboundAccess: true
        }
      }
    ], withEndpoints ? [
      { name: 'endpoints', properties: { addressPrefix: cidrSubnet(addressPrefix, 27, 1), defaultOutboundAccess: false } }
    ] : [])
  }
}

// By name: a deployment's what-if then shows it.
output networkId string = network.id
output endpointSubnetId string = '${network.id}/subnets/endpoints'
output subnetId string = '${network.id}/subnets/function'
