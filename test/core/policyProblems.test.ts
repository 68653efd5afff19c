/** Whatever is wrong with a policy file, its author is told where and what it must be. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePolicy } from '../../lib/core/policy.ts';
import { inPlainWords } from '../../lib/core/policyWords.ts';
import { policyJson } from './people.ts';

type Section = Readonly<Record<string, unknown>>;
const problems = (json: unknown) => {
  const result = parsePolicy(json);
  return 'problems' in result ? result.problems : [];
};
const SHRINK = { maxShrinkPercent: 1, maxSliceShrinkUsers: 1 };
const DOMAIN = { domain: 'domain.com', domainControllers: ['ldaps://dc1.domain.com'] };
const directory = (changes: Section = {}) => ({
  source: 'activeDirectory',
  domains: [{ ...DOMAIN, ...changes }],
  ...SHRINK,
});
const exported = (changes: Section = {}) => ({
  source: 'export',
  domains: ['domain.com'],
  maxAgeHours: 26,
  ...SHRINK,
  ...changes,
});

describe('the source', () => {
  const LDAP = 'must be an ldaps:// URL, or ldap:// with startTls';
  const NAMES = 'onPremises.source must be "entra" or "activeDirectory" or "export"';
  test.each<readonly [unknown, readonly string[]]>([
    [{}, [NAMES]],
    [{ source: 3 }, [NAMES]],
    [null, ['onPremises must be an object']],
    ['entra', ['onPremises must be an object']],
    [directory(), []],
    [directory({ domainControllers: ['ldap://dc1', 'ldaps://dc2:3269'] }), []],
    ...['https://dc', 'xldap://dc', 'ldapsx://dc', 'dc1.domain.com', ''].map(
      (url) => [directory({ domainControllers: [url] }), [`domainControllers.0 ${LDAP}`]] as const,
    ),
    [directory({ domainControllers: [] }), ['domainControllers must not be empty']],
    ...['default', 'A-B', ' A', ''].map(
      (name) =>
        [directory({ credentials: name }), ['credentials must be capital letters and digits']] as const,
    ),
    [directory({ startTls: 'yes' }), ['startTls must be true or false']],
    [directory({ sourceAnchor: '' }), ['sourceAnchor must not be empty']],
    [directory({ domain: 'domain' }), ['domain must be a domain name such as "contoso.com", without @']],
    [directory({ ou: 'x' }), ['ou is not a setting of this policy']],
    [exported({ domains: [] }), ['onPremises.domains must not be empty']],
    [exported({ maxAgeHours: 0 }), ['onPremises.maxAgeHours must be more than 0']],
    [exported({ maxAgeHours: 169 }), ['onPremises.maxAgeHours must be at most 168']],
    [exported({ maxShrinkPercent: 101 }), ['onPremises.maxShrinkPercent must be at most 100']],
    [exported({ maxSliceShrinkUsers: 0.5 }), ['onPremises.maxSliceShrinkUsers must be a whole number']],
  ])('%j', (onPremises, expected) => {
    const within = 'onPremises.domains.0.';
    expect(problems(policyJson({ onPremises }))).toStrictEqual(
      expected.map((line) => (line.startsWith('onPremises') ? line : within + line)),
    );
  });
});

describe('the other sections', () => {
  const EXTENSION =
    'must be the full name of a directory extension attribute, as in "extension_<32 digits>_name"';
  test.each<readonly [Section, readonly string[]]>([
    [{ mailUserEvidence: { targetAddressAttribute: 'x' } }, [`targetAddressAttribute ${EXTENSION}`]],
    [
      { mailUserEvidence: { recipientTypeAttribute: `extension_${'a'.repeat(32)}_` } },
      [`recipientTypeAttribute ${EXTENSION}`],
    ],
    [
      { protect: { organizationalUnits: ['Board'] } },
      ['organizationalUnits.0 must be a whole distinguished name such as "OU=Board,DC=contoso,DC=com"'],
    ],
    [
      { protect: { organizationalUnits: ['OU=Board,'] } },
      ['organizationalUnits.0 must be a whole distinguished name such as "OU=Board,DC=contoso,DC=com"'],
    ],
    [{ protect: { addresses: [''] } }, ['addresses.0 must not be empty']],
    [{ protect: { domains: 'x.com' } }, ['domains must be a list']],
    [
      { protect: { users: [{}] } },
      ['id', 'until', 'requestedBy', 'why'].map(
        (name) => `users.0.${name} is missing (a text in quotes is required)`,
      ),
    ],
    [{ telemetry: { spellOutKeeps: 'no' } }, ['spellOutKeeps must be true or false']],
    [{ telemetry: {} }, ['spellOutKeeps is missing (true or false is required)']],
    [{ exchange: { use: 'on' } }, ['use must be "off" or "whenAvailable" or "required"']],
    [{ exchange: { lingeringAfterHours: 0 } }, ['lingeringAfterHours must be more than 0']],
    [{ exchange: { lingeringAfterHours: 721 } }, ['lingeringAfterHours must be at most 720']],
    [{ protect: { $comment: 1 } }, ['$comment must be a text in quotes']],
  ])('%j', (section, expected) => {
    expect(problems(policyJson(section))).toStrictEqual(
      expected.map((line) => `${Object.keys(section).join('.')}.${line}`),
    );
  });
});

describe('a protect rule', () => {
  const NAME = 'must be a whole name such as "ceo@partner.com", or a pattern of one such as "*@partner.com"';
  const DN = 'must be a whole distinguished name such as "OU=Board,DC=contoso,DC=com"';
  const DOMAIN = 'must be a domain name such as "contoso.com", without @';
  test.each([
    ['addresses', '@partner.com', NAME],
    ['addresses', 'partner.com', NAME],
    ['addresses', 'ceo', NAME],
    ['addresses', 'x500:/o=org*', NAME],
    ['addresses', 'one two@partner.com', NAME],
    ['userPrincipalNames', 'ceo@', NAME],
    ['userPrincipalNames', 'a@b@c', NAME],
    ['organizationalUnits', 'OU=Board', DN],
    ['organizationalUnits', 'contoso.com/Board', DN],
    ['domains', '@partner.com', DOMAIN],
    ['domains', 'partner', DOMAIN],
    ['domains', '*.partner.com', DOMAIN],
  ])('of %s that can match nobody is refused: %s', (kind, rule, problem) => {
    expect(problems(policyJson({ protect: { [kind]: [rule] } }))).toStrictEqual([
      `protect.${kind}.0 ${problem}`,
    ]);
  });

  test.each([
    ['addresses', 'SMTP:ceo@partner.com', 'ceo@partner.com'],
    ['addresses', ' *@partner.com ', '*@partner.com'],
    ['userPrincipalNames', `${'0a'.repeat(16)}ceo@contoso.com`, 'ceo@contoso.com'],
    ['userPrincipalNames', '*admin*', '*admin*'],
    ['domains', 'müller.de ', 'müller.de'],
  ])('of %s is read as it is meant: %j', (kind, rule, meant) => {
    expect(parsePolicy(policyJson({ protect: { [kind]: [rule] } }))).toMatchObject({
      policy: { protect: { [kind]: [meant] } },
    });
  });
});

describe('a limit may be reached', () => {
  const limits = {
    perNight: { users: 0 },
    rollingBudget: { days: 1, users: 0 },
  };
  test.each<Section>([
    { gracePeriodDays: 0 },
    { gracePeriodDays: 29 },
    { gracePeriodDays: 0.5 },
    { nightsAbsent: 1 },
    { nightsAbsent: 29 },
    { maxSyncAgeHours: 0.5 },
    { maxSyncAgeHours: 168 },
    { accidentalDeletionPrevention: limits },
    { accidentalDeletionPrevention: { ...limits, perNight: { percent: 100 } } },
    { accidentalDeletionPrevention: { ...limits, rollingBudget: { days: 90, percent: 100 } } },
    { onPremises: { source: 'entra', maxShrinkPercent: 0, maxSliceShrinkUsers: 0 } },
    { onPremises: { source: 'entra', maxShrinkPercent: 100, maxSliceShrinkUsers: 0 } },
    { exchange: { lingeringAfterHours: 720 } },
  ])('%j', (section) => expect(problems(policyJson(section))).toStrictEqual([]));
});

test('what is left out of a section is as the schema says', () => {
  const result = parsePolicy(
    policyJson({ onPremises: directory(), exchange: undefined, $comment: 'a test' }),
  );
  expect(result).toMatchObject({
    policy: {
      onPremises: {
        domains: [{ startTls: false, sourceAnchor: 'auto', ignoredDomains: [], credentials: 'DEFAULT' }],
      },
      exchange: { use: 'off', lingeringAfterHours: 24 },
      protect: { domains: [], userPrincipalNames: [], addresses: [], users: [] },
    },
  });
  expect(parsePolicy(policyJson({ onPremises: exported() }))).toMatchObject({
    policy: { onPremises: { sourceAnchor: 'auto' } },
  });
});

test('a GUID is read in any case, and kept in lower case', () => {
  const tenantId = 'ABCDEF01-2345-4789-ABCD-EF0123456789';
  const users = [{ id: tenantId, until: '2026-12-31', requestedBy: 'Legal', why: 'Case 12' }];
  expect(parsePolicy(policyJson({ tenantId, protect: { users } }))).toMatchObject({
    policy: { tenantId: tenantId.toLowerCase(), protect: { users: [{ id: tenantId.toLowerCase() }] } },
  });
});

test('whatever value stands wherever, a problem is one line of our own words, and begins with the place', () => {
  const everything = policyJson({
    onPremises: directory({ credentials: 'A', startTls: true }),
    protect: {
      domains: ['x.com'],
      users: [{ id: policyJson()['tenantId'], until: '2026-12-31', requestedBy: 'a', why: 'b' }],
      extensionAttributes: [{ attribute: 'extensionAttribute1', value: '*' }],
    },
    exchange: { use: 'off', lingeringAfterHours: 1 },
  });
  const places: (readonly [object, string, string])[] = [];
  const walk = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      places.push([value, key, path + key]);
      walk(inner, `${path}${key}.`);
    }
  };
  walk(everything, '');
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.jsonValue(), ([parent, key, path], wrong) => {
      const before: unknown = Reflect.get(parent, key);
      Reflect.set(parent, key, wrong);
      const told = problems(everything);
      Reflect.set(parent, key, before);
      for (const line of told) {
        expect(line).toMatch(/^[^\n]* (must (be|not be|have) |is missing \(|is not a setting )[^\n]*$/);
        expect(line.startsWith(path)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
  expect(problems(everything)).toStrictEqual([]);
});

test('a problem of a kind that has no words here is told in those of the library, and where', () => {
  const path = ['protect', 'users', 0];
  const message = 'Somehow wrong';
  expect(inPlainWords({ code: 'custom', path, message: 'must be right' }, {})).toStrictEqual([
    'protect.users.0 must be right',
  ]);
  expect(inPlainWords({ code: 'invalid_union', errors: [], path, message }, {})).toStrictEqual([
    'protect.users.0: Somehow wrong',
  ]);
  expect(inPlainWords({ code: 'invalid_type', expected: 'symbol', path: [], message }, {})).toStrictEqual([
    'the policy must be symbol',
  ]);
});
