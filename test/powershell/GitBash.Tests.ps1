# infra/scripts/grant.ps1 finds the bash of Git for Windows, wherever it was installed.
Describe 'grant.ps1' {
    BeforeAll {
        $before = @{}
        foreach ($name in 'PATH', 'ProgramFiles', 'LOCALAPPDATA') { $before[$name] = [Environment]::GetEnvironmentVariable($name) }
        $env:IDENTITY_PRINCIPAL_ID = 'principal'
        $env:GRAPH_ROOT = 'https://graph.microsoft.com'
        function New-Program {
            param([string] $Path, [string] $Text)
            $null = New-Item -ItemType Directory -Force -Path (Split-Path $Path)
            [IO.File]::WriteAllText($Path, "#!/bin/sh`n$Text`n")
            /bin/chmod +x $Path
        }
        function Invoke-Grant {
            $said = & "$PSScriptRoot/../../.tools/powershell/pwsh" -NoProfile -NonInteractive -File "$PSScriptRoot/../../infra/scripts/grant.ps1" 2>&1
            @{ Code = $LASTEXITCODE; Said = $said -join ' ' }
        }
    }
    BeforeEach {
        # The launcher of PowerShell needs dotnet; a git of this machine would be found before ours.
        $env:PATH = "$TestDrive/path:/usr/bin:/bin"
        $env:ProgramFiles = "$TestDrive/none"
        $env:LOCALAPPDATA = "$TestDrive/none"
    }
    AfterEach { foreach ($name in $before.Keys) { [Environment]::SetEnvironmentVariable($name, $before[$name]) } }

    It 'runs grant.sh in the bash of <where> and ends as it ends' -ForEach @(
        @{ where = 'an installation for everybody'; folder = 'all/Git'; set = { $env:ProgramFiles = "$TestDrive/all" } }
        @{ where = 'an installation for one account'; folder = 'one/Programs/Git'; set = { $env:LOCALAPPDATA = "$TestDrive/one" } }
        @{ where = 'the git on the PATH'; folder = 'other/Git'; set = { New-Program "$TestDrive/path/git" "echo $TestDrive/other/Git/mingw64/libexec/git-core" } }
    ) {
        New-Program "$TestDrive/$folder/bin/bash.exe" 'echo "ran $*"; exit 7'
        $null = New-Item -ItemType Directory -Force -Path "$TestDrive/$folder/mingw64/libexec/git-core"
        & $set
        $result = Invoke-Grant
        $result.Said | Should -Be 'ran infra/identity/grant.sh --principal-id principal --graph-root https://graph.microsoft.com'
        $result.Code | Should -Be 7
    }

    It 'says what was not granted where there is none' {
        Remove-Item "$TestDrive/path" -Recurse -ErrorAction SilentlyContinue
        $result = Invoke-Grant
        $result.Code | Should -Be 1
        $result.Said | Should -Match 'was not granted'
    }
}
