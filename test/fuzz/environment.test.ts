/** App settings of every kind: a Config that can be used, or a refusal that names the setting and no secret. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import fc from 'fast-check';
import { compose } from '../../lib/compose.ts';
import { type Config, type Environment, readConfig, SETTING_NAMES, scheduleOf } from '../../lib/config.ts';
import { messageOf, NightRefused } from '../../lib/errors.ts';
import { policyJson } from '../core/people.ts';
import { expectClear, fuzz, refusedOr } from './fuzz.ts';
import { BORROWED } from './mutations.ts';

let folder: string;
let valid: Environment;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fuzz-environment-'));
  const domain = { domain: 'domain.com', domainControllers: ['ldaps://dc1.domain.com'], credentials: 'CORP' };
  const onPremises = {
    source: 'activeDirectory',
    domains: [domain],
    maxShrinkPercent: 3,
    maxSliceShrinkUsers: 20,
  };
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policyJson({ onPremises })));
  valid = {
    GRAPH_ROOT: 'https://graph.microsoft.us',
    MANAGED_IDENTITY_CLIENT_ID: '6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10',
    POLICY_FILE: join(folder, 'policy.json'),
    LEDGER_DIRECTORY: join(folder, 'ledger'),
    EXPORT_DIRECTORY: folder,
    EXCHANGE_ROOT: 'https://outlook.office365.us',
    NIGHTLY_SCHEDULE: '0 30 3 * * 1-5',
    NIGHT_TIME_LIMIT_MINUTES: '50',
    NIGHTLY_PURGE_HALT: 'false',
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD',
    AD_CORP_USERNAME: 'reader',
    AD_CORP_PASSWORD: SECRETS[0],
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SECRETS = ['p4ss-w0rd-of-the-reader', '0f0f0f0f-secret-key', 'c2lnbmF0dXJl-of-a-sas', 'user-info-word'];

const NAMES = [
  ...SETTING_NAMES,
  'AD_CORP_USERNAME',
  'AD_CORP_PASSWORD',
  'AD_CORP_CA',
  'AD__PASSWORD',
  'AD_X_PASSWORD',
  'PATH',
  ...BORROWED,
];

/** No environment can hold a NUL. */
const anyValue = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\u0000', '')),
  fc.webUrl({ validSchemes: ['https', 'http', 'file'], withQueryParameters: true }),
  fc.integer().map(String),
  fc.double().map(String),
  fc.constantFrom(
    ' ',
    '0',
    'false',
    'TRUE',
    'undefined',
    'null',
    'NaN',
    'Infinity',
    '1e3',
    '1e9',
    '0.00001',
    '50.00001',
    '0x32',
    '71582788.4',
    '\u0001',
    'line\nbreak',
    '{{reserved}}',
    '@Microsoft.KeyVault(SecretUri=https://vault/secrets/x)',
    'https://',
    'https://x',
    'https://[::1',
    'HTTPS://GRAPH.MICROSOFT.COM',
    'https://graph.microsoft.com:99999',
    `https://a:${SECRETS[3]}@x.blob.core.windows.net/ledger`,
    `https://x.blob.core.windows.net/ledger?sv=2024&sig=${SECRETS[2]}`,
    'https://x.blob.core.windows.net/ledger#part',
    'https://x.blob.core.windows.net',
    '* * * * * *',
    '0 2 * * *',
    'policy.json',
    '/dev/null',
    '/',
  ),
);

const URLS = [
  `https://a:${SECRETS[3]}@x.blob.core.windows.net/ledger/halt`,
  `https://x.blob.core.windows.net/ledger/halt?sv=2024&sig=${SECRETS[2]}`,
  'https://x.blob.core.windows.net/ledger/halt#part',
  'https://x.blob.core.windows.net/ledger/',
  'https://x.blob.core.windows.net//ledger',
  'https://127.0.0.1/account/container',
];
const MINUTES = ['0.00001', '50.00001', '1440', '1440.1', '40000', '1e9', '-1', '5e-324'];

/** A name, and a value that is more often than not of a kind with it. */
const anySetting = fc.oneof(
  fc.tuple(fc.constantFrom(...NAMES), anyValue),
  fc.tuple(fc.constantFrom(...NAMES.filter((name) => name.endsWith('_URL'))), fc.constantFrom(...URLS)),
  fc.tuple(fc.constant('NIGHT_TIME_LIMIT_MINUTES'), fc.constantFrom(...MINUTES)),
);

/** A Config can be used as it is: nothing in it makes a night fail later for want of a check. */
function expectUsable(config: Config, environment: Environment): void {
  for (const root of [config.graphRoot, config.exchangeRoot]) {
    expect(root).toMatch(/^https:/);
    expect(new URL(root).origin).toBe(root);
  }
  expect(() => AbortSignal.timeout(config.timeLimitMs)).not.toThrow();
  // A longer timer than this ends at once.
  expect(config.timeLimitMs).toBeLessThan(2 ** 31);
  for (const place of [config.ledger, config.exports]) {
    if (place === undefined || !('containerUrl' in place)) continue;
    const { protocol, username, password, search } = new URL(place.containerUrl);
    expect([protocol, username, password, search]).toEqual(['https:', '', '', '']);
  }
  const halt = environment['NIGHTLY_PURGE_HALT']?.trim().toLowerCase() ?? '';
  expect(config.isHalted()).toBe(!['', '0', 'false'].includes(halt));
}

/** What comes of this environment, up to the ports of a night. */
async function judged(environment: Environment): Promise<string> {
  // A path is told, whatever it is.
  const { POLICY_FILE = '' } = environment;
  const secrets = SECRETS.filter((secret) => !POLICY_FILE.includes(secret));
  const read = await refusedOr(() => readConfig(environment), secrets);
  expect(scheduleOf(environment)).toMatch(/^\S+( +\S+){5}$/);
  if (read instanceof NightRefused) {
    expect(read.refusals).toMatchObject([{ refusal: 'configurationInvalid' }]);
    expect(NAMES.filter((name) => read.message.includes(name))).not.toEqual([]);
    return 'refused';
  }
  expectUsable(read.value, environment);
  // Application Insights calls home as soon as it is made.
  const silent = { ...read.value, connectionString: undefined };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const composed = await refusedOr(() => compose(silent, log), secrets);
  if (!(composed instanceof NightRefused)) return 'composed';
  expect(['policyInvalid', 'configurationInvalid']).toContain(composed.refusals[0]?.refusal);
  return 'refused later';
}

fuzz('one setting that is wrong is named, and the others are not', {
  runs: 100,
  of: anySetting,
  run: async ([name, value]) => {
    const environment = { ...valid };
    Object.defineProperty(environment, name, { value, enumerable: true });
    try {
      readConfig(environment);
    } catch (error) {
      const named = SETTING_NAMES.filter((one) => messageOf(error).includes(one));
      const expected = name.startsWith('LEDGER_') ? ['LEDGER_CONTAINER_URL', 'LEDGER_DIRECTORY'] : [name];
      expect(expected).toEqual(expect.arrayContaining(named));
    }
    return judged(environment);
  },
  atLeast: { composed: 20, refused: 10 },
});

fuzz('any settings at all', {
  runs: 100,
  of: fc.dictionary(fc.constantFrom(...NAMES), anyValue),
  run: judged,
  atLeast: { refused: 40 },
});

const anyConnectionString = fc
  .tuple(
    fc.constantFrom('InstrumentationKey', 'instrumentationkey', 'Instrumentation Key', ''),
    fc.constantFrom('=', '', ';'),
    fc.constantFrom(...SECRETS, ''),
    fc.string(),
  )
  .map(([key, equals, value, more]) => `${key}${equals}${value};${more}`);

fuzz('whatever is wrong beside a secret, the secret is not told', {
  runs: 100,
  of: fc.tuple(anyConnectionString, fc.constantFrom(...SETTING_NAMES), anyValue),
  run: ([connection, name, value]) => {
    const environment = { ...valid, APPLICATIONINSIGHTS_CONNECTION_STRING: connection, [name]: value };
    for (const secret of SECRETS) {
      environment['APPLICATIONINSIGHTS_AUTHENTICATION_STRING'] = secret;
      try {
        readConfig(environment);
      } catch (error) {
        expectClear(messageOf(error), SECRETS);
      }
    }
    return 'silent';
  },
  atLeast: {},
});
