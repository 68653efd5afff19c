# A tenant in memory with the cmdlets that the scripts of infra/identity use, as "Exchange PowerShell" documents them.
# Like the real ones they are functions of a script module, whose errors do not terminate by themselves.

$script:tenant = @{}

# Denied: cmdlets that write "Access denied". Silent: cmdlets that say nothing and do nothing.
function Reset-Tenant {
    param([hashtable] $With = @{})
    $script:tenant = @{
        Id = '72f988bf-1111-4222-8333-000000000001'; Sessions = @(); Principals = @(); Groups = @{}; Denied = @(); Silent = @()
        Parameters = @{ 'Get-MailUser' = 'SoftDeletedMailUser', 'ResultSize', 'HVEAccount'; 'Get-Mailbox' = 'SoftDeletedMailbox', 'ResultSize' }
        Connected = @()
    }
    foreach ($name in $With.Keys) { $script:tenant[$name] = $With[$name] }
}
function Get-Tenant { return $script:tenant }

function New-Session {
    param([hashtable] $With = @{})
    $session = [ordered] @{
        ConnectionId = [guid]::NewGuid(); State = 'Connected'; Name = 'ExchangeOnline_1'; UserPrincipalName = 'ada@contoso.test'
        ModulePrefix = ''; TenantID = $script:tenant.Id; TokenStatus = 'Active'; IsEopSession = $false
    }
    foreach ($name in $With.Keys) { $session[$name] = $With[$name] }
    return [pscustomobject] $session
}

function Test-Denied {
    param([string] $Name)
    $script:tenant.Denied -contains $Name
}

function Connect-ExchangeOnline {
    [CmdletBinding()] param([string] $ExchangeEnvironmentName, [switch] $ShowBanner)
    $script:tenant.Connected += $ExchangeEnvironmentName
    if (Test-Denied 'Connect-ExchangeOnline') { Write-Error 'AADSTS50020: no such account.'; return }
    $script:tenant.Sessions = @(New-Session)
}
function Get-ConnectionInformation { [CmdletBinding()] param() $script:tenant.Sessions }

# Whatever -Identity does not find shows everything, as the documentation warns.
function Get-ServicePrincipal {
    [CmdletBinding()] param([string] $Identity)
    if (Test-Denied 'Get-ServicePrincipal') { Write-Error 'Access denied.'; return }
    $found = $script:tenant.Principals | Where-Object { $_.Identity -eq $Identity }
    if ($found) { $found } else { $script:tenant.Principals }
}
function New-ServicePrincipal {
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $AppId, [Parameter(Mandatory)] [string] $ObjectId, [string] $DisplayName)
    if (Test-Denied 'New-ServicePrincipal') { Write-Error 'Access denied.'; return }
    $made = [pscustomobject] @{ Identity = $ObjectId; Name = $ObjectId; AppId = $AppId; ObjectId = $ObjectId; DisplayName = $DisplayName }
    if ($script:tenant.Silent -notcontains 'New-ServicePrincipal') { $script:tenant.Principals += $made }
    $made
}
function Remove-ServicePrincipal {
    [CmdletBinding(SupportsShouldProcess)] param([Parameter(Mandatory)] [string] $Identity)
    if (Test-Denied 'Remove-ServicePrincipal') { Write-Error 'Access denied.'; return }
    if ($script:tenant.Silent -contains 'Remove-ServicePrincipal') { return }
    $script:tenant.Principals = @($script:tenant.Principals | Where-Object { $_.Identity -ne $Identity })
}

function Get-RoleGroup {
    [CmdletBinding()] param([string] $Identity)
    if (Test-Denied 'Get-RoleGroup') { Write-Error 'Access denied.'; return }
    foreach ($name in @($script:tenant.Groups.Keys)) {
        if ($Identity -and $Identity -ne $name) { continue }
        $group = $script:tenant.Groups[$name]
        [pscustomobject] @{ Name = $name; Roles = @($group.Roles); Description = $group.Description }
    }
}
function New-RoleGroup {
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $Name, [string[]] $Roles, [string] $Description)
    if (Test-Denied 'New-RoleGroup') { Write-Error 'Access denied.'; return }
    if ($script:tenant.Silent -contains 'New-RoleGroup') { return }
    $script:tenant.Groups[$Name] = @{ Roles = $Roles; Description = $Description; Members = @() }
}
function Remove-RoleGroup {
    [CmdletBinding(SupportsShouldProcess)] param([Parameter(Mandatory)] [string] $Identity)
    if (Test-Denied 'Remove-RoleGroup') { Write-Error 'Access denied.'; return }
    if ($script:tenant.Silent -notcontains 'Remove-RoleGroup') { $script:tenant.Groups.Remove($Identity) }
}
function Get-RoleGroupMember {
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $Identity, $ResultSize)
    if (Test-Denied 'Get-RoleGroupMember') { Write-Error 'Access denied.'; return }
    $script:tenant.Groups[$Identity].Members | ForEach-Object { [pscustomobject] @{ Name = $_ } }
}
function Add-RoleGroupMember {
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $Identity, [Parameter(Mandatory)] [string] $Member)
    if (Test-Denied 'Add-RoleGroupMember') { Write-Error 'Access denied.'; return }
    if ($script:tenant.Silent -notcontains 'Add-RoleGroupMember') { $script:tenant.Groups[$Identity].Members += $Member }
}
function Remove-RoleGroupMember {
    [CmdletBinding(SupportsShouldProcess)] param([Parameter(Mandatory)] [string] $Identity, [Parameter(Mandatory)] [string] $Member)
    if (Test-Denied 'Remove-RoleGroupMember') { Write-Error 'Access denied.'; return }
    if ($script:tenant.Silent -contains 'Remove-RoleGroupMember') { return }
    $group = $script:tenant.Groups[$Identity]
    $group.Members = @($group.Members | Where-Object { $_ -ne $Member })
}
function Get-ManagementRoleEntry {
    [CmdletBinding()] param([Parameter(Mandatory)] [string] $Identity)
    $cmdlet = ($Identity -split '\\')[-1]
    if ((Test-Denied 'Get-ManagementRoleEntry') -or -not $script:tenant.Parameters.ContainsKey($cmdlet)) { Write-Error 'Access denied.'; return }
    [pscustomobject] @{ Name = $cmdlet; Parameters = @($script:tenant.Parameters[$cmdlet]) }
}

Reset-Tenant

# Soft-deleted mail users and the message trace, from the world of the probe's tests.
function Get-MailUser {
    [CmdletBinding()] param([switch] $SoftDeletedMailUser, $ResultSize)
    $global:World.MailUsers
}
function Get-MessageTraceV2 {
    [CmdletBinding()] param([string] $RecipientAddress, [datetime] $StartDate, [datetime] $EndDate)
    $global:World.Sent | Where-Object { $_.toRecipients[0].emailAddress.address -eq $RecipientAddress } | ForEach-Object {
        [pscustomobject] @{ MessageTraceId = [guid]::NewGuid(); RecipientAddress = $RecipientAddress; SenderAddress = 'ada.lovelace@fabrikam.com'; FromIP = '203.0.113.77'; Status = if ($_.subject -like '*deleted') { 'Failed' } else { 'Delivered' } }
    }
}
function Get-MessageTraceDetailV2 {
    [CmdletBinding()] param([guid] $MessageTraceId, [string] $RecipientAddress)
    [pscustomobject] @{ MessageTraceId = $MessageTraceId; Event = 'Fail'; Detail = 'Reason: [{LED=550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found}]' }
}
