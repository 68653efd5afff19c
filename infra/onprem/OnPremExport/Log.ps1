# A log file of at most twice this size, and one event for each domain: what a scheduled task leaves to read.
$logSize = 1MB
$script:logPath = ''

function Start-ExportLog {
    [CmdletBinding()]
    param([string] $Folder)
    $script:logPath = ''
    try {
        [void] [IO.Directory]::CreateDirectory($Folder)
        $path = [IO.Path]::Combine($Folder, 'export.log')
        if ([IO.File]::Exists($path) -and [IO.FileInfo]::new($path).Length -gt $logSize) {
            [IO.File]::Delete("$path.old")
            [IO.File]::Move($path, "$path.old")
        }
        [IO.File]::AppendAllText($path, '')
        $script:logPath = $path
    }
    catch { [Console]::Error.WriteLine("The log in $Folder cannot be written: $($_.Exception.Message) The export goes on without it.") }
}

# To the log, to the error stream where it is no success, and (with an id) to the event log.
function Write-ExportLog {
    [CmdletBinding()]
    param([string] $Message, [ValidateSet('Information', 'Warning', 'Error')] [string] $Level = 'Information', [int] $EventId = 0)
    if ($EventId -ne 0 -and -not $WhatIfPreference) {
        try { Write-ExportEvent -Message $Message -Level $Level -Id $EventId }
        catch { $Message += " (No event was written: $($_.Exception.Message))" }
    }
    if ($Level -ne 'Information') { [Console]::Error.WriteLine($Message) }
    Write-Verbose -Message $Message
    if ($script:logPath) {
        $line = '{0:yyyy-MM-ddTHH:mm:ssZ} {1} {2} {3}' -f [datetime]::UtcNow, $PID, $Level, ($Message -replace '\s*[\r\n]+\s*', ' ')
        try { [IO.File]::AppendAllText($script:logPath, $line + [Environment]::NewLine) }
        catch { [Console]::Error.WriteLine("The log $($script:logPath) cannot be written: $($_.Exception.Message)") }
    }
}
