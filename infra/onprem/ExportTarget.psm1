# Where Export-OnPremUsers.ps1 writes to: a folder, or a container of Azure Storage by way of its REST interface.
#Requires -Version 5.1
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# Windows PowerShell on older servers offers no TLS 1.2 by itself.
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

$storageVersion = '2021-12-02'
$uploadTimeoutMs = 3600000
$callTimeoutMs = 100000

# Answers with status, headers and body whatever the server says; throws where it says nothing.
function Invoke-Http {
    param([string] $Method, [uri] $Uri, [hashtable] $Headers, [string] $InFile, [switch] $Direct)
    $request = [Net.HttpWebRequest] [Net.WebRequest]::Create($Uri)
    $request.Method = $Method
    $request.Timeout = $callTimeoutMs
    if ($Direct) { $request.Proxy = $null }
    elseif ($null -ne $request.Proxy) { $request.Proxy.Credentials = [Net.CredentialCache]::DefaultCredentials }
    foreach ($name in $Headers.Keys) { $request.Headers.Add($name, [string] $Headers[$name]) }
    $response = $null
    try {
        if ($InFile) {
            $request.Timeout = $uploadTimeoutMs
            $request.AllowWriteStreamBuffering = $false
            $request.ContentType = 'application/octet-stream'
            $file = [IO.File]::OpenRead($InFile)
            try {
                $request.ContentLength = $file.Length
                $stream = $request.GetRequestStream()
                try { $file.CopyTo($stream) } finally { $stream.Dispose() }
            }
            finally { $file.Dispose() }
        }
        $response = $request.GetResponse()
    }
    catch {
        for ($failure = $_.Exception; $null -ne $failure -and $null -eq $response; $failure = $failure.InnerException) {
            if ($failure -is [Net.WebException]) { $response = $failure.Response }
        }
        if ($null -eq $response) { throw }
    }
    try {
        $reader = [IO.StreamReader]::new($response.GetResponseStream())
        return @{ Status = [int] $response.StatusCode; Headers = $response.Headers; Body = $reader.ReadToEnd() }
    }
    finally { $response.Close() }
}

function ConvertTo-Base64Url {
    param([byte[]] $Bytes)
    [Convert]::ToBase64String($Bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_')
}

# Entra ID, "Microsoft identity platform application authentication certificate credentials".
function Get-CertificateToken {
    param([string] $TenantId, [string] $ClientId, [string] $CertificateThumbprint, [string] $LoginUrl)
    $paths = "Cert:\LocalMachine\My\$CertificateThumbprint", "Cert:\CurrentUser\My\$CertificateThumbprint"
    $path = $paths | Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
    if (-not $path) { throw "There is no certificate $CertificateThumbprint in the personal store of machine or account." }
    $certificate = Get-Item -LiteralPath $path
    $key = [Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($certificate)
    if ($null -eq $key) { throw "This account may not use the RSA key of certificate $CertificateThumbprint." }
    $tokenUrl = "$LoginUrl/$TenantId/oauth2/v2.0/token"
    $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    $sha256 = [Security.Cryptography.SHA256CryptoServiceProvider]::new()
    $header = @{ alg = 'PS256'; typ = 'JWT'; 'x5t#S256' = (ConvertTo-Base64Url -Bytes $sha256.ComputeHash($certificate.RawData)) }
    $claims = @{
        aud = $tokenUrl
        iss = $ClientId
        sub = $ClientId
        jti = [guid]::NewGuid().ToString()
        nbf = $now - 60
        exp = $now + 540
    }
    $parts = foreach ($part in $header, $claims) {
        ConvertTo-Base64Url -Bytes ([Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -InputObject $part -Compress)))
    }
    $signed = $parts -join '.'
    $signature = $key.SignData(
        [Text.Encoding]::ASCII.GetBytes($signed),
        [Security.Cryptography.HashAlgorithmName]::SHA256,
        [Security.Cryptography.RSASignaturePadding]::Pss
    )
    $form = @{
        grant_type            = 'client_credentials'
        client_id             = $ClientId
        scope                 = 'https://storage.azure.com/.default'
        client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
        client_assertion      = $signed + '.' + (ConvertTo-Base64Url -Bytes $signature)
    }
    try {
        return (Invoke-RestMethod -Method Post -Uri $tokenUrl -Body $form -UseBasicParsing).access_token
    }
    catch {
        throw "Entra ID gave the app $ClientId no token: $($_.Exception.Message) $($_.ErrorDetails)"
    }
}

# Azure Arc, "Access Azure resources by using managed identity on Azure Arc-enabled servers": the agent asks for
# proof that the caller may read a file that it has just written.
function Get-ArcToken {
    $endpoint = $env:IDENTITY_ENDPOINT
    if (-not $endpoint) { $endpoint = 'http://127.0.0.1:40342/metadata/identity/oauth2/token' }
    $uri = $endpoint + '?resource=https%3A%2F%2Fstorage.azure.com%2F&api-version=2020-06-01'
    $challenge = Invoke-Http -Method GET -Uri $uri -Headers @{ Metadata = 'true' } -Direct
    $isChallenge = [string] $challenge.Headers['WWW-Authenticate'] -match '^Basic realm=(.+)$'
    if (-not $isChallenge) { throw "The Azure Arc agent answered HTTP $($challenge.Status). Look at: azcmagent show." }
    $secretPath = [IO.Path]::GetFullPath($Matches[1].Trim())
    $folder = [IO.Path]::Combine($env:ProgramData, 'AzureConnectedMachineAgent\Tokens\')
    $isItsOwn = $secretPath.StartsWith($folder, [StringComparison]::OrdinalIgnoreCase) -and $secretPath.EndsWith('.key')
    if (-not $isItsOwn -or [IO.FileInfo]::new($secretPath).Length -gt 4096) {
        throw 'The Azure Arc agent named a file that is not one of its own.'
    }
    $secret = [IO.File]::ReadAllText($secretPath)
    $answer = Invoke-Http -Method GET -Uri $uri -Headers @{ Metadata = 'true'; Authorization = "Basic $secret" } -Direct
    if ($answer.Status -ne 200) { throw "The Azure Arc agent gave no token: HTTP $($answer.Status)." }
    return (ConvertFrom-Json -InputObject $answer.Body).access_token
}

# Calls Azure Storage; tries again what may be mended by that, and throws where it is not.
function Invoke-Storage {
    param([hashtable] $Target, [string] $Method, [string] $Path, [string] $Query, [string] $InFile)
    $parts = @($Query, $Target.Sas) | Where-Object { $_ }
    $uri = "$($Target.ContainerUrl)$Path"
    if ($parts) { $uri += '?' + ($parts -join '&') }
    for ($attempt = 1; ; $attempt++) {
        $headers = @{ 'x-ms-version' = $storageVersion; 'x-ms-date' = [datetime]::UtcNow.ToString('R') }
        if ($Target.Token) { $headers['Authorization'] = "Bearer $($Target.Token)" }
        if ($InFile) { $headers['x-ms-blob-type'] = 'BlockBlob' }
        $status = 0
        try {
            $response = Invoke-Http -Method $Method -Uri $uri -Headers $headers -InFile $InFile
            $status = $response.Status
            if ($status -lt 300) { return $response.Body }
            $problem = "HTTP $status $($response.Headers['x-ms-error-code'])"
        }
        catch {
            $problem = $_.Exception.Message
        }
        $isFinal = $status -ge 400 -and $status -lt 500 -and $status -ne 408 -and $status -ne 429
        if ($isFinal -or $attempt -ge 3) { throw "$Method $($Target.ContainerUrl)${Path}: $problem" }
        Start-Sleep -Seconds (10 * $attempt)
    }
}

# Opens the folder or container, with whatever identity there is for it.
function Connect-ExportTarget {
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [string] $Folder, [string] $ContainerUrl, [string] $SasPath, [string] $TenantId, [string] $ClientId,
        [string] $CertificateThumbprint, [string] $LoginUrl = 'https://login.microsoftonline.com', [switch] $UseArcIdentity
    )
    $target = @{ Folder = ''; ContainerUrl = $ContainerUrl; Sas = ''; Token = '' }
    if ($Folder) {
        $target.Folder = (Resolve-Path -LiteralPath $Folder).ProviderPath
    }
    elseif ($SasPath) {
        $secure = Get-Content -LiteralPath $SasPath -TotalCount 1 | ConvertTo-SecureString
        $target.Sas = [Net.NetworkCredential]::new('', $secure).Password.Trim().TrimStart('?')
    }
    elseif ($UseArcIdentity) {
        $target.Token = Get-ArcToken
    }
    else {
        $target.Token = Get-CertificateToken -TenantId $TenantId -ClientId $ClientId -CertificateThumbprint $CertificateThumbprint -LoginUrl $LoginUrl
    }
    return $target
}

# Puts a file in its place, whole or not at all.
function Send-ExportFile {
    [CmdletBinding()]
    param([hashtable] $Target, [string] $Path, [string] $Name)
    Write-Verbose "Writing $Name."
    if (-not $Target.Folder) {
        [void] (Invoke-Storage -Target $Target -Method PUT -Path "/$Name" -InFile $Path)
        return
    }
    $destination = [IO.Path]::Combine($Target.Folder, $Name.Replace('/', '\'))
    [void] [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($destination))
    [IO.File]::Copy($Path, "$destination.partial", $true)
    if ([IO.File]::Exists($destination)) { [IO.File]::Replace("$destination.partial", $destination, [NullString]::Value) }
    else { [IO.File]::Move("$destination.partial", $destination) }
}

# Removes all but the newest files of a domain, whose names sort as their times do, and the current one.
function Clear-OldExport {
    [CmdletBinding()]
    param([hashtable] $Target, [string] $Directory, [string] $Current, [int] $Keep)
    $pattern = '^users-\d{8}T\d{6}Z\.csv\.gz$'
    if ($Target.Folder) {
        $path = [IO.Path]::Combine($Target.Folder, $Directory)
        $names = Get-ChildItem -LiteralPath $path -File | Select-Object -ExpandProperty Name
    }
    else {
        $query = 'restype=container&comp=list&prefix=' + [uri]::EscapeDataString("$Directory/users-")
        [xml] $list = (Invoke-Storage -Target $Target -Method GET -Query $query).TrimStart([char] 0xFEFF)
        $names = $list.SelectNodes('/EnumerationResults/Blobs/Blob/Name') | ForEach-Object { $_.InnerText.Substring($Directory.Length + 1) }
    }
    $others = $names | Where-Object { $_ -match $pattern -and $_ -ne $Current }
    $old = $others | Sort-Object -Descending | Select-Object -Skip ($Keep - 1)
    foreach ($name in $old) {
        Write-Verbose "Removing $Directory/$name."
        if ($Target.Folder) { [IO.File]::Delete([IO.Path]::Combine($path, $name)) }
        else { [void] (Invoke-Storage -Target $Target -Method DELETE -Path "/$Directory/$name") }
    }
}

Export-ModuleMember -Function 'Connect-ExportTarget', 'Send-ExportFile', 'Clear-OldExport'
