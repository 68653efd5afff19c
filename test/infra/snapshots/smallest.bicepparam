// What has no default, and nothing else.
using '../../../infra/main.bicep'

param environmentName = 'smallest'
param location = 'westeurope'
