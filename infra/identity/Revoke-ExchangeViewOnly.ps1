<#
.SYNOPSIS
    Takes back what Grant-ExchangeViewOnly.ps1 granted.
.DESCRIPTION
    Removes the membership, the role group where Grant-ExchangeViewOnly.ps1 made it and nobody else is in it, and the
    service principal as Exchange knows it (not the one in Entra ID). Use -KeepServicePrincipal where it has further
    roles in Exchange. It first says which tenant and account it works with. With -WhatIf it changes nothing and says
    what it would do. Run it as often as you like.
.EXAMPLE
    ./Revoke-ExchangeViewOnly.ps1 -TenantId 72f988bf-1111-4222-8333-000000000001 -AppId 6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10 -ObjectId 0b6f1a5e-8f3c-4a39-8f0e-2f6f0c1d9a77
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
    [switch] $KeepServicePrincipal,
    # O365Default, O365USGovGCCHigh, O365USGovDoD or O365China.
    [string] $ExchangeEnvironmentName = 'O365Default'
)

$ErrorActionPreference = 'Stop'
. (Join-Path -Path $PSScriptRoot -ChildPath 'ExchangeSession.ps1')

Connect-Tenant -TenantId $TenantId -EnvironmentName $ExchangeEnvironmentName
$principal = Get-Principal -AppId $AppId -ObjectId $ObjectId
$group = Get-OurRoleGroup -Name $RoleGroup

$isMember = $group -and $principal -and (Test-Member -RoleGroup $RoleGroup -Principal $principal)
if (-not $isMember) { 'not there: its membership' }
elseif ($PSCmdlet.ShouldProcess("membership of $AppId in '$RoleGroup'", 'Take back')) {
    Remove-RoleGroupMember -Identity $RoleGroup -Member "$($principal.Identity)" -Confirm:$false
    Wait-For -Condition { -not (Test-Member -RoleGroup $RoleGroup -Principal $principal) } -Otherwise (
        "Exchange still shows $AppId as a member of '$RoleGroup' although it was removed. Run this again in some minutes.")
    'taken back: its membership'
    $isMember = $false
}

if (-not $group) { "not there: the role group '$RoleGroup'" }
elseif ("$($group.Description)" -ne $description -or @(@(Get-RoleName -Group $group) -ne $role).Count -gt 0) {
    "left alone: the role group '$RoleGroup', which Grant-ExchangeViewOnly.ps1 did not make"
}
elseif (@(Get-RoleGroupMember -Identity $RoleGroup -ResultSize Unlimited).Count -gt [int] [bool] $isMember) {
    "left alone: the role group '$RoleGroup', which has other members"
}
elseif ($PSCmdlet.ShouldProcess("the role group '$RoleGroup'", 'Remove')) {
    Remove-RoleGroup -Identity $RoleGroup -Confirm:$false
    Wait-For -Condition { -not (Get-OurRoleGroup -Name $RoleGroup) } -Otherwise (
        "Exchange still shows the role group '$RoleGroup' although it was removed. Run this again in some minutes.")
    "removed: the role group '$RoleGroup'"
}

if (-not $principal) { "not there: the service principal of $AppId" }
elseif ($KeepServicePrincipal) { "left alone: the service principal of $AppId" }
elseif ($PSCmdlet.ShouldProcess("the service principal of $AppId, as Exchange knows it", 'Remove')) {
    Remove-ServicePrincipal -Identity "$($principal.Identity)" -Confirm:$false
    Wait-For -Condition { -not (Get-Principal -AppId $AppId -ObjectId $ObjectId) } -Otherwise (
        "Exchange still shows the service principal of $AppId although it was removed. Run this again in some minutes.")
    "removed from Exchange: the service principal of $AppId"
}
