#!/usr/bin/env bash
# An `az` for the PATH, signed in to a tenant that is a folder ($AZ_TENANT), with the few requests the scripts make:
#   graph        the root of Microsoft Graph in this cloud
#   principals   <object id> <application id>, a line each
#   assignments  <assignment id> <principal id> <resource id> <app role id>, a line each
#   requests     METHOD path, as they arrive
#   failing      a regular expression; requests that match fail, as with a missing permission
#   spared       how many of those do not
#   crlf         lines end with CR LF, as those of the Azure CLI for Windows do, where this file is there
set -euo pipefail
tenant="$AZ_TENANT"
guid='[0-9a-f-]{36}'

[ ! -e "$tenant/crlf" ] || exec > >(sed 's/$/\r/')

refuse() {
  printf '%s\n' "$1" >&2
  exit 1
}

case "${1:-} ${2:-}" in
  'cloud show')
    printf '%s/\n' "$(< "$tenant/graph")"
    exit
    ;;
  'account show')
    [ "$*" = 'account show --query tenantId -o tsv' ] || refuse "az: '$*' is misspelled or not recognized."
    printf '72f988bf-1111-4222-8333-000000000001\n'
    exit
    ;;
  'rest --'*) shift ;;
  *) refuse "az: '$*' is misspelled or not recognized." ;;
esac

declare -A given
while [ $# -gt 0 ]; do
  given["$1"]="$2"
  shift 2
done
method="${given[--method]}" url="${given[--url]}" query="${given[--query]:-}" graph="$(< "$tenant/graph")"
[[ "${given[--resource]:-}" == "$graph" && "$url" == "$graph/v1.0/"* ]] || refuse "Forbidden: $url is not of this cloud."
path="${url#"$graph/v1.0"}"
printf '%s %s\n' "$method" "$path" >> "$tenant/requests"
failing="$(< "$tenant/failing")"
if [[ -n "$failing" && "$method $path" =~ $failing ]]; then
  spared="$(< "$tenant/spared")"
  [ "$spared" -gt 0 ] || refuse 'Forbidden({"error":{"code":"Authorization_RequestDenied"}})'
  printf '%s\n' $((spared - 1)) > "$tenant/spared"
fi
missing='Not Found({"error":{"code":"Request_ResourceNotFound"}})'

if [[ "$method" == GET && "$path" =~ ^/servicePrincipals/($guid)\?\$select=appId$ && "$query" == appId ]]; then
  grep "^${BASH_REMATCH[1]} " "$tenant/principals" | cut -d ' ' -f 2 || refuse "$missing"
elif [[ "$method" == GET && "$path" =~ ^/servicePrincipals\(appId=\'($guid)\'\)\?\$select=id$ && "$query" == id ]]; then
  grep " ${BASH_REMATCH[1]}$" "$tenant/principals" | cut -d ' ' -f 1 || refuse "$missing"
elif [[ "$method" == GET && "$path" =~ ^/servicePrincipals/($guid)/appRoleAssignments\?\$top=999$ ]]; then
  principal="${BASH_REMATCH[1]}"
  [[ "$query" =~ ^value\[\?appRoleId==\'($guid)\'\ \&\&\ resourceId==\'($guid)\'\]\.id$ && "${given[-o]:-}" == tsv ]] ||
    refuse 'argument --query: invalid jmespath_type value'
  grep " $principal ${BASH_REMATCH[2]} ${BASH_REMATCH[1]}$" "$tenant/assignments" | cut -d ' ' -f 1 || true
elif [[ "$method" == POST && "$path" =~ ^/servicePrincipals/($guid)/appRoleAssignments$ ]]; then
  principal="${BASH_REMATCH[1]}"
  body="^\\{\"principalId\":\"$principal\",\"resourceId\":\"($guid)\",\"appRoleId\":\"($guid)\"\\}$"
  [[ "${given[--headers]:-}" == 'Content-Type=application/json' && "${given[--body]}" =~ $body ]] || refuse 'Bad Request'
  line="$principal ${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
  ! grep -q " $line$" "$tenant/assignments" || refuse 'Bad Request: Permission being assigned already exists on the object'
  printf 'a%s %s\n' "$(wc -l < "$tenant/requests")" "$line" >> "$tenant/assignments"
elif [[ "$method" == DELETE && "$path" =~ ^/servicePrincipals/($guid)/appRoleAssignments/([a-z0-9]+)$ ]]; then
  grep -q "^${BASH_REMATCH[2]} ${BASH_REMATCH[1]} " "$tenant/assignments" || refuse "$missing"
  sed -i.old "/^${BASH_REMATCH[2]} /d" "$tenant/assignments"
else
  refuse "Bad Request: $method $path"
fi
