import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { startTenantProcess } from './process.ts';

const PROGRAM = join(process.cwd(), 'test/tenant/tinyProcess.ts');

/** A third process, which knows of the tenant by its environment only. */
const CLIENT = `
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER, GRAPH_ROOT } = process.env;
  const get = async (url, headers) => (await fetch(url, { headers })).json();
  const asked = IDENTITY_ENDPOINT + '?api-version=2019-08-01&resource=' + GRAPH_ROOT;
  get(asked, { 'X-IDENTITY-HEADER': IDENTITY_HEADER })
    .then((token) => get(GRAPH_ROOT + '/v1.0/organization', { authorization: 'Bearer ' + token.access_token }))
    .then((answer) => console.log(answer.value[0].id));
`;

test('runs as a process, is reached by another through its environment, and ends when told', async () => {
  const tenant = await startTenantProcess(PROGRAM);
  const { tenantId, graphRoot, identityEndpoint, identityHeader, caFile } = tenant.whereabouts;
  const env = {
    GRAPH_ROOT: graphRoot,
    IDENTITY_ENDPOINT: identityEndpoint,
    IDENTITY_HEADER: identityHeader,
    NODE_EXTRA_CA_CERTS: caFile,
  };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', CLIENT], { env });
  expect(stdout.trim()).toBe(tenantId);
  expect(existsSync(caFile)).toBe(true);
  await tenant.stop();
  expect([tenant.child.exitCode, existsSync(caFile)]).toEqual([0, false]);
});

test('says so when the process ends before it is ready', async () => {
  await expect(startTenantProcess(PROGRAM, ['fail'])).rejects.toThrow('ended with 3 before it was ready');
});
