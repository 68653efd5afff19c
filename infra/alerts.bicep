// What wakes an operator. What each rule means, and the first thing to do, is in RUNBOOK.md under its title.

import { rules, tables } from 'alertRules.bicep'
import { hostAccountName, ledgerAccountName } from 'names.bicep'
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

@description('The tenant whose nights are expected from the deployment on.')
param tenantId string

@description('Suffix of the names.')
param token string

@description('true tells every night that came to its end, with its headline: a message a night.')
param nightlySummary bool

// `string()` makes a literal of names with apostrophes and backslashes that KQL reads; a name may hold anything else.
var known = string(map(knownInitiators, name => toLower(name)))

func withTables(query string) string => '${join(map(filter(tables, table => contains(query, table.name)), table => table.text), '')}${query}'

func withNames(query string, token string, tenantId string, known string) string => replace(
  replace(
    replace(replace(query, '{hostAccount}', hostAccountName(token)), '{ledgerAccount}', ledgerAccountName(token)),
    '{tenantId}',
    tenantId
  ),
  '[\'{knownInitiators}\']',
  known
)

// One alert is one combination of a rule's dimensions; it is told once, and resolves itself when its rows are gone.
resource alerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: 'mailuser-purge-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    identity: { type: 'UserAssigned', userAssignedIdentities: { '${ruleIdentityId}': {} } }
    properties: {
      displayName: 'Mail user purge: ${rule.title}'
      description: 'First thing to do: ${runbookUrl}#${replace(toLower(rule.title), ' ', '-')}'
      severity: rule.severity
      enabled: rule.name != 'nightSummary' || nightlySummary
      scopes: [workspaceId]
      evaluationFrequency: rule.frequency
      // The most that a rule can see: what arrives late is still seen.
      windowSize: 'P2D'
      criteria: {
        allOf: [
          {
            // The identity's id, which only Azure knows, comes last: what-if shows all else.
            query: replace(withNames(withTables(rule.query), token, tenantId, known), '{ourPrincipalId}', principalId)
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
        customProperties: { runbook: '${runbookUrl}#${replace(toLower(rule.title), ' ', '-')}', rule: rule.name }
      }
    }
  }
]
