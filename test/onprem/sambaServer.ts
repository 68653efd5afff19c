/** A real Active Directory: Samba's domain controller in a folder and on an address of its own. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Certificates, createCertificates } from '../tenant/tls.ts';
import {
  attributesLdif,
  baseOf,
  DEBIAN_PACKAGES,
  DOMAIN_SID,
  fewerIndexesLdif,
  PASSWORD,
  readerLdif,
  recycleBinLdif,
} from './sambaSeed.ts';

const run = promisify(execFile);
const SHOW_DELETED = ['--controls=show_deleted:1'];

export interface SambaDirectory {
  /** `corp.contoso.test` */
  readonly domain: string;
  readonly base: string;
  /** Where it listens, on 389 and 636. Its certificate is for the relays of `relay.ts` on 127.0.0.1. */
  readonly address: string;
  readonly ca: string;
  /** Adds objects, whatever the account's rights. */
  add(ldif: string): Promise<void>;
  /** Puts an entry first in an object's access list, in SDDL: `(D;CI;LC;;;AU)`. */
  allow(dn: string, entry: string): Promise<void>;
  /** Turns on the Recycle Bin, which keeps the attributes of deleted objects. */
  enableRecycleBin(): Promise<void>;
  /** Kills the server at once. */
  kill(): Promise<void>;
  /** Kills the server and removes everything. */
  remove(): Promise<void>;
}

/** Why no Samba can run here; `undefined` where it can. */
export function whyNoSamba(): string | undefined {
  try {
    for (const tool of ['samba', 'samba-tool', 'ldbadd']) execFileSync('which', [tool], { stdio: 'ignore' });
  } catch {
    return `Samba AD DC is not installed (apt-get install ${DEBIAN_PACKAGES.join(' ')})`;
  }
  return process.getuid?.() === 0 ? undefined : 'only root may listen on the ports 389 and 636';
}

/** Provisions a domain, adds `ldif` and starts its domain controller. Takes some 4 s, and 0.7 ms a user. */
export async function startSamba(domain: string, ldif = ''): Promise<SambaDirectory> {
  const directory = await mkdtemp(join(tmpdir(), 'samba-'));
  const address = await freeAddress();
  const certificates = await createCertificates();
  await provision(directory, domain);
  const configuration = await configure(directory, domain, address, certificates);
  const database = join(directory, 'private', 'sam.ldb');

  const change = async (tool: string, text: string, ...options: string[]) => {
    const file = join(directory, `${randomBytes(6).toString('hex')}.ldif`);
    await writeFile(file, text);
    const { stdout } = await run(tool, ['--nosync', '-H', database, ...options, file]);
    await rm(file);
    const wanted = text.match(/^dn:/gm)?.length ?? 0;
    // The tools end with 0 where a record failed.
    if (Number(/(\d+) records/.exec(stdout)?.[1]) !== wanted) throw new Error(`${tool}: ${stdout}`);
  };
  const add = async (text: string) => {
    for (const chunk of chunksOf(text, 5000)) await change('ldbadd', chunk, '--relax');
  };
  const schema = '--option=dsdb:schema update allowed=true';
  await change('ldbadd', attributesLdif(domain), schema);
  await change('ldbmodify', fewerIndexesLdif(domain), schema);
  await add(readerLdif(domain) + ldif);

  const server = spawn('samba', ['-F', '--no-process-group', '-M', 'single', '-s', configuration], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const kill = async () => {
    server.kill('SIGKILL');
    await ended;
  };
  await untilListening(address, () => server.exitCode ?? server.signalCode);
  return {
    domain,
    base: baseOf(domain),
    address,
    ca: certificates.ca,
    add,
    allow: async (dn, entry) => {
      const scope = ['-b', dn, '-s', 'base', ...SHOW_DELETED, 'nTSecurityDescriptor'];
      const { stdout } = await run('ldbsearch', ['-H', database, ...scope]);
      const [, list] = /^nTSecurityDescriptor: (.*)$/m.exec(stdout.replaceAll('\n ', '')) ?? [];
      const longer = list?.replace(/D:[A-Z]*(?=\()/, `$&${entry}`);
      const text = `dn: ${dn}\nchangetype: modify\nreplace: nTSecurityDescriptor\nnTSecurityDescriptor: ${longer}\n\n`;
      await change('ldbmodify', text, ...SHOW_DELETED);
    },
    enableRecycleBin: () => change('ldbmodify', recycleBinLdif(domain)),
    kill,
    remove: async () => {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function provision(directory: string, domain: string): Promise<void> {
  const name = domain.split('.')[0]?.toUpperCase() ?? '';
  await run('samba-tool', [
    ...['domain', 'provision', '-q', '--server-role=dc', '--dns-backend=NONE', '--host-name=dc1'],
    ...[
      `--realm=${domain}`,
      `--domain=${name}`,
      `--adminpass=${PASSWORD}`,
      `--domain-sid=${DOMAIN_SID}`,
      `--targetdir=${directory}`,
    ],
    ...['--host-ip=127.0.0.1', '--option=interfaces=lo', '--option=bind interfaces only=yes'],
  ]);
}

async function configure(
  directory: string,
  domain: string,
  address: string,
  { ca, cert, key }: Certificates,
): Promise<string> {
  const file = (name: string) => join(directory, name);
  await writeFile(file('ca.pem'), ca);
  await writeFile(file('cert.pem'), cert);
  await writeFile(file('key.pem'), key, { mode: 0o600 });
  const settings = {
    realm: domain.toUpperCase(),
    workgroup: domain.split('.')[0]?.toUpperCase(),
    'netbios name': 'DC1',
    'server role': 'active directory domain controller',
    'server services': 'ldap',
    interfaces: `${address}/8`,
    'bind interfaces only': 'yes',
    'private dir': file('private'),
    'state directory': file('state'),
    'cache directory': file('cache'),
    'lock directory': directory,
    'pid directory': directory,
    'ncalrpc dir': file('ncalrpc'),
    'binddns dir': file('bind-dns'),
    'log file': file('log'),
    'tls cafile': file('ca.pem'),
    'tls certfile': file('cert.pem'),
    'tls keyfile': file('key.pem'),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  await writeFile(file('smb.conf'), `[global]\n${lines.join('\n')}\n`);
  return file('smb.conf');
}

/** Samba's ports are fixed, so that each domain controller needs an address: any of 127.0.0.0/8 will do. */
async function freeAddress(): Promise<string> {
  const [a, b, c] = randomBytes(3);
  const address = `127.${(a ?? 0) % 250}.${b}.${1 + ((c ?? 0) % 250)}`;
  const probe = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(636, address, () => probe.close(() => resolve(true)));
  });
  return isFree ? address : freeAddress();
}

async function untilListening(address: string, ended: () => unknown): Promise<void> {
  while (ended() === null) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(636, address);
      socket.once('error', () => resolve(false));
      socket.once('connect', () => resolve(true)).once('connect', () => socket.destroy());
    });
    if (isUp) return;
    await delay(50);
  }
  throw new Error(`samba ended by itself (${ended()})`);
}

function* chunksOf(ldif: string, records: number): Generator<string> {
  const all = ldif.split(/\n\n+/).filter((record) => record.trim() !== '');
  for (let at = 0; at < all.length; at += records) yield `${all.slice(at, at + records).join('\n\n')}\n\n`;
}
