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
param existingWorkspaceId = '/subscriptions/55555555-5555-4555-8555-555555555555/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/company'
param logRetentionDays = 180
param alertEmailAddresses = ['night@contoso.com', 'ada@contoso.com']
param alertWebhookNames = ['pager', 'ticket']
param alertWebhookUrls = {
  pager: 'https://pager.contoso.com/alerts?key=secret-1'
  ticket: 'https://tickets.contoso.com/alerts?key=secret-2'
}
param alertTeamsChannel = 'Mail operations'
param alertTeamsWorkflowUrl = 'https://contoso.webhook.office.com/workflows/secret-3'
param knownInitiators = ['sean.o\'brien@contoso.com', 'CONTOSO\\svc', 'a;b']
param runbookUrl = 'https://wiki.contoso.com/mailuser-purge'
param exportWriterPrincipalId = '33333333-3333-4333-8333-333333333333'
param operatorsPrincipalId = '44444444-4444-4444-8444-444444444444'
param activeDirectories = [{ name: 'CORP', ownCertificateAuthority: true }]
param subnetId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/function'
param privateStorage = true
param privateEndpointSubnetId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/endpoints'
param siteUpdateStrategy = 'RollingUpdate'
param graphRoot = 'https://dod-graph.microsoft.us'
param exchangeRoot = 'https://webmail.apps.mil'
