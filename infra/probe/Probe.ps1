<#
.SYNOPSIS
    Finds out in a test tenant what Entra ID and Exchange Online really answer about a removed mail user.
.DESCRIPTION
    mailuser-purge rests on some answers that nobody has captured yet. This script makes two mail users on-premises,
    sends to them, removes them, waits for the sync, sends again, purges them and writes down, redacted, what Entra ID
    and Exchange Online said. It touches the two users that it made and nobody else.

    Each run does what can be done by then, says what is next, and ends. Run it again with the same parameters until it
    says that it is done. README.md beside this script says what it needs and what becomes of the folder.
.EXAMPLE
    ./Probe.ps1 -Folder C:\probe -TenantId 72f988bf-1111-4222-8333-000000000001 -OrganizationalUnit 'OU=Probe,DC=contoso,DC=com' -InternalDomain contoso.com -ExternalDomain partner.example
#>
#Requires -Version 5.1
#Requires -Modules ActiveDirectory, ExchangeOnlineManagement, Microsoft.Graph.Authentication
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
param(
    # Where state.json (keep it to yourself) and the folder "captured" (redacted) go.
    [Parameter(Mandatory = $true)] [string] $Folder,
    # The test tenant. Nothing happens where you are signed in to another.
    [Parameter(Mandatory = $true)] [guid] $TenantId,
    # A synced OU for the two users.
    [Parameter(Mandatory = $true)] [ValidatePattern('^(OU|CN)=.+,DC=.+$')] [string] $OrganizationalUnit,
    # A verified domain of the tenant.
    [Parameter(Mandatory = $true)] [ValidatePattern('^[\w.-]+$')] [string] $InternalDomain,
    # A domain outside the tenant that takes mail for any name, best one of yours.
    [Parameter(Mandatory = $true)] [ValidatePattern('^[\w.-]+$')] [string] $ExternalDomain,
    # How long the soft-deleted mail users are looked for after the purge.
    [ValidateRange(1, 720)] [int] $HoursAfterPurge = 24,
    # Further words that nobody else should read: names of people, the company, servers.
    [string[]] $Redact = @()
)

$ErrorActionPreference = 'Stop'
. (Join-Path -Path $PSScriptRoot -ChildPath '../identity/ExchangeSession.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Capture.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Steps.ps1')

Connect-Tenant -TenantId $TenantId -EnvironmentName 'O365Default'
if (-not (Get-MgContext)) {
    Connect-MgGraph -TenantId "$TenantId" -NoWelcome -Scopes 'User.Read.All', 'User.DeleteRestore.All', 'Domain.Read.All', 'Mail.ReadWrite', 'Mail.Send'
}
if ("$((Get-MgContext).TenantId)" -ne "$TenantId") {
    throw "Microsoft Graph is signed in to the tenant $((Get-MgContext).TenantId), not to $TenantId. Nothing was changed. Disconnect-MgGraph, and run this again."
}

$probe = Open-Probe -Folder $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Folder) -Settings @{
    tenant = "$TenantId"; organizationalUnit = $OrganizationalUnit; internalDomain = $InternalDomain; externalDomain = $ExternalDomain
} -Words $Redact -Hours $HoursAfterPurge
"run $($probe.State.run), steps: make two mail users, send, remove them on-premises, wait for the sync, send again, read what is said, purge, look every hour for $HoursAfterPurge hours"

foreach ($step in Get-ProbeStep) {
    if (Test-Done -Probe $probe -Step $step.Name) { continue }
    if ($step.Change -and -not $PSCmdlet.ShouldProcess("the two users of run $($probe.State.run)", $step.Change)) { "not done: $($step.Change)"; return }
    $wait = & $step.Do $probe
    if ($wait) { "waiting: $wait Run this again later."; return }
    Set-Done -Probe $probe -Step $step.Name
    "done: $($step.Name)"
}
"All is done. Look through $(Join-Path $probe.Folder 'captured') and send that folder."
