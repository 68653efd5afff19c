# The steps of a probe, in order. Each returns nothing when it is done, or what it waits for.

$selected = 'id,displayName,userPrincipalName,userType,mail,proxyAddresses,deletedDateTime,createdDateTime,accountEnabled,onPremisesSyncEnabled,' +
    'onPremisesImmutableId,onPremisesLastSyncDateTime,onPremisesSecurityIdentifier,onPremisesDistinguishedName,onPremisesDomainName,assignedLicenses,assignedPlans,provisionedPlans'

# Whatever Graph says is an answer, also 400 and 404.
function Get-GraphAnswer {
    param([string] $Method = 'GET', [string] $Uri, $Body)
    $status = 0
    $more = @{}
    if ($Body) { $more['Body'] = ConvertTo-Json -InputObject $Body -Depth 8; $more['ContentType'] = 'application/json' }
    $json = Invoke-MgGraphRequest -Method $Method -Uri $Uri -OutputType Json -SkipHttpErrorCheck -StatusCodeVariable status @more
    $content = if ($json) { ConvertFrom-Json -InputObject $json }
    return [pscustomobject] @{ status = [int] $status; json = $json; body = $content }
}

function New-ProbeUser {
    param([hashtable] $Probe, [string] $Kind)
    $settings = $Probe.State.settings
    $name = "probe-$($Probe.State.run)-$Kind"
    $external = "$name@$($settings.externalDomain)"
    $internal = "$name@$($settings.internalDomain)"
    $primary, $other = if ($Kind -eq 'external') { $external, $internal } else { $internal, $external }
    $attributes = @{
        mailNickname = $name; mail = $primary; targetAddress = "SMTP:$external"; proxyAddresses = @("SMTP:$primary", "smtp:$other")
        msExchRecipientTypeDetails = 128; msExchRecipientDisplayType = 6
    }
    $made = New-ADUser -Name $name -SamAccountName $name.Substring(0, 20) -DisplayName "mailuser-purge probe $name" -UserPrincipalName $internal -Path $settings.organizationalUnit -OtherAttributes $attributes -PassThru
    $Probe.State.users = @($Probe.State.users) + [pscustomobject] @{ kind = $Kind; name = $name; upn = $internal; external = $external; guid = "$($made.ObjectGUID)"; id = '' }
    Save-State -Probe $Probe
}

function Send-ToProbe {
    param([hashtable] $Probe, [string] $When)
    foreach ($user in $Probe.State.users) {
        $message = @{ subject = "probe-$($Probe.State.run) $($user.kind) $When"; body = @{ contentType = 'Text'; content = 'A test of mailuser-purge.' }; toRecipients = @(@{ emailAddress = @{ address = $user.external } }) }
        $answer = Get-GraphAnswer -Method POST -Uri '/v1.0/me/sendMail' -Body @{ message = $message; saveToSentItems = $false }
        if ($answer.status -ge 300) { throw "The message to the $($user.kind) user was not sent: HTTP $($answer.status)." }
    }
}

# Every soft-deleted mail user with one of the probe's addresses: its Entra id may be empty by then.
function Save-SoftDeleted {
    param([hashtable] $Probe, [string] $Name)
    $wanted = @($Probe.State.users | ForEach-Object { $_.name })
    $found = @(Get-MailUser -SoftDeletedMailUser -ResultSize Unlimited | Where-Object { $wanted -contains "$($_.Alias)" -or $wanted -contains "$($_.Name)" } |
            Select-Object -Property Guid, ExchangeGuid, ExternalDirectoryObjectId, ExternalEmailAddress, PrimarySmtpAddress, EmailAddresses, RecipientTypeDetails, LegacyExchangeDN,
            InPlaceHolds, LitigationHoldEnabled, IsInactiveMailbox, IsSoftDeletedByRemove, WhenSoftDeleted)
    Save-Capture -Probe $Probe -Name $Name -Request 'Get-MailUser -SoftDeletedMailUser' -Answer $found
    return $found.Count
}

# PowerShell 7 reads a time in state.json as a date, 5.1 as text.
function Get-HoursSince {
    param([hashtable] $Probe, [string] $Step)
    ([datetime]::UtcNow - ([datetime] $Probe.State.done.$Step).ToUniversalTime()).TotalHours
}

function Get-ProbeStep {
    @{ Name = 'made'; Change = 'Make them in Active Directory'; Do = { param($probe)
            # A run that was cut short has made one of them.
            foreach ($kind in 'external', 'internal') { if (@($probe.State.users).kind -notcontains $kind) { New-ProbeUser -Probe $probe -Kind $kind } } } }
    @{ Name = 'synced'; Do = { param($probe)
            foreach ($user in $probe.State.users) {
                $answer = Get-GraphAnswer -Uri "/v1.0/users/$($user.upn)?`$select=$selected"
                if ($answer.status -ne 200) { return "the sync of $($user.upn) to Entra ID (HTTP $($answer.status))." }
                $user.id = $answer.body.id
                Save-Capture -Probe $probe -Name "live-$($user.kind)" -Request "GET /v1.0/users/{id}?`$select=$selected" -Answer $answer
            } } }
    @{ Name = 'sentLive'; Change = 'Send a message to each'; Do = { param($probe) Send-ToProbe -Probe $probe -When 'live' } }
    @{ Name = 'removed'; Change = 'Remove them from Active Directory'; Do = { param($probe)
            foreach ($user in $probe.State.users) {
                $object = Get-ADUser -Filter "ObjectGUID -eq '$($user.guid)'"
                if (-not $object) { continue }
                if ($object.Name -ne $user.name) { throw "The object $($user.guid) is called $($object.Name), not $($user.name). It was not removed." }
                Remove-ADUser -Identity $user.guid -Confirm:$false
            } } }
    @{ Name = 'tombstones'; Do = { param($probe)
            foreach ($user in $probe.State.users) {
                $found = @(Get-ADObject -Filter "ObjectGUID -eq '$($user.guid)'" -IncludeDeletedObjects -Properties *)
                Save-Capture -Probe $probe -Name "tombstone-$($user.kind)" -Request 'Get-ADObject -IncludeDeletedObjects' -Answer @($found | Select-Object -Property ObjectGUID, objectSid, sIDHistory, isDeleted, isRecycled, lastKnownParent,
                        DistinguishedName, mail, proxyAddresses, targetAddress, 'mS-DS-ConsistencyGuid', msExchRecipientTypeDetails, userAccountControl, legacyExchangeDN, whenChanged, whenCreated)
            } } }
    @{ Name = 'deleted'; Do = { param($probe)
            foreach ($user in $probe.State.users) {
                $answer = Get-GraphAnswer -Uri "/v1.0/directory/deletedItems/$($user.id)/microsoft.graph.user?`$select=$selected"
                if ($answer.status -ne 200) { return "the sync of the removal of $($user.upn) (HTTP $($answer.status))." }
                Save-Capture -Probe $probe -Name "deleted-$($user.kind)" -Request "GET /v1.0/directory/deletedItems/{id}/microsoft.graph.user?`$select=$selected" -Answer $answer
                $filter = "proxyAddresses/any(p:p eq 'smtp:$($user.external)') or mail eq '$($user.external)' or userPrincipalName eq '$($user.upn)'"
                Save-Capture -Probe $probe -Name "holder-$($user.kind)" -Request "GET /v1.0/users?`$filter=$filter" -Answer (Get-GraphAnswer -Uri "/v1.0/users?`$select=id,userPrincipalName&`$filter=$([uri]::EscapeDataString($filter))")
            }
            if ((Save-SoftDeleted -Probe $probe -Name 'mailusers-before') -lt @($probe.State.users).Count) { return 'Exchange Online to show both as soft-deleted mail users.' } } }
    @{ Name = 'sentDeleted'; Change = 'Send a message to each of the removed'; Do = { param($probe) Send-ToProbe -Probe $probe -When 'deleted' } }
    @{ Name = 'bounced'; Do = { param($probe)
            $bounces = @((Get-GraphAnswer -Uri '/v1.0/me/messages?$top=200&$select=subject,body,receivedDateTime,from').body.value | Where-Object { $_.subject -like "*probe-$($probe.State.run)*deleted*" })
            # One that was delivered never bounces; the trace shows it.
            if ($bounces.Count -lt @($probe.State.users).Count -and (Get-HoursSince -Probe $probe -Step 'sentDeleted') -lt 2) { return "the bounces in your inbox ($($bounces.Count) of $(@($probe.State.users).Count))." }
            Save-Capture -Probe $probe -Name 'bounces' -Request 'GET /v1.0/me/messages' -Answer $bounces } }
    @{ Name = 'traced'; Do = { param($probe)
            foreach ($user in $probe.State.users) {
                $rows = @(Get-MessageTraceV2 -RecipientAddress $user.external -StartDate ([datetime]::UtcNow.AddDays(-5)) -EndDate ([datetime]::UtcNow))
                if ($rows.Count -lt 2) { return "both messages to $($user.external) in the message trace." }
                Save-Capture -Probe $probe -Name "trace-$($user.kind)" -Request 'Get-MessageTraceV2' -Answer $rows
                $details = @($rows | ForEach-Object { Get-MessageTraceDetailV2 -MessageTraceId $_.MessageTraceId -RecipientAddress $user.external })
                Save-Capture -Probe $probe -Name "trace-details-$($user.kind)" -Request 'Get-MessageTraceDetailV2' -Answer $details
            } } }
    @{ Name = 'purged'; Change = 'Delete them permanently from Entra ID'; Do = { param($probe)
            foreach ($user in $probe.State.users) {
                $path = "/v1.0/directory/deletedItems/$($user.id)"
                $answer = Get-GraphAnswer -Uri "$path/microsoft.graph.user?`$select=id,displayName"
                if ($answer.status -eq 404) { continue }
                if ($answer.body.id -ne $user.id -or $answer.body.displayName -ne "mailuser-purge probe $($user.name)") { throw "The deleted user $($user.id) is not one that this probe made. It was not purged." }
                Save-Capture -Probe $probe -Name "purge-$($user.kind)" -Request 'DELETE /v1.0/directory/deletedItems/{id}' -Answer (Get-GraphAnswer -Method DELETE -Uri $path)
                Save-Capture -Probe $probe -Name "purged-$($user.kind)" -Request 'GET /v1.0/directory/deletedItems/{id}' -Answer (Get-GraphAnswer -Uri $path)
            } } }
    @{ Name = 'watched'; Do = { param($probe)
            $hour = [int] [Math]::Floor((Get-HoursSince -Probe $probe -Step 'purged'))
            $left = Save-SoftDeleted -Probe $probe -Name ('mailusers-after-{0:d3}h' -f $hour)
            if ($left -gt 0 -and $hour -lt $probe.Hours) { return "$left of the mail users to vanish from Exchange Online; an answer is captured each hour that you run this." } } }
}
