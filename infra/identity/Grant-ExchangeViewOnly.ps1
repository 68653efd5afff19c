<#
.SYNOPSIS
    Lets the managed identity of the nightly purge read recipients in Exchange Online, and nothing else.
.DESCRIPTION
    Exchange.ManageAsApp (grant.sh --exchange) only opens the door. What an app may do inside is decided by Exchange's
    own roles: either an Entra directory role, the least of which (Global Reader) reads the whole tenant, or a role
    group of which the app's service principal is a member. This makes such a role group with the one built-in role
    View-Only Recipients ("Assign custom role groups to the application using service principals", Exchange Online
    PowerShell documentation, app-only authentication). A direct assignment (New-ManagementRoleAssignment -App) takes
    application roles only.

    Run it as often as you like: what is there stays as it is. Revoke-ExchangeViewOnly.ps1 is its reverse.
    Needs the module ExchangeOnlineManagement and somebody who may manage roles (Exchange Administrator).
.EXAMPLE
    ./Grant-ExchangeViewOnly.ps1 -AppId 6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10 -ObjectId 0b6f1a5e-8f3c-4a39-8f0e-2f6f0c1d9a77
#>
[CmdletBinding()]
param(
    # Application (client) id of the managed identity.
    [Parameter(Mandatory)] [guid] $AppId,
    # Object (principal) id of the managed identity.
    [Parameter(Mandatory)] [guid] $ObjectId,
    [string] $RoleGroup = 'mailuser-purge readers',
    # O365Default, O365USGovGCCHigh, O365USGovDoD or O365China.
    [string] $ExchangeEnvironmentName = 'O365Default'
)

$ErrorActionPreference = 'Stop'
$role = 'View-Only Recipients'

if (-not (Get-ConnectionInformation)) {
    Connect-ExchangeOnline -ExchangeEnvironmentName $ExchangeEnvironmentName -ShowBanner:$false
}

# The role has to carry what the tool asks with, or the app would be let in for nothing.
$needed = [ordered]@{
    'Get-MailUser' = 'SoftDeletedMailUser', 'ResultSize'
    'Get-Mailbox'  = 'SoftDeletedMailbox', 'ResultSize'
}
foreach ($cmdlet in $needed.Keys) {
    $entry = Get-ManagementRoleEntry "$role\$cmdlet"
    $missing = @($needed[$cmdlet] | Where-Object { $entry.Parameters -notcontains $_ })
    if ($missing.Count -gt 0) { throw "$role lacks $cmdlet -$($missing -join ', -') in this tenant. Nothing was changed." }
}
if ((Get-ManagementRoleEntry "$role\Get-MailUser").Parameters -notcontains 'HVEAccount') {
    Write-Warning "$role lacks Get-MailUser -HVEAccount: the tool will not know which mail users are high-volume-email accounts."
}

$group = Get-RoleGroup | Where-Object { $_.Name -eq $RoleGroup }
if ($group) {
    $others = @($group.Roles | Where-Object { "$_" -ne $role })
    if ($others.Count -gt 0) { throw "The role group '$RoleGroup' also has $($others -join ', '). Nothing was changed. Name another with -RoleGroup." }
}

$principal = Get-ServicePrincipal | Where-Object { $_.AppId -eq "$AppId" }
if ($principal) {
    "already there: the service principal of $AppId"
}
else {
    $principal = New-ServicePrincipal -AppId "$AppId" -ObjectId "$ObjectId" -DisplayName "mailuser-purge $ObjectId"
    "made known to Exchange: the service principal of $AppId"
}

if ($group) {
    "already there: the role group '$RoleGroup'"
}
else {
    $null = New-RoleGroup -Name $RoleGroup -Roles $role -Description 'Reads soft-deleted recipients for the nightly purge.'
    "made: the role group '$RoleGroup' with $role"
}

$identifiers = @($principal.Identity, $principal.Name, $principal.ObjectId) | ForEach-Object { "$_" }
$member = Get-RoleGroupMember -Identity $RoleGroup | Where-Object { $identifiers -contains "$($_.Name)" -or $identifiers -contains "$($_.ExternalDirectoryObjectId)" }
if ($member) {
    'already there: its membership'
}
else {
    try {
        Add-RoleGroupMember -Identity $RoleGroup -Member "$($principal.Identity)"
        'granted: its membership. It can take a while until Exchange lets the app in.'
    }
    catch {
        if ($_.Exception.Message -notmatch 'already a member') { throw }
        'already there: its membership'
    }
}
