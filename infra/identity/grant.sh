#!/usr/bin/env bash
# Grants the managed identity what the nightly purge needs, and nothing more. Run it as often as you like: what is
# there stays as it is. revoke.sh is its reverse.
#
#   always      User.Read.All             reads deleted and live users, the organization
#   --purge     User.DeleteRestore.All    permanently deletes. It also lets an app delete any live user: no narrower
#                                         permission exists. Report mode does without it; grant it last.
#   --exchange  Exchange.ManageAsApp      may ask Exchange Online at all. What it may ask is said in Exchange itself:
#                                         a role group with View-Only Recipients, see Grant-ExchangeViewOnly.ps1.
#
# Never give the app an Entra directory role, such as Global Reader, in its place: that reads the whole tenant, and
# View-Only Recipients is the least that lists soft-deleted mail users.
#
# Needs the Azure CLI, signed in as somebody who may grant app roles (Privileged Role Administrator).
set -euo pipefail
# shellcheck source=infra/identity/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  say "Usage: grant.sh --principal-id <object id of the managed identity> [--purge] [--exchange] [--graph-root <url>]"
}

# grant NAME RESOURCE ROLE
grant() {
  local resource held
  resource="$(resource_id "$2")"
  held="$(assignments "$resource" "$3")"
  if [ -n "$held" ]; then
    say "already there: $1"
    return
  fi
  graph_rest POST "/servicePrincipals/$principal/appRoleAssignments" \
    --headers 'Content-Type=application/json' \
    --body "{\"principalId\":\"$principal\",\"resourceId\":\"$resource\",\"appRoleId\":\"$3\"}" \
    --output none
  say "granted: $1"
}

# mention NAME RESOURCE ROLE OPTION: says so where it is held although nobody asked for it.
mention() {
  local resource held
  resource="$(resource_id "$2")"
  held="$(assignments "$resource" "$3")"
  [ -z "$held" ] || say "held, though not asked for: $1 (revoke.sh $4 takes it back)"
}

main() {
  read_arguments "$@"
  local app_id exchange_arguments
  app_id="$(app_id_of_principal)"
  grant User.Read.All "$GRAPH_APP" "$USER_READ_ALL"
  if [ "$purge" = yes ]; then
    grant User.DeleteRestore.All "$GRAPH_APP" "$USER_DELETE_RESTORE_ALL"
  else
    mention User.DeleteRestore.All "$GRAPH_APP" "$USER_DELETE_RESTORE_ALL" --purge
  fi
  if [ "$exchange" = yes ]; then
    exchange_arguments="$(exchange_arguments "$app_id")"
    grant Exchange.ManageAsApp "$EXCHANGE_APP" "$EXCHANGE_MANAGE_AS_APP"
    say "left to do in Exchange Online PowerShell, by an Exchange Administrator:"
    say "  pwsh infra/identity/Grant-ExchangeViewOnly.ps1 $exchange_arguments"
  fi
}

main "$@"
