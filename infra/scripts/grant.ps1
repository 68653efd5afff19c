# Runs identity/grant.sh on Windows, in the bash that comes with Git: the one on the PATH is often that of WSL, which
# sees neither this folder nor the Azure CLI.
$ErrorActionPreference = 'Stop'

# Git for Windows' own folders: for everybody, for one account, and wherever the git on the PATH says that it is
# (C:/tools/Git/mingw64/libexec/git-core).
$programs = @('ProgramFiles', 'ProgramFiles(x86)' | ForEach-Object { [Environment]::GetEnvironmentVariable($_) })
$programs += "$([Environment]::GetEnvironmentVariable('LOCALAPPDATA'))\Programs"
$roots = $programs | Where-Object { $_ } | ForEach-Object { Join-Path $_ 'Git' }
if (Get-Command git -ErrorAction SilentlyContinue) {
    $roots = @(Join-Path (git --exec-path) '..\..\..') + $roots
}
$bash = $roots | ForEach-Object { Join-Path $_ 'bin\bash.exe' } | Where-Object { Test-Path $_ } | Select-Object -First 1
if (-not $bash) {
    # Not Write-Error, which would break the command into lines.
    [Console]::Error.WriteLine('There is no bash of Git for Windows here, so User.Read.All was not granted and every night will be ' +
        'refused. Run this in Azure Cloud Shell: bash infra/identity/grant.sh ' +
        "--principal-id $env:IDENTITY_PRINCIPAL_ID --graph-root $env:GRAPH_ROOT")
    exit 1
}
& $bash infra/identity/grant.sh --principal-id $env:IDENTITY_PRINCIPAL_ID --graph-root $env:GRAPH_ROOT
exit $LASTEXITCODE
