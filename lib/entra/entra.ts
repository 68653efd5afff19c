/** Microsoft Graph as the night knows it. */
import type { Entra, OnPremSource } from '../ports.ts';
import { type ClientOptions, createGraphClient } from './client.ts';
import { readDeletedUsers } from './deletedUsers.ts';
import { readLiveUsers } from './liveUsers.ts';
import { readOrganization } from './organization.ts';
import { purge } from './purge.ts';
import { recheck } from './recheck.ts';
import { sightings } from './sightings.ts';
import { readRoles } from './token.ts';

export interface EntraOptions extends ClientOptions {
  /** Full names of the directory extension attributes that the policy reads. */
  readonly directoryExtensions: readonly string[];
}

/** Entra ID, and its live synced users as a source of the on-prem user set. Both share one client and one bill. */
export function createEntra(options: EntraOptions): {
  readonly entra: Entra;
  readonly source: OnPremSource;
} {
  const { directoryExtensions } = options;
  const client = createGraphClient(options);
  return {
    entra: {
      roles: () => readRoles(options.graphRoot, options.credential),
      organization: (signal) => readOrganization(client, signal),
      deletedUsers: (signal) => readDeletedUsers(client, directoryExtensions, signal),
      sightings: (ids, signal) => sightings(client, directoryExtensions, ids, signal),
      purge: (ids, signal) => purge(client, ids, signal),
      usage: () => client.meter.usage(),
    },
    source: {
      kind: 'entra',
      read: (_wanted, signal) => readLiveUsers(client, signal),
      recheck: (wanted, signal) => recheck(client, wanted, signal),
    },
  };
}
