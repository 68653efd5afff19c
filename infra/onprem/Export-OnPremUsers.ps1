<#
.SYNOPSIS
Writes every user of one Active Directory domain to where mailuser-purge reads them.

.DESCRIPTION
mailuser-purge permanently deletes soft-deleted mail users from Entra ID, and keeps whoever is still on-premises.
Where nothing in Azure may reach a domain controller, this script tells it who is: it runs as a scheduled task,
once for each domain, and leaves two files in a blob container or a folder:

  <domain>/users-<start>.csv.gz   one line for each user
  <domain>/manifest.json          what the file must be: rows, SHA-256, domain, domain controller, times

The manifest is written last, and each file has a name of its own, so that a reader finds a whole export at any
time. A user who is left out counts as gone; so there is no parameter for an OU or a filter, and whatever goes
wrong leaves the export of the time before in its place and ends with exit code 1. README.md beside this script
says which rights it needs and how to schedule it.

.PARAMETER Domain
DNS name of the domain, as in the policy's onPremises.domains.

.PARAMETER Folder
Folder or share to write to, for a reader with EXPORT_DIRECTORY.

.PARAMETER ContainerUrl
URL of the blob container to write to, without a SAS.

.PARAMETER SasPath
File with a SAS token for the container, made by the account that runs this script:
Read-Host -AsSecureString | ConvertFrom-SecureString | Set-Content sas.txt

.PARAMETER TenantId
Entra tenant of the app.

.PARAMETER ClientId
Application id of an Entra app that may write to the container.

.PARAMETER CertificateThumbprint
Certificate of that app, in the machine's or the account's personal store, with an RSA key in a CNG provider.

.PARAMETER LoginUrl
Where the app gets its token; national clouds have their own.

.PARAMETER UseArcIdentity
Write as the managed identity of this server, which Azure Arc manages.

.PARAMETER SourceAnchor
What Entra Connect makes the immutable id from. "auto": mS-DS-ConsistencyGuid, or objectGUID where a user has
none, as Entra Connect does by itself. Otherwise an attribute; users without it are not synced and left out.

.PARAMETER KeepFiles
How many files of this domain are kept, the new one included. 0 removes none: leave that to a lifecycle rule of
the storage account, and the identity needs no right to list and delete.

.EXAMPLE
.\Export-OnPremUsers.ps1 -Domain contoso.com -ContainerUrl https://contosopurge.blob.core.windows.net/exports -UseArcIdentity

.EXAMPLE
.\Export-OnPremUsers.ps1 -Domain contoso.com -Folder \\files\exports -Verbose

.OUTPUTS
What the manifest says.
#>
#Requires -Version 5.1
#Requires -Modules ActiveDirectory
[CmdletBinding(DefaultParameterSetName = 'Folder')]
[OutputType([System.Collections.Specialized.OrderedDictionary])]
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$')]
    [string] $Domain,

    [Parameter(Mandatory = $true, ParameterSetName = 'Folder')]
    [string] $Folder,

    [Parameter(Mandatory = $true, ParameterSetName = 'Sas')]
    [Parameter(Mandatory = $true, ParameterSetName = 'Certificate')]
    [Parameter(Mandatory = $true, ParameterSetName = 'Arc')]
    [ValidatePattern('^https://[^?#]+[^?#/]$')]
    [string] $ContainerUrl,

    [Parameter(Mandatory = $true, ParameterSetName = 'Sas')] [string] $SasPath,

    [Parameter(Mandatory = $true, ParameterSetName = 'Certificate')] [guid] $TenantId,
    [Parameter(Mandatory = $true, ParameterSetName = 'Certificate')] [guid] $ClientId,
    [Parameter(Mandatory = $true, ParameterSetName = 'Certificate')]
    [ValidatePattern('^[0-9A-Fa-f]{40}$')] [string] $CertificateThumbprint,
    [Parameter(ParameterSetName = 'Certificate')]
    [ValidatePattern('^https://[^/]+$')] [string] $LoginUrl = 'https://login.microsoftonline.com',

    [Parameter(Mandatory = $true, ParameterSetName = 'Arc')]
    [switch] $UseArcIdentity,

    [ValidatePattern('^[A-Za-z0-9-]+$')] [string] $SourceAnchor = 'auto',
    [ValidateRange(0, 1000)] [int] $KeepFiles = 5
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Format version 1: lib/onprem/exportManifest.ts reads it.
$columns = 'immutableId', 'objectGuid', 'userPrincipalName', 'mail', 'proxyAddresses', 'targetAddress', 'recipientTypeDetails', 'distinguishedName'
$iso8601 = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"
$invariant = [Globalization.CultureInfo]::InvariantCulture

# The value of an attribute that was asked for, or $null. The comma keeps bytes and lists in one piece.
function Get-AttributeValue {
    param($User, [string] $Name)
    $property = $User.PSObject.Properties[$Name]
    if ($null -eq $property) { return $null }
    return , $property.Value
}

# base64 of the 16 bytes, or the plain text of another anchor; an empty text where the user has none.
function Get-ImmutableId {
    param($User, [string] $Anchor)
    $value = Get-AttributeValue -User $User -Name $Anchor
    if ($SourceAnchor -eq 'auto') {
        # Some tools write zeros for "none".
        $isNone = $null -eq $value -or @($value -ne 0).Count -eq 0
        if ($isNone) { $value = $User.ObjectGUID }
    }
    if ($null -eq $value) { return '' }
    if ($value -is [guid]) { return [Convert]::ToBase64String($value.ToByteArray()) }
    if ($Anchor -ne 'mS-DS-ConsistencyGuid') { return [string] $value }
    [byte[]] $bytes = $value
    if ($bytes.Length -ne 16) { throw "$($User.DistinguishedName) has $($bytes.Length) bytes in $Anchor, not 16." }
    return [Convert]::ToBase64String($bytes)
}

# Which of these attributes this forest has; without Exchange's schema extension some are missing.
function Select-KnownAttribute {
    param([string[]] $Name, [string] $Server, [string] $SchemaPath)
    foreach ($one in $Name) {
        if (Get-ADObject -Server $Server -SearchBase $SchemaPath -LDAPFilter "(lDAPDisplayName=$one)") { $one }
        else { Write-Verbose "This forest has no attribute $one." }
    }
}

# Writes the users to a gzipped CSV, page by page, and returns how many they were.
function Write-UserFile {
    param([string] $Path, [string] $Anchor, [hashtable] $Query)
    $rows = 0
    $leftOut = 0
    $file = [IO.File]::Create($Path)
    try {
        $gzip = [IO.Compression.GZipStream]::new($file, [IO.Compression.CompressionLevel]::Optimal)
        $writer = [IO.StreamWriter]::new($gzip, [Text.UTF8Encoding]::new($false))
        $writer.NewLine = "`r`n"
        $writer.WriteLine('"' + ($columns -join '","') + '"')
        Get-ADUser @Query | ForEach-Object {
            $id = Get-ImmutableId -User $_ -Anchor $Anchor
            if ($id -eq '') { $leftOut++ }
            else {
                $proxies = Get-AttributeValue -User $_ -Name 'proxyAddresses'
                $addresses = foreach ($proxy in $proxies) {
                    if ($proxy -like 'smtp:*' -and $proxy -notlike '*;*') { $proxy }
                }
                $cells = [string[]]::new($columns.Length)
                $cells[0] = $id
                $cells[1] = [Convert]::ToBase64String($_.ObjectGUID.ToByteArray())
                $cells[2] = [string] $_.UserPrincipalName
                $cells[3] = [string] (Get-AttributeValue -User $_ -Name 'mail')
                $cells[4] = $addresses -join ';'
                $cells[5] = [string] (Get-AttributeValue -User $_ -Name 'targetAddress')
                $cells[6] = [string] (Get-AttributeValue -User $_ -Name 'msExchRecipientTypeDetails')
                $cells[7] = [string] $_.DistinguishedName
                for ($cell = 0; $cell -lt $cells.Length; $cell++) { $cells[$cell] = $cells[$cell].Replace('"', '""') }
                $writer.WriteLine('"' + ($cells -join '","') + '"')
                $rows++
            }
        }
        # Also closes what is beneath it. Not in a finally: a file that is not whole is not to look whole.
        $writer.Dispose()
    }
    finally { $file.Dispose() }
    Write-Verbose "$rows users were written, and $leftOut left out that have no $Anchor."
    return $rows
}

function Invoke-Export {
    param([string] $WorkFolder, [hashtable] $Connection)
    $target = Connect-ExportTarget @Connection
    # One domain controller for all of it, and not a read-only one: those may hold back attributes.
    $found = Get-ADDomainController -Discover -DomainName $Domain -Service ADWS -Writable
    $server = [string] ($found | Select-Object -ExpandProperty HostName | Select-Object -First 1)
    $adDomain = Get-ADDomain -Server $server
    if ($adDomain.DNSRoot -ne $Domain) { throw "$server is a domain controller of $($adDomain.DNSRoot), not of $Domain." }
    $rootDse = Get-ADRootDSE -Server $server
    $anchor = if ($SourceAnchor -eq 'auto') { 'mS-DS-ConsistencyGuid' } else { $SourceAnchor }
    $wanted = @('mail', 'proxyAddresses', 'targetAddress', 'msExchRecipientTypeDetails', $anchor)
    $known = @(Select-KnownAttribute -Name $wanted -Server $server -SchemaPath $rootDse.schemaNamingContext)
    if ($known -notcontains $anchor) { throw "The forest of $Domain has no attribute $anchor." }

    $started = [datetime]::UtcNow
    $name = 'users-' + $started.ToString("yyyyMMdd'T'HHmmss'Z'", $invariant) + '.csv.gz'
    $path = Join-Path -Path $WorkFolder -ChildPath $name
    $rows = Write-UserFile -Path $path -Anchor $anchor -Query @{
        Server         = $server
        SearchBase     = $adDomain.DistinguishedName
        SearchScope    = 'Subtree'
        LDAPFilter     = '(&(objectCategory=person)(objectClass=user))'
        Properties     = $known
        ResultPageSize = 1000
    }
    if ($rows -eq 0) { throw "$server shows not one user of $Domain to this account. Check that it may read them." }
    $manifest = [ordered] @{
        formatVersion    = 1
        domain           = [string] $adDomain.DNSRoot
        sourceAnchor     = $SourceAnchor
        domainController = $server
        highestUsn       = [string] $rootDse.highestCommittedUSN
        started          = $started.ToString($iso8601, $invariant)
        finished         = [datetime]::UtcNow.ToString($iso8601, $invariant)
        rows             = $rows
        sha256           = (Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash.ToLowerInvariant()
        file             = $name
        columns          = $columns
    }
    $manifestPath = Join-Path -Path $WorkFolder -ChildPath 'manifest.json'
    $json = ConvertTo-Json -InputObject $manifest
    [IO.File]::WriteAllText($manifestPath, $json, [Text.UTF8Encoding]::new($false))

    $directory = $Domain.ToLowerInvariant()
    Send-ExportFile -Target $target -Path $path -Name "$directory/$name"
    Send-ExportFile -Target $target -Path $manifestPath -Name "$directory/manifest.json"
    if ($KeepFiles -gt 0) { Clear-OldExport -Target $target -Directory $directory -Current $name -Keep $KeepFiles }
    return $manifest
}

$workFolder = Join-Path -Path ([IO.Path]::GetTempPath()) -ChildPath ([guid]::NewGuid().ToString())
$exitCode = 0
try {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'ExportTarget.psm1') -Force
    $connection = @{}
    foreach ($name in 'Folder', 'ContainerUrl', 'SasPath', 'TenantId', 'ClientId', 'CertificateThumbprint', 'LoginUrl', 'UseArcIdentity') {
        if ($PSBoundParameters.ContainsKey($name)) { $connection[$name] = $PSBoundParameters[$name] }
    }
    [void] [IO.Directory]::CreateDirectory($workFolder)
    Invoke-Export -WorkFolder $workFolder -Connection $connection
}
catch {
    [Console]::Error.WriteLine("The export of $Domain failed: $($_.Exception.Message)")
    $exitCode = 1
}
finally {
    if ([IO.Directory]::Exists($workFolder)) { [IO.Directory]::Delete($workFolder, $true) }
}
exit $exitCode
