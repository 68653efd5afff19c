# Windows PowerShell 5.1 cannot be had here. PowerShell's own parser tells what each script is made of, and these lists
# what 5.1 (on .NET Framework 4.6.2 and later) does not know.
BeforeDiscovery {
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    $files = Get-ChildItem -Path "$root/infra" -Recurse -Include *.ps1, *.psm1 | ForEach-Object { @{ path = $_.FullName; name = $_.FullName.Substring($root.Length + 1) } }
}

BeforeAll {
    # "Differences between Windows PowerShell 5.1 and PowerShell 7.x", Microsoft Learn.
    $newTokens = 'QuestionMark', 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd', 'OrOr', 'Clean'
    $newParameters = @{
        'ConvertFrom-Json' = 'AsHashtable', 'Depth', 'NoEnumerate', 'DateKind'; 'ConvertTo-Json' = 'AsArray', 'EnumsAsStrings', 'EscapeHandling'
        'ForEach-Object' = 'Parallel', 'ThrottleLimit', 'AsJob'; 'Join-Path' = @('AdditionalChildPath'); 'Split-Path' = 'LeafBase', 'Extension'
        'Get-Content' = @('AsByteStream'); 'Set-Content' = @('AsByteStream'); 'Export-Csv' = 'UseQuotes', 'QuoteFields'
        'Invoke-RestMethod' = 'SkipCertificateCheck', 'SkipHttpErrorCheck', 'Form', 'Authentication', 'Token', 'StatusCodeVariable', 'ResponseHeadersVariable', 'MaximumRetryCount'
        'Invoke-WebRequest' = 'SkipCertificateCheck', 'SkipHttpErrorCheck', 'Form', 'Authentication', 'Token', 'MaximumRetryCount'
        'ConvertFrom-SecureString' = @('AsPlainText'); 'Sort-Object' = 'Top', 'Bottom', 'Stable'; 'Select-Object' = @('SkipIndex')
        'Get-ChildItem' = @('FollowSymlink'); 'Test-Json' = @('*'); 'Get-Error' = @('*'); 'Join-String' = @('*')
        'Get-Uptime' = @('*'); 'Remove-Service' = @('*'); 'ConvertFrom-Markdown' = @('*'); 'Start-ThreadJob' = @('*')
    }
    # Members that .NET Framework 4.6.2 lacks, by name: whichever type they are called on.
    $newMembers = 'HashData', 'ToHexString', 'FromHexString', 'ToHexStringLower', 'ReadExactly', 'CreateFromPemFile', 'CreateFromPem',
        'ExportPkcs8PrivateKey', 'ImportFromPem', 'Clamp', 'EnumerateLines', 'TryPop', 'TryAdd', 'GetValueOrDefault', 'ReplaceLineEndings',
        'ReadAllTextAsync', 'WriteAllTextAsync', 'GetRelativePath', 'IsPathFullyQualified', 'ProcessPath', 'ProcessId', 'TickCount64', 'UnixEpoch'
    $newStatics = 'IO.Path Join', 'Environment ProcessId', 'Convert ToHexString', 'Random Shared', 'Guid CreateVersion7', 'OperatingSystem IsWindows'
    $newVariables = 'IsWindows', 'IsLinux', 'IsMacOS', 'IsCoreCLR', 'PSStyle', 'EnabledExperimentalFeatures', 'PSNativeCommandUseErrorActionPreference', 'PSNativeCommandArgumentPassing'

    # What of a script 5.1 would not know, a line each.
    function Get-Newer {
        param([string] $Text)
        $tokens = $errors = $null
        $script = [Management.Automation.Language.Parser]::ParseInput($Text, [ref] $tokens, [ref] $errors)
        foreach ($one in $errors) { "$($one.Extent.StartLineNumber): $($one.Message)" }
        foreach ($token in $tokens) {
            if ("$($token.Kind)" -in $newTokens) { "$($token.Extent.StartLineNumber): $($token.Text)" }
            if ($token -is [Management.Automation.Language.NumberToken] -and $token.Text -match '^0b|[^x\da-f][uyUY]|^\d+(u|y|n|s)$') { "$($token.Extent.StartLineNumber): number $($token.Text)" }
            if ($token -is [Management.Automation.Language.StringExpandableToken] -and $token.Text -match '(?<!`)`[eu]') { "$($token.Extent.StartLineNumber): $($Matches[0])" }
        }
        foreach ($ast in $script.FindAll({ $true }, $true)) {
            $line = $ast.Extent.StartLineNumber
            $kind = $ast.GetType().Name
            if ($kind -in 'TernaryExpressionAst', 'PipelineChainAst') { "${line}: $kind" }
            if ($kind -eq 'VariableExpressionAst' -and $ast.VariablePath.UserPath -in $newVariables) { "${line}: `$$($ast.VariablePath.UserPath)" }
            if ($kind -eq 'InvokeMemberExpressionAst' -or $kind -eq 'MemberExpressionAst') {
                $member = "$($ast.Member)"
                if ($member -in $newMembers) { "${line}: .$member" }
                $called = ("$($ast.Expression)".Trim('[', ']') -replace '^System\.') + " $member"
                if ($ast.Static -and $called -in $newStatics) { "${line}: $called" }
                # String methods with a character, and Split with a text, came with .NET Core.
                if ($member -in 'Contains', 'StartsWith', 'EndsWith' -and "$($ast.Arguments)" -match '^\[char\]') { "${line}: .$member with a character" }
            }
            if ($kind -eq 'CommandAst') {
                $name = $ast.GetCommandName()
                if (-not $name -or -not $newParameters.ContainsKey($name)) { continue }
                if ($newParameters[$name] -contains '*') { "${line}: $name" }
                foreach ($element in $ast.CommandElements) {
                    if ($element -is [Management.Automation.Language.CommandParameterAst] -and $element.ParameterName -in $newParameters[$name]) { "${line}: $name -$($element.ParameterName)" }
                }
            }
        }
    }
}

Describe 'Windows PowerShell 5.1' {
    It 'knows all of <name>' -ForEach $files {
        Get-Newer -Text ([IO.File]::ReadAllText($path)) | Should -BeNullOrEmpty
    }

    It 'reads <name> as ASCII, whatever its code page' -ForEach $files {
        # Without byte order mark 5.1 takes a file for the machine's code page.
        [IO.File]::ReadAllText($path) | Should -Not -Match '[^\x00-\x7f]'
    }

    It 'would not know: <_>' -ForEach @(
        '$a ? 1 : 2', '$a ?? 1', '$a ??= 1', '${a}?.b', '${a}?[0]', 'a && b', 'a || b', '"`e[0m"', '"`u{41}"', '0b101', '1u',
        'ForEach-Object -Parallel { 1 }', 'ConvertFrom-Json -AsHashtable', 'Invoke-RestMethod -SkipHttpErrorCheck', 'Join-Path a -AdditionalChildPath b', 'Test-Json a',
        '$IsWindows', '[Security.Cryptography.SHA256]::HashData($a)', '[Convert]::ToHexString($a)', '[IO.Path]::Join($a, $b)', "'a'.Contains([char] 65)", '[System.OperatingSystem]::IsWindows()'
    ) {
        Get-Newer -Text $_ | Should -Not -BeNullOrEmpty
    }
}
