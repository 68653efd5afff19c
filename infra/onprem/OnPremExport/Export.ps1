# One domain, from the first search to the manifest.

$liveUsers = '(&(objectCategory=person)(|(objectClass=user)(objectClass=inetOrgPerson)))'
# A tombstone has no objectCategory; a computer is of class user, too.
$deletedUsers = '(&(isDeleted=TRUE)(|(objectClass=user)(objectClass=inetOrgPerson))(!(objectClass=computer)))'
$read = 'objectGUID', 'objectSid', 'sIDHistory', 'userPrincipalName', 'mail', 'proxyAddresses', 'targetAddress',
    'msExchRecipientTypeDetails', 'userAccountControl', 'lastKnownParent', 'whenChanged'

# Octet string, security descriptor and SID ([MS-ADTS] 3.1.1.2.2.2).
$binarySyntaxes = '2.5.5.10', '2.5.5.15', '2.5.5.17'
# A manifest stays small enough to read at once, whatever the directory holds.
$maxDuplicates = 100
$maxHolders = 10

# What the immutable id is taken from, and how.
function Get-Anchor {
    param([hashtable] $Directory, [string] $SourceAnchor, [string[]] $Attribute)
    $name = if ($SourceAnchor -eq 'auto') { 'mS-DS-ConsistencyGuid' } else { $SourceAnchor }
    $syntaxes = Get-SchemaSyntax -Directory $Directory -Name (@($name) + @($Attribute))
    foreach ($one in @($name) + @($Attribute)) {
        if (-not $syntaxes.ContainsKey($one)) { throw "The forest of $($Directory.Server) has no attribute $one. Check -SourceAnchor and -Attribute." }
    }
    $binary = @($Attribute | Where-Object { $syntaxes[$_] -in $binarySyntaxes })
    if ($binary) { throw "$($binary -join ', ') holds bytes, and a rule compares text. Check -Attribute." }
    return @{ Name = $name; IsBinary = $syntaxes[$name] -in $binarySyntaxes }
}

# Tombstones first and live users after: who is removed in between is then in both, and counts as live.
function Read-Domain {
    param([hashtable] $Directory, [hashtable] $File, [hashtable] $Anchor)
    $attributes = @($read) + @($Anchor.Name) + @($File.Attribute) | Select-Object -Unique
    $deleted = "<WKGUID=$deletedObjects,$($Directory.Base)>"
    $container = Read-DirectoryObject -Connection $Directory.Connection -Base $deleted -Attribute 'objectGUID' -Deleted
    $isReadable = $null -ne $container -and $null -ne $container.Attributes['objectGUID']
    if ($isReadable) {
        $search = New-DirectorySearch -Directory $Directory -Base $deleted -Filter $deletedUsers -Attribute $attributes -Deleted
        Write-ObjectRow -File $File -Search $search -Anchor $Anchor -Kind tombstone
    }
    $search = New-DirectorySearch -Directory $Directory -Filter $liveUsers -Attribute $attributes
    Write-ObjectRow -File $File -Search $search -Anchor $Anchor -Kind user
    if ($File.Counts.user -eq 0) { throw "$($Directory.Server) shows not one user to this account. Check that it may read them." }
    # A server that gives up can end with an empty page; so can one whose users fill the last page.
    if ($search.LastPage -eq 0) { Confirm-UserCount -Directory $Directory -Expected ($File.Counts.user + $File.Unreadable.user) }
    Write-ContainerRow -File $File
    $File.Writer.Dispose()
    return $isReadable
}

# Counts the users again, in pages of another size.
function Confirm-UserCount {
    param([hashtable] $Directory, [int] $Expected)
    $search = New-DirectorySearch -Directory $Directory -Filter $liveUsers -Attribute '1.1' -PageSize 997
    $count = 0
    while ($null -ne ($page = Read-DirectoryPage -Search $search)) { $count += $page.Count }
    if ($search.LastPage -eq 0 -or $count -gt $Expected) {
        throw "$($Directory.Server) ended its answer with an empty page after $Expected users, and may not have shown everybody."
    }
}

function Get-Manifest {
    param([hashtable] $Directory, [hashtable] $File, [string] $Domain, [string] $SourceAnchor, [bool] $IsReadable, [datetime] $Started)
    $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($File.Content.GetBuffer(), 0, [int] $File.Content.Length)
    $leftOut = @(foreach ($kind in 'user', 'tombstone') {
            if ($File.Unreadable[$kind] -gt 0) { [ordered] @{ why = 'objectGuidUnreadable'; kind = $kind; objects = $File.Unreadable[$kind] } }
        })
    $duplicates = @(foreach ($id in @($File.Duplicates.Keys | Select-Object -First $maxDuplicates)) {
            $holders = $File.Duplicates[$id]
            [ordered] @{ immutableId = $id; users = $holders.Count; distinguishedNames = @($holders | Select-Object -First $maxHolders) }
        })
    return [ordered] @{
        formatVersion      = 2
        domain             = $Domain.ToLowerInvariant()
        sourceAnchor       = $SourceAnchor
        domainController   = $Directory.Server
        invocationId       = $Directory.InvocationId
        highestUsn         = $Directory.HighestUsn
        started            = $Started.ToString($iso8601, $invariant)
        finished           = [datetime]::UtcNow.ToString($iso8601, $invariant)
        rows               = $File.Counts.user + $File.Counts.tombstone + $File.Counts.container
        users              = $File.Counts.user
        usersWithAnchor    = $File.WithAnchor
        tombstones         = $File.Counts.tombstone
        containers         = $File.Counts.container
        tombstonesReadable = $IsReadable
        leftOut            = $leftOut
        duplicateAnchors   = $File.Duplicates.Count
        duplicates         = $duplicates
        sha256             = [BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant()
        # Of its own even where two servers begin in the same second.
        file               = 'users-' + $Started.ToString("yyyyMMdd'T'HHmmss'Z'", $invariant) + '-' + [guid]::NewGuid().ToString('N').Substring(0, 8) + '.csv.gz'
        columns            = $File.Columns
    }
}

# Reads the domain and leaves the export in its place. Returns the manifest, and whether old files are left to remove.
function Export-Domain {
    [CmdletBinding(SupportsShouldProcess = $true)]
    [OutputType([hashtable])]
    param([hashtable] $Target, [string] $Domain, [string] $SourceAnchor, [string[]] $Attribute = @(), [int] $KeepFiles)
    $directory = Open-Directory -Domain $Domain
    try {
        Write-ExportLog -Message "$Domain is read from $($directory.Server)."
        $started = [datetime]::UtcNow
        $anchor = Get-Anchor -Directory $directory -SourceAnchor $SourceAnchor -Attribute $Attribute
        $file = New-ExportFile -Attribute $Attribute
        $isReadable = Read-Domain -Directory $directory -File $file -Anchor $anchor
    }
    finally { $directory.Connection.Dispose() }
    $manifest = Get-Manifest -Directory $directory -File $file -Domain $Domain -SourceAnchor $SourceAnchor -IsReadable $isReadable -Started $started
    Write-ExportLog -Message ("$Domain has $($manifest.users) users ($($file.WithAnchor) with $($anchor.Name)), $($manifest.tombstones) tombstones " +
        "(readable: $isReadable), $($manifest.containers) containers, $($manifest.duplicateAnchors) anchors held twice or of zeros, $($file.Unreadable.user) users left out.")
    $folder = $Domain.ToLowerInvariant()
    if (-not $PSCmdlet.ShouldProcess("$(Get-TargetName -Target $Target)/$folder", "Write an export of $($manifest.users) users")) {
        return @{ Manifest = $manifest; OldFiles = '' }
    }
    Clear-PartialFile -Target $Target -Directory $folder
    Save-ExportFile -Target $Target -Content $file.Content -Name "$folder/$($manifest.file)"
    $json = [Text.UTF8Encoding]::new($false).GetBytes((ConvertTo-Json -InputObject $manifest -Depth 5))
    Save-ExportFile -Target $Target -Content ([IO.MemoryStream]::new($json)) -Name "$folder/manifest.json"
    $problem = ''
    if ($KeepFiles -gt 0) {
        try { Clear-OldExport -Target $Target -Directory $folder -Keep $KeepFiles }
        catch { $problem = $_.Exception.Message }
    }
    return @{ Manifest = $manifest; OldFiles = $problem }
}
