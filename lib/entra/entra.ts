/** Microsoft Graph as the night knows it: all that is read, and the purge. */
import type { Entra, OnPremSource } from '../ports.ts';
import { purge } from './purge.ts';
import { createEntraReader, type EntraOptions } from './reader.ts';

export type { EntraOptions } from './reader.ts';

/** Entra ID, and its live synced users as a source of the on-prem user set. Both share one client and one bill. */
export function createEntra(options: EntraOptions): {
  readonly entra: Entra;
  readonly source: OnPremSource;
} {
  const { client, entra, source } = createEntraReader({ ...options, mayPurge: true });
  return { entra: { ...entra, purge: (ids, signal) => purge(client, ids, signal) }, source };
}
