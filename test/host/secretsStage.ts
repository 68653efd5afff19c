/** A company with everything a night can talk to, all of it listened to, and the built job in front of it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainerClient } from '@azure/storage-blob';
import { startAzurite } from '../edges/azurite.ts';
import { offsetClock } from '../tenant/clock.ts';
import { type ExchangeAdmin, startExchangeAdmin } from '../tenant/exchangeAdmin.ts';
import { directoryOf } from '../tenant/exchangeCmdlets.ts';
import { type Ingestion, startIngestion } from '../tenant/ingestion.ts';
import { seedPopulation } from '../tenant/population.ts';
import { startTenantServers, type TenantServers } from '../tenant/server.ts';
import type { Certificates } from '../tenant/tls.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { createWorld, PEOPLE_OU, type World } from '../tenant/world.ts';
import { type JobEnd, type Settings, startJob } from './job.ts';
import { leaksIn, type Trace } from './secretsSearch.ts';
import { type LoopbackServer, listenIn, type Received, startRelay } from './secretsWire.ts';

/** So many are gone on-premises for each round of purges. */
export const LEAVERS = 3;
const ROUNDS = [0, 1, 2];
export const PASSWORD = 'Tr0ub4dor&3-of-the-reader';

export interface Night extends JobEnd {
  /** What it sent, to anybody. */
  readonly received: readonly Received[];
  /** Issued to it. */
  readonly tokens: readonly string[];
  /** What it printed, sent and stored. */
  readonly traces: readonly Trace[];
  readonly leaks: readonly string[];
}

export interface Stage {
  readonly certificates: Certificates;
  readonly world: World;
  readonly servers: TenantServers;
  readonly exchange: ExchangeAdmin;
  readonly ingestion: Ingestion;
  /** In front of Azurite. */
  readonly storage: LoopbackServer;
  night(settings?: Settings, policy?: Readonly<Record<string, unknown>>): Promise<Night>;
  close(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const world = createWorld({ clock: offsetClock() });
  seedCompany(world);
  const certificates = await trustedCertificates();
  const directory = { directory: world.entra, certificates, throttle: 'off' } as const;
  const servers = await startTenantServers(directory);
  const exchange = await startExchangeAdmin({
    certificates,
    directory: directoryOf(world.exchange),
    tenantId: world.tenantId,
    now: () => world.clock.now(),
  });
  const ingestion = await startIngestion({ certificates });
  const azurite = await startAzurite(certificates);
  const storage = await startRelay(certificates, azurite.accountUrl);
  const tokens: string[] = [];
  let nights = 0;

  return {
    certificates,
    world,
    servers,
    exchange,
    ingestion,
    storage,
    async night(settings = {}, policy = {}) {
      nights += 1;
      const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
      const container = await azurite.createContainer(`ledger-${nights}`);
      const own = join(folder, 'own');
      mkdirSync(own);
      writeFileSync(join(folder, 'ca.pem'), certificates.ca);
      writeFileSync(join(folder, 'policy.json'), JSON.stringify({ ...policyOf(world), ...policy }));
      tokens.length = 0;
      servers.identityFaults.add(keeping(tokens));
      const { received, stop } = listenIn();
      const end = await startJob({
        GRAPH_ROOT: servers.graphRoot,
        EXCHANGE_ROOT: exchange.root,
        IDENTITY_ENDPOINT: servers.identityEndpoint,
        IDENTITY_HEADER: servers.identityHeader,
        MANAGED_IDENTITY_CLIENT_ID: servers.clientId,
        APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString,
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${servers.clientId};Authorization=AAD`,
        LEDGER_CONTAINER_URL: container.replace(`:${azurite.port}/`, `:${storage.port}/`),
        HALT_BLOB_URL: `${storage.origin}/devstoreaccount1/ledger-${nights}/halt`,
        AD_CORP_USERNAME: 'reader@corp.example',
        AD_CORP_PASSWORD: PASSWORD,
        AD_CORP_CA: certificates.ca.replaceAll('\n', '\\n'),
        POLICY_FILE: join(folder, 'policy.json'),
        NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
        // Whatever it or its libraries keep on the disk.
        HOME: own,
        TMPDIR: own,
        ...settings,
      }).ended;
      stop();
      servers.faults.clear();
      servers.identityFaults.clear();
      const blobs = await blobsIn(new ContainerClient(container, azurite.credential));
      const traces = [...printed(end), ...received.flatMap(sent), ...filesIn(own), ...blobs];
      const secrets = {
        'a token': tokens,
        IDENTITY_HEADER: [servers.identityHeader],
        'the password': [PASSWORD],
        'the instrumentation key': [ingestion.instrumentationKey],
      };
      rmSync(folder, { recursive: true });
      return { ...end, received, tokens: [...tokens], traces, leaks: leaksIn(traces, secrets) };
    },
    async close() {
      await Promise.all([servers.close(), exchange.close(), ingestion.close(), storage.close()]);
      await azurite.close();
    },
  };
}

const keeping = (tokens: string[]) => ({
  match: /./,
  kind: 'transform' as const,
  times: Number.POSITIVE_INFINITY,
  transform: (body: unknown) => {
    const { access_token: token } = Object(body) as { access_token?: unknown };
    if (typeof token === 'string') tokens.push(token);
    return body;
  },
});

function printed({ stdout, stderr }: JobEnd): readonly Trace[] {
  return [
    { where: 'stdout', content: stdout },
    { where: 'stderr', content: stderr },
  ];
}

/** Where each of them belongs: a token beside the request, and the key in the field that Application Insights has for it. */
const OWN_PLACE = ['authorization', 'x-identity-header'];
const KEY_PLACE = /"iKey":"[^"]*"/g;

function sent({ method, url, headers, body, port }: Received): readonly Trace[] {
  const where = `${method} ${port}${url.replace(/\?.*/, '')}`;
  const others = Object.entries(headers).filter(([name]) => !OWN_PLACE.includes(name));
  const head = others.map(([name, value]) => `${name}: ${value}`).join('\n');
  const isTelemetry = /\/track$/.test(url);
  const content = isTelemetry ? body().toString('utf8').replaceAll(KEY_PLACE, '') : body();
  return [
    { where: `the head of ${where}`, content: `${url}\n${head}` },
    { where: `the body of ${where}`, content },
  ];
}

function filesIn(folder: string): readonly Trace[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { where: `the file ${path.slice(folder.length)}`, content: readFileSync(path) };
    });
}

async function blobsIn(container: ContainerClient): Promise<readonly Trace[]> {
  const found: Trace[] = [];
  for await (const { name, metadata } of container.listBlobsFlat({ includeMetadata: true })) {
    found.push({
      where: `the blob ${name}`,
      content: await container.getBlobClient(name).downloadToBuffer(),
    });
    found.push({ where: `the metadata of ${name}`, content: JSON.stringify(metadata ?? {}) });
  }
  return found;
}

function seedCompany(world: World): void {
  const leavers = ROUNDS.flatMap((round) => Array.from({ length: LEAVERS }, (_, n) => `round${round}-${n}`));
  seedPopulation(world, {
    users: 60,
    deleted: 0,
    steps: [
      {
        daysAgo: 40,
        run: () => {
          for (const name of leavers) {
            const user = world.onPrem.create({
              displayName: `Partner ${name}`,
              userPrincipalName: `${name}@domain.com`,
              ou: PEOPLE_OU,
            });
            world.onPrem.mailEnable(user, { externalAddress: `${name}@partner.com` });
          }
        },
      },
      {
        daysAgo: 20,
        run: () => {
          for (const name of leavers) {
            const user = world.onPrem.byUserPrincipalName(`${name}@domain.com`);
            if (user !== undefined) world.onPrem.delete(user);
          }
        },
      },
    ],
  });
}

/** Protects those of the other rounds. */
export const allBut = (round: number | undefined) => ({
  userPrincipalNames: ROUNDS.filter((other) => other !== round).map((other) => `round${other}-*`),
});

const policyOf = (world: World) => ({
  mode: 'purge',
  tenantId: world.tenantId,
  gracePeriodDays: 14,
  nightsAbsent: 1,
  maxSyncAgeHours: 3,
  onPremises: { source: 'entra', maxShrinkPercent: 3, maxSliceShrinkUsers: 20 },
  mailUserEvidence: {},
  exchange: { use: 'whenAvailable', lingeringAfterHours: 48 },
  protect: allBut(undefined),
  accidentalDeletionPrevention: {
    perNight: { users: 10 },
    rollingBudget: { days: 7, users: 10 },
  },
  telemetry: { spellOutKeeps: true },
});
