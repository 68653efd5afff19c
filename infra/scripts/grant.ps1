# Runs identity/grant.sh on Windows, in the bash that comes with Git.
$ErrorActionPreference = 'Stop'
$git = Get-Command git -ErrorAction SilentlyContinue
$bash = if ($git) { Join-Path (Split-Path (Split-Path $git.Source)) 'bin\bash.exe' }
if (-not $bash -or -not (Test-Path $bash)) {
    Write-Error ('There is no bash of Git for Windows here, so User.Read.All was not granted and every night will be ' +
        'refused. Run this in Azure Cloud Shell: bash infra/identity/grant.sh ' +
        "--principal-id $env:IDENTITY_PRINCIPAL_ID --graph-root $env:GRAPH_ROOT")
}
& $bash infra/identity/grant.sh --principal-id $env:IDENTITY_PRINCIPAL_ID --graph-root $env:GRAPH_ROOT
exit $LASTEXITCODE
