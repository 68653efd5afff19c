/** What is wrong with a policy file, for somebody who has never heard of a schema. */
import type { z } from 'zod';

/** One line or more on one problem, by path. */
export function inPlainWords(issue: z.core.$ZodIssue, json: unknown): readonly string[] {
  const where = issue.path.length === 0 ? 'the policy' : issue.path.map(String).join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const path = [...issue.path.map(String), key].join('.');
        const instead = INSTEAD.get(path);
        return `${path} is not a setting of this policy${instead === undefined ? '' : ` any more: ${instead}`}`;
      });
    case 'invalid_type':
      return valueAt(json, issue.path) === undefined && issue.path.length > 0
        ? [`${where} is missing (${wordFor(issue.expected)} is required)`]
        : [`${where} must be ${wordFor(issue.expected)}`];
    case 'invalid_value':
      return [`${where} must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`];
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? [`${where} must be ${issue.options.map((option) => JSON.stringify(option)).join(' or ')}`]
        : [`${where}: ${issue.message}`];
    case 'too_small':
      return [
        issue.origin === 'string' || issue.origin === 'array'
          ? `${where} must not be empty`
          : `${where} must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`,
      ];
    case 'too_big':
      return [`${where} must be at most ${issue.maximum}`];
    case 'invalid_format':
      return [
        issue.format === 'template_literal'
          ? `${where} must be extensionAttribute1 to extensionAttribute15`
          : issue.format === 'guid'
            ? `${where} must be a GUID`
            : issue.format === 'date'
              ? `${where} must be a date such as 2026-12-31`
              : `${where} ${issue.message}`,
      ];
    case 'custom':
      return [`${where} ${issue.message}`];
    default:
      return [`${where}: ${issue.message}`];
  }
}

const LARGER = 'the larger of a number and a percentage of the live synced users';
/** Settings of older policies, and what to write today. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  [
    'accidentalDeletionPrevention.maxPurgesPerNight',
    `write "perNight": { "users": 5, "percent": 1 }, ${LARGER}`,
  ],
  ['accidentalDeletionPrevention.maxPercentOfSyncedUsers', `write it as "percent" of "perNight", ${LARGER}`],
  [
    'accidentalDeletionPrevention.rollingBudget.maxPurges',
    `write "rollingBudget": { "days": 7, "users": 20, "percent": 2 }, ${LARGER}`,
  ],
]);

const WORDS: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a text in quotes',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};
const wordFor = (expected: string) => WORDS[expected] ?? expected;

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    json,
  );
}
