# Grant-ExchangeViewOnly.ps1 and Revoke-ExchangeViewOnly.ps1 against a tenant in memory.
BeforeAll {
    $env:PSModulePath = "$PSScriptRoot/modules" + [IO.Path]::PathSeparator + $env:PSModulePath
    Import-Module ExchangeOnlineManagement -Force
    $scripts = "$PSScriptRoot/../../infra/identity"
    $id = @{
        TenantId = '72f988bf-1111-4222-8333-000000000001'
        AppId    = '6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10'
        ObjectId = '0b6f1a5e-8f3c-4a39-8f0e-2f6f0c1d9a77'
    }
    $name = 'mailuser-purge readers'
    function Grant { & "$scripts/Grant-ExchangeViewOnly.ps1" @id @args }
    function Revoke { & "$scripts/Revoke-ExchangeViewOnly.ps1" @id @args }
    # What the tenant holds, as one text.
    function Get-Holding {
        $tenant = Get-Tenant
        ConvertTo-Json -Depth 5 -Compress @{ Principals = $tenant.Principals; Groups = $tenant.Groups }
    }
    # A wait of the scripts; the tenant in memory needs none.
    Mock Start-Sleep { }
}

Describe 'Grant-ExchangeViewOnly.ps1' {
    BeforeEach { Reset-Tenant; $before = Get-Holding }

    It 'grants and says whose tenant it is first; a second time changes nothing' {
        $said = @(Grant)
        $said[0] | Should -Be "tenant $($id.TenantId), as ada@contoso.test"
        $said[-1] | Should -BeLike 'granted: its membership*'
        (Get-Tenant).Groups[$name].Members | Should -Be $id.ObjectId
        (Get-Tenant).Groups[$name].Roles | Should -Be 'View-Only Recipients'
        (Get-Tenant).Connected | Should -Be 'O365Default'
        $after = Get-Holding
        @(Grant) -like 'already there*' | Should -HaveCount 3
        Get-Holding | Should -Be $after
    }

    It 'neither goes on nor says granted where Exchange denies <_>' -ForEach @(
        'Connect-ExchangeOnline', 'Get-ManagementRoleEntry', 'Get-RoleGroup', 'Get-ServicePrincipal', 'New-ServicePrincipal',
        'New-RoleGroup', 'Get-RoleGroupMember', 'Add-RoleGroupMember'
    ) {
        Reset-Tenant @{ Denied = @($_) }
        $said = [Collections.Generic.List[string]]::new()
        { Grant | ForEach-Object { $said.Add($_) } } | Should -Throw
        $said -like 'granted*' | Should -BeNullOrEmpty
        (Get-Tenant).Groups.Values.Members | Should -BeNullOrEmpty
    }

    It 'does not say granted where <_> has no effect' -ForEach 'New-ServicePrincipal', 'New-RoleGroup', 'Add-RoleGroupMember' {
        Reset-Tenant @{ Silent = @($_) }
        $said = [Collections.Generic.List[string]]::new()
        { Grant | ForEach-Object { $said.Add($_) } } | Should -Throw '*Run this again in some minutes*'
        $said -like 'granted*' | Should -BeNullOrEmpty
    }

    It 'changes nothing in <what>' -ForEach @(
        @{ what = 'another tenant'; session = @{ TenantID = '11111111-1111-4222-8333-000000000001' }; says = '*not in*Nothing was changed*' }
        @{ what = 'a compliance session'; session = @{ IsEopSession = $true }; says = '*Security and Compliance*Nothing was changed*' }
        @{ what = 'a session whose token is over'; session = @{ TokenStatus = 'Expired' }; says = '*not one that is alive*Nothing was changed*' }
        @{ what = 'a broken session'; session = @{ State = 'Broken' }; says = '*not one that is alive*Nothing was changed*' }
        @{ what = 'a session with a prefix'; session = @{ ModulePrefix = 'Contoso' }; says = '*prefix Contoso*Nothing was changed*' }
    ) {
        (Get-Tenant).Sessions = @(New-Session $session)
        { Grant } | Should -Throw $says
        Get-Holding | Should -Be $before
    }

    It 'changes nothing with two sessions' {
        (Get-Tenant).Sessions = @((New-Session), (New-Session))
        { Grant } | Should -Throw '*There are 2 *Nothing was changed*'
        Get-Holding | Should -Be $before
    }

    It 'with -WhatIf changes nothing' {
        Grant -WhatIf | Should -HaveCount 1
        Get-Holding | Should -Be $before
    }

    It 'refuses another object id than Exchange knows' {
        $null = New-ServicePrincipal -AppId $id.AppId -ObjectId '11111111-8f3c-4a39-8f0e-2f6f0c1d9a77'
        { Grant } | Should -Throw '*object id*not of an app registration*'
        (Get-Tenant).Groups.Count | Should -Be 0
    }

    It 'refuses a role group of that name that has <what>' -ForEach @(
        @{ what = 'further roles'; roles = @('View-Only Recipients', 'Mail Recipients'); says = '*also has Mail Recipients*' }
        @{ what = 'lost its role'; roles = @(); says = '*lacks the role*' }
    ) {
        New-RoleGroup -Name $name -Roles $roles
        { Grant } | Should -Throw $says
        (Get-Tenant).Groups[$name].Members | Should -BeNullOrEmpty
    }

    It 'takes the full name of a role for the role' {
        New-RoleGroup -Name $name -Roles 'contoso.onmicrosoft.com/View-Only Recipients'
        @(Grant)[-1] | Should -BeLike 'granted*'
    }

    It 'refuses a role that lacks what the tool asks with, and warns of the other' {
        (Get-Tenant).Parameters['Get-MailUser'] = @('ResultSize')
        { Grant } | Should -Throw '*lacks Get-MailUser -SoftDeletedMailUser*'
        Get-Holding | Should -Be $before
        (Get-Tenant).Parameters['Get-MailUser'] = 'SoftDeletedMailUser', 'ResultSize'
        $warned = Grant 3>&1 | Where-Object { $_ -is [Management.Automation.WarningRecord] }
        "$warned" | Should -BeLike '*HVEAccount*'
    }

    It 'leaves the error handling of the session as it was' {
        $null = Grant
        $global:PSDefaultParameterValues.Keys | Should -Not -Contain '*:ErrorAction'
    }
}

Describe 'Revoke-ExchangeViewOnly.ps1' {
    BeforeEach { Reset-Tenant; $empty = Get-Holding; $null = Grant }

    It 'takes back everything; a second time changes nothing' {
        $said = @(Revoke)
        $said[0] | Should -BeLike 'tenant *'
        $said -match '^(taken back|removed)' | Should -HaveCount 3
        Get-Holding | Should -Be $empty
        @(Revoke) -like 'not there*' | Should -HaveCount 3
    }

    It 'leaves a role group <what>' -ForEach @(
        @{ what = 'that has other members'; change = { (Get-Tenant).Groups[$name].Members += 'Ada' } }
        @{ what = 'that is not ours'; change = { (Get-Tenant).Groups[$name].Description = 'Help desk' } }
        @{ what = 'that was given further roles'; change = { (Get-Tenant).Groups[$name].Roles = 'View-Only Recipients', 'Mail Recipients' } }
    ) {
        & $change
        @(Revoke) -like 'left alone: the role group*' | Should -HaveCount 1
        (Get-Tenant).Groups.Keys | Should -Be $name
        (Get-Tenant).Groups[$name].Members | Should -Not -Contain $id.ObjectId
    }

    It 'keeps the service principal where told' {
        $null = Revoke -KeepServicePrincipal
        (Get-Tenant).Principals | Should -HaveCount 1
    }

    It 'does not say taken back where Exchange denies <_>' -ForEach 'Get-RoleGroup', 'Get-RoleGroupMember', 'Remove-RoleGroupMember' {
        (Get-Tenant).Denied = @($_)
        $said = [Collections.Generic.List[string]]::new()
        { Revoke | ForEach-Object { $said.Add($_) } } | Should -Throw
        $said -match '^(taken back|removed|not there)' | Should -BeNullOrEmpty
        (Get-Tenant).Groups[$name].Members | Should -Contain $id.ObjectId
    }

    It 'says so where <_> has no effect' -ForEach 'Remove-RoleGroupMember', 'Remove-RoleGroup', 'Remove-ServicePrincipal' {
        (Get-Tenant).Silent = @($_)
        { Revoke } | Should -Throw '*although it was removed*'
    }

    It 'with -WhatIf changes nothing' {
        $before = Get-Holding
        Revoke -WhatIf | Should -HaveCount 1
        Get-Holding | Should -Be $before
    }
}
