// Every parameter has a value of its own.
using '../../../infra/main.bicep'

param environmentName = 'everything'
param location = 'northeurope'
param nightlySchedule = '0 30 3 * * 1-5'
param nightTimeLimitMinutes = 40
param halt = true
param instanceMemoryMB = 4096
param ledgerRetentionDays = 730
param ledgerPolicyLocked = true
param ledgerSku = 'Standard_GZRS'
param logRetentionDays = 180
param alertEmailAddresses = ['night@contoso.com', 'ada@contoso.com']
param knownInitiators = ['sean.o\'brien@contoso.com', 'CONTOSO\\svc', 'a;b']
param runbookUrl = 'https://wiki.contoso.com/mailuser-purge'
param exportWriterPrincipalId = '33333333-3333-4333-8333-333333333333'
param operatorsPrincipalId = '44444444-4444-4444-8444-444444444444'
param activeDirectories = [{ name: 'CORP', ownCertificateAuthority: true }]
param subnetId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/function'
param graphRoot = 'https://dod-graph.microsoft.us'
param exchangeRoot = 'https://webmail.apps.mil'
