# What only Windows has. The tests of this project run on Linux and put other functions in the place of these, so
# that nothing in this file has been run by them. README.md, "What was not run", lists it.

# A writable domain controller, as the domain's own locator names it: a read-only one may hold back attributes.
function Find-DomainController {
    param([string] $Domain)
    Add-Type -AssemblyName System.DirectoryServices
    $type = [DirectoryServices.ActiveDirectory.DirectoryContextType]::Domain
    $context = [DirectoryServices.ActiveDirectory.DirectoryContext]::new($type, $Domain)
    $options = [DirectoryServices.ActiveDirectory.LocatorOptions]::WriteableRequired
    $found = [DirectoryServices.ActiveDirectory.DomainController]::FindOne($context, $options)
    try { return $found.Name } finally { $found.Dispose() }
}

# A bound connection as the account that runs the task: Kerberos or NTLM, every message signed and encrypted.
function Connect-DomainController {
    param([string] $Server, [timespan] $Timeout)
    $identifier = [DirectoryServices.Protocols.LdapDirectoryIdentifier]::new($Server, 389, $true, $false)
    $connection = [DirectoryServices.Protocols.LdapConnection]::new($identifier)
    $connection.AuthType = [DirectoryServices.Protocols.AuthType]::Negotiate
    $connection.Timeout = $Timeout
    $connection.SessionOptions.ProtocolVersion = 3
    $connection.SessionOptions.Signing = $true
    $connection.SessionOptions.Sealing = $true
    $connection.SessionOptions.ReferralChasing = [DirectoryServices.Protocols.ReferralChasingOptions]::None
    # A connection that was cut is an error, not a reason to go on with another session.
    $connection.SessionOptions.AutoReconnect = $false
    $connection.Bind()
    return $connection
}

# Throws where the source does not exist: an administrator makes it once, README.md says how.
function Write-ExportEvent {
    param([string] $Message, [ValidateSet('Information', 'Warning', 'Error')] [string] $Level, [int] $Id)
    [Diagnostics.EventLog]::WriteEntry('mailuser-purge export', $Message, [Diagnostics.EventLogEntryType] $Level, $Id)
}

function Get-AppCertificate {
    param([string] $Thumbprint)
    $paths = "Cert:\LocalMachine\My\$Thumbprint", "Cert:\CurrentUser\My\$Thumbprint"
    $path = $paths | Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
    if (-not $path) { throw "There is no certificate $Thumbprint in the personal store of machine or account." }
    return Get-Item -LiteralPath $path
}

# The machine's own key: any account of this machine could undo it, so the file's rights are what protects it.
function Protect-MachineText {
    param([string] $Text)
    Add-Type -AssemblyName System.Security
    $bytes = [Text.Encoding]::UTF8.GetBytes($Text)
    $scope = [Security.Cryptography.DataProtectionScope]::LocalMachine
    return [Convert]::ToBase64String([Security.Cryptography.ProtectedData]::Protect($bytes, $null, $scope))
}

function Unprotect-MachineText {
    param([string] $Text)
    Add-Type -AssemblyName System.Security
    $scope = [Security.Cryptography.DataProtectionScope]::LocalMachine
    $bytes = [Security.Cryptography.ProtectedData]::Unprotect([Convert]::FromBase64String($Text), $null, $scope)
    return [Text.Encoding]::UTF8.GetString($bytes)
}

# Leaves the file to the account, to administrators and to SYSTEM.
function Limit-FileAccess {
    param([string] $Path, [string] $Account)
    $rights = [Security.AccessControl.FileSecurity]::new()
    $rights.SetAccessRuleProtection($true, $false)
    $administrators = [Security.Principal.SecurityIdentifier]::new('S-1-5-32-544')
    $system = [Security.Principal.SecurityIdentifier]::new('S-1-5-18')
    $reader = [Security.Principal.NTAccount]::new($Account)
    foreach ($entry in @($administrators, 'FullControl'), @($system, 'FullControl'), @($reader, 'Read')) {
        $rights.AddAccessRule([Security.AccessControl.FileSystemAccessRule]::new($entry[0], $entry[1], 'Allow'))
    }
    Set-Acl -LiteralPath $Path -AclObject $rights
}
