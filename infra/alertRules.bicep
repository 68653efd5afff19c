// The alert rules on telemetry, audit log and storage logs. What each means, and the first thing to do, is in RUNBOOK.md
// under its title.

@export()
var rules = [
  {
    name: 'nightFailed'
    title: 'The night failed'
    severity: 1
    frequency: 'PT10M'
    query: loadTextContent('queries/alerts/nightFailed.kql')
    dimensions: ['NightId', 'How']
  }
  {
    name: 'notBegun'
    title: 'The night could not begin'
    severity: 1
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/notBegun.kql')
    dimensions: ['RunId']
  }
  {
    name: 'nightRefused'
    title: 'The night was refused'
    severity: 2
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/nightRefused.kql')
    dimensions: ['NightId', 'Refusal']
  }
  {
    name: 'syncStale'
    title: 'Directory sync is stale'
    severity: 2
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/syncStale.kql')
    dimensions: ['NightId']
  }
  {
    // Azure reports the health of a rule only at a frequency of 15 minutes or less, and this one watches the others.
    name: 'noNight'
    title: 'No night in 26 hours'
    severity: 1
    frequency: 'PT15M'
    query: loadTextContent('queries/alerts/noNight.kql')
    dimensions: ['TenantId']
  }
  {
    name: 'purgeUnverified'
    title: 'A purge is unverified after 24 hours'
    severity: 2
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/purgeUnverified.kql')
    dimensions: []
  }
  {
    name: 'purgeDenied'
    title: 'A purge was denied'
    severity: 2
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/purgeDenied.kql')
    dimensions: ['Who']
  }
  {
    name: 'notCured'
    title: 'Exchange Online holds on to a purged user'
    severity: 3
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/notCured.kql')
    dimensions: ['Who', 'State']
  }
  {
    name: 'stoppedTwice'
    title: 'Two nights running were stopped'
    severity: 3
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/stoppedTwice.kql')
    dimensions: ['TenantId']
  }
  {
    name: 'limitNear'
    title: 'A limit was near'
    severity: 3
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/limitNear.kql')
    dimensions: ['NightId', 'LimitName']
  }
  {
    name: 'oneReason'
    title: 'One reason keeps nearly everybody'
    severity: 3
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/oneReason.kql')
    dimensions: ['TenantId', 'Reason']
  }
  {
    name: 'modeChanged'
    title: 'The mode changed to purge'
    severity: 3
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/modeChanged.kql')
    dimensions: ['TenantId']
  }
  {
    name: 'foreignPurge'
    title: 'A purge that is not ours'
    severity: 1
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/foreignPurge.kql')
    dimensions: ['Initiator', 'IsOurs', 'Operation', 'Hour']
  }
  {
    name: 'roleGranted'
    title: 'Our identity was given a role'
    severity: 2
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/roleGranted.kql')
    dimensions: ['Operation', 'Initiator', 'Hour']
  }
  {
    name: 'ledgerTouched'
    title: 'Somebody else wrote to the ledger'
    severity: 1
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/ledgerTouched.kql')
    dimensions: ['Operation', 'Requester', 'StatusText', 'Hour']
  }
  {
    name: 'packageDeployed'
    title: 'A package was deployed'
    severity: 3
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/packageDeployed.kql')
    dimensions: ['Deployer', 'Hour']
  }
  {
    name: 'ledgerDisagrees'
    title: 'Telemetry and ledger disagree'
    severity: 2
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/ledgerDisagrees.kql')
    dimensions: ['NightId']
  }
  {
    name: 'nightSummary'
    title: 'What a night did'
    severity: 4
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/nightSummary.kql')
    dimensions: ['NightId', 'TenantId', 'Status', 'Headline']
  }
]

// A table that never had a row does not exist: each query asks for it under its name with a small letter.
@export()
var tables = [
  { name: 'appDependencies', text: loadTextContent('queries/tables/appDependencies.kql') }
  { name: 'appEvents', text: loadTextContent('queries/tables/appEvents.kql') }
  { name: 'appExceptions', text: loadTextContent('queries/tables/appExceptions.kql') }
  { name: 'appRequests', text: loadTextContent('queries/tables/appRequests.kql') }
  { name: 'auditLogs', text: loadTextContent('queries/tables/auditLogs.kql') }
  { name: 'storageBlobLogs', text: loadTextContent('queries/tables/storageBlobLogs.kql') }
]
