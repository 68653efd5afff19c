# A made-up tenant for the probe, and what happens in it between its runs.
$env:PSModulePath = "$PSScriptRoot/modules" + [IO.Path]::PathSeparator + $env:PSModulePath
Import-Module ActiveDirectory, Microsoft.Graph.Authentication, ExchangeOnlineManagement -Force

function Reset-World {
    Reset-Tenant
    $bystander = [pscustomobject] @{ Id = [guid]::NewGuid().ToString(); DisplayName = 'Bystander'; UserPrincipalName = 'bystander@contoso.com'; ObjectGUID = [guid]::NewGuid(); Attributes = @{} }
    $global:World = @{ Live = @(); Tombstones = @(); Synced = @(); Bin = @($bystander); Sent = @(); Requests = @(); MailUsers = @(); Context = $null }
}
function Invoke-Probe {
    param([string] $Folder, [hashtable] $With = @{})
    $settings = @{
        Folder = $Folder; TenantId = '72f988bf-1111-4222-8333-000000000001'; OrganizationalUnit = 'OU=Secret Project,DC=ad,DC=fabrikam,DC=com'
        InternalDomain = 'fabrikam.com'; ExternalDomain = 'wingtip.org'; Redact = 'Fabrikam Ltd'; Confirm = $false
    }
    foreach ($name in $With.Keys) { $settings[$name] = $With[$name] }
    & "$PSScriptRoot/../../infra/probe/Probe.ps1" @settings
}
# Directory sync and Exchange catch up.
function Sync-World {
    $world = $global:World
    foreach ($user in $world.Live) {
        if ($world.Synced.ObjectGUID -notcontains $user.ObjectGUID) {
            Add-Member -InputObject $user -NotePropertyName Id -NotePropertyValue ([guid]::NewGuid().ToString())
            $world.Synced += $user
        }
    }
    foreach ($user in @($world.Synced | Where-Object { $world.Live.ObjectGUID -notcontains $_.ObjectGUID })) {
        $world.Synced = @($world.Synced | Where-Object { $_.ObjectGUID -ne $user.ObjectGUID })
        $world.Bin += $user
        $world.MailUsers += [pscustomobject] @{ Guid = [guid]::NewGuid(); ExternalDirectoryObjectId = $user.Id; Alias = $user.Name; Name = $user.Name; ExternalEmailAddress = $user.Attributes.targetAddress; RecipientTypeDetails = 'MailUser'; LegacyExchangeDN = "/o=ExchangeLabs/ou=x/cn=Recipients/cn=$($user.Id.Replace('-', ''))-$($user.Name)"; InPlaceHolds = @() }
    }
    foreach ($mailUser in $world.MailUsers) { if ($world.Bin.Id -notcontains $mailUser.ExternalDirectoryObjectId) { $mailUser.ExternalDirectoryObjectId = '' } }
}
