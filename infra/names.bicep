// Names that more than one module needs to know before anything is deployed.

@export()
func workspaceName(token string) string => 'log-${token}'

@export()
@description('The account of the Functions host, to which packages are deployed.')
func hostAccountName(token string) string => 'sthost${token}'

@export()
func ledgerAccountName(token string) string => 'stledger${token}'
