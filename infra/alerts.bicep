// What wakes an operator. What each rule means, and the first thing to do, is in RUNBOOK.md under its title.

import { Tags } from 'types.bicep'

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Resource id of the Log Analytics workspace that telemetry and Entra ID\'s audit log arrive in.')
param workspaceId string

@description('Resource ids of the action groups that are told.')
param actionGroupIds string[]

@description('Resource id of the managed identity that the rules read the workspace as. Without one they run with the rights of the person who deployed last.')
param ruleIdentityId string

@description('Object id of the managed identity that purges. Purges by anybody else are told.')
param principalId string

@description('Who else may purge users: UPNs of people, display names of apps, as the audit log writes them.')
param knownInitiators string[]

@description('Where RUNBOOK.md can be read, without a section. Part of every alert.')
param runbookUrl string

var foreignPurge = replace(
  replace(loadTextContent('queries/alerts/foreignPurge.kql'), '{ourPrincipalId}', principalId),
  '{knownInitiators}',
  join(knownInitiators, ';')
)

// One alert is one combination of a rule's dimensions; it is told once, and resolves itself when its rows are gone.
var rules = [
  {
    name: 'nightFailed'
    title: 'The night failed'
    section: 'the-night-failed'
    severity: 1
    frequency: 'PT10M'
    query: loadTextContent('queries/alerts/nightFailed.kql')
    dimensions: ['NightId', 'How']
  }
  {
    name: 'notBegun'
    title: 'The night could not begin'
    section: 'the-night-could-not-begin'
    severity: 1
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/notBegun.kql')
    dimensions: ['RunId']
  }
  {
    name: 'nightRefused'
    title: 'The night was refused'
    section: 'the-night-was-refused'
    severity: 2
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/nightRefused.kql')
    dimensions: ['NightId', 'Refusal']
  }
  {
    name: 'syncStale'
    title: 'Directory sync is stale'
    section: 'directory-sync-is-stale'
    severity: 2
    frequency: 'PT30M'
    query: loadTextContent('queries/alerts/syncStale.kql')
    dimensions: ['NightId']
  }
  {
    name: 'noNight'
    title: 'No night in 26 hours'
    section: 'no-night-in-26-hours'
    severity: 1
    // Azure reports the health of a rule only at a frequency of 15 minutes or less, and this one watches the others.
    frequency: 'PT15M'
    query: loadTextContent('queries/alerts/noNight.kql')
    dimensions: []
  }
  {
    name: 'purgeUnverified'
    title: 'A purge is unverified after 24 hours'
    section: 'a-purge-is-unverified-after-24-hours'
    severity: 2
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/purgeUnverified.kql')
    dimensions: ['NightId']
  }
  {
    name: 'brakeNear'
    title: 'A brake was near'
    section: 'a-brake-was-near'
    severity: 3
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/brakeNear.kql')
    dimensions: ['NightId', 'Brake']
  }
  {
    name: 'foreignPurge'
    title: 'A purge that is not ours'
    section: 'a-purge-that-is-not-ours'
    severity: 1
    frequency: 'PT30M'
    query: foreignPurge
    dimensions: ['Initiator', 'IsOurs']
  }
  {
    name: 'ledgerDisagrees'
    title: 'Telemetry and ledger disagree'
    section: 'telemetry-and-ledger-disagree'
    severity: 2
    frequency: 'PT1H'
    query: loadTextContent('queries/alerts/ledgerDisagrees.kql')
    dimensions: ['NightId']
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: 'mailuser-purge-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    identity: { type: 'UserAssigned', userAssignedIdentities: { '${ruleIdentityId}': {} } }
    properties: {
      displayName: 'Mail user purge: ${rule.title}'
      description: 'First thing to do: ${runbookUrl}#${rule.section}'
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: rule.frequency
      // The most that a rule can see: what arrives late is still seen.
      windowSize: 'P2D'
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(rule.dimensions, dimension => {
              name: dimension
              operator: 'Include'
              values: ['*']
            })
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: true
      // A new workspace has none of the tables until their first row is there.
      skipQueryValidation: true
      actions: {
        actionGroups: actionGroupIds
        customProperties: { runbook: '${runbookUrl}#${rule.section}', rule: rule.name }
      }
    }
  }
]
