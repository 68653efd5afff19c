<#
.SYNOPSIS
Writes the users of Active Directory domains, living and deleted, to where mailuser-purge reads them.

.DESCRIPTION
mailuser-purge permanently deletes soft-deleted mail users from Entra ID, and keeps those who are still on-premises.
Where nothing in Azure may reach a domain controller, this script reads the domain instead. It runs as a scheduled
task and leaves two files for each domain in a blob container or a folder:

  <domain>/users-<start>-<random>.csv.gz   a line for each user, tombstone and container
  <domain>/manifest.json                   what the file must be: rows, SHA-256, domain, domain controller, times

The manifest is written last and each file has a name of its own, so that a reader finds a whole export at any time.
There is no parameter for an OU or a filter: a user who is left out looks gone. Whatever goes wrong leaves the export
of the time before in its place. README.md beside this script says which rights it needs and how to schedule it.

Exit codes: 0 everything is in place. 1 the export of a domain failed. 2 everything is in place, old files were not
removed. 3 stopped by Ctrl+C. The log in -LogFolder and the event log say why.

.PARAMETER Domain
DNS names of the domains, as in the policy's onPremises.domains. Each is read and written by itself.

.PARAMETER Folder
Folder or share to write to, for a reader with EXPORT_DIRECTORY.

.PARAMETER ContainerUrl
URL of the blob container to write to, without a SAS.

.PARAMETER SasPath
File with a SAS token for the container, as Protect-ExportSas of the module OnPremExport writes it.

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
What Entra Connect makes the immutable id from. "auto": mS-DS-ConsistencyGuid, where the reader takes objectGUID for a
user who has none, as Entra Connect does by itself. Otherwise an attribute. Users without it are written without an
immutable id.

.PARAMETER Attribute
Further attributes of text that a rule of the policy (onPremises.gone) looks at. Each gets a column "attribute:<name>".

.PARAMETER KeepFiles
How many files of a domain are kept; what is younger than a day always is. 0 removes none: leave that to a lifecycle
rule of the storage account, and the identity needs no right to list and delete.

.PARAMETER LogFolder
Folder for export.log, which is renamed to export.log.old at 1 MB.

.EXAMPLE
.\Export-OnPremUsers.ps1 -Domain contoso.com -ContainerUrl https://contosopurge.blob.core.windows.net/exports -UseArcIdentity

.EXAMPLE
.\Export-OnPremUsers.ps1 -Domain contoso.com, fabrikam.com -Folder \\files\exports -WhatIf

.OUTPUTS
What each manifest says.
#>
#Requires -Version 5.1
[CmdletBinding(DefaultParameterSetName = 'Folder', SupportsShouldProcess = $true)]
[OutputType([System.Collections.Specialized.OrderedDictionary])]
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[\w-]+(\.[\w-]+)*(\s*,\s*[\w-]+(\.[\w-]+)*)*$')]
    [string[]] $Domain,

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
    [ValidatePattern('^[A-Za-z0-9-]+(\s*,\s*[A-Za-z0-9-]+)*$')] [string[]] $Attribute = @(),
    [ValidateRange(0, 1000)] [int] $KeepFiles = 5,
    [string] $LogFolder = [IO.Path]::Combine([Environment]::GetFolderPath('CommonApplicationData'), 'mailuser-purge')
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# powershell.exe -File hands over "a, b" as one text.
$Domain = @($Domain -split '\s*,\s*')
$Attribute = @($Attribute -split '\s*,\s*' | Where-Object { $_ })

# Exit codes: 0 done, 1 an export failed, 2 all in place but old files were not removed, 3 stopped before the end.
$failed = @()
$untidy = @()
$isOver = $false
try {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'OnPremExport') -Verbose:$false
    if (-not $WhatIfPreference) { Start-ExportLog -Folder $PSCmdlet.GetUnresolvedProviderPathFromPSPath($LogFolder) }
    $connection = @{}
    foreach ($name in 'Folder', 'ContainerUrl', 'SasPath', 'TenantId', 'ClientId', 'CertificateThumbprint', 'LoginUrl', 'UseArcIdentity') {
        if ($PSBoundParameters.ContainsKey($name)) { $connection[$name] = $PSBoundParameters[$name] }
    }
    $target = Connect-ExportTarget @connection
    foreach ($one in $Domain) {
        try {
            $done = Export-Domain -Target $target -Domain $one -SourceAnchor $SourceAnchor -Attribute $Attribute -KeepFiles $KeepFiles -WhatIf:$WhatIfPreference
            $done.Manifest
            if ($WhatIfPreference) { continue }
            $summary = "The export of $one is in place: $($done.Manifest.file), $($done.Manifest.users) users."
            if ($done.OldFiles) {
                $untidy += $one
                Write-ExportLog -Level Warning -EventId 2 -Message "$summary Old files were not removed: $($done.OldFiles) Give the identity the right to list and delete, or use -KeepFiles 0 and a lifecycle rule."
            }
            else { Write-ExportLog -EventId 1 -Message $summary }
        }
        catch {
            $failed += $one
            Write-ExportLog -Level Error -EventId 3 -Message "The export of $one failed: $($_.Exception.Message) Nothing was replaced: the export of the time before is still in its place."
        }
    }
    $isOver = $true
}
catch {
    $isOver = $true
    $failed = $Domain
    $message = "The export of $($Domain -join ', ') failed before anything was read: $($_.Exception.Message) Nothing was replaced."
    if (Get-Command -Name Write-ExportLog -ErrorAction SilentlyContinue) { Write-ExportLog -Level Error -EventId 3 -Message $message }
    else { [Console]::Error.WriteLine($message) }
}
finally {
    # Ctrl+C comes here and nowhere else; PowerShell itself would end with 0.
    if (-not $isOver) {
        Write-ExportLog -Level Error -EventId 4 -Message "The export of $($Domain -join ', ') was stopped before its end. What is not said to be in place was not replaced."
        if ([Environment]::GetCommandLineArgs() -match 'Export-OnPremUsers\.ps1') { [Environment]::Exit(3) }
    }
}
if ($failed) { exit 1 }
if ($untidy) { exit 2 }
exit 0
