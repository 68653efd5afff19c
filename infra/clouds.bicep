// The roots of the services that are asked, by the name of the cloud. The DoD shares a name with GCC High.

@export()
var clouds = {
  AzureCloud: { graph: 'https://graph.microsoft.com', exchange: 'https://outlook.office365.com' }
  AzureUSGovernment: { graph: 'https://graph.microsoft.us', exchange: 'https://outlook.office365.us' }
  AzureChinaCloud: { graph: 'https://microsoftgraph.chinacloudapi.cn', exchange: 'https://partner.outlook.cn' }
}
