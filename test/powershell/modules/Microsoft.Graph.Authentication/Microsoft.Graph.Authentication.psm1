# Entra ID in memory ($global:World): it sees what is on-premises when the test lets it sync.
function Get-MgContext { [CmdletBinding()] param() $global:World.Context }
function Connect-MgGraph { [CmdletBinding()] param([string] $TenantId, [string[]] $Scopes, [switch] $NoWelcome) $global:World.Context = [pscustomobject] @{ TenantId = $TenantId } }

function ConvertTo-GraphUser {
    param($User, [switch] $Deleted)
    @{
        id = $User.Id; displayName = $User.DisplayName; userPrincipalName = if ($Deleted) { $User.Id.Replace('-', '') + $User.UserPrincipalName } else { $User.UserPrincipalName }
        mail = $User.Attributes.mail; proxyAddresses = $User.Attributes.proxyAddresses; onPremisesSyncEnabled = $true; assignedPlans = @()
        deletedDateTime = if ($Deleted) { '2026-01-05T02:11:09Z' } else { $null }
        onPremisesImmutableId = [Convert]::ToBase64String($User.ObjectGUID.ToByteArray()); onPremisesSecurityIdentifier = 'S-1-5-21-111111-222222-333333-1104'
        onPremisesDistinguishedName = $User.DistinguishedName; onPremisesDomainName = 'ad.fabrikam.com'
    }
}

function Invoke-MgGraphRequest {
    [CmdletBinding()] param([string] $Method, [string] $Uri, $Body, [string] $ContentType, [string] $OutputType, [switch] $SkipHttpErrorCheck, [string] $StatusCodeVariable)
    $world = $global:World
    $world.Requests += "$Method $Uri"
    $status, $answer = switch -Regex ("$Method $Uri") {
        '^POST /v1.0/me/sendMail' { $world.Sent += (ConvertFrom-Json $Body).message; 202; $null; break }
        '^GET /v1.0/me/messages' {
            200
            @{ value = @($world.Sent | Where-Object { $_.subject -like '*deleted' } | ForEach-Object {
                        @{ subject = "Undeliverable: $($_.subject)"; body = @{ content = "Delivery has failed to`r`n$($_.toRecipients[0].emailAddress.address)`nSent by ada.lovelace@fabrikam.com of Fabrikam Ltd, 203.0.113.77: 550 5.1.1 RESOLVER.ADR.ExRecipNotFound" } } }) }
            break
        }
        '^GET /v1.0/users/([^?]+)' {
            $user = $world.Synced | Where-Object { $_.UserPrincipalName -eq $Matches[1] }
            if ($user) { 200; ConvertTo-GraphUser $user } else { 404; @{ error = @{ code = 'Request_ResourceNotFound' } } }
            break
        }
        '^GET /v1.0/users\?' { 400; @{ error = @{ code = 'Request_UnsupportedQuery' } }; break }
        '^(GET|DELETE) /v1.0/directory/deletedItems/([\da-f-]{36})' {
            $method, $id = $Matches[1], $Matches[2]
            $user = $world.Bin | Where-Object { $_.Id -eq $id }
            if (-not $user) { 404; @{ error = @{ code = 'Request_ResourceNotFound' } } }
            elseif ($method -eq 'DELETE') { $world.Bin = @($world.Bin | Where-Object { $_.Id -ne $id }); 204; $null }
            else { 200; ConvertTo-GraphUser $user -Deleted }
            break
        }
    }
    # Like the real cmdlet, in the caller's variable.
    $PSCmdlet.SessionState.PSVariable.Set($StatusCodeVariable, $status)
    if ($null -ne $answer) { ConvertTo-Json -InputObject $answer -Depth 8 }
}
