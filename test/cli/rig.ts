/** A small tenant on the wire, and the desk's bundle in front of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Settings } from '../host/job.ts';
import type { EntraUser } from '../tenant/directory.ts';
import { type ExchangeAdmin, startExchangeAdmin } from '../tenant/exchangeAdmin.ts';
import type { AdminRecipient } from '../tenant/exchangeCmdlets.ts';
import { startTenantServers, type TenantServers } from '../tenant/server.ts';
import { idOf, type TinyDirectory, tinyDirectory, tinyUser } from '../tenant/tiny.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { type Ended, runBundle } from './bundle.ts';

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

export interface DeskRig {
  readonly directory: TinyDirectory;
  readonly servers: TenantServers;
  readonly exchange: ExchangeAdmin;
  /** What Exchange Online holds soft-deleted; a test changes it. */
  readonly softDeleted: AdminRecipient[];
  readonly folder: string;
  readonly settings: Settings;
  /** Writes a file into the folder, and gives its path. */
  write(name: string, content: string | Uint8Array): string;
  /** Writes the policy anew; sections given replace those of the shipped kind. */
  policy(sections?: Readonly<Record<string, unknown>>): string;
  run(args: readonly string[], changes?: Settings, stdin?: string): Promise<Ended>;
  /** The result of a command with `--json`, which must fit `schema`. */
  json<S extends z.ZodType>(schema: S, ...args: readonly string[]): Promise<z.output<S>>;
  close(): Promise<void>;
}

export async function deskRig(live: readonly EntraUser[], deleted: readonly EntraUser[]): Promise<DeskRig> {
  const directory = tinyDirectory([tinyUser(1), ...live], deleted);
  directory.time = Date.now();
  const organization = directory.organization();
  const domain = { isDefault: true, isInitial: false, type: 'Managed', capabilities: 'Email' };
  directory.organization = () => ({
    ...organization,
    onPremisesLastSyncDateTime: new Date(directory.time - 600_000).toISOString(),
    verifiedDomains: [{ name: 'contoso.com', ...domain }],
  });
  const certificates = await trustedCertificates();
  const servers = await startTenantServers({ directory, certificates, throttle: 'off' });
  const softDeleted: AdminRecipient[] = [];
  const exchange = await startExchangeAdmin({
    certificates,
    tenantId: organization.id,
    now: () => directory.time,
    directory: { softDeletedMailUsers: () => softDeleted, softDeletedMailboxes: () => [] },
  });
  const folder = mkdtempSync(join(tmpdir(), 'desk-'));
  const write: DeskRig['write'] = (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const settings = {
    GRAPH_ROOT: servers.graphRoot,
    EXCHANGE_ROOT: exchange.root,
    IDENTITY_ENDPOINT: servers.identityEndpoint,
    IDENTITY_HEADER: servers.identityHeader,
    MANAGED_IDENTITY_CLIENT_ID: servers.clientId,
    NODE_EXTRA_CA_CERTS: write('ca.pem', certificates.ca),
    POLICY_FILE: join(folder, 'policy.json'),
    LEDGER_DIRECTORY: join(folder, 'ledger'),
  };
  const rig: DeskRig = {
    directory,
    servers,
    exchange,
    softDeleted,
    folder,
    settings,
    write,
    policy: (sections = {}) =>
      write('policy.json', JSON.stringify({ ...deskPolicy(organization.id), ...sections }, null, 2)),
    run: (args, changes = {}, stdin) => runBundle(args, { ...settings, ...changes }, stdin),
    async json(schema, ...args) {
      const { stdout, stderr } = await rig.run(['--json', ...args]);
      if (stdout === '') throw new Error(stderr);
      return schema.parse(JSON.parse(stdout));
    },
    close: async () => {
      await Promise.all([servers.close(), exchange.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  rig.policy();
  return rig;
}

const deskPolicy = (tenantId: string) => ({
  mode: 'report',
  tenantId,
  gracePeriodDays: 14,
  nightsAbsent: 3,
  maxSyncAgeHours: 3,
  onPremises: { source: 'entra', maxShrinkPercent: 3, maxSliceShrinkUsers: 20 },
  mailUserEvidence: {},
  exchange: { use: 'off' },
  protect: {},
  accidentalDeletionPrevention: {
    perNight: { users: 20, percent: 0 },
    rollingBudget: { days: 7, users: 60, percent: 0 },
  },
  telemetry: { spellOutKeeps: false },
});

/** A mail user of partner.example, deleted on-premises so many days ago. */
export function deletedMailUser(n: number, name: string, days: number, changes: Partial<EntraUser> = {}) {
  const alias = name.toLowerCase().replaceAll(/[^a-z]+/g, '.');
  const address = `${alias}@partner.example`;
  return tinyUser(n, {
    displayName: name,
    userPrincipalName: `${idOf(n).replaceAll('-', '')}${alias}@contoso.com`,
    mail: address,
    proxyAddresses: [`SMTP:${address}`, `smtp:${alias}@contoso.com`],
    deletedDateTime: daysAgo(days),
    ...changes,
  });
}

/** What Exchange Online holds of it. */
export function softDeletedMailUser(id: string, address: string, changes: Partial<AdminRecipient> = {}) {
  return {
    id,
    displayName: address,
    recipientTypeDetails: 'MailUser',
    externalEmailAddress: address,
    emailAddresses: [address],
    primarySmtpAddress: address,
    whenSoftDeleted: daysAgo(10),
    isInactive: false,
    inPlaceHolds: [],
    litigationHoldEnabled: false,
    ...changes,
  } satisfies AdminRecipient;
}
