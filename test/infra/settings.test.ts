/** The app settings that are deployed, against lib/config.ts and what the Functions host reads. */
import { expect, test } from '@jest/globals';
import { readConfig, SETTING_NAMES } from '../../lib/config.ts';
import { bicepText } from './bicepText.ts';
import { settingsOf, theOne } from './deployed.ts';

/** Not set by the Bicep files, and why. */
const LEFT_OUT = {
  POLICY_FILE: 'the packaged policy.json is the default',
  LEDGER_DIRECTORY: 'the ledger is in a container',
  EXPORT_DIRECTORY: 'exports are in a container',
  HALT_FILE: 'the mark is a blob',
};

/** Read by the Functions host itself (learn.microsoft.com, "App settings reference for Azure Functions"). */
const PLATFORM = [
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage__queueServiceUri',
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__clientId',
];

/** As Azure hands them to the function, with secrets in place of references. */
const resolved = (settings: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      value.startsWith('@Microsoft.') ? 'secret' : value,
    ]),
  );

test('every setting that is deployed is read by lib/config.ts or by the host', () => {
  const known = [...SETTING_NAMES, ...PLATFORM];
  expect(Object.keys(settingsOf('smallest')).filter((name) => !known.includes(name))).toEqual([]);
});

test('every setting that lib/config.ts and the host read is deployed, or left out for a reason', () => {
  const names = Object.keys(settingsOf('smallest'));
  const missing = [...SETTING_NAMES, ...PLATFORM].filter((name) => !names.includes(name));
  expect(missing.sort()).toEqual(Object.keys(LEFT_OUT).sort());
});

test('lib/config.ts accepts what is deployed by default', () => {
  const config = readConfig(settingsOf('smallest'));
  expect(config.isHalted()).toBe(false);
  expect(config).toMatchObject({
    graphRoot: 'https://graph.microsoft.com',
    exchangeRoot: 'https://outlook.office365.com',
    ledger: {
      containerUrl: expect.stringMatching(/^https:\/\/stledger\w+\.blob\.core\.windows\.net\/ledger$/),
    },
    haltBlobUrl: expect.stringMatching(/\/control\/halt$/),
    timeLimitMs: 50 * 60_000,
    telemetryByIdentity: true,
    policyFile: 'policy.json',
  });
});

test('lib/config.ts reads what an operator chose', () => {
  const config = readConfig(resolved(settingsOf('everything')));
  expect(config.isHalted()).toBe(true);
  expect(config).toMatchObject({
    graphRoot: 'https://dod-graph.microsoft.us',
    exchangeRoot: 'https://webmail.apps.mil',
    timeLimitMs: 40 * 60_000,
  });
});

test('the credentials of Active Directory are references to the key vault', () => {
  const vault = theOne('network', 'Microsoft.KeyVault/vaults').name;
  const secret = (name: string) =>
    `@Microsoft.KeyVault(SecretUri=https://${vault}.vault.azure.net/secrets/${name})`;
  const settings = settingsOf('network');
  expect(Object.fromEntries(Object.entries(settings).filter(([name]) => name.startsWith('AD_')))).toEqual({
    AD_DEFAULT_USERNAME: secret('AD-DEFAULT-USERNAME'),
    AD_DEFAULT_PASSWORD: secret('AD-DEFAULT-PASSWORD'),
    AD_DEFAULT_CA: secret('AD-DEFAULT-CA'),
    AD_PARTNER_USERNAME: secret('AD-PARTNER-USERNAME'),
    AD_PARTNER_PASSWORD: secret('AD-PARTNER-PASSWORD'),
  });
  expect(Object.keys(readConfig(resolved(settings)).directoryCredentials)).toEqual(['DEFAULT', 'PARTNER']);
});

test('every cloud has its Graph and its Exchange', () => {
  const clouds = [
    ...bicepText('clouds.bicep').matchAll(/^ {2}(\w+): \{ graph: '(\S+)', exchange: '(\S+)' \}$/gm),
  ];
  expect(clouds.map(([, ...cloud]) => cloud)).toEqual([
    ['AzureCloud', 'https://graph.microsoft.com', 'https://outlook.office365.com'],
    ['AzureUSGovernment', 'https://graph.microsoft.us', 'https://outlook.office365.us'],
    ['AzureChinaCloud', 'https://microsoftgraph.chinacloudapi.cn', 'https://partner.outlook.cn'],
  ]);
});
