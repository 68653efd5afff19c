# Writes test/tenant/probe anew: what the probe captures in a made-up tenant. Synthetic, no evidence of anything.
# Afterwards: npm run format.
. "$PSScriptRoot/ProbeWorld.ps1"
Reset-World
$folder = Join-Path ([IO.Path]::GetTempPath()) ([guid]::NewGuid())
1..3 | ForEach-Object { $null = Invoke-Probe $folder; Sync-World }
$null = Invoke-Probe $folder
$target = "$PSScriptRoot/../tenant/probe"
Remove-Item -Recurse -Force -Path $target -ErrorAction SilentlyContinue
Copy-Item -Recurse -Path "$folder/captured" -Destination $target
[IO.File]::WriteAllText("$target/SYNTHETIC.md", "Made up by ``test/powershell/probeExample.ps1``: it shows the form of a probe's folder, and proves nothing about Entra ID or Exchange.`n")
Remove-Item -Recurse -Force -Path $folder
