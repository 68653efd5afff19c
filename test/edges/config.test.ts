import { describe, expect, test } from '@jest/globals';
import { DEFAULT_SCHEDULE, type Environment, readConfig, scheduleOf } from '../../lib/config.ts';

const ledger = { LEDGER_DIRECTORY: 'ledger' };
const problemsOf = (environment: Environment) => {
  try {
    readConfig(environment);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
};

test('a ledger is all that must be set', () => {
  expect(readConfig(ledger)).toEqual({
    graphRoot: 'https://graph.microsoft.com',
    managedIdentityClientId: undefined,
    inAzure: false,
    policyFile: 'policy.json',
    ledger: { directory: 'ledger' },
    exports: undefined,
    exchangeRoot: 'https://outlook.office365.com',
    directoryCredentials: {},
    connectionString: undefined,
    telemetryByIdentity: false,
    timeLimitMs: 50 * 60_000,
    isHalted: expect.any(Function),
    haltBlobUrl: undefined,
    haltFile: undefined,
  });
});

test('a blank setting is one not made, and a path is no part of the Graph root', () => {
  const environment = { ...ledger, GRAPH_ROOT: 'https://graph.microsoft.us/v1.0/', POLICY_FILE: ' ' };
  expect(readConfig(environment)).toMatchObject({
    graphRoot: 'https://graph.microsoft.us',
    policyFile: 'policy.json',
  });
});

describe('each mistake is named', () => {
  test.each<readonly [Environment, string]>([
    [{}, 'LEDGER_CONTAINER_URL or LEDGER_DIRECTORY must be set, and not both'],
    [{ ...ledger, LEDGER_CONTAINER_URL: 'https://x.blob.core.windows.net/y' }, 'and not both'],
    [
      { LEDGER_CONTAINER_URL: 'http://x.blob.core.windows.net/y' },
      'LEDGER_CONTAINER_URL must be an https URL',
    ],
    [{ ...ledger, GRAPH_ROOT: 'http://graph.microsoft.com' }, 'GRAPH_ROOT must be an https URL'],
    [{ ...ledger, GRAPH_ROOT: 'graph' }, 'GRAPH_ROOT must be an https URL'],
    [{ ...ledger, MANAGED_IDENTITY_CLIENT_ID: 'me' }, 'MANAGED_IDENTITY_CLIENT_ID must be a GUID'],
    [{ ...ledger, APPLICATIONINSIGHTS_CONNECTION_STRING: 'x' }, 'must be a connection string'],
    [{ ...ledger, NIGHTLY_SCHEDULE: 'every night' }, 'NIGHTLY_SCHEDULE must be an NCRONTAB expression'],
    [{ ...ledger, NIGHTLY_SCHEDULE: '0 2 * * *' }, 'NIGHTLY_SCHEDULE must be an NCRONTAB expression'],
    [{ ...ledger, NIGHT_TIME_LIMIT_MINUTES: 'long' }, 'NIGHT_TIME_LIMIT_MINUTES must be a number'],
    [{ ...ledger, NIGHT_TIME_LIMIT_MINUTES: '0' }, 'NIGHT_TIME_LIMIT_MINUTES must be more than 0'],
    [
      { ...ledger, NIGHT_TIME_LIMIT_MINUTES: '60' },
      'NIGHT_TIME_LIMIT_MINUTES must be less than 60, the functionTimeout of host.json',
    ],
    [{ ...ledger, NIGHTLY_SCHEDULE: '0 0 24 * * *' }, 'NIGHTLY_SCHEDULE must have its hour in 0 to 23'],
    [{ ...ledger, NIGHTLY_SCHEDULE: '0 0 2 31 2 *' }, 'NIGHTLY_SCHEDULE never fires'],
    [
      { LEDGER_CONTAINER_URL: 'https://x.blob.core.windows.net' },
      'windows.net/<container>, or the same in a national cloud, without a SAS',
    ],
    [
      { LEDGER_CONTAINER_URL: 'https://x.blob.core.windows.net/y?sig=z' },
      'LEDGER_CONTAINER_URL must be https',
    ],
    [
      { ...ledger, EXPORT_CONTAINER_URL: 'https://u:p@x/y' },
      'EXPORT_CONTAINER_URL must be https://<account>',
    ],
    [{ ...ledger, HALT_BLOB_URL: 'https://x.blob.core.windows.net/y' }, '<container>/<blob>, or the same'],
  ])('case %#', (environment, words) => {
    expect(problemsOf(environment)).toContain(words);
    expect(problemsOf(environment)).toContain('Nobody is purged');
  });

  test('all of them at once', () => {
    const words = problemsOf({ GRAPH_ROOT: 'x', NIGHT_TIME_LIMIT_MINUTES: 'x' });
    expect(words).toContain('GRAPH_ROOT');
    expect(words).toContain('LEDGER_DIRECTORY');
    expect(words).toContain('NIGHT_TIME_LIMIT_MINUTES');
  });
});

test.each([
  ['50.00001', 3_000_001],
  ['0.0000001', 1],
  ['59.9', 3_594_000],
])('a time limit of %s minutes is one that a timer takes', (NIGHT_TIME_LIMIT_MINUTES, timeLimitMs) => {
  expect(readConfig({ ...ledger, NIGHT_TIME_LIMIT_MINUTES })).toMatchObject({ timeLimitMs });
  expect(() => AbortSignal.timeout(timeLimitMs)).not.toThrow();
});

test('no secret in a URL is told', () => {
  const secret = 'c2lnbmF0dXJl';
  const url = `https://name:${secret}@x.blob.core.windows.net/y?sig=${secret}`;
  const environment = { LEDGER_CONTAINER_URL: url, EXPORT_CONTAINER_URL: url, HALT_BLOB_URL: url };
  expect(problemsOf(environment)).toContain('HALT_BLOB_URL must be');
  expect(problemsOf(environment)).not.toContain(secret);
});

describe('a Key Vault reference that Azure did not resolve', () => {
  const reference = '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/AD-CORP-PASSWORD)';

  test.each([
    'LEDGER_CONTAINER_URL',
    'GRAPH_ROOT',
    'NIGHTLY_SCHEDULE',
    'NIGHT_TIME_LIMIT_MINUTES',
    'AD_CORP_PASSWORD',
    'AD_CORP_CA',
  ])('is reported as that, once, and nothing else is: %s', (name) => {
    const environment = name.startsWith('LEDGER') ? {} : ledger;
    const words = problemsOf({ ...environment, [name]: reference });
    expect(words).toContain(
      `The app settings are wrong: ${name}: a Key Vault reference that Azure could not resolve (`,
    );
    expect(words.split(name)).toHaveLength(2);
    expect(words).not.toContain(' must ');
    expect(words).toContain('Nobody is purged');
  });

  test('does not matter in a setting that the tool does not read', () => {
    expect(problemsOf({ ...ledger, OTHER: reference })).toBe('');
  });
});

test('credentials of a directory come by name', () => {
  const environment = { ...ledger, AD_CORP_USERNAME: 'u', AD_CORP_PASSWORD: 'p', AD_CORP_CA: 'one\\ntwo' };
  expect(readConfig(environment).directoryCredentials).toEqual({
    CORP: { username: 'u', password: 'p', ca: 'one\ntwo' },
  });
});

test.each([
  [undefined, false],
  ['', false],
  ['0', false],
  ['False', false],
  ['1', true],
  ['true', true],
  ['until Monday', true],
])('halt %j → %s', (NIGHTLY_PURGE_HALT, halted) => {
  expect(readConfig({ ...ledger, NIGHTLY_PURGE_HALT }).isHalted()).toBe(halted);
});

test('a wrong schedule gives the default while the file loads', () => {
  expect(scheduleOf({})).toBe(DEFAULT_SCHEDULE);
  for (const NIGHTLY_SCHEDULE of ['x', '0 0 24 * * *', '0 0 2 30 2 *', '@Microsoft.KeyVault(x)'])
    expect(scheduleOf({ NIGHTLY_SCHEDULE })).toBe(DEFAULT_SCHEDULE);
  expect(scheduleOf({ NIGHTLY_SCHEDULE: '  0 0 3 * * * ' })).toBe('0 0 3 * * *');
  expect(scheduleOf({ NIGHTLY_SCHEDULE: '0 30 3 * * 1-5' })).toBe('0 30 3 * * 1-5');
});

describe('tokens go to Microsoft, and to this machine', () => {
  const insights = (rest: string) => ({
    APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=k;${rest}`,
  });

  test.each<Environment>([
    { GRAPH_ROOT: 'https://graph.microsoft.com' },
    { GRAPH_ROOT: 'https://GRAPH.microsoft.us/' },
    { GRAPH_ROOT: 'https://dod-graph.microsoft.us' },
    { GRAPH_ROOT: 'https://microsoftgraph.chinacloudapi.cn' },
    { GRAPH_ROOT: 'https://127.0.0.1:8443' },
    { GRAPH_ROOT: 'https://[::1]:8443' },
    { EXCHANGE_ROOT: 'https://outlook.office365.us' },
    { EXCHANGE_ROOT: 'https://webmail.apps.mil' },
    { EXCHANGE_ROOT: 'https://partner.outlook.cn' },
    { EXCHANGE_ROOT: 'https://localhost:8443' },
    { EXPORT_CONTAINER_URL: 'https://account.blob.core.usgovcloudapi.net/export' },
    { EXPORT_CONTAINER_URL: 'https://account.blob.core.chinacloudapi.cn/export' },
    { EXPORT_CONTAINER_URL: 'https://account.z17.blob.storage.azure.net/export' },
    { HALT_BLOB_URL: 'https://127.0.0.1:10000/devstoreaccount1/control/halt' },
    insights('IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/'),
    insights('IngestionEndpoint=https://dc.services.visualstudio.com;LiveEndpoint='),
    insights('LiveEndpoint=https://westeurope.livediagnostics.monitor.azure.com/;ApplicationId=a'),
    insights('EndpointSuffix=applicationinsights.azure.cn;Location=chinaeast2'),
    insights('IngestionEndpoint=https://usgovvirginia-1.in.applicationinsights.azure.us/'),
    insights('AADAudience=https://monitor.azure.us;IngestionEndpoint=https://127.0.0.1:8443/'),
  ])('%j', (environment) => {
    expect(problemsOf({ ...ledger, ...environment })).toBe('');
  });

  test.each<Environment>([
    { GRAPH_ROOT: 'https://graph.microsoft.com.evil.example' },
    { GRAPH_ROOT: 'https://graph.microsoft.com@evil.example' },
    { GRAPH_ROOT: 'https://evil.example\\.graph.microsoft.com' },
    { GRAPH_ROOT: 'https://evil.graph.microsoft.com' },
    { GRAPH_ROOT: 'https://graph.microsoft.com:8443' },
    { GRAPH_ROOT: 'https://outlook.office365.com' },
    { GRAPH_ROOT: 'https://10.0.0.1' },
    { GRAPH_ROOT: 'https://127.0.0.1.evil.example' },
    { EXCHANGE_ROOT: 'https://graph.microsoft.com' },
    { EXCHANGE_ROOT: 'https://localhost.evil.example' },
    { EXPORT_CONTAINER_URL: 'https://blob.core.windows.net.evil.example/export' },
    { EXPORT_CONTAINER_URL: 'https://evilblob.core.windows.net/export' },
    { HALT_BLOB_URL: 'https://evil.example/control/halt' },
    insights('IngestionEndpoint=https://evil.example/'),
    insights('ingestionENDPOINT=https://evil.example/'),
    insights(
      'IngestionEndpoint=https://evil.example/;IngestionEndpoint=https://dc.services.visualstudio.com',
    ),
    insights('IngestionEndpoint=dc.services.visualstudio.com'),
    insights('EndpointSuffix=evil.example'),
    insights('EndpointSuffix=applicationinsights.azure.cn;Location=evil.example/'),
    insights('AADAudience=https://graph.microsoft.com'),
  ])('and nowhere else: %j', (environment) => {
    const words = problemsOf({ ...ledger, ...environment });
    for (const name of Object.keys(environment)) expect(words).toMatch(new RegExp(`${name} must (be|lead)`));
    expect(words).not.toContain('evil');
  });

  test('a ledger neither', () => {
    expect(problemsOf({ LEDGER_CONTAINER_URL: 'https://evil.example/ledger' })).toContain(
      'LEDGER_CONTAINER_URL must be',
    );
  });
});
