<#
.SYNOPSIS
    Takes back what Grant-ExchangeViewOnly.ps1 granted.
.DESCRIPTION
    Removes the membership, the role group once nobody else is in it, and the service principal as Exchange knows it
    (not the one in Entra ID). Leave the service principal alone with -KeepServicePrincipal where it has further roles
    in Exchange. Run it as often as you like.
.EXAMPLE
    ./Revoke-ExchangeViewOnly.ps1 -AppId 6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10 -ObjectId 0b6f1a5e-8f3c-4a39-8f0e-2f6f0c1d9a77
#>
[CmdletBinding()]
param(
    # Application (client) id of the managed identity.
    [Parameter(Mandatory)] [guid] $AppId,
    # Object (principal) id of the managed identity.
    [Parameter(Mandatory)] [guid] $ObjectId,
    [string] $RoleGroup = 'mailuser-purge readers',
    [switch] $KeepServicePrincipal,
    # O365Default, O365USGovGCCHigh, O365USGovDoD or O365China.
    [string] $ExchangeEnvironmentName = 'O365Default'
)

$ErrorActionPreference = 'Stop'

if (-not (Get-ConnectionInformation)) {
    Connect-ExchangeOnline -ExchangeEnvironmentName $ExchangeEnvironmentName -ShowBanner:$false
}

$principal = Get-ServicePrincipal | Where-Object { $_.AppId -eq "$AppId" -and $_.ObjectId -eq "$ObjectId" }
$group = Get-RoleGroup | Where-Object { $_.Name -eq $RoleGroup }

if ($group -and $principal) {
    try {
        Remove-RoleGroupMember -Identity $RoleGroup -Member "$($principal.Identity)" -Confirm:$false
        'taken back: its membership'
    }
    catch {
        if ($_.Exception.Message -notmatch "isn't a member|not a member") { throw }
        'not there: its membership'
    }
}
else {
    'not there: its membership'
}

if (-not $group) {
    "not there: the role group '$RoleGroup'"
}
elseif (@(Get-RoleGroupMember -Identity $RoleGroup).Count -gt 0) {
    "left alone: the role group '$RoleGroup', which has other members"
}
else {
    Remove-RoleGroup -Identity $RoleGroup -Confirm:$false
    "removed: the role group '$RoleGroup'"
}

if (-not $principal) {
    "not there: the service principal of $AppId"
}
elseif ($KeepServicePrincipal) {
    "left alone: the service principal of $AppId"
}
else {
    Remove-ServicePrincipal -Identity "$($principal.Identity)" -Confirm:$false
    "removed from Exchange: the service principal of $AppId"
}
