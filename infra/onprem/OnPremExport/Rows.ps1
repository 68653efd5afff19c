# The gzipped CSV of an export, format version 2, built in memory: personal data lies on no disk but the target's.
$columns = 'kind', 'immutableId', 'objectGuid', 'objectSid', 'sidHistory', 'userPrincipalName', 'mail', 'proxyAddresses',
    'targetAddress', 'recipientTypeDetails', 'disabled', 'distinguishedName', 'lastKnownParent', 'deletedAt', 'objects',
    'leftOut'
# Attributes of one text, and the columns that they go to.
$single = 'userPrincipalName', 'mail', 'targetAddress', 'msExchRecipientTypeDetails', 'lastKnownParent'
$singleAt = 5, 6, 8, 9, 12
$invariant = [Globalization.CultureInfo]::InvariantCulture
$iso8601 = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"
# The first name of a distinguished name, with the comma behind it.
$firstName = [regex]::new('^(?:[^\\,]|\\.)+,', 'Compiled, Singleline')
$noAnchor = [Convert]::ToBase64String([byte[]]::new(16))

function New-ExportFile {
    param([string[]] $Attribute)
    $content = [IO.MemoryStream]::new()
    # Left open beneath the gzip stream: the bytes are read from it afterwards.
    $gzip = [IO.Compression.GZipStream]::new($content, [IO.Compression.CompressionLevel]::Optimal, $true)
    $writer = [IO.StreamWriter]::new($gzip, [Text.UTF8Encoding]::new($false), 65536)
    $writer.NewLine = "`r`n"
    $names = @($columns) + @($Attribute | ForEach-Object { "attribute:$_" })
    $writer.WriteLine('"' + ($names -join '","') + '"')
    return @{
        Content    = $content
        Writer     = $writer
        Columns    = $names
        Attribute  = @($Attribute)
        Counts     = @{ user = 0; tombstone = 0; container = 0 }
        # Users written, and users left out.
        Containers = [Collections.Generic.Dictionary[string, int[]]]::new([StringComparer]::OrdinalIgnoreCase)
        # Immutable ids are compared byte for byte.
        Holders    = [Collections.Generic.Dictionary[string, string]]::new([StringComparer]::Ordinal)
        Duplicates = [Collections.Generic.Dictionary[string, object]]::new([StringComparer]::Ordinal)
        Unreadable = @{ user = 0; tombstone = 0 }
        WithAnchor = 0
    }
}

# Each function below takes a whole page: a call for every user or every cell would take longer than all the rest.
function Write-ObjectRow {
    param([hashtable] $File, [hashtable] $Search, [hashtable] $Anchor, [ValidateSet('user', 'tombstone')] [string] $Kind)
    while ($null -ne ($page = Read-DirectoryPage -Search $Search)) {
        # Every object has an objectGUID: where it does not show, the account may not read this object.
        $entries = @(foreach ($entry in $page) { if ($null -ne $entry.Attributes['objectGUID']) { $entry } })
        if ($entries.Count -lt $page.Count) { Add-LeftOut -Page $page -File $File -Kind $Kind }
        $rows = @(foreach ($entry in $entries) { , [string[]]::new($File.Columns.Length) })
        Set-IdCell -Entries $entries -Rows $rows -Anchor $Anchor -Kind $Kind -File $File
        Set-SidCell -Entries $entries -Rows $rows -Name 'objectSid' -Column 3
        Set-SidCell -Entries $entries -Rows $rows -Name 'sIDHistory' -Column 4
        Set-TextCell -Entries $entries -Rows $rows
        Set-ProxyCell -Entries $entries -Rows $rows -Directory $Search.Directory
        if ($Kind -eq 'tombstone') { Set-DeletedCell -Entries $entries -Rows $rows }
        else { Add-LiveUser -Rows $rows -File $File }
        Set-FurtherCell -Entries $entries -Rows $rows -Attribute $File.Attribute -Directory $Search.Directory
        Write-Row -File $File -Rows $rows
        $File.Counts[$Kind] += $rows.Count
    }
}

function Set-IdCell {
    param([object[]] $Entries, [object[]] $Rows, [hashtable] $Anchor, [string] $Kind, [hashtable] $File)
    $name = $Anchor.Name
    $isBinary = $Anchor.IsBinary
    $withAnchor = 0
    for ($at = 0; $at -lt $Entries.Length; $at++) {
        $attributes = $Entries[$at].Attributes
        $cells = $Rows[$at]
        $cells[0] = $Kind
        $cells[2] = [Convert]::ToBase64String($attributes['objectGUID'].GetValues([byte[]])[0])
        $value = $attributes[$name]
        if ($null -ne $value) {
            $withAnchor++
            if ($isBinary) { $cells[1] = [Convert]::ToBase64String($value.GetValues([byte[]])[0]) }
            else { $cells[1] = $value.GetValues([string])[0] }
        }
        $cells[11] = $Entries[$at].DistinguishedName
    }
    if ($Kind -eq 'user') { $File.WithAnchor += $withAnchor }
}

# [MS-DTYP] 2.4.2.2: revision, count, six bytes of authority, then numbers of 32 bits.
function Set-SidCell {
    param([object[]] $Entries, [object[]] $Rows, [string] $Name, [int] $Column)
    for ($row = 0; $row -lt $Entries.Length; $row++) {
        $attribute = $Entries[$row].Attributes[$Name]
        if ($null -eq $attribute) { continue }
        $sids = ''
        foreach ($bytes in $attribute.GetValues([byte[]])) {
            $authority = [uint64] 0
            for ($at = 2; $at -lt 8; $at++) { $authority = $authority * 256 + $bytes[$at] }
            $sid = "S-$($bytes[0])-$authority"
            for ($at = 8; $at -lt $bytes.Length; $at += 4) { $sid = $sid + '-' + [BitConverter]::ToUInt32($bytes, $at) }
            $sids = if ($sids) { $sids + ';' + $sid } else { $sid }
        }
        $Rows[$row][$Column] = $sids
    }
}

function Set-TextCell {
    param([object[]] $Entries, [object[]] $Rows)
    for ($at = 0; $at -lt $Entries.Length; $at++) {
        $attributes = $Entries[$at].Attributes
        for ($text = 0; $text -lt $single.Length; $text++) {
            $attribute = $attributes[$single[$text]]
            if ($null -ne $attribute) { $Rows[$at][$singleAt[$text]] = $attribute.GetValues([string])[0] }
        }
        $control = $attributes['userAccountControl']
        if ($null -ne $control) {
            $Rows[$at][10] = if (([int] $control.GetValues([string])[0] -band 2) -ne 0) { 'true' } else { 'false' }
        }
    }
}

# The mail addresses. One with the separator in it could not be told from two.
function Set-ProxyCell {
    param([object[]] $Entries, [object[]] $Rows, [hashtable] $Directory)
    for ($at = 0; $at -lt $Entries.Length; $at++) {
        $attributes = $Entries[$at].Attributes
        $attribute = $attributes['proxyAddresses']
        if ($null -ne $attribute -and $attribute.Count -gt 0) { $proxies = $attribute.GetValues([string]) }
        elseif (@($attributes.AttributeNames) -like 'proxyAddresses;*') { $proxies = Read-RangedValue -Directory $Directory -Entry $Entries[$at] -Name 'proxyAddresses' }
        else { continue }
        $Rows[$at][7] = ($proxies -like 'smtp:*' -notlike '*;*') -join ';'
    }
}

# whenChanged is not replicated: on another domain controller it is a little later, never before the deletion.
function Set-DeletedCell {
    param([object[]] $Entries, [object[]] $Rows)
    for ($at = 0; $at -lt $Entries.Length; $at++) {
        $attribute = $Entries[$at].Attributes['whenChanged']
        if ($null -eq $attribute) { continue }
        $changed = [datetime]::ParseExact($attribute.GetValues([string])[0].Substring(0, 14), 'yyyyMMddHHmmss', $invariant)
        $Rows[$at][13] = $changed.ToString($iso8601, $invariant)
    }
}

# A JSON list, since a value may hold any separator.
function Set-FurtherCell {
    param([object[]] $Entries, [object[]] $Rows, [string[]] $Attribute, [hashtable] $Directory)
    $column = $columns.Length
    foreach ($name in $Attribute) {
        for ($at = 0; $at -lt $Entries.Length; $at++) {
            $attributes = $Entries[$at].Attributes
            $value = $attributes[$name]
            if ($null -ne $value -and $value.Count -gt 0) { $texts = $value.GetValues([string]) }
            elseif (@($attributes.AttributeNames) -like "$name;*") { $texts = Read-RangedValue -Directory $Directory -Entry $Entries[$at] -Name $name }
            else { continue }
            $Rows[$at][$column] = ConvertTo-Json -InputObject ([string[]] $texts) -Compress
        }
        $column++
    }
}

# Who is not written, and where: nobody who lived there can be called gone.
function Add-LeftOut {
    param($Page, [hashtable] $File, [string] $Kind)
    foreach ($entry in $Page) {
        if ($null -ne $entry.Attributes['objectGUID']) { continue }
        $File.Unreadable[$Kind]++
        if ($Kind -ne 'user') { continue }
        $parent = $firstName.Replace($entry.DistinguishedName, '', 1)
        if (-not $File.Containers.ContainsKey($parent)) { $File.Containers[$parent] = [int[]] (0, 0) }
        $File.Containers[$parent][1]++
    }
}

# Where users live, and whether somebody else has the same anchor.
function Add-LiveUser {
    param([object[]] $Rows, [hashtable] $File)
    $holders = $File.Holders
    $containers = $File.Containers
    $seen = [int[]] (0, 0)
    foreach ($cells in $Rows) {
        $dn = $cells[11]
        $parent = $firstName.Replace($dn, '', 1)
        if ($containers.TryGetValue($parent, [ref] $seen)) { $seen[0]++ } else { $containers[$parent] = [int[]] (1, 0) }
        $id = $cells[1]
        if (-not $id) { continue }
        $isTaken = $holders.ContainsKey($id)
        if ($isTaken -or $id -ceq $noAnchor) {
            if (-not $File.Duplicates.ContainsKey($id)) {
                $File.Duplicates[$id] = [Collections.Generic.List[string]]::new()
                if ($isTaken) { $File.Duplicates[$id].Add($holders[$id]) }
            }
            $File.Duplicates[$id].Add($dn)
        }
        $holders[$id] = $dn
    }
}

function Write-Row {
    param([hashtable] $File, [object[]] $Rows)
    $writer = $File.Writer
    foreach ($cells in $Rows) {
        for ($cell = 0; $cell -lt $cells.Length; $cell++) {
            if ($null -ne $cells[$cell] -and $cells[$cell].Contains('"')) { $cells[$cell] = $cells[$cell].Replace('"', '""') }
        }
        $writer.WriteLine('"' + ($cells -join '","') + '"')
    }
}

# The containers in which users were seen: what an export can say of a place.
function Write-ContainerRow {
    param([hashtable] $File)
    $rows = @(foreach ($name in $File.Containers.Keys) {
            $cells = [string[]]::new($File.Columns.Length)
            $cells[0] = 'container'
            $cells[11] = $name
            $cells[14], $cells[15] = $File.Containers[$name]
            , $cells
        })
    Write-Row -File $File -Rows $rows
    $File.Counts.container += $rows.Count
}
