# Shared by Grant-ExchangeViewOnly.ps1 and Revoke-ExchangeViewOnly.ps1: whose Exchange this is, and who is a member.

# Exchange Online's cmdlets are functions of a script module, which this script's $ErrorActionPreference does not
# reach: without this line the script would go on after "Access denied". A variable of the script's own, so that the
# administrator's session stays as it was.
$PSDefaultParameterValues = @{ '*:ErrorAction' = 'Stop' }

$role = 'View-Only Recipients'
# By this text Revoke- knows the role group that Grant- made.
$description = 'Reads soft-deleted recipients for the nightly purge.'

# Says which tenant and account it is. Throws unless the one session there is belongs to that tenant.
function Connect-Tenant {
    param([guid] $TenantId, [string] $EnvironmentName)
    $sessions = @(Get-ConnectionInformation)
    $isAlive = $sessions.Count -eq 1 -and "$($sessions[0].State)" -eq 'Connected' -and "$($sessions[0].TokenStatus)" -eq 'Active'
    if ($sessions.Count -gt 1 -or ($sessions.Count -eq 1 -and -not $isAlive)) {
        throw "There are $($sessions.Count) Exchange or compliance sessions here, not one that is alive. Nothing was changed. Disconnect-ExchangeOnline, and run this again."
    }
    if ($sessions.Count -eq 0) {
        Connect-ExchangeOnline -ExchangeEnvironmentName $EnvironmentName -ShowBanner:$false
        $sessions = @(Get-ConnectionInformation)
        if ($sessions.Count -ne 1) { throw 'Exchange Online shows no session after signing in. Nothing was changed.' }
    }
    $session = $sessions[0]
    if ("$($session.IsEopSession)" -eq 'True') {
        throw 'This is a Security and Compliance session, whose role groups are others. Nothing was changed. Disconnect-ExchangeOnline, and run this again.'
    }
    if ("$($session.ModulePrefix)") { throw "The cmdlets of this session have the prefix $($session.ModulePrefix). Nothing was changed. Connect without a prefix." }
    if ("$($session.TenantID)" -ne "$TenantId") {
        throw "This session is $($session.UserPrincipalName) in tenant $($session.TenantID), not in $TenantId. Nothing was changed. Disconnect-ExchangeOnline, and run this again."
    }
    "tenant $($session.TenantID), as $($session.UserPrincipalName)"
}

# The service principal as Exchange knows it, or nothing. Throws where it has another object id.
function Get-Principal {
    param([guid] $AppId, [guid] $ObjectId)
    $principal = Get-ServicePrincipal | Where-Object { "$($_.AppId)" -eq "$AppId" }
    if (@($principal).Count -gt 1) { throw "Exchange knows the app $AppId more than once. Nothing was changed. Remove what is too many with Remove-ServicePrincipal." }
    if ($principal -and "$($principal.ObjectId)" -ne "$ObjectId") {
        throw "Exchange knows the app $AppId with the object id $($principal.ObjectId), not $ObjectId. Nothing was changed. " +
            'Give the object id of the managed identity (Enterprise applications), not of an app registration.'
    }
    return $principal
}

function Get-OurRoleGroup {
    param([string] $Name)
    return Get-RoleGroup | Where-Object { $_.Name -eq $Name }
}

# Roles of the group by name, which Exchange can give with the organization before it.
function Get-RoleName {
    param($Group)
    @($Group.Roles | ForEach-Object { ("$_" -split '[\\/]')[-1] } | Where-Object { $_ })
}

function Test-Member {
    param([string] $RoleGroup, $Principal)
    $identifiers = @($Principal.Identity, $Principal.Name, $Principal.ObjectId) | ForEach-Object { "$_" } | Where-Object { $_ }
    $found = Get-RoleGroupMember -Identity $RoleGroup -ResultSize Unlimited |
        Where-Object { $identifiers -contains "$($_.Name)" -or $identifiers -contains "$($_.ExternalDirectoryObjectId)" }
    return [bool] $found
}

# Asks until the answer is the wanted one; a change can take a moment to show.
function Wait-For {
    param([scriptblock] $Condition, [string] $Otherwise)
    for ($attempt = 1; -not (& $Condition); $attempt++) {
        if ($attempt -ge 6) { throw $Otherwise }
        Start-Sleep -Seconds 5
    }
}
