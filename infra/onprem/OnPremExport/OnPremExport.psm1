# What Export-OnPremUsers.ps1 is made of. Each file beside this one holds one subject.
#Requires -Version 5.1
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Add-Type -AssemblyName System.DirectoryServices.Protocols

foreach ($part in 'Windows', 'Log', 'Directory', 'Rows', 'Token', 'Storage', 'Target', 'Export') {
    . (Join-Path -Path $PSScriptRoot -ChildPath "$part.ps1")
}
Export-ModuleMember -Function 'Start-ExportLog', 'Write-ExportLog', 'Connect-ExportTarget', 'Export-Domain', 'Protect-ExportSas'
