/** The embedded tenant as a process of its own, so that the job under test is told of it by its environment only. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ingestion, startIngestion } from './ingestion.ts';
import { startTenantServers, type TenantOptions, type TenantServers } from './server.ts';
import { createCertificates } from './tls.ts';

/** What another process needs to know. */
interface Whereabouts {
  readonly tenantId: string;
  readonly graphRoot: string;
  readonly identityEndpoint: string;
  readonly identityHeader: string;
  readonly clientId: string;
  /** Of Application Insights. */
  readonly connectionString: string;
  /** For NODE_EXTRA_CA_CERTS. */
  readonly caFile: string;
}

export interface ServedTenant {
  readonly servers: TenantServers;
  readonly ingestion: Ingestion;
  readonly whereabouts: Whereabouts;
}

/**
 * In the tenant's process: starts every server, tells the parent where they are, and ends with the parent or on
 * SIGTERM. Whatever else parent and child say to each other goes over the same channel (`process.on('message')`).
 */
export async function serve(options: TenantOptions): Promise<ServedTenant> {
  const certificates = options.certificates ?? (await createCertificates());
  const folder = await mkdtemp(join(tmpdir(), 'tenant-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, certificates.ca);
  const { clock } = options.directory;
  const servers = await startTenantServers({ ...options, certificates });
  const ingestion = await startIngestion({ certificates, now: () => clock.now() });

  const end = async () => {
    await Promise.all([servers.close(), ingestion.close(), rm(folder, { recursive: true, force: true })]);
    process.exit();
  };
  for (const event of ['disconnect', 'SIGTERM', 'SIGINT']) process.once(event, end);

  const whereabouts: Whereabouts = {
    tenantId: options.directory.organization().id,
    graphRoot: servers.graphRoot,
    identityEndpoint: servers.identityEndpoint,
    identityHeader: servers.identityHeader,
    clientId: servers.clientId,
    connectionString: ingestion.connectionString,
    caFile,
  };
  process.send?.({ ready: whereabouts });
  return { servers, ingestion, whereabouts };
}

export interface TenantProcess {
  readonly whereabouts: Whereabouts;
  readonly child: ChildProcess;
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * In the parent: runs `file`, a program that calls {@link serve}, and waits until it is ready.
 * @throws Error where it ends first
 */
export async function startTenantProcess(file: string, args: readonly string[] = []): Promise<TenantProcess> {
  const child = fork(file, args, { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const exited = once(child, 'exit');
  const whereabouts = await Promise.race([
    readiness(child),
    exited.then(([code]) => {
      throw new Error(`The embedded tenant (${file}) ended with ${code} before it was ready.`);
    }),
  ]);
  return {
    whereabouts,
    child,
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** Messages before the one that says so are not lost: whoever wants them listens on `child` as well. */
function readiness(child: ChildProcess): Promise<Whereabouts> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('ready' in message)) return;
      child.off('message', listen);
      resolve(message.ready as Whereabouts);
    };
    child.on('message', listen);
  });
}
