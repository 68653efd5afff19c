/** Microsoft Graph as the night knows it. */
import type { Entra, OnPremSource } from '../ports.ts';
import { type ClientOptions, createGraphClient, TIMEOUT_MS } from './client.ts';
import { readDeletedUsers } from './deletedUsers.ts';
import { holders } from './holders.ts';
import { readLiveUsers } from './liveUsers.ts';
import { readOrganization } from './organization.ts';
import { purge } from './purge.ts';
import { recheck } from './recheck.ts';
import { createSelection } from './selection.ts';
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
  const selection = createSelection(options.directoryExtensions);
  const { timeoutMs = TIMEOUT_MS } = options;
  const client = createGraphClient({ ...options, timeoutMs });
  return {
    entra: {
      organization: (signal) => readOrganization(client, signal),
      deletedUsers: (signal) => readDeletedUsers(client, selection, signal),
      sightings: (ids, signal) => sightings(client, selection, ids, signal),
      purge: (ids, signal) => purge(client, ids, signal),
      holders: (users, signal) => holders(client, users, signal),
      roles: (signal) => readRoles(options.graphRoot, options.credential, timeoutMs, signal),
      usage: () => client.meter.usage(),
      lastServerTime: () => client.lastServerTime(),
    },
    source: {
      kind: 'entra',
      read: (_wanted, signal) => readLiveUsers(client, signal),
      recheck: (wanted, signal) => recheck(client, wanted, signal),
    },
  };
}
