# The probe against a made-up tenant.
BeforeAll { . "$PSScriptRoot/ProbeWorld.ps1" }

Describe 'Probe.ps1' {
    BeforeEach { Reset-World; $folder = Join-Path $TestDrive ([guid]::NewGuid()) }

    It 'resumes where it was, until everything is captured, and purges nobody but its own' {
        @(Invoke-Probe $folder)[-1] | Should -BeLike 'waiting: the sync of probe-*'
        $global:World.Live | Should -HaveCount 2
        Sync-World
        @(Invoke-Probe $folder)[-1] | Should -BeLike 'waiting: the sync of the removal*'
        $global:World.Live | Should -HaveCount 0
        Sync-World
        @(Invoke-Probe $folder)[-1] | Should -BeLike 'waiting: 2 of the mail users*'
        $global:World.Bin.DisplayName | Should -Be 'Bystander'
        $global:World.Requests -match '^DELETE' | Should -HaveCount 2
        Sync-World
        @(Invoke-Probe $folder)[-1] | Should -BeLike 'waiting: 2 of *'
        $global:World.MailUsers = @()
        @(Invoke-Probe $folder)[-1] | Should -BeLike 'All is done*'
        $global:World.Sent | Should -HaveCount 4
        $names = (Get-ChildItem "$folder/captured").BaseName
        foreach ($kind in 'external', 'internal') { foreach ($file in 'live', 'tombstone', 'deleted', 'holder', 'trace', 'trace-details', 'purge', 'purged') { $names | Should -Contain "$file-$kind" } }
        foreach ($file in 'bounces', 'mailusers-before', 'mailusers-after-000h') { $names | Should -Contain $file }
    }

    It 'writes nothing that tells whose tenant it was, keeps what belongs together, and is valid JSON' {
        1..3 | ForEach-Object { $null = Invoke-Probe $folder; Sync-World }
        $texts = Get-ChildItem "$folder/captured" | ForEach-Object { [IO.File]::ReadAllText($_.FullName) }
        foreach ($text in $texts) { { ConvertFrom-Json $text } | Should -Not -Throw }
        $secrets = @('fabrikam', 'wingtip', 'lovelace', 'Secret Project', '203\.0\.113\.77', '111111-222222', '72f988bf') +
            @($global:World.Tombstones | ForEach-Object { "$($_.ObjectGUID)"; $_.Id; $_.Id.Replace('-', ''); [regex]::Escape([Convert]::ToBase64String($_.ObjectGUID.ToByteArray())) })
        foreach ($secret in $secrets) { $texts -match $secret | Should -BeNullOrEmpty -Because $secret }
        $deleted = (ConvertFrom-Json ([IO.File]::ReadAllText("$folder/captured/deleted-external.json"))).answer
        $tombstone = (ConvertFrom-Json ([IO.File]::ReadAllText("$folder/captured/tombstone-external.json"))).answer[0]
        [guid]::new([Convert]::FromBase64String($deleted.onPremisesImmutableId)) | Should -Be $tombstone.ObjectGUID
        $deleted.userPrincipalName | Should -BeLike "$($deleted.id.Replace('-', ''))probe-*-external@contoso.test"
        $deleted.onPremisesDistinguishedName | Should -BeLike 'CN=probe-*,OU=Probe,DC=corp,DC=contoso,DC=test'
        $deleted.onPremisesDomainName | Should -Be 'corp.contoso.test'
        "$($deleted.mail) $($tombstone.objectSid)" | Should -BeLike 'probe-*-external@partner.example S-1-5-21-1-2-1-1104'
        $bounce = (ConvertFrom-Json ([IO.File]::ReadAllText("$folder/captured/bounces.json"))).answer[0]
        $bounce.body.content | Should -BeLike "*`r`nprobe-*-external@partner.example`nSent by person*@contoso.test of REDACTED, 192.0.2.1: 550 5.1.1*"
    }

    It 'with -WhatIf changes nothing and says what it would do' {
        @(Invoke-Probe $folder @{ WhatIf = $true })[-1] | Should -Be 'not done: Make them in Active Directory'
        $global:World.Live | Should -HaveCount 0
    }

    It 'changes nothing where Graph is signed in to another tenant' {
        $global:World.Context = [pscustomobject] @{ TenantId = '11111111-1111-4222-8333-000000000001' }
        { Invoke-Probe $folder } | Should -Throw '*not to 72f988bf*Nothing was changed*'
        $global:World.Live | Should -HaveCount 0
    }

    It 'refuses other parameters than those it began with' {
        $null = Invoke-Probe $folder
        { Invoke-Probe $folder @{ ExternalDomain = 'other.org' } } | Should -Throw '*begun with externalDomain wingtip.org*'
    }

    It 'purges nothing where the object has another name than it gave' {
        $null = Invoke-Probe $folder; Sync-World; $null = Invoke-Probe $folder; Sync-World
        $global:World.Bin | Where-Object { $_.DisplayName -like '*external' } | ForEach-Object { $_.DisplayName = 'Ada' }
        { Invoke-Probe $folder } | Should -Throw '*not one that this probe made. It was not purged*'
        $global:World.Requests -match '^DELETE' | Should -BeNullOrEmpty
    }

    It 'removes nothing on-premises whose name is another by then' {
        $null = Invoke-Probe $folder; Sync-World
        $global:World.Live[0].Name = 'Ada'
        { Invoke-Probe $folder } | Should -Throw '*not probe-*It was not removed*'
        $global:World.Live | Should -HaveCount 2
    }

    It 'goes on where a run was cut short after it made the first of both' {
        $global:World.Cut = $true
        Mock New-ADUser { if ($global:World.Cut -and $Name -like '*internal') { throw 'cut short' }; [pscustomobject] @{ ObjectGUID = [guid]::NewGuid() } }
        { Invoke-Probe $folder } | Should -Throw 'cut short'
        $global:World.Cut = $false
        @(Invoke-Probe $folder)[-1] | Should -BeLike 'waiting: *'
        Should -Invoke New-ADUser -Times 1 -Exactly -ParameterFilter { $Name -like '*external' }
    }
}
