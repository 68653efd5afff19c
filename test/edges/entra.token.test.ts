import { afterEach, expect, test } from '@jest/globals';
import { NEVER, type Rig, type RigOptions, refusalOf, rig } from './entraTenant.ts';

let tenant: Rig;
const start = async (options: RigOptions = {}) => {
  tenant = await rig(options);
  return tenant;
};
afterEach(() => tenant.close());

const saying = (payload: unknown) => ({
  getToken: async () => ({
    token: `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.signature`,
    expiresOnTimestamp: Number.MAX_SAFE_INTEGER,
  }),
});

test('gives the application roles that the token carries', async () => {
  await start({ roles: ['User.Read.All'] });
  expect(await tenant.entra.roles(NEVER)).toEqual(['User.Read.All']);
  expect(tenant.servers.log).toEqual([]);
});

test.each([
  ["a person's token", saying({ scp: 'User.Read.All' })],
  ['a list in place of the claims', saying(['roles'])],
  ['a text in place of the roles', saying({ roles: 'User.Read.All' })],
  ['an opaque token', { getToken: async () => ({ token: 'opaque', expiresOnTimestamp: 1 }) }],
])('does not know the roles where there is %s', async (_, credential) => {
  await start({ credential });
  expect(await tenant.entra.roles(NEVER)).toBeUndefined();
});

test('refuses the night where the identity gives no token', async () => {
  await start({ credential: { getToken: async () => Promise.reject(new Error('no identity')) } });
  expect(await refusalOf(tenant.entra.roles(NEVER))).toMatch(
    /^accessDenied: Could not read the permissions of this app.*no identity/,
  );
});

test('gives up where the identity does not answer, or the night is stopped', async () => {
  await start({ credential: { getToken: () => new Promise<never>(() => {}) }, timeoutMs: 5 });
  expect(await refusalOf(tenant.entra.roles(NEVER))).toContain('no answer in time');
  expect(await refusalOf(tenant.entra.roles(AbortSignal.abort()))).toContain('stopped');
});

test('knows the clock of the service by its latest answer', async () => {
  await start();
  expect(tenant.entra.lastServerTime()).toBeUndefined();
  await tenant.entra.organization(NEVER);
  expect(tenant.entra.lastServerTime()).toEqual({
    served: '2026-01-05T02:00:00.000Z',
    at: '2026-01-05T02:00:00.000Z',
  });
  tenant.directory.time += 61_500;
  await tenant.entra.sightings([], NEVER);
  await tenant.entra.organization(NEVER);
  expect(tenant.entra.lastServerTime()).toEqual({
    served: '2026-01-05T02:01:01.000Z',
    at: '2026-01-05T02:01:01.500Z',
  });
});
