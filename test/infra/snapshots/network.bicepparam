// Active Directory and private storage, over a virtual network that is made for them.
using '../../../infra/main.bicep'

param environmentName = 'network'
param location = 'westeurope'
param operatorsPrincipalId = '44444444-4444-4444-8444-444444444444'
param privateStorage = true
param virtualNetworkPrefix = '10.20.30.0/26'
param virtualNetworkDnsServers = ['10.1.0.4', '10.1.0.5']
param activeDirectories = [
  { name: 'DEFAULT', ownCertificateAuthority: true }
  { name: 'PARTNER', ownCertificateAuthority: false }
]
