/** The servers in front of a directory: Microsoft Graph over TLS, and the managed identity endpoint over HTTP. */
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { Call } from './answer.ts';
import type { EntraDirectory } from './directory.ts';
import { createProgramme, type Programme } from './faults.ts';
import { createGraph } from './graph.ts';
import { createIdentity, IDENTITY_PATH } from './identity.ts';
import { createService, type LogEntry } from './service.ts';
import {
  type Counters,
  createThrottle,
  type Limits,
  limitsFor,
  newCounters,
  type Throttle,
} from './throttle.ts';
import { type Certificates, createCertificates } from './tls.ts';
import { createView } from './view.ts';
import { listen, listener } from './wire.ts';

export interface TenantOptions {
  readonly directory: EntraDirectory;
  /** Made anew where absent (takes a few milliseconds). */
  readonly certificates?: Certificates;
  /** Of the managed identity. */
  readonly clientId?: string;
  /** App roles at the start; see {@link TenantServers.roles}. */
  readonly roles?: readonly string[];
  /** Documented limits for the tenant's size, other limits, or none. */
  readonly throttle?: 'documented' | 'off' | Limits;
  /** What an app without User.Read.All sees of a user: nulls (collections too, or empty), or a 403. */
  readonly withheld?: 'null' | 'empty' | 'forbidden';
  /** Milliseconds (real ones) before every answer of Graph. */
  readonly latency?: number;
  /** Milliseconds (of the tenant's clock) during which reads still show a purged user. */
  readonly readLag?: number;
  /** Of a batch in which a request was throttled. */
  readonly batchStatusWhenThrottled?: 200 | 424;
  /** Seconds that a token is valid, by the real clock. */
  readonly tokenLifetime?: number;
  /** For the order of batch responses and the faults' probabilities. */
  readonly seed?: number;
}

export interface TenantServers {
  /** `https://127.0.0.1:1234`, without the version. */
  readonly graphRoot: string;
  /** For IDENTITY_ENDPOINT and IDENTITY_HEADER. */
  readonly identityEndpoint: string;
  readonly identityHeader: string;
  readonly clientId: string;
  readonly certificates: Certificates;
  /** App roles in the tokens issued from now on; a test may change them. */
  readonly roles: Set<string>;
  readonly counters: Counters;
  readonly log: LogEntry[];
  readonly faults: Programme;
  readonly identityFaults: Programme;
  /** Carries out late purges that are due by the tenant's clock; every request does so as well. */
  settle(): void;
  /** Ends every connection, stalled ones too. */
  close(): Promise<void>;
}

export async function startTenantServers(options: TenantOptions): Promise<TenantServers> {
  const { directory, seed = 1 } = options;
  const now = () => directory.clock.now();
  const certificates = options.certificates ?? (await createCertificates());
  const clientId = options.clientId ?? '6f1de0c4-3c55-4d0b-9f0b-7d1f4a5c2e10';
  const tenantId = directory.organization().id;
  const roles = new Set(options.roles ?? ['User.Read.All', 'User.DeleteRestore.All']);
  const counters = newCounters();
  const log: LogEntry[] = [];
  const faults = createProgramme(seed, now);
  const identityFaults = createProgramme(seed, now);
  const view = createView(directory, options.readLag ?? 0);
  let graphRoot = '';
  const identity = createIdentity({
    tenantId,
    clientId,
    roles: () => [...roles],
    graphRoot: () => graphRoot,
    tokenLifetime: options.tokenLifetime ?? 86_400,
  });
  const answerGraph = createService({
    graph: createGraph({
      directory,
      view,
      base: () => `${graphRoot}/v1.0`,
      withheld: options.withheld ?? 'null',
    }),
    throttle: throttleOf(options, counters, `${clientId}/${tenantId}`),
    identity,
    faults,
    counters,
    log,
    now,
    seed,
    batchStatusWhenThrottled: options.batchStatusWhenThrottled ?? 200,
  });
  const answerIdentity = (call: Call) =>
    identityFaults.around(call, () => {
      const answer = identity.answer(call);
      if (answer.status === 200) counters.tokens += 1;
      return answer;
    });

  const graphServer = createSecureServer(
    { cert: certificates.cert, key: certificates.key, keepAliveTimeout: 60_000 },
    listener({ answer: answerGraph, now, latency: options.latency ?? 0 }),
  );
  const identityServer = createServer(listener({ answer: answerIdentity, now, latency: 0 }));
  graphRoot = `https://127.0.0.1:${await listen(graphServer)}`;
  const identityPort = await listen(identityServer);

  return {
    graphRoot,
    identityEndpoint: `http://127.0.0.1:${identityPort}${IDENTITY_PATH}`,
    identityHeader: identity.header,
    clientId,
    certificates,
    roles,
    counters,
    log,
    faults,
    identityFaults,
    settle: () => view.settle(),
    close: async () => {
      await Promise.all([end(graphServer), end(identityServer)]);
    },
  };
}

function throttleOf(options: TenantOptions, counters: Counters, scope: string): Throttle {
  const { throttle = 'documented', directory } = options;
  const documented = () => limitsFor(directory.liveUsers().length);
  const limits = throttle === 'off' ? undefined : throttle === 'documented' ? documented() : throttle;
  return createThrottle({ clock: directory.clock, limits, counters, scope });
}

async function end(server: Server | SecureServer): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
