# Shared by grant.sh and revoke.sh: arguments, the app roles by name, and Microsoft Graph through `az rest`.
# shellcheck shell=bash
# shellcheck disable=SC2034 # the names are used by the two scripts

GRAPH_APP='00000003-0000-0000-c000-000000000000'
EXCHANGE_APP='00000002-0000-0ff1-ce00-000000000000'
USER_READ_ALL='df021288-bdef-4463-88db-98f22de89214'
USER_DELETE_RESTORE_ALL='eccc023d-eccf-4e7b-9683-8813ab36cecc'
EXCHANGE_MANAGE_AS_APP='dc50a0fb-09a3-484d-be87-e023b12c6440'

GUID='^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'

# The Azure CLI for Windows ends its lines with CR LF, and the CR would become part of each id.
az() { command az "$@" | tr -d '\r'; }

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Sets principal, purge, exchange and graph from the command line.
read_arguments() {
  principal='' purge=no exchange=no graph=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --principal-id | --graph-root) [ $# -ge 2 ] || fail "$1 needs a value. Nothing was changed." ;;
    esac
    case "$1" in
      --principal-id) principal="$2" && shift ;;
      --graph-root) graph="$2" && shift ;;
      --purge) purge=yes ;;
      --exchange) exchange=yes ;;
      -h | --help) usage && exit 0 ;;
      *) usage >&2 && fail "does not know $1. Nothing was changed." ;;
    esac
    shift
  done
  [[ "$principal" =~ $GUID ]] || { usage >&2 && fail '--principal-id must be a GUID. Nothing was changed.'; }
  # The cloud that az is signed in to; the DoD shares one with GCC High and has to be told by --graph-root.
  [ -n "$graph" ] || graph="$(az cloud show --query endpoints.microsoftGraphResourceId -o tsv)"
  graph="${graph%/}"
  [[ "$graph" == https://* ]] || fail "has no Microsoft Graph to talk to (az cloud show says \"$graph\"). Nothing was changed."
}

# graph_rest METHOD PATH [further arguments of az rest]
graph_rest() {
  local method="$1" path="$2"
  shift 2
  az rest --method "$method" --resource "$graph" --url "$graph/v1.0$path" "$@"
}

# The application (client) id of the principal.
app_id_of_principal() {
  local id
  id="$(graph_rest GET "/servicePrincipals/$principal?\$select=appId" --query appId -o tsv)" ||
    fail "cannot read the service principal $principal. It takes the object (principal) id of the managed identity, not its client id. Nothing was changed."
  printf '%s' "$id"
}

# What both Exchange scripts are to be told: the app, its tenant and its cloud.
exchange_arguments() {
  local tenant environment=''
  tenant="$(az account show --query tenantId -o tsv)"
  [[ "$tenant" =~ $GUID ]] || fail "got \"$tenant\" for the tenant that az is signed in to."
  case "$graph" in
    https://graph.microsoft.us) environment=O365USGovGCCHigh ;;
    https://dod-graph.microsoft.us) environment=O365USGovDoD ;;
    https://microsoftgraph.chinacloudapi.cn) environment=O365China ;;
  esac
  printf '%s' "-TenantId $tenant -AppId $1 -ObjectId $principal${environment:+ -ExchangeEnvironmentName $environment}"
}

# The object id, in this tenant, of the service principal of a resource app.
resource_id() {
  local id
  id="$(graph_rest GET "/servicePrincipals(appId='$1')?\$select=id" --query id -o tsv)" ||
    fail "cannot find the resource $1 in this tenant."
  [[ "$id" =~ $GUID ]] || fail "got \"$id\" for the object id of the resource $1."
  printf '%s' "$id"
}

# The ids of the assignments of app role $2 of resource $1 to the principal: none or one, in practice.
assignments() {
  graph_rest GET "/servicePrincipals/$principal/appRoleAssignments?\$top=999" \
    --query "value[?appRoleId=='$2' && resourceId=='$1'].id" -o tsv
}
