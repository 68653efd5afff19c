/** What the tenant's process tells the demo, and does for it. The job under test knows of none of this. */

import { type CheckOptions, checkLiveness, checkSafety, observe } from '../tenant/checkers.ts';
import { MINUTE_MS } from '../tenant/clock.ts';
import type { NightFacts } from '../tenant/facts.ts';
import type { Ingestion } from '../tenant/ingestion.ts';
import type { TenantServers } from '../tenant/server.ts';
import { PARTNERS_OU, type World } from '../tenant/world.ts';
import { type Directory, startDirectory } from './activeDirectory.ts';
import { type Cast, PROTECTED_DOMAIN } from './cast.ts';
import { writeExport } from './exportFolder.ts';

/**
 * How long Exchange Online takes to drop a purged user's recipient. In life it is hours; here so short that the
 * tenant's clock, moved on by that, is not yet further from the job's own than a night accepts.
 */
export const REMOVAL_MS = 3 * MINUTE_MS;

export interface AnswerParts {
  readonly world: World;
  readonly cast: () => Cast;
  readonly servers: TenantServers;
  readonly ingestion: Ingestion;
  readonly exchangeRoot: string;
}

export type Answers = ReturnType<typeof answersOf>;

export function answersOf({ world, cast, servers, ingestion, exchangeRoot }: AnswerParts) {
  let before = observe(world);
  let directory: Directory | undefined;
  return {
    cast,
    exchangeRoot: () => exchangeRoot,
    sizes: () => ({
      live: world.entra.liveUsers().length,
      deleted: world.entra.deletedUsers().length,
    }),
    sendMail: (to: string) => world.mail.send({ to }),
    /** External addresses to which mail bounces now. */
    bouncing: () => world.mail.bouncing().length,
    /** Moves the tenant's clock on until Exchange Online has followed. */
    letExchangeCatchUp: () => world.advance(REMOVAL_MS + MINUTE_MS / 2),
    /** Moves the user who was moved out of sync scope back; is it restored, with the id that it had? */
    moveBack: () => {
      const id = cast().movedUser;
      const key = world.sync.sourceOf(id)?.key;
      if (key === undefined) return false;
      world.onPrem.move({ key }, PARTNERS_OU);
      world.sync.syncNow();
      return world.entra.liveUser(id) !== undefined;
    },
    /** Writes the on-prem user set as the scheduled task on-premises does; returns how many users. */
    writeExport: (folder: string) => writeExport(world, folder),
    /** Starts a domain controller with the on-prem user set. */
    startDirectory: async () => {
      directory = await startDirectory(world);
      return directory.access;
    },
    removeDirectory: async () => directory?.remove(),
    /** Remembers the world as it is now, for {@link check}. */
    observe: () => {
      before = observe(world);
    },
    /** What the tenant's checkers find in a night that ran since, from its ledger's facts. */
    check: (facts: NightFacts, options: Omit<CheckOptions, 'by' | 'protectedIds'>) => {
      const all = { ...options, by: servers.clientId, protectedIds: protectedIds(world, cast()) };
      const { violations, unknowable } = checkSafety(world, before, facts, all);
      return { violations, unknowable, missed: checkLiveness(world, before, all) };
    },
    counters: () => servers.counters,
    /** Telemetry that arrived, by kind. */
    received: () => {
      const kinds: Record<string, number> = {};
      for (const { data } of ingestion.envelopes) kinds[data.baseType] = (kinds[data.baseType] ?? 0) + 1;
      return kinds;
    },
  };
}

function protectedIds(world: World, { protectedUser }: Cast): ReadonlySet<string> {
  const ids = world.entra
    .deletedUsers()
    .filter((user) =>
      user.proxyAddresses.some((address) => address.toLowerCase().endsWith(`@${PROTECTED_DOMAIN}`)),
    )
    .map(({ id }) => id);
  return new Set([protectedUser, ...ids]);
}
