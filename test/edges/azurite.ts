/** Azure Storage on loopback, over TLS and with tokens, as in production: Azurite in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { TokenCredential } from '@azure/identity';
import { ContainerClient } from '@azure/storage-blob';
import type { Certificates } from '../tenant/tls.ts';

export interface Azurite {
  /** `https://127.0.0.1:<port>/devstoreaccount1` */
  readonly accountUrl: string;
  readonly port: number;
  readonly credential: TokenCredential;
  /** Makes a container and returns its URL. */
  createContainer(name: string): Promise<string>;
  /** Ends the process properly; what it holds stays. */
  stop(): Promise<void>;
  /** Starts it again, on the same port with what it held. */
  start(): Promise<void>;
  /** Ends it and removes what it held. */
  close(): Promise<void>;
}

const MAIN = createRequire(resolve('package.json')).resolve('azurite/dist/src/blob/main.js');

/** The caller's process must trust `certificates.ca`. */
export async function startAzurite(certificates: Certificates): Promise<Azurite> {
  const folder = await mkdtemp(join(tmpdir(), 'azurite-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(cert, certificates.cert);
  await writeFile(key, certificates.key);
  let child = await run(folder, cert, key, 0);
  const { port } = child;
  const accountUrl = `https://127.0.0.1:${port}/devstoreaccount1`;
  const credential = storageToken({});
  return {
    accountUrl,
    port,
    credential,
    async createContainer(name) {
      const container = new ContainerClient(`${accountUrl}/${name}`, credential);
      await container.create();
      return container.url;
    },
    stop: () => child.end('shutdown'),
    async start() {
      child = await run(folder, cert, key, port);
    },
    async close() {
      await child.end('kill');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A token of the shape that Entra ID issues for Azure Storage. Azurite reads the claims, not the signature. */
export function storageToken(claims: { readonly aud?: string }): TokenCredential {
  const seconds = Math.floor(Date.now() / 1000);
  const part = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url');
  const payload = {
    aud: 'https://storage.azure.com',
    iss: 'https://sts.windows.net/6b1e3d52-9c0f-4a77-8f35-1d0c2b9e4a60/',
    iat: seconds - 60,
    nbf: seconds - 60,
    exp: seconds + 3600,
    ...claims,
  };
  const token = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(payload)}.${part('unsigned')}`;
  return { getToken: async () => ({ token, expiresOnTimestamp: (seconds + 3600) * 1000 }) };
}

async function run(folder: string, cert: string, key: string, port: number) {
  const switches = ['--silent', '--skipApiVersionCheck', '--disableTelemetry'];
  const options = { blobHost: '127.0.0.1', blobPort: port, location: folder, oauth: 'basic', cert, key };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const child = fork(MAIN, [...args, ...switches], { silent: true, execArgv: [] });
  const exited = once(child, 'exit');
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('Azurite has no output to read');
  let output = '';
  stderr.on('data', (text) => {
    output += text;
  });
  const listening = async () => {
    for await (const line of createInterface({ input: stdout })) {
      output += line;
      const found = /successfully listens on https:\/\/127\.0\.0\.1:(\d+)/.exec(line);
      if (found) return Number(found[1]);
    }
    throw new Error(`Azurite did not start: ${output}`);
  };
  const listensOn = await listening();
  stdout.resume();
  return {
    port: listensOn,
    async end(how: 'shutdown' | 'kill') {
      process.off('exit', killWithUs);
      if (child.exitCode === null && child.signalCode === null) {
        if (how === 'shutdown') child.send('shutdown');
        else child.kill('SIGKILL');
        await exited;
      }
    },
  };
}
