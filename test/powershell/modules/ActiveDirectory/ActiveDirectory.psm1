# A directory in memory ($global:World) with the cmdlets that the probe uses.
function New-ADUser {
    [CmdletBinding(SupportsShouldProcess)]
    param([string] $Name, [string] $SamAccountName, [string] $DisplayName, [string] $UserPrincipalName, [string] $Path, [hashtable] $OtherAttributes, [switch] $PassThru)
    if ($SamAccountName.Length -gt 20) { Write-Error 'The name is too long.'; return }
    $user = [pscustomobject] @{ ObjectGUID = [guid]::NewGuid(); Name = $Name; UserPrincipalName = $UserPrincipalName; DisplayName = $DisplayName; DistinguishedName = "CN=$Name,$Path"; Attributes = $OtherAttributes }
    $global:World.Live += $user
    if ($PassThru) { $user }
}
function Get-Guid { param([string] $Filter) if ($Filter -match "^ObjectGUID -eq '(.+)'$") { $Matches[1] } else { throw "not understood: $Filter" } }
function Get-ADUser { [CmdletBinding()] param([string] $Filter) $global:World.Live | Where-Object { "$($_.ObjectGUID)" -eq (Get-Guid $Filter) } }
function Remove-ADUser {
    [CmdletBinding(SupportsShouldProcess)] param([string] $Identity)
    $gone = @($global:World.Live | Where-Object { "$($_.ObjectGUID)" -eq $Identity })
    if ($gone.Count -ne 1) { Write-Error 'Cannot find an object with that identity.'; return }
    $global:World.Live = @($global:World.Live | Where-Object { "$($_.ObjectGUID)" -ne $Identity })
    $global:World.Tombstones += $gone
}
function Get-ADObject {
    [CmdletBinding()] param([string] $Filter, [switch] $IncludeDeletedObjects, [string[]] $Properties)
    if (-not $IncludeDeletedObjects) { return }
    $global:World.Tombstones | Where-Object { "$($_.ObjectGUID)" -eq (Get-Guid $Filter) } | ForEach-Object {
        [pscustomobject] @{ ObjectGUID = $_.ObjectGUID; objectSid = 'S-1-5-21-111111-222222-333333-1104'; isDeleted = $true; lastKnownParent = $_.DistinguishedName -replace '^CN=[^,]+,'; DistinguishedName = "$($_.Name)\0ADEL:$($_.ObjectGUID),CN=Deleted Objects,DC=ad,DC=fabrikam,DC=com" }
    }
}
