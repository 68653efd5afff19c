/**
 * A company, its tenant and an Azure Storage account on the wire, and the built job in front of them: each night a
 * process of its own, told of everything by its environment, each one later than the last.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobClient, ContainerClient } from '@azure/storage-blob';
import { type LedgerLine, ledgerLine } from '../../lib/core/record.ts';
import { type Azurite, startAzurite } from '../edges/azurite.ts';
import { checkLiveness, checkSafety, type Observation, observe } from '../tenant/checkers.ts';
import { MINUTE_MS, offsetClock } from '../tenant/clock.ts';
import { factsOfLedger } from '../tenant/facts.ts';
import type { OnPremUser } from '../tenant/onPrem.ts';
import { seedPopulation } from '../tenant/population.ts';
import { startTenantServers, type TenantServers } from '../tenant/server.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { createWorld, PEOPLE_OU, type World } from '../tenant/world.ts';
import { type Job, type JobOptions, type Settings, startJob } from './job.ts';
import { type Passes, tapWire } from './wireTap.ts';

/** Shared by companies that come one after another: a storage account, and a line to it. */
export interface Account {
  readonly azurite: Azurite;
  /** Asked about each piece that passes between a job and storage; may be changed. */
  onPiece: Passes;
  /** Returns its URL, over the line. */
  newContainer(): Promise<string>;
  close(): Promise<void>;
}

export async function openAccount(): Promise<Account> {
  const azurite = await startAzurite(await trustedCertificates());
  const tap = await tapWire(azurite.port, () => account.onPiece());
  let containers = 0;
  const account: Account = {
    azurite,
    onPiece: () => true,
    async newContainer() {
      containers += 1;
      const url = await azurite.createContainer(`ledger-${containers}`);
      return url.replace(`:${azurite.port}/`, `:${tap.port}/`);
    },
    async close() {
      await tap.close();
      await azurite.close();
    },
  };
  return account;
}

export interface Cloud {
  readonly world: World;
  readonly servers: TenantServers;
  readonly account: Account;
  readonly containerUrl: string;
  /** How many are gone on-premises, to be purged. */
  readonly gone: number;
  /** Starts tonight's process. */
  job(settings?: Settings, options?: Pick<JobOptions, 'maxFileKiB'>): Job;
  /** Lets so much time pass, for the company and for every process to come. */
  later(milliseconds: number): void;
  /** Whatever lease a dead process had has run out. */
  endLease(): Promise<void>;
  lines(): Promise<readonly LedgerLine[]>;
  /** By name, as they are. */
  blobs(): Promise<ReadonlyMap<string, Buffer>>;
  violations(): Promise<readonly string[]>;
  missed(): readonly string[];
  close(): Promise<void>;
}

export async function foundCloud(account: Account, gone: number, seed = 1): Promise<Cloud> {
  const world = createWorld({ clock: offsetClock() });
  seedPopulation(world, { users: 150, deleted: 0, seed, steps: leavers(world, gone) });
  const certificates = await trustedCertificates();
  const servers = await startTenantServers({ directory: world.entra, certificates, throttle: 'off' });
  const containerUrl = await account.newContainer();
  const folder = mkdtempSync(join(tmpdir(), 'cloud-'));
  writeFileSync(join(folder, 'ca.pem'), certificates.ca);
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policyOf(world, gone)));
  const before: Observation = observe(world);
  const options = {
    by: servers.clientId,
    graceDays: 14,
    maxPurges: gone,
    sourceKnowsOnPrem: false,
    mailUserProof: 'graph',
    holdsKnown: false,
  } as const;
  const { credential } = account.azurite;
  const container = new ContainerClient(containerUrl, credential);
  let ahead = 0;

  async function blobs(): Promise<ReadonlyMap<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for await (const { name } of container.listBlobsFlat()) {
      found.set(name, await container.getBlobClient(name).downloadToBuffer());
    }
    return found;
  }
  const lines = async () => linesIn(await blobs());
  return {
    world,
    servers,
    account,
    containerUrl,
    gone,
    job: (settings = {}, options = {}) =>
      startJob(
        {
          GRAPH_ROOT: servers.graphRoot,
          IDENTITY_ENDPOINT: servers.identityEndpoint,
          IDENTITY_HEADER: servers.identityHeader,
          MANAGED_IDENTITY_CLIENT_ID: servers.clientId,
          LEDGER_CONTAINER_URL: containerUrl,
          POLICY_FILE: join(folder, 'policy.json'),
          NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
          CLOCK_AHEAD_MS: String(ahead),
          CLOCK_HURRY: '5',
          ...settings,
        },
        [],
        { ...options, nodeArgs: ['--import', join(process.cwd(), 'test/host/later.ts')] },
      ),
    later(milliseconds) {
      ahead += milliseconds;
      world.advance(milliseconds);
    },
    async endLease() {
      for await (const { name } of container.listBlobsFlat({ prefix: 'log/' })) {
        const log = new BlobClient(`${containerUrl}/${name}`, credential);
        await log.getBlobLeaseClient().breakLease(0).catch(notLeased);
      }
    },
    lines,
    blobs,
    violations: async () => checkSafety(world, before, factsOfLedger(await lines()), options).violations,
    missed: () => checkLiveness(world, before, options),
    async close() {
      await servers.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A torn last line, as a killed process may leave it, is none. */
function linesIn(blobs: ReadonlyMap<string, Buffer>): readonly LedgerLine[] {
  return [...blobs]
    .filter(([name]) => name.endsWith('.ndjson'))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, bytes]) => bytes.toString('utf8').split('\n').slice(0, -1))
    .map((text) => ledgerLine.parse(JSON.parse(text)));
}

function notLeased(error: unknown): void {
  if ((Object(error) as { statusCode?: unknown }).statusCode !== 409) throw error;
}

function leavers(world: World, gone: number) {
  const users: OnPremUser[] = [];
  const hire = () => {
    for (let n = 0; n < gone; n++) {
      const user = world.onPrem.create({
        displayName: `Partner ${n}`,
        userPrincipalName: `partner${n}@domain.com`,
        ou: PEOPLE_OU,
      });
      users.push(world.onPrem.mailEnable(user, { externalAddress: `p${n}@partner.com` }));
    }
  };
  const leave = () => {
    for (const user of users) world.onPrem.delete(user);
  };
  return [
    { daysAgo: 40, run: hire },
    { daysAgo: 20, run: leave },
  ];
}

const policyOf = (world: World, gone: number) => ({
  mode: 'purge',
  tenantId: world.tenantId,
  gracePeriodDays: 14,
  nightsAbsent: 1,
  maxSyncAgeHours: 3,
  onPremises: { source: 'entra', maxShrinkPercent: 3, maxSliceShrinkUsers: 20 },
  mailUserEvidence: {},
  protect: {},
  accidentalDeletionPrevention: {
    perNight: { users: gone },
    rollingBudget: { days: 7, users: gone },
  },
  telemetry: { spellOutKeeps: false },
});

/** Longer than a purge takes to show: whoever is seen "still there" then was not purged. */
export const UNTIL_IT_SHOWS_MS = 20 * MINUTE_MS;
