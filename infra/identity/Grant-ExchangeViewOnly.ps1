<#
.SYNOPSIS
    Lets the managed identity of the nightly purge read recipients in Exchange Online, and nothing else.
.DESCRIPTION
    Exchange.ManageAsApp (grant.sh --exchange) lets an app call Exchange at all. What it may ask is decided by
    Exchange's own roles: either an Entra directory role, the least of which (Global Reader) reads the whole tenant,
    or a role group of which the app's service principal is a member. This makes such a role group with the one
    built-in role View-Only Recipients ("Assign custom role groups to the application using service principals",
    Exchange Online PowerShell documentation, app-only authentication). A direct assignment
    (New-ManagementRoleAssignment -App) takes application roles only.

    It first says which tenant and account it works with. With -WhatIf it changes nothing and says what it would do.
    Run it as often as you like: what is there stays as it is. Revoke-ExchangeViewOnly.ps1 is its reverse.
    Needs the module ExchangeOnlineManagement and somebody who may manage roles (Exchange Administrator).
.EXAMPLE
    ./Grant-ExchangeViewOnly.ps1 -TenantId 72f988bf-1111-4222-8333-000000000001 -AppId 6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10 -ObjectId 0b6f1a5e-8f3c-4a39-8f0e-2f6f0c1d9a77
#>
#Requires -Version 5.1
#Requires -Modules ExchangeOnlineManagement
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    # The tenant that the app is in.
    [Parameter(Mandatory)] [guid] $TenantId,
    # Application (client) id of the managed identity.
    [Parameter(Mandatory)] [guid] $AppId,
    # Object (principal) id of the managed identity.
    [Parameter(Mandatory)] [guid] $ObjectId,
    [string] $RoleGroup = 'mailuser-purge readers',
    # O365Default, O365USGovGCCHigh, O365USGovDoD or O365China.
    [string] $ExchangeEnvironmentName = 'O365Default'
)

$ErrorActionPreference = 'Stop'
. (Join-Path -Path $PSScriptRoot -ChildPath 'ExchangeSession.ps1')

Connect-Tenant -TenantId $TenantId -EnvironmentName $ExchangeEnvironmentName

# The role has to carry what the tool asks with, or membership would be for nothing.
$needed = [ordered]@{
    'Get-MailUser' = 'SoftDeletedMailUser', 'ResultSize'
    'Get-Mailbox'  = 'SoftDeletedMailbox', 'ResultSize'
}
foreach ($cmdlet in $needed.Keys) {
    $entry = Get-ManagementRoleEntry -Identity "$role\$cmdlet"
    $missing = @($needed[$cmdlet] | Where-Object { $entry.Parameters -notcontains $_ })
    if ($missing.Count -gt 0) { throw "$role lacks $cmdlet -$($missing -join ', -') in this tenant. Nothing was changed." }
}
if ((Get-ManagementRoleEntry -Identity "$role\Get-MailUser").Parameters -notcontains 'HVEAccount') {
    Write-Warning "$role lacks Get-MailUser -HVEAccount: the tool will not know which mail users are high-volume-email accounts."
}

$group = Get-OurRoleGroup -Name $RoleGroup
if ($group) {
    $roles = @(Get-RoleName -Group $group)
    if ($roles -notcontains $role) { throw "The role group '$RoleGroup' lacks the role $role. Nothing was changed. Give it that role, or name another group with -RoleGroup." }
    $others = @($roles -ne $role)
    if ($others.Count -gt 0) { throw "The role group '$RoleGroup' also has $($others -join ', '). Nothing was changed. Name another with -RoleGroup." }
}
$principal = Get-Principal -AppId $AppId -ObjectId $ObjectId

if ($principal) { "already there: the service principal of $AppId" }
elseif ($PSCmdlet.ShouldProcess("the service principal of $AppId", 'Make known to Exchange')) {
    $null = New-ServicePrincipal -AppId "$AppId" -ObjectId "$ObjectId" -DisplayName "mailuser-purge $ObjectId"
    Wait-For -Condition { $script:principal = Get-Principal -AppId $AppId -ObjectId $ObjectId; $script:principal } -Otherwise (
        "Exchange does not show the service principal of $AppId although it was made. Nothing was granted. Run this again in some minutes.")
    "made known to Exchange: the service principal of $AppId"
}

if ($group) { "already there: the role group '$RoleGroup'" }
elseif ($PSCmdlet.ShouldProcess("the role group '$RoleGroup' with $role", 'Make')) {
    $null = New-RoleGroup -Name $RoleGroup -Roles $role -Description $description
    Wait-For -Condition { $script:group = Get-OurRoleGroup -Name $RoleGroup; $script:group } -Otherwise (
        "Exchange does not show the role group '$RoleGroup' although it was made. Nothing was granted. Run this again in some minutes.")
    "made: the role group '$RoleGroup' with $role"
}

if ($principal -and $group -and (Test-Member -RoleGroup $RoleGroup -Principal $principal)) { 'already there: its membership' }
elseif ($PSCmdlet.ShouldProcess("membership of $AppId in '$RoleGroup'", 'Grant')) {
    Add-RoleGroupMember -Identity $RoleGroup -Member "$($principal.Identity)"
    Wait-For -Condition { Test-Member -RoleGroup $RoleGroup -Principal $principal } -Otherwise (
        "Exchange does not show $AppId as a member of '$RoleGroup' although it was added. Run this again in some minutes; until it says 'already there', count on nothing.")
    'granted: its membership. It can take a while until Exchange answers the app.'
}
