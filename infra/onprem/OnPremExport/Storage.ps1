# HTTP, and Azure Storage's REST interface.

# Windows PowerShell on older servers offers no TLS 1.2 by itself.
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

$storageVersion = '2021-12-02'
$uploadTimeoutMs = 3600000
$callTimeoutMs = 100000

# Answers with status, headers and body whatever the server says; throws where it says nothing.
function Invoke-Http {
    param([string] $Method, [uri] $Uri, [hashtable] $Headers, [IO.MemoryStream] $Content, [switch] $Direct)
    $request = [Net.HttpWebRequest] [Net.WebRequest]::Create($Uri)
    $request.Method = $Method
    $request.Timeout = $callTimeoutMs
    if ($Direct) { $request.Proxy = $null }
    elseif ($null -ne $request.Proxy) { $request.Proxy.Credentials = [Net.CredentialCache]::DefaultCredentials }
    foreach ($name in $Headers.Keys) { $request.Headers.Add($name, [string] $Headers[$name]) }
    $response = $null
    try {
        if ($null -ne $Content) {
            $request.Timeout = $uploadTimeoutMs
            $request.AllowWriteStreamBuffering = $false
            $request.ContentType = 'application/octet-stream'
            $request.ContentLength = $Content.Length
            $stream = $request.GetRequestStream()
            try { $Content.WriteTo($stream) } finally { $stream.Dispose() }
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

# Calls Azure Storage; tries again what may be mended by that, and throws where it is not.
function Invoke-Storage {
    param([hashtable] $Target, [string] $Method, [string] $Path, [string] $Query, [IO.MemoryStream] $Content)
    $parts = @($Query, $Target.Sas) | Where-Object { $_ }
    $uri = "$($Target.ContainerUrl)$Path"
    if ($parts) { $uri += '?' + ($parts -join '&') }
    for ($attempt = 1; ; $attempt++) {
        $headers = @{ 'x-ms-version' = $storageVersion; 'x-ms-date' = [datetime]::UtcNow.ToString('R') }
        if (-not $Target.Sas) { $headers['Authorization'] = 'Bearer ' + (Get-StorageToken -Target $Target) }
        if ($null -ne $Content) { $headers['x-ms-blob-type'] = 'BlockBlob' }
        $status = 0
        try {
            $response = Invoke-Http -Method $Method -Uri $uri -Headers $headers -Content $Content
            $status = $response.Status
            if ($status -lt 300) { return $response.Body }
            $problem = "HTTP $status $($response.Headers['x-ms-error-code'])"
        }
        catch { $problem = $_.Exception.Message }
        $isFinal = $status -ge 400 -and $status -lt 500 -and $status -notin 408, 429
        if ($isFinal -or $attempt -ge 3) { throw "$Method $($Target.ContainerUrl)${Path}: $problem" }
        Start-Sleep -Seconds (10 * $attempt)
    }
}
