# How an export proves to Azure Storage who it is: the Arc agent's identity, an app's certificate, or a SAS.

function ConvertTo-Base64Url {
    param([byte[]] $Bytes)
    [Convert]::ToBase64String($Bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_')
}

# Entra ID, "Microsoft identity platform application authentication certificate credentials".
function Get-CertificateToken {
    param([string] $TenantId, [string] $ClientId, [string] $CertificateThumbprint, [string] $LoginUrl)
    $certificate = Get-AppCertificate -Thumbprint $CertificateThumbprint
    $key = [Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($certificate)
    if ($null -eq $key) { throw "This account may not use the RSA key of certificate $CertificateThumbprint." }
    $tokenUrl = "$LoginUrl/$TenantId/oauth2/v2.0/token"
    $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    $sha256 = [Security.Cryptography.SHA256]::Create()
    $header = @{ alg = 'PS256'; typ = 'JWT'; 'x5t#S256' = (ConvertTo-Base64Url -Bytes $sha256.ComputeHash($certificate.RawData)) }
    $claims = @{ aud = $tokenUrl; iss = $ClientId; sub = $ClientId; jti = [guid]::NewGuid().ToString(); nbf = $now - 60; exp = $now + 540 }
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
    try { return Invoke-RestMethod -Method Post -Uri $tokenUrl -Body $form -UseBasicParsing }
    catch { throw "Entra ID gave the app $ClientId no token: $($_.Exception.Message) $($_.ErrorDetails)" }
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
    $folder = [IO.Path]::Combine($env:ProgramData, 'AzureConnectedMachineAgent', 'Tokens') + [IO.Path]::DirectorySeparatorChar
    $isItsOwn = $secretPath.StartsWith($folder, [StringComparison]::OrdinalIgnoreCase) -and $secretPath.EndsWith('.key')
    if (-not $isItsOwn -or [IO.FileInfo]::new($secretPath).Length -gt 4096) {
        throw 'The Azure Arc agent named a file that is not one of its own.'
    }
    $secret = [IO.File]::ReadAllText($secretPath)
    $answer = Invoke-Http -Method GET -Uri $uri -Headers @{ Metadata = 'true'; Authorization = "Basic $secret" } -Direct
    if ($answer.Status -ne 200) { throw "The Azure Arc agent gave no token: HTTP $($answer.Status)." }
    return ConvertFrom-Json -InputObject $answer.Body
}

# A token that lasts for another five minutes at least: reading a directory can take longer than one lives.
function Get-StorageToken {
    param([hashtable] $Target)
    if ($Target.Token -and $Target.TokenUntil -gt [datetime]::UtcNow.AddMinutes(5)) { return $Target.Token }
    $identity = $Target.Identity
    $answer = if ($identity.UseArcIdentity) { Get-ArcToken }
    else {
        Get-CertificateToken -TenantId $identity.TenantId -ClientId $identity.ClientId -CertificateThumbprint $identity.CertificateThumbprint -LoginUrl $identity.LoginUrl
    }
    $Target.Token = [string] $answer.access_token
    if (-not $Target.Token) { throw 'The answer to the request for a token holds none.' }
    $Target.TokenUntil = [datetime]::UtcNow.AddSeconds([double] $answer.expires_in)
    return $Target.Token
}

# Writes the file that -SasPath names. Asks for the SAS, so that it stands in no history.
function Protect-ExportSas {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true)] [string] $Path,
        [Parameter(Mandatory = $true)] [string] $Account,
        [Parameter(Mandatory = $true)] [securestring] $Sas
    )
    $full = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
    $text = [Net.NetworkCredential]::new('', $Sas).Password.Trim().TrimStart('?')
    if ($text -notmatch '(^|&)sig=') { throw 'This is no SAS token: it has no "sig=". Nothing was written.' }
    if (-not $PSCmdlet.ShouldProcess($full, "Write the SAS, readable by $Account")) { return }
    [IO.File]::WriteAllText($full, '')
    Limit-FileAccess -Path $full -Account $Account
    [IO.File]::WriteAllText($full, 'machine:' + (Protect-MachineText -Text $text))
}

function Read-ExportSas {
    param([string] $Path)
    $text = ([string] (Get-Content -LiteralPath $Path -TotalCount 1)).Trim()
    if ($text -match '(^|[?&])sig=') {
        throw "$Path holds the SAS as plain text. Nothing was exported. Write it with Protect-ExportSas (README.md), and revoke this one."
    }
    try {
        if ($text -match '^machine:(.+)$') { $text = Unprotect-MachineText -Text $Matches[1] }
        else { $text = [Net.NetworkCredential]::new('', (ConvertTo-SecureString -String $text)).Password }
    }
    catch {
        throw "The SAS in $Path cannot be decrypted by this account on this machine. Nothing was exported. Write it again with Protect-ExportSas (README.md)."
    }
    return $text.Trim().TrimStart('?')
}
