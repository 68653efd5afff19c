import { DAY_MS, type SteerableClock } from './clock.ts';
import { Entra } from './entra.ts';
import { Exchange, PROVISIONING_LAG_MS } from './exchange.ts';
import { MailRouting } from './mail.ts';
import { OnPremDirectory } from './onPrem.ts';
import { Random } from './random.ts';
import { DirectorySync } from './sync.ts';
import { type Step, Timeline } from './timeline.ts';
import { TruthTeller } from './truth.ts';

export const PEOPLE_OU = 'OU=People,DC=domain,DC=com';
export const PARTNERS_OU = 'OU=Partners,DC=domain,DC=com';
/** Not synced. */
export const ARCHIVE_OU = 'OU=Archive,DC=domain,DC=com';

const DOMAINS = [
  'domain.com',
  'domain2.com',
  'serviceDomain.onmicrosoft.com',
  'serviceDomain.mail.onmicrosoft.com',
];
export const TENANT_ID = '3f9c6a52-7d1e-4b0a-9c84-51d2e0b7a6f3';

export interface WorldOptions {
  clock: SteerableClock;
  seed?: number;
  tenantId?: string;
  /** Which OUs are synced. Everything in {@link PEOPLE_OU} and {@link PARTNERS_OU} unless told. */
  scope?: readonly string[];
  provisioningLagMs?: number;
  removalLagMs?: number;
  /** 32 hexadecimal digits: directory sync then also fills `extension_<appId>_targetAddress` and so on. */
  extensionAppId?: string;
  /** How far back {@link World.replay} can go. */
  historyDays?: number;
}

/** A company and its tenant: on-prem directory, sync, Entra ID, Exchange Online, mail. */
export interface World {
  readonly clock: SteerableClock;
  readonly random: Random;
  readonly tenantId: string;
  readonly onPrem: OnPremDirectory;
  readonly sync: DirectorySync;
  readonly entra: Entra;
  readonly exchange: Exchange;
  readonly mail: MailRouting;
  readonly truth: TruthTeller;
  /** Lets time pass, with all that it brings. */
  advance(milliseconds: number): void;
  /** Lives through a past, before anything else was done in this world. */
  replay(steps: readonly Step[]): void;
}

export function createWorld(options: WorldOptions): World {
  const { clock, tenantId = TENANT_ID } = options;
  const random = new Random(options.seed ?? 1);
  const timeline = new Timeline(clock, clock.now() - (options.historyDays ?? 45) * DAY_MS);
  const entra = new Entra({ clock, timeline, random, organization: organization(tenantId) });
  const onPrem: OnPremDirectory = new OnPremDirectory(timeline, random, (key) => sync.noteChange(key));
  const sync = new DirectorySync({
    timeline,
    onPrem,
    entra,
    scope: options.scope ?? [PEOPLE_OU, PARTNERS_OU],
    domainName: 'domain.com',
    extensionAppId: options.extensionAppId,
  });
  const provisioningLagMs = options.provisioningLagMs ?? PROVISIONING_LAG_MS;
  const exchange = new Exchange({
    timeline,
    entra,
    sourceOf: (id) => sync.sourceOf(id),
    provisioningLagMs,
    removalLagMs: options.removalLagMs ?? provisioningLagMs,
  });
  return {
    clock,
    random,
    tenantId,
    onPrem,
    sync,
    entra,
    exchange,
    mail: new MailRouting(exchange, entra.verifiedDomains),
    truth: new TruthTeller(entra, onPrem, sync, exchange),
    advance(milliseconds) {
      clock.advance(milliseconds);
      timeline.settle();
    },
    replay: (steps) => timeline.replay(steps),
  };
}

const organization = (id: string) => ({
  id,
  displayName: 'Domain, Inc.',
  onPremisesSyncEnabled: true,
  verifiedDomains: DOMAINS.map((name, index) => ({
    name,
    isDefault: index === 0,
    isInitial: index === 2,
    type: 'Managed',
    capabilities: 'Email, OfficeCommunicationsOnline',
  })),
});
