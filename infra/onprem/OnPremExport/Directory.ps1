# One domain controller and one connection: all that an export holds comes over it.

# For each single answer, a page or less.
$answerTimeout = [timespan]::FromMinutes(2)
# The well-known GUID of Deleted Objects ([MS-ADTS] 6.1.1.4), whatever the container is called.
$deletedObjects = '18E2EA80684F11D2B9AA00C04F79F805'

# The domain controller's own words: name, naming contexts, USN, invocation id.
function Open-Directory {
    param([string] $Domain)
    $server = Find-DomainController -Domain $Domain
    $connection = Connect-DomainController -Server $server -Timeout $answerTimeout
    try {
        $names = 'defaultNamingContext', 'configurationNamingContext', 'schemaNamingContext', 'dnsHostName', 'dsServiceName', 'highestCommittedUSN'
        $root = Read-DirectoryObject -Connection $connection -Base '' -Attribute $names
        foreach ($name in $names) {
            if ($null -eq $root -or $null -eq $root.Attributes[$name]) { throw "$server does not say its $name." }
        }
        $base = $root.Attributes['defaultNamingContext'].GetValues([string])[0]
        $dnsName = ($base -replace '(?i)^DC=', '') -replace '(?i),DC=', '.'
        if ($dnsName -ne $Domain) { throw "$server is a domain controller of $dnsName, not of $Domain." }
        $service = $root.Attributes['dsServiceName'].GetValues([string])[0]
        $settings = Read-DirectoryObject -Connection $connection -Base $service -Attribute 'invocationId'
        if ($null -eq $settings -or $null -eq $settings.Attributes['invocationId']) { throw "$server does not show its invocationId to this account." }
        return @{
            Connection   = $connection
            Server       = $root.Attributes['dnsHostName'].GetValues([string])[0]
            Base         = $base
            Schema       = $root.Attributes['schemaNamingContext'].GetValues([string])[0]
            HighestUsn   = $root.Attributes['highestCommittedUSN'].GetValues([string])[0]
            InvocationId = [guid]::new([byte[]] $settings.Attributes['invocationId'].GetValues([byte[]])[0]).ToString()
        }
    }
    catch { $connection.Dispose(); throw }
}

# One object, or $null where the account may not see it or it is not there.
function Read-DirectoryObject {
    param($Connection, [string] $Base, [string[]] $Attribute, [switch] $Deleted)
    $scope = [DirectoryServices.Protocols.SearchScope]::Base
    $request = [DirectoryServices.Protocols.SearchRequest]::new($Base, '(objectClass=*)', $scope, $Attribute)
    if ($Deleted) { [void] $request.Controls.Add([DirectoryServices.Protocols.ShowDeletedControl]::new()) }
    try { $answer = $Connection.SendRequest($request, $answerTimeout) }
    catch {
        $failure = $_.Exception
        while ($null -ne $failure -and $failure -isnot [DirectoryServices.Protocols.DirectoryOperationException]) { $failure = $failure.InnerException }
        $isHidden = $null -ne $failure -and $null -ne $failure.Response -and [string] $failure.Response.ResultCode -in 'NoSuchObject', 'InsufficientAccessRights'
        if ($isHidden) { return $null }
        throw
    }
    if ($answer.Entries.Count -eq 0) { return $null }
    return $answer.Entries[0]
}

function New-DirectorySearch {
    param([hashtable] $Directory, [string] $Base = $Directory.Base, [string] $Filter, [string[]] $Attribute, [int] $PageSize = 1000, [switch] $Deleted)
    $scope = [DirectoryServices.Protocols.SearchScope]::Subtree
    $request = [DirectoryServices.Protocols.SearchRequest]::new($Base, $Filter, $scope, $Attribute)
    $paging = [DirectoryServices.Protocols.PageResultRequestControl]::new($PageSize)
    [void] $request.Controls.Add($paging)
    if ($Deleted) { [void] $request.Controls.Add([DirectoryServices.Protocols.ShowDeletedControl]::new()) }
    return @{ Directory = $Directory; Request = $request; Paging = $paging; IsDone = $false; LastPage = 0 }
}

# The next page, or $null after the last. Throws where the server answers with anything but a whole page.
function Read-DirectoryPage {
    param([hashtable] $Search)
    if ($Search.IsDone) { return $null }
    $answer = $Search.Directory.Connection.SendRequest($Search.Request, $answerTimeout)
    if ([string] $answer.ResultCode -ne 'Success') { throw "$($Search.Directory.Server) ended a search with $($answer.ResultCode)." }
    $control = $null
    foreach ($one in $answer.Controls) { if ($one -is [DirectoryServices.Protocols.PageResultResponseControl]) { $control = $one } }
    if ($null -eq $control) { throw "$($Search.Directory.Server) does not answer in pages, and may not have shown everybody." }
    $Search.Paging.Cookie = $control.Cookie
    $Search.IsDone = $control.Cookie.Length -eq 0
    $Search.LastPage = $answer.Entries.Count
    return , $answer.Entries
}

# Active Directory gives no more than 1,500 values at once, as "proxyAddresses;range=0-1499".
function Read-RangedValue {
    param([hashtable] $Directory, $Entry, [string] $Name)
    $values = [Collections.Generic.List[string]]::new()
    $attributes = $Entry.Attributes
    for ($isLast = $false; -not $isLast; ) {
        $ranged = $attributes.AttributeNames | Where-Object { $_ -like "$Name;range=*" } | Select-Object -First 1
        if (-not $ranged) { throw "$($Directory.Server) broke off the $Name of $($Entry.DistinguishedName) after $($values.Count) values." }
        $values.AddRange([string[]] $attributes[$ranged].GetValues([string]))
        $isLast = $ranged.EndsWith('*')
        if ($isLast) { break }
        $more = Read-DirectoryObject -Connection $Directory.Connection -Base $Entry.DistinguishedName -Attribute "$Name;range=$($values.Count)-*"
        if ($null -eq $more) { throw "$($Entry.DistinguishedName) was removed or moved while it was read." }
        $attributes = $more.Attributes
    }
    return , $values.ToArray()
}

# Which of these attributes the forest has: name and syntax. Active Directory does not mind being asked for others.
function Get-SchemaSyntax {
    param([hashtable] $Directory, [string[]] $Name)
    $syntaxes = @{}
    $filter = '(&(objectClass=attributeSchema)(|' + (($Name | ForEach-Object { "(lDAPDisplayName=$_)" }) -join '') + '))'
    $search = New-DirectorySearch -Directory $Directory -Base $Directory.Schema -Filter $filter -Attribute 'lDAPDisplayName', 'attributeSyntax'
    while ($null -ne ($page = Read-DirectoryPage -Search $search)) {
        foreach ($entry in $page) {
            $syntaxes[$entry.Attributes['lDAPDisplayName'].GetValues([string])[0]] = $entry.Attributes['attributeSyntax'].GetValues([string])[0]
        }
    }
    return $syntaxes
}
