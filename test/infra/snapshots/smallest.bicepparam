// What has no default, and nothing else.
using '../../../infra/main.bicep'

param environmentName = 'smallest'
param location = 'westeurope'
param operatorsPrincipalId = '44444444-4444-4444-8444-444444444444'
