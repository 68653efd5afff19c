import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createCredential } from '../../lib/azure/credential.ts';
import { deletedUsers, NEVER, type Rig, refusalOf, rig } from './entraTenant.ts';

// One tenant for all: @azure/identity remembers the endpoint it once found for as long as the process lives.
let tenant: Rig;
const before = { ...process.env };
beforeAll(async () => {
  const credential = createCredential({ clientId: '6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10', inAzure: true });
  tenant = await rig({ deleted: deletedUsers(2), credential });
  process.env['IDENTITY_ENDPOINT'] = tenant.servers.identityEndpoint;
  process.env['IDENTITY_HEADER'] = tenant.servers.identityHeader;
});
afterAll(async () => {
  process.env = before;
  await tenant.close();
});

test('a token that the identity refuses refuses the night, and says what to check', async () => {
  tenant.servers.identityFaults.add({ match: /./, kind: 'status', status: 400, times: 9 });
  expect(await refusalOf(tenant.entra.deletedUsers(NEVER))).toMatch(
    /^accessDenied: Could not read the deleted users: the managed identity gave no token .*Check that the function app has its managed identity, and that the client id/,
  );
  expect([tenant.servers.log, tenant.entra.usage().calls]).toEqual([[], 0]);
  expect(tenant.calls).toEqual([expect.objectContaining({ status: undefined, failure: expect.any(String) })]);
});

test('one token of the managed identity serves every call', async () => {
  tenant.servers.identityFaults.clear();
  expect(await tenant.entra.deletedUsers(NEVER)).toHaveLength(2);
  await tenant.entra.organization(NEVER);
  expect(tenant.servers.counters.tokens).toBe(1);
});

test('an identity that never answers is a timeout, not a hanging night', async () => {
  const hanging = await rig({
    timeoutMs: 60,
    credential: { getToken: () => new Promise(() => undefined) },
  });
  try {
    expect(await refusalOf(hanging.entra.organization(NEVER))).toMatch(/no answer within 60 ms/);
    expect(hanging.servers.log).toEqual([]);
  } finally {
    await hanging.close();
  }
});
