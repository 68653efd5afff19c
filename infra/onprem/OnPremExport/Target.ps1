# Where an export is written to: a folder, or a container of Azure Storage.

# Opens the folder or container, with whatever identity there is for it.
function Connect-ExportTarget {
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [string] $Folder, [string] $ContainerUrl, [string] $SasPath, [string] $TenantId, [string] $ClientId,
        [string] $CertificateThumbprint, [string] $LoginUrl = 'https://login.microsoftonline.com', [switch] $UseArcIdentity
    )
    $target = @{ Folder = ''; ContainerUrl = $ContainerUrl; Sas = ''; Token = ''; TokenUntil = [datetime]::MinValue; Identity = $PSBoundParameters }
    $target.Identity['LoginUrl'] = $LoginUrl
    $target.Identity['UseArcIdentity'] = [bool] $UseArcIdentity
    if ($Folder) { $target.Folder = (Resolve-Path -LiteralPath $Folder).ProviderPath }
    elseif ($SasPath) { $target.Sas = Read-ExportSas -Path $SasPath }
    # Before an hour's reading rather than after it.
    else { [void] (Get-StorageToken -Target $target) }
    return $target
}

function Get-TargetName {
    param([hashtable] $Target)
    if ($Target.Folder) { return $Target.Folder }
    return $Target.ContainerUrl
}

# Puts a file in its place, whole or not at all.
function Save-ExportFile {
    param([hashtable] $Target, [IO.MemoryStream] $Content, [string] $Name)
    if (-not $Target.Folder) {
        [void] (Invoke-Storage -Target $Target -Method PUT -Path "/$Name" -Content $Content)
        return
    }
    $destination = [IO.Path]::Combine($Target.Folder, $Name)
    [void] [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($destination))
    $partial = $destination + '.' + [guid]::NewGuid().ToString('N') + '.partial'
    try {
        $file = [IO.FileStream]::new($partial, [IO.FileMode]::CreateNew, [IO.FileAccess]::Write, [IO.FileShare]::None)
        try {
            $Content.WriteTo($file)
            $file.Flush($true)
        }
        finally { $file.Dispose() }
        Move-OverFile -From $partial -To $destination
    }
    catch {
        # What is left of a failed attempt is personal data.
        try { [IO.File]::Delete($partial) } catch { Write-ExportLog -Level Warning -Message "$partial could not be removed: $($_.Exception.Message)" }
        throw
    }
}

# Whoever reads the file meanwhile has the old one or the new one.
function Move-OverFile {
    param([string] $From, [string] $To)
    if (-not [IO.File]::Exists($To)) {
        try { [IO.File]::Move($From, $To); return }
        # Another run may have put its own there in between.
        catch { if (-not [IO.File]::Exists($To)) { throw } }
    }
    # On a share, metadata errors are rights that the account need not have.
    [IO.File]::Replace($From, $To, [NullString]::Value, $true)
}

# Removes what a run that was killed left half-written in the folder. A file that is being written is locked.
function Clear-PartialFile {
    param([hashtable] $Target, [string] $Directory)
    if (-not $Target.Folder) { return }
    $path = [IO.Path]::Combine($Target.Folder, $Directory)
    if (-not [IO.Directory]::Exists($path)) { return }
    $before = [datetime]::UtcNow.AddMinutes(-5)
    foreach ($file in [IO.DirectoryInfo]::new($path).GetFiles('*.partial')) {
        if ($file.LastWriteTimeUtc -gt $before) { continue }
        try {
            [IO.FileStream]::new($file.FullName, [IO.FileMode]::Open, [IO.FileAccess]::ReadWrite, [IO.FileShare]::None).Dispose()
            $file.Delete()
            Write-ExportLog -Message "$($file.FullName) was removed: a run that was cut short had left it."
        }
        catch { Write-ExportLog -Level Warning -Message "$($file.FullName) is left by an earlier run and could not be removed: $($_.Exception.Message)" }
    }
}

# Removes all but the newest files of a domain, whose names sort as their times do. What is younger than a day stays:
# a night or another run may be about to use it.
function Clear-OldExport {
    param([hashtable] $Target, [string] $Directory, [int] $Keep)
    $pattern = '^users-\d{8}T\d{6}Z(-[0-9a-f]{8})?\.csv\.gz$'
    if ($Target.Folder) {
        $path = [IO.Path]::Combine($Target.Folder, $Directory)
        $names = [IO.DirectoryInfo]::new($path).GetFiles('users-*') | ForEach-Object { $_.Name }
    }
    else {
        $query = 'restype=container&comp=list&prefix=' + [uri]::EscapeDataString("$Directory/users-")
        [xml] $list = (Invoke-Storage -Target $Target -Method GET -Query $query).TrimStart([char] 0xFEFF)
        $names = $list.SelectNodes('/EnumerationResults/Blobs/Blob/Name') | ForEach-Object { $_.InnerText.Substring($Directory.Length + 1) }
    }
    $since = 'users-' + [datetime]::UtcNow.AddDays(-1).ToString("yyyyMMdd'T'HHmmss'Z'", $invariant)
    $old = $names | Where-Object { $_ -match $pattern } | Sort-Object -Descending | Select-Object -Skip $Keep | Where-Object { $_ -lt $since }
    foreach ($name in $old) {
        Write-ExportLog -Message "Removing $Directory/$name."
        if ($Target.Folder) { [IO.File]::Delete([IO.Path]::Combine($path, $name)) }
        else { [void] (Invoke-Storage -Target $Target -Method DELETE -Path "/$Directory/$name") }
    }
}
