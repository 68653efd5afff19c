/** For the tests of lib/entra: a small tenant over TLS, and the edge in front of it with a clock that only moves. */
import { at, type ImmutableId, immutableId, type ObjectId, objectId } from '../../lib/core/ids.ts';
import type { GraphCall } from '../../lib/entra/client.ts';
import { createEntra, type EntraOptions } from '../../lib/entra/entra.ts';
import { NightRefused } from '../../lib/errors.ts';
import type { Clock, Entra, OnPremSource } from '../../lib/ports.ts';
import { wantedOf } from '../onprem/asking.ts';
import type { EntraUser } from '../tenant/directory.ts';
import { startTenantServers, type TenantOptions, type TenantServers } from '../tenant/server.ts';
import { deletedUser, idOf, type TinyDirectory, tinyDirectory, tinyUser, tokenOf } from '../tenant/tiny.ts';
import { trustedCertificates } from '../tenant/trust.ts';

export interface Rig {
  readonly entra: Entra;
  readonly source: OnPremSource;
  readonly servers: TenantServers;
  readonly directory: TinyDirectory;
  /** Every HTTP request, as dependency telemetry would have it. */
  readonly calls: readonly GraphCall[];
  /** Milliseconds of every wait. */
  readonly sleeps: readonly number[];
  close(): Promise<void>;
}

export interface RigOptions extends Partial<Omit<TenantOptions, 'directory'>> {
  readonly live?: readonly EntraUser[];
  readonly deleted?: readonly EntraUser[];
  readonly timeoutMs?: number;
  readonly directoryExtensions?: readonly string[];
  readonly credential?: EntraOptions['credential'];
  readonly verifiedDomains?: readonly string[];
}

export const NEVER = new AbortController().signal;

export async function rig(options: RigOptions = {}): Promise<Rig> {
  const { live = [], deleted = [], verifiedDomains = ['Contoso.com', 'contoso.onmicrosoft.com'] } = options;
  const directory = tinyDirectory(live, deleted);
  const organization = directory.organization();
  directory.organization = () => ({
    ...organization,
    verifiedDomains: verifiedDomains.map((name) => ({
      name,
      isDefault: false,
      isInitial: false,
      type: 'Managed',
      capabilities: 'Email',
    })),
  });
  const certificates = await trustedCertificates();
  const servers = await startTenantServers({ throttle: 'off', ...options, directory, certificates });
  const sleeps: number[] = [];
  const calls: GraphCall[] = [];
  const clock: Clock = {
    now: () => at(directory.time),
    async sleep(milliseconds) {
      sleeps.push(milliseconds);
      directory.time += milliseconds;
    },
  };
  const edge = createEntra({
    graphRoot: servers.graphRoot,
    credential: options.credential ?? identityOf(servers),
    clock,
    timeoutMs: options.timeoutMs ?? 10_000,
    directoryExtensions: options.directoryExtensions ?? [],
    onCall: (call) => calls.push(call),
  });
  return { ...edge, servers, directory, calls, sleeps, close: () => servers.close() };
}

/** As the managed identity; @azure/identity itself remembers one endpoint per process, see entra.identity.test.ts. */
function identityOf(servers: TenantServers): EntraOptions['credential'] {
  let token: Promise<string> | undefined;
  return {
    async getToken() {
      token ??= tokenOf(servers);
      return { token: await token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
    },
  };
}

export const users = (count: number, from = 1, changes: Partial<EntraUser> = {}) =>
  Array.from({ length: count }, (_, index) =>
    tinyUser(from + index, { ...anchor(from + index), ...changes }),
  );

export const deletedUsers = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => deletedUser(from + index, anchor(from + index)));

/** Distinct beyond 255, unlike the tiny directory's own. */
const anchor = (n: number) => ({ onPremisesImmutableId: anchorOf(n) });
export function anchorOf(n: number): string {
  const bytes = Buffer.alloc(16, 0xfb);
  bytes.writeUInt32BE(n, 12);
  return bytes.toString('base64');
}

export const oid = (n: number): ObjectId => certain(objectId(idOf(n)));
export const anchored = (text: string): ImmutableId => certain(immutableId(text));

function certain<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The test asks for an id that is none.');
  return value;
}

/** The refusal that `work` ends with, its name before its words. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof NightRefused) {
      return error.refusals.map(({ refusal, detail }) => `${refusal}: ${detail}`).join(' ');
    }
    throw error;
  }
  return 'not refused';
}

/** What a source streams, and its summary. */
export async function drained(source: OnPremSource, signal = NEVER) {
  const streamed = [];
  const reading = source.read(wantedOf([]), signal);
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return { streamed, summary: value };
    streamed.push(...value);
  }
}
