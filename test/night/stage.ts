/**
 * A tenant on the wire and the night in front of it, sharing one clock that only moves when somebody waits. The
 * SDKs, the TLS and the ledger's file are real; the identity endpoint gives the tokens.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at, nightId } from '../../lib/core/ids.ts';
import type { Policy } from '../../lib/core/policy.ts';
import { type LedgerLine, ledgerLine } from '../../lib/core/record.ts';
import { createEntra } from '../../lib/entra/entra.ts';
import { createFileLedger } from '../../lib/ledger/file.ts';
import { type NightReport, runNight } from '../../lib/night.ts';
import type { Clock, Ledger, OpenLedger, Ports, Telemetry } from '../../lib/ports.ts';
import { policyOf, sure } from '../core/people.ts';
import { type CheckOptions, checkLiveness, checkSafety, observe } from '../tenant/checkers.ts';
import { DAY_MS, manualClock, type SteerableClock } from '../tenant/clock.ts';
import { factsOfLedger } from '../tenant/facts.ts';
import type { OnPremUser } from '../tenant/onPrem.ts';
import { startTenantServers, type TenantOptions, type TenantServers } from '../tenant/server.ts';
import { tokenOf } from '../tenant/tiny.ts';
import { trustedCertificates } from '../tenant/trust.ts';
import { createWorld, PEOPLE_OU, type World } from '../tenant/world.ts';

export interface Stage {
  readonly world: World;
  readonly servers: TenantServers;
  readonly clock: Clock;
  readonly ports: Ports;
  /** What telemetry was given, line by line. */
  readonly told: LedgerLine[];
  /** A night under this policy; sections given replace those of a policy that purges with room. */
  night(
    policy?: Readonly<Record<string, unknown>>,
    changes?: Partial<Ports>,
    signal?: AbortSignal,
  ): Promise<Night>;
  close(): Promise<void>;
}

export interface Night {
  readonly report: NightReport;
  readonly lines: readonly LedgerLine[];
  /** What the tenant's checkers found, given the means that the policy names. */
  readonly violations: readonly string[];
  readonly missed: readonly string[];
}

export interface StageOptions extends Partial<Omit<TenantOptions, 'directory'>> {
  readonly startsAt?: string;
  readonly furnish?: (world: World) => unknown;
}

export async function setStage(options: StageOptions = {}): Promise<Stage> {
  const { startsAt = '2026-03-01T02:00:00Z', furnish, ...servers } = options;
  const worldClock = manualClock(startsAt);
  const world = createWorld({ clock: worldClock });
  furnish?.(world);
  const tenant = await startTenantServers({
    throttle: 'off',
    ...servers,
    directory: world.entra,
    certificates: await trustedCertificates(),
  });
  const folder = mkdtempSync(join(tmpdir(), 'night-'));
  const told: LedgerLine[] = [];
  const ports = wire(tenant, worldClock, world, folder, told);
  return {
    world,
    servers: tenant,
    clock: ports.clock,
    ports,
    told,
    night: async (sections, changes = {}, signal = new AbortController().signal) => {
      const policy = policyOf({ tenantId: world.tenantId, ...sections });
      const before = observe(world);
      const id = sure(nightId(randomBytes(16).toString('hex')));
      const report = await runNight({ ...ports, ...changes }, policy, { id, signal });
      const lines = linesIn(folder);
      const check = checkOptions(policy, tenant);
      return {
        report,
        lines: lines.filter((line) => line.night === id),
        violations: checkSafety(world, before, factsOfLedger(lines), check).violations,
        missed: checkLiveness(world, before, check),
      };
    },
    close: async () => {
      await tenant.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function wire(
  servers: TenantServers,
  worldClock: SteerableClock,
  world: World,
  folder: string,
  told: LedgerLine[],
): Ports {
  const clock: Clock = {
    now: () => at(worldClock.now()),
    sleep: async (milliseconds) => world.advance(milliseconds),
  };
  let token: Promise<string> | undefined;
  const credential = {
    getToken: async () => {
      token ??= tokenOf(servers);
      return { token: await token, expiresOnTimestamp: Date.now() + DAY_MS };
    },
  };
  const { entra, source } = createEntra({
    graphRoot: servers.graphRoot,
    credential,
    clock,
    timeoutMs: 2_000,
    directoryExtensions: [],
  });
  return {
    clock,
    halt: { reason: async () => undefined },
    entra,
    sources: [source],
    ledger: createFileLedger(folder),
    telemetry: noting(told),
  };
}

/** Telemetry that always arrives. */
function noting(told: LedgerLine[]): Telemetry {
  let events = 0;
  return {
    record: (lines) => {
      told.push(...lines);
      events += lines.length;
    },
    flush: async () => {
      const delivery = { events, delivered: true, detail: 'noted' };
      events = 0;
      return delivery;
    },
  };
}

function linesIn(folder: string): readonly LedgerLine[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((text) => text !== '')
    .map((text) => ledgerLine.parse(JSON.parse(text)));
}

function checkOptions(policy: Policy, servers: TenantServers): CheckOptions {
  return {
    by: servers.clientId,
    graceDays: Math.min(...Object.values(policy.gracePeriodDays).filter((days) => days !== undefined)),
    maxPurges: policy.accidentalDeletionPrevention.perNight.users,
    sourceKnowsOnPrem: policy.onPremises.source !== 'entra',
    mailUserProof: policy.exchange.use === 'off' ? 'graph' : 'exchange',
    holdsKnown: policy.exchange.use !== 'off',
  };
}

/** The ledger, with some of what a night holds open replaced. */
export function ledgerWith(ledger: Ledger, change: (open: OpenLedger) => Partial<OpenLedger>): Ledger {
  return {
    ...ledger,
    open: async (...how) => {
      const open = await ledger.open(...how);
      return { ...open, ...change(open) };
    },
  };
}

/** Asks `look`, with how many steps were announced so far, whenever a night looks whether the ledger is still its own. */
export function lookedAt(ledger: Ledger, look: (announced: number) => void): Ledger {
  let announced = 0;
  return ledgerWith(ledger, (open) => ({
    stillOurs: async () => {
      look(announced);
      await open.stillOurs();
    },
    append: async (at, records) => {
      const lines = await open.append(at, records);
      if (records.some(({ kind }) => kind === 'announced')) announced += 1;
      return lines;
    },
  }));
}

/** What the night itself wrote; the ledger's own lines are left out. */
export const kindsOf = (lines: readonly LedgerLine[]) =>
  lines.map(({ record }) => record.kind).filter((kind) => kind !== 'logBegun' && kind !== 'rolledOver');

/** So many mail users at a partner's; the first `gone` of them left eight days ago. Returns those. */
export function furnishPartners(
  world: World,
  { people, gone }: { people: number; gone: number },
): OnPremUser[] {
  const users = Array.from({ length: people }, (_, n) => {
    const user = world.onPrem.create({
      displayName: `Partner ${n}`,
      userPrincipalName: `partner${n}@domain.com`,
      ou: PEOPLE_OU,
    });
    const aliases = [`partner${n}@domain.com`];
    return world.onPrem.mailEnable(user, { externalAddress: `p${n}@partner.com`, aliases });
  });
  const leavers = users.slice(0, gone);
  world.advance(DAY_MS);
  for (const user of leavers) world.onPrem.delete(user);
  world.advance(8 * DAY_MS);
  return leavers;
}
