/** Microsoft Graph as whoever only reads knows it: nothing that is reached from here can purge anybody. */
import type { EntraReader, OnPremSource } from '../ports.ts';
import { readAccount } from './account.ts';
import { addressHolders } from './addressHolders.ts';
import { type ClientOptions, createGraphClient, type GraphClient, TIMEOUT_MS } from './client.ts';
import { readDeletedUsers } from './deletedUsers.ts';
import { holders } from './holders.ts';
import { readLiveUsers } from './liveUsers.ts';
import { readOrganization } from './organization.ts';
import { recheck } from './recheck.ts';
import { createSelection } from './selection.ts';
import { sightings } from './sightings.ts';
import { readRoles } from './token.ts';

export interface EntraOptions extends ClientOptions {
  /** Full names of the directory extension attributes that the policy reads. */
  readonly directoryExtensions: readonly string[];
}

/** Entra ID, and its live synced users as a source of the on-prem user set. Both share one client and one bill. */
export function createEntraReader(options: EntraOptions): {
  readonly client: GraphClient;
  readonly entra: EntraReader;
  readonly source: OnPremSource;
} {
  const selection = createSelection(options.directoryExtensions);
  const { timeoutMs = TIMEOUT_MS } = options;
  const client = createGraphClient({ ...options, timeoutMs });
  return {
    client,
    entra: {
      account: (signal) => readAccount(options.graphRoot, options.credential, timeoutMs, signal),
      organization: (signal) => readOrganization(client, signal),
      deletedUsers: (signal) => readDeletedUsers(client, selection, signal),
      sightings: (ids, signal) => sightings(client, selection, ids, signal),
      holders: (users, signal) => holders(client, users, signal),
      addressHolders: (addresses, signal) => addressHolders(client, addresses, signal),
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
