import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { expect, test } from '@jest/globals';
import { createCredential } from '../../lib/azure/credential.ts';
import { within } from '../../lib/azure/timeout.ts';
import { readConfig } from '../../lib/config.ts';

const signedInBy = (environment: Readonly<Record<string, string>>) => {
  const { inAzure } = readConfig({ LEDGER_DIRECTORY: 'ledger', ...environment });
  return createCredential({ inAzure });
};

test.each([{ IDENTITY_ENDPOINT: 'http://127.0.0.1:41000/msi/token' }, { WEBSITE_INSTANCE_ID: '4f3b' }])(
  'only the managed identity signs in where %j says that this is Azure',
  (environment) => {
    expect(signedInBy(environment)).toBeInstanceOf(ManagedIdentityCredential);
  },
);

test.each([{}, { IDENTITY_ENDPOINT: '' }])('a desk may sign in with az login (%j)', (environment) => {
  expect(signedInBy(environment)).toBeInstanceOf(DefaultAzureCredential);
});

const never = new Promise<never>(() => {});

test('work that is done in time gives its result, and its error', async () => {
  expect(await within(60_000, Promise.resolve(7))).toEqual({ done: 7 });
  await expect(within(60_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

test('work without an end is given up when its time is over, or when the night is stopped', async () => {
  expect(await within(1, never)).toBe('late');
  expect(await within(60_000, never, AbortSignal.abort())).toBe('stopped');
  const night = new AbortController();
  const ended = within(60_000, never, night.signal);
  night.abort();
  expect(await ended).toBe('stopped');
});
