/** How an export proves to Azure Storage who it is: Arc's agent and an app's certificate, up to the blob (Azurite). */
import { constants, verify, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { type Azurite, startAzurite, storageToken } from '../edges/azurite.ts';
import { createCertificates } from '../tenant/tls.ts';
import { describeWithPowerShell } from './describe.ts';
import { createExportKit, type ExportKit } from './exportRun.ts';
import { type LdapServer, startLdapServer } from './ldapServer.ts';
import { DOMAIN, ldapUsers } from './ldapUsers.ts';

jest.setTimeout(120_000);
const TENANT = '72f988bf-1111-4222-8333-000000000001';
const CLIENT = '6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10';

describeWithPowerShell('The identity of an export', () => {
  let azurite: Azurite;
  let directory: LdapServer;
  let kit: ExportKit;
  let container: string;
  let env: Record<string, string>;
  const servers: Server[] = [];
  const asked: string[] = [];
  /** What the next tokens are worth, and how long. */
  let tokens: { audience: string; expiresIn: number };

  const listen = async (server: Server) => {
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const newToken = async () => {
    const { token } = (await storageToken({ aud: tokens.audience }).getToken('')) ?? { token: '' };
    return JSON.stringify({ access_token: token, expires_in: tokens.expiresIn });
  };

  beforeAll(async () => {
    const certificates = await createCertificates();
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificates.ca]);
    azurite = await startAzurite(certificates);
    container = await azurite.createContainer('exports');
    directory = await startLdapServer({ domain: DOMAIN, users: ldapUsers(3) });
    kit = createExportKit({ [DOMAIN]: directory.address });
    const tokenFolder = join(kit.folder, 'AzureConnectedMachineAgent', 'Tokens');
    mkdirSync(tokenFolder, { recursive: true });
    writeFileSync(join(tokenFolder, 'proof.key'), 'proof');
    const arc = createHttpServer(async ({ headers, url }, response) => {
      asked.push(`${url} ${headers['metadata']} ${headers.authorization}`);
      if (headers.authorization === 'Basic proof') response.end(await newToken());
      else response.writeHead(401, { 'www-authenticate': `Basic realm=${tokenFolder}/proof.key` }).end();
    });
    const login = createHttpsServer(certificates, async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      asked.push(`${request.url} ${body}`);
      response.setHeader('content-type', 'application/json');
      response.end(await newToken());
    });
    writeFileSync(join(kit.folder, 'ca.pem'), certificates.ca);
    env = {
      SSL_CERT_FILE: join(kit.folder, 'ca.pem'),
      ProgramData: kit.folder,
      IDENTITY_ENDPOINT: `http://127.0.0.1:${await listen(arc)}/metadata/identity/oauth2/token`,
      LOGIN: `https://127.0.0.1:${await listen(login)}`,
      TEST_CERTIFICATE: join(kit.folder, 'app.pem'),
    };
  });
  beforeEach(() => {
    asked.length = 0;
    tokens = { audience: 'https://storage.azure.com', expiresIn: 3600 };
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    kit?.remove();
    await directory?.close();
    await azurite?.close();
  });

  const run = (...args: string[]) =>
    kit.run(['-Domain', DOMAIN, '-ContainerUrl', container, ...args], { env });
  const blobs = async () => {
    const names: string[] = [];
    for await (const { name } of new ContainerClient(container, azurite.credential).listBlobsFlat())
      names.push(name);
    return names;
  };

  test('of an Arc server is proven by the file that the agent names, and used to write and to tidy up', async () => {
    const { code, stderr } = await run('-UseArcIdentity');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await blobs()).toContain(`${DOMAIN}/manifest.json`);
    expect(asked).toEqual([
      expect.stringMatching(/resource=https%3A%2F%2Fstorage\.azure\.com%2F.* true undefined$/),
      expect.stringMatching(/ true Basic proof$/),
    ]);
  });

  test('is renewed where reading took longer than the token lives', async () => {
    tokens.expiresIn = 60;
    expect((await run('-UseArcIdentity', '-KeepFiles', '0')).code).toBe(0);
    // Before the query, for the file and for the manifest.
    expect(asked.filter((line) => line.endsWith('proof'))).toHaveLength(3);
  });

  test('that Azure Storage does not accept fails, without a word of the token', async () => {
    tokens.audience = 'https://vault.azure.net';
    const before = await blobs();
    const { code, stderr } = await run('-UseArcIdentity');
    expect(code).toBe(1);
    expect(stderr).toMatch(/failed: PUT https:\/\/127\.0\.0\.1.*\.csv\.gz: HTTP 40[13]/);
    expect(stderr + kit.log()).not.toContain('eyJ');
    expect(await blobs()).toEqual(before);
  });

  test('of an Arc agent that names a foreign file is refused, and the file is not sent', async () => {
    const { code, stderr } = await kit.run(
      ['-Domain', DOMAIN, '-ContainerUrl', container, '-UseArcIdentity'],
      { env: { ...env, ProgramData: '/elsewhere' } },
    );
    expect(code).toBe(1);
    expect(stderr).toContain('named a file that is not one of its own');
    expect(asked).toHaveLength(1);
  });

  test('of an app is an assertion that its certificate signed', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'export' }], {
      keySize: 2048,
      algorithm: 'sha256',
    });
    writeFileSync(join(kit.folder, 'app.pem'), `${cert}\n${key}`);
    const { publicKey, fingerprint, fingerprint256 } = new X509Certificate(cert);
    const thumbprint = fingerprint.replaceAll(':', '');
    const { code, stderr } = await run(
      ...['-TenantId', TENANT, '-ClientId', CLIENT, '-CertificateThumbprint', thumbprint],
      ...['-LoginUrl', env['LOGIN'] ?? ''],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [line = ''] = asked;
    const tokenPath = `/${TENANT}/oauth2/v2.0/token`;
    expect(line.startsWith(`${tokenPath} `)).toBe(true);
    const form = new URLSearchParams(line.slice(tokenPath.length + 1));
    expect(form.get('scope')).toBe('https://storage.azure.com/.default');
    const [header = '', claims = '', signature = ''] = (form.get('client_assertion') ?? '').split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    const hash = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    expect(read(header)).toEqual({ alg: 'PS256', typ: 'JWT', 'x5t#S256': hash });
    expect(read(claims)).toMatchObject({ iss: CLIENT, sub: CLIENT, aud: `${env['LOGIN']}${tokenPath}` });
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify('sha256', signed, { key: publicKey, padding }, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
  });

  test('is no SAS in plain text', async () => {
    writeFileSync(join(kit.folder, 'sas.txt'), '?sv=2021-12-02&sig=verysecret');
    const { code, stderr } = await run('-SasPath', 'sas.txt');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'holds the SAS as plain text. Nothing was exported. Write it with Protect-ExportSas',
    );
    expect(stderr).not.toContain('verysecret');
  });
});
