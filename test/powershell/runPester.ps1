# Runs the Pester files beside it and writes a line of JSON for each test.
param([string] $Pester, [string] $File)
# Not by $ErrorActionPreference: it would reach the modules of the tests, as it does not reach Exchange's.
Import-Module $Pester -ErrorAction Stop
$configuration = [PesterConfiguration] @{ Run = @{ Path = $File; PassThru = $true }; Output = @{ Verbosity = 'None' } }
$result = Invoke-Pester -Configuration $configuration
foreach ($failure in @($result.FailedContainers) + @($result.FailedBlocks)) {
    ConvertTo-Json -Compress @{ name = "$failure"; result = 'Failed'; why = "$($failure.ErrorRecord)" }
}
foreach ($test in $result.Tests) {
    ConvertTo-Json -Compress @{ name = $test.ExpandedPath; result = $test.Result; why = "$($test.ErrorRecord)" }
}
