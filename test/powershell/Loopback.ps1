# Stands in for OnPremExport/Windows.ps1 where there is no Windows: a domain controller on loopback, told by the
# environment, and nothing protected by Windows.

# TEST_DOMAIN_CONTROLLERS: {"corp.contoso.test": "127.0.0.2:636"}
function Find-DomainController {
    param([string] $Domain)
    $address = (ConvertFrom-Json -InputObject $env:TEST_DOMAIN_CONTROLLERS).PSObject.Properties[$Domain]
    if ($null -eq $address) { throw "No domain controller of $Domain was found." }
    return $address.Value
}

# Port 636 over TLS as TEST_READER with TEST_PASSWORD; any other port in the clear, for a stand-in.
function Connect-DomainController {
    param([string] $Server, [timespan] $Timeout)
    $name, $port = $Server -split ':'
    $connection = [DirectoryServices.Protocols.LdapConnection]::new([DirectoryServices.Protocols.LdapDirectoryIdentifier]::new($name, [int] $port))
    $connection.AuthType = [DirectoryServices.Protocols.AuthType]::Basic
    $connection.Timeout = $Timeout
    $connection.SessionOptions.ProtocolVersion = 3
    $connection.SessionOptions.SecureSocketLayer = $env:TEST_LDAPS -eq 'true'
    $connection.SessionOptions.ReferralChasing = [DirectoryServices.Protocols.ReferralChasingOptions]::None
    $connection.Credential = [Net.NetworkCredential]::new($env:TEST_READER, $env:TEST_PASSWORD)
    $connection.Bind()
    return $connection
}

# TEST_EVENTS: a file in place of the event log.
function Write-ExportEvent {
    param([string] $Message, [string] $Level, [int] $Id)
    if (-not $env:TEST_EVENTS) { throw 'The source does not exist.' }
    [IO.File]::AppendAllText($env:TEST_EVENTS, "$Id $Level $Message`n")
}

# TEST_CERTIFICATE: a PEM file with certificate and key.
function Get-AppCertificate {
    param([string] $Thumbprint)
    $certificate = [Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPemFile($env:TEST_CERTIFICATE)
    if ($certificate.Thumbprint -ne $Thumbprint) { throw "There is no certificate $Thumbprint in the personal store of machine or account." }
    return $certificate
}

function Protect-MachineText { param([string] $Text) [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($Text)) }
function Unprotect-MachineText { param([string] $Text) [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Text)) }
function Limit-FileAccess { param([string] $Path, [string] $Account) [IO.File]::WriteAllText("$Path.access", $Account) }
