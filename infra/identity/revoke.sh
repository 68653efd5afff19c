#!/usr/bin/env bash
# Takes back what grant.sh granted: only User.DeleteRestore.All with --purge (back to report mode), only
# Exchange.ManageAsApp with --exchange, everything with neither. Run it as often as you like. Whatever else the
# identity holds is left alone.
#
# A token that was issued before stays valid for up to a day: to stop a night at once, set NIGHTLY_PURGE_HALT.
#
# Needs the Azure CLI, signed in as somebody who may take back app roles (Privileged Role Administrator).
set -euo pipefail
# shellcheck source=infra/identity/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  say "Usage: revoke.sh --principal-id <object id of the managed identity> [--purge] [--exchange] [--graph-root <url>]"
}

# revoke NAME RESOURCE ROLE
revoke() {
  local resource held assignment
  resource="$(resource_id "$2")"
  held="$(assignments "$resource" "$3")"
  if [ -z "$held" ]; then
    say "not there: $1"
    return
  fi
  for assignment in $held; do
    graph_rest DELETE "/servicePrincipals/$principal/appRoleAssignments/$assignment" --output none
  done
  say "taken back: $1"
}

main() {
  read_arguments "$@"
  local everything=no app_id exchange_arguments
  [ "$purge$exchange" != nono ] || everything=yes
  app_id="$(app_id_of_principal)"
  if [ "$purge" = yes ] || [ "$everything" = yes ]; then
    revoke User.DeleteRestore.All "$GRAPH_APP" "$USER_DELETE_RESTORE_ALL"
  fi
  if [ "$exchange" = yes ] || [ "$everything" = yes ]; then
    exchange_arguments="$(exchange_arguments "$app_id")"
    revoke Exchange.ManageAsApp "$EXCHANGE_APP" "$EXCHANGE_MANAGE_AS_APP"
    say "left to do in Exchange Online PowerShell, if it was granted there:"
    say "  pwsh infra/identity/Revoke-ExchangeViewOnly.ps1 $exchange_arguments"
  fi
  if [ "$everything" = yes ]; then
    revoke User.Read.All "$GRAPH_APP" "$USER_READ_ALL"
  fi
}

main "$@"
