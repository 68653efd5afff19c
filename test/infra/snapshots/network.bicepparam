// Active Directory, over a virtual network that is made for it.
using '../../../infra/main.bicep'

param environmentName = 'network'
param location = 'westeurope'
param virtualNetworkPrefix = '10.20.30.0/26'
param virtualNetworkDnsServers = ['10.1.0.4', '10.1.0.5']
param activeDirectories = [
  { name: 'DEFAULT', ownCertificateAuthority: true }
  { name: 'PARTNER', ownCertificateAuthority: false }
]
