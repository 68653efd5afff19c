# What a probe remembers (state.json, with real names) and what it hands on (captured, redacted).

# The settings of the first run hold for all: another folder is another probe.
function Open-Probe {
    param([string] $Folder, [hashtable] $Settings, [string[]] $Words, [int] $Hours)
    $file = Join-Path -Path $Folder -ChildPath 'state.json'
    [void] [IO.Directory]::CreateDirectory((Join-Path -Path $Folder -ChildPath 'captured'))
    if ([IO.File]::Exists($file)) {
        $state = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($file))
        foreach ($name in $Settings.Keys) {
            if ($state.settings.$name -ne $Settings[$name]) { throw "$file was begun with $name $($state.settings.$name), not $($Settings[$name]). Nothing was changed. Use the same parameters, or another folder." }
        }
    }
    else {
        $run = [guid]::NewGuid().ToString('N').Substring(0, 8)
        $state = [pscustomobject] @{ run = $run; settings = [pscustomobject] $Settings; done = [pscustomobject] @{}; users = @(); replaced = [pscustomobject] @{} }
    }
    $probe = @{ Folder = $Folder; File = $file; State = $state; Words = @($Words | Where-Object { $_ }); Hours = $Hours }
    Save-State -Probe $probe
    return $probe
}

function Save-State {
    param([hashtable] $Probe)
    [IO.File]::WriteAllText($Probe.File, (ConvertTo-Json -InputObject $Probe.State -Depth 6))
}
function Test-Done { param([hashtable] $Probe, [string] $Step) return $null -ne $Probe.State.done.PSObject.Properties[$Step] }
function Set-Done {
    param([hashtable] $Probe, [string] $Step)
    Add-Member -InputObject $Probe.State.done -NotePropertyName $Step -NotePropertyValue ([datetime]::UtcNow.ToString('o'))
    Save-State -Probe $Probe
}

# The same text is replaced by the same text in every file, so that what belongs together still does.
function Get-Replacement {
    param([hashtable] $Probe, [string] $Text, [string] $Kind)
    $key = "$Kind " + $Text.ToLowerInvariant()
    $known = $Probe.State.replaced.PSObject.Properties[$key]
    if ($known) { return $known.Value }
    $number = 1 + @($Probe.State.replaced.PSObject.Properties | Where-Object { $_.Name -like "$Kind *" }).Count
    $new = switch ($Kind) {
        'guid' { '00000000-0000-4000-8000-{0:d12}' -f $number }
        'person' { "person$number" }
        'domain' { "domain$number.example" }
        'ip' { "192.0.2.$number" }
        'sid' { "S-1-5-21-1-2-$number" }
    }
    Add-Member -InputObject $Probe.State.replaced -NotePropertyName $key -NotePropertyValue $new
    return $new
}

function ConvertTo-Redacted {
    param([hashtable] $Probe, [string] $Text)
    $settings = $Probe.State.settings
    foreach ($word in $Probe.Words) { $Text = $Text -replace [regex]::Escape($word), 'REDACTED' }
    $base = ($settings.organizationalUnit -split ',' | Where-Object { $_ -match '^DC=' }) -join ','
    $directory = $base -replace '(?i)^DC=' -replace '(?i),DC=', '.'
    # The domain of Active Directory is often not that of the addresses.
    $names = @{ $directory.ToLowerInvariant() = 'corp.contoso.test'; $settings.externalDomain.ToLowerInvariant() = 'partner.example' }
    $names[$settings.internalDomain.ToLowerInvariant()] = 'contoso.test'
    $newBase = 'DC=' + $names[$directory.ToLowerInvariant()].Replace('.', ',DC=')
    $Text = $Text -replace [regex]::Escape($settings.organizationalUnit), "OU=Probe,$newBase" -replace [regex]::Escape($base), $newBase
    $guid = { param($match) Get-Replacement -Probe $Probe -Kind guid -Text ([guid] $match.Value).ToString() }
    $Text = [regex]::Replace($Text, '(?i)(?<![\da-f])[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}(?![\da-f])', $guid)
    # The id of a deleted user before its UPN, and of a mail user in its legacyExchangeDN.
    $Text = [regex]::Replace($Text, '(?i)(?<![\da-f])[\da-f]{32}(?![\da-f])', { param($match) (Get-Replacement -Probe $Probe -Kind guid -Text ([guid] $match.Value).ToString()).Replace('-', '') })
    # An immutable id: base64 of a GUID's bytes.
    $Text = [regex]::Replace($Text, '(?<![\w+/])[\w+/]{22}==', { param($match)
            try { $id = [guid]::new([Convert]::FromBase64String($match.Value)) } catch { return $match.Value }
            [Convert]::ToBase64String(([guid] (Get-Replacement -Probe $Probe -Kind guid -Text $id.ToString())).ToByteArray()) })
    $Text = [regex]::Replace($Text, 'S-1-5-21-\d+-\d+-\d+', { param($match) Get-Replacement -Probe $Probe -Kind sid -Text $match.Value })
    $Text = [regex]::Replace($Text, '(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])', { param($match) Get-Replacement -Probe $Probe -Kind ip -Text $match.Value })
    # Addresses: the probe's own names stay, and Exchange's form of a legacyExchangeDN.
    $Text = [regex]::Replace($Text, '(?i)([\w.+=/-]+)@(?!odata\.)([\w-]+(?:\.[\w-]+)+)', { param($match)
            $local = $match.Groups[1].Value
            $domain = $match.Groups[2].Value.ToLowerInvariant()
            if (-not $names.ContainsKey($domain) -and $domain -notmatch '(outlook|exchangelabs|office365|microsoft)\.com$') { $names[$domain] = Get-Replacement -Probe $Probe -Kind domain -Text $domain }
            if ($local -notmatch "probe-$($Probe.State.run)|^IMCEAEX") { $local = Get-Replacement -Probe $Probe -Kind person -Text $local }
            if ($names.ContainsKey($domain)) { $domain = $names[$domain] }
            "$local@$domain" })
    foreach ($domain in @($names.Keys | Sort-Object -Property Length -Descending)) { $Text = $Text -replace "(?i)(?<![\w.-])$([regex]::Escape($domain))(?![\w-])", $names[$domain] }
    return $Text
}

# Every text of a JSON document by itself: in the document, an escaped line break would become part of a name.
function ConvertTo-RedactedJson {
    param([hashtable] $Probe, [string] $Json)
    [regex]::Replace($Json, '"((?:[^"\\]|\\.)*)"', { param($match)
            $text = ConvertTo-Redacted -Probe $Probe -Text ([regex]::Unescape($match.Groups[1].Value))
            $text = $text.Replace('\', '\\').Replace('"', '\"')
            '"' + [regex]::Replace($text, '[\x00-\x1f]', { param($control) '\u{0:x4}' -f [int] [char] $control.Value }) + '"' })
}

# One file for each answer. "at" and "request" say what it answers.
function Save-Capture {
    param([hashtable] $Probe, [string] $Name, [string] $Request, $Answer)
    # What Graph said, as it said it: reading and writing dates again would change them.
    $json = if ($null -ne $Answer -and $Answer.PSObject.Properties['json']) { $Answer.json } else { ConvertTo-Json -InputObject $Answer -Depth 8 -Compress }
    if (-not $json) { $json = 'null' }
    $status = if ($null -ne $Answer -and $Answer.PSObject.Properties['status']) { [int] $Answer.status } else { 'null' }
    $head = ConvertTo-Json -Compress -InputObject ([ordered] @{ at = [datetime]::UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"); request = $Request })
    $text = ConvertTo-RedactedJson -Probe $Probe -Json ($head.TrimEnd('}') + ",`"status`":$status,`"answer`":$json}")
    [IO.File]::WriteAllText((Join-Path -Path $Probe.Folder -ChildPath "captured/$Name.json"), $text)
    Save-State -Probe $Probe
}
