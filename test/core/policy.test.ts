import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePolicy } from '../../lib/core/policy.ts';
import { publishedSchema } from '../policySchema.ts';
import { policyJson, policyOf } from './people.ts';

const problems = (json: unknown) => {
  const result = parsePolicy(json);
  return 'problems' in result ? result.problems : [];
};
const without = (name: string) => {
  const { [name]: _, ...rest } = policyJson();
  return rest;
};

test('report is the default', () => {
  expect(parsePolicy(without('mode'))).toMatchObject({ policy: { mode: 'report' } });
});

test('the shipped policy is valid, and reports only, for a tenant yet to be named', () => {
  const shipped = parsePolicy(JSON.parse(readFileSync('policy.json', 'utf8')));
  expect(shipped).toMatchObject({
    policy: { mode: 'report', tenantId: '00000000-0000-0000-0000-000000000000' },
  });
});

test('the published schema is the one in force (npm run schema writes it)', () => {
  expect(readFileSync('policy.schema.json', 'utf8')).toBe(publishedSchema());
});

test('each kind of evidence has its delays by default', () => {
  const json = policyJson({ gracePeriodDays: undefined, nightsAbsent: undefined });
  expect(parsePolicy(json)).toMatchObject({
    policy: {
      gracePeriodDays: { tombstone: 3, parked: 7, covered: 7, entra: 14 },
      nightsAbsent: { tombstone: 1, parked: 2, covered: 2, entra: 3 },
    },
  });
});

test('one number holds for every kind, and of a table only the kinds with a grace period count', () => {
  expect(policyOf({ gracePeriodDays: 5, nightsAbsent: 2 })).toMatchObject({
    gracePeriodDays: { tombstone: 5, parked: 5, covered: 5, entra: 5 },
    nightsAbsent: { tombstone: 2, parked: 2, covered: 2, entra: 2 },
  });
  const { gracePeriodDays, nightsAbsent } = policyOf({
    gracePeriodDays: { tombstone: 1 },
    nightsAbsent: { covered: 9 },
  });
  expect(gracePeriodDays).toStrictEqual({
    tombstone: 1,
    parked: undefined,
    covered: undefined,
    entra: undefined,
  });
  expect(nightsAbsent).toStrictEqual({ tombstone: 1, parked: 2, covered: 9, entra: 3 });
});

test.each([
  [{ forDays: 3 }, 'must name an organizationalUnit, an attribute or disabled'],
  [{ organizationalUnit: 'Leavers', forDays: 3 }, 'must be a distinguished name'],
  [{ disabled: false, forDays: 3 }, 'disabled'],
  [{ disabled: true, forDays: 30 }, 'must be at most 29'],
])('the gone rule %j is refused', (rule, words) => {
  const onPremises = {
    source: 'export',
    domains: ['domain.com'],
    maxAgeHours: 26,
    maxShrinkPercent: 3,
    maxSliceShrinkUsers: 5,
    gone: [rule],
  };
  const result = parsePolicy(policyJson({ onPremises }));
  expect('problems' in result && result.problems.join()).toContain(words);
});

test('a limit that is absent allows nothing', () => {
  const none = { perNight: { users: 0, percent: 0 }, rollingBudget: { days: 7, users: 0, percent: 0 } };
  for (const limits of [{}, { perNight: {} }, { rollingBudget: { days: 7 } }]) {
    expect(policyOf({ accidentalDeletionPrevention: limits }).accidentalDeletionPrevention).toEqual(none);
  }
});

describe('one problem, one line, in plain words', () => {
  const limits = {
    perNight: { users: 1 },
    rollingBudget: { days: 7, users: 1 },
  };
  test.each<readonly [unknown, readonly string[]]>([
    [null, ['the policy must be an object']],
    [[], ['the policy must be an object']],
    ['purge', ['the policy must be an object']],
    [undefined, ['the policy must be an object']],
    [without('tenantId'), ['tenantId is missing (a text in quotes is required)']],
    [policyJson({ tenantId: 'contoso' }), ['tenantId must be a GUID']],
    [policyJson({ mode: 'Purge' }), ['mode must be "report" or "purge"']],
    [policyJson({ mod: 'purge' }), ['mod is not a setting of this policy']],
    [policyJson({ protect: { domain: ['x.com'] } }), ['protect.domain is not a setting of this policy']],
    [
      without('accidentalDeletionPrevention'),
      ['accidentalDeletionPrevention is missing (an object is required)'],
    ],
    [
      policyJson({ accidentalDeletionPrevention: { ...limits, perNight: 5 } }),
      ['accidentalDeletionPrevention.perNight must be an object'],
    ],
    [
      policyJson({ accidentalDeletionPrevention: { ...limits, perNight: { users: null } } }),
      ['accidentalDeletionPrevention.perNight.users must be a number'],
    ],
    [
      policyJson({ accidentalDeletionPrevention: { ...limits, perNight: { users: '5' } } }),
      ['accidentalDeletionPrevention.perNight.users must be a number'],
    ],
    [
      policyJson({ accidentalDeletionPrevention: { ...limits, perNight: { users: -1 } } }),
      ['accidentalDeletionPrevention.perNight.users must be at least 0'],
    ],
    [
      policyJson({ accidentalDeletionPrevention: { ...limits, rollingBudget: { percent: 101 } } }),
      ['accidentalDeletionPrevention.rollingBudget.percent must be at most 100'],
    ],
    [
      policyJson({
        accidentalDeletionPrevention: {
          maxPurgesPerNight: 20,
          maxPercentOfSyncedUsers: 1,
          rollingBudget: { days: 7, maxPurges: 60 },
        },
      }),
      [
        'accidentalDeletionPrevention.rollingBudget.maxPurges is not a setting of this policy any more: write "rollingBudget": { "days": 7, "users": 20, "percent": 2 }, the larger of a number and a percentage of the live synced users',
        'accidentalDeletionPrevention.maxPurgesPerNight is not a setting of this policy any more: write "perNight": { "users": 5, "percent": 1 }, the larger of a number and a percentage of the live synced users',
        'accidentalDeletionPrevention.maxPercentOfSyncedUsers is not a setting of this policy any more: write it as "percent" of "perNight", the larger of a number and a percentage of the live synced users',
      ],
    ],
    [policyJson({ gracePeriodDays: 30 }), ['gracePeriodDays must be at most 29']],
    [policyJson({ nightsAbsent: 0 }), ['nightsAbsent must be at least 1']],
    [
      policyJson({ nightsAbsent: 1.5 }),
      ['nightsAbsent: must be a whole number, or a table such as {"tombstone": 3, "covered": 7}'],
    ],
    [policyJson({ maxSyncAgeHours: 0 }), ['maxSyncAgeHours must be more than 0']],
    [
      policyJson({ protect: { domains: ['@x.com'] } }),
      ['protect.domains.0 must be a domain name such as "contoso.com", without @'],
    ],
    [
      policyJson({ protect: { users: [{ id: 'x', until: 'soon', requestedBy: '', why: 'y' }] } }),
      [
        'protect.users.0.id must be a GUID',
        'protect.users.0.until must be a date such as 2026-12-31',
        'protect.users.0.requestedBy must not be empty',
      ],
    ],
    [
      policyJson({ onPremises: { source: 'ldap' } }),
      ['onPremises.source must be "entra" or "activeDirectory" or "export"'],
    ],
    [
      policyJson({
        onPremises: { source: 'activeDirectory', domains: [], maxShrinkPercent: 1, maxSliceShrinkUsers: 1 },
      }),
      ['onPremises.domains must not be empty'],
    ],
    [
      policyJson({ protect: { extensionAttributes: [{ attribute: 'extensionAttribute16', value: 'x' }] } }),
      ['protect.extensionAttributes.0.attribute must be extensionAttribute1 to extensionAttribute15'],
    ],
  ])('case %#', (json, expected) => {
    expect(problems(json)).toStrictEqual(expected);
  });

  test('all of them at once', () => {
    expect(problems({ ...without('tenantId'), nightsAbsent: 0, mod: 1 })).toHaveLength(3);
  });
});

test('no JSON value crashes it, and none but a whole policy passes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      expect(problems(json).length).toBeGreaterThan(0);
    }),
  );
});

test('taking away any required setting is a problem, wherever it stands', () => {
  const required = ['tenantId', 'maxSyncAgeHours', 'onPremises', 'accidentalDeletionPrevention'];
  for (const name of [...required, 'mailUserEvidence', 'protect', 'telemetry']) {
    expect(problems(without(name))).toStrictEqual([expect.stringContaining(`${name} is missing`)]);
  }
});
