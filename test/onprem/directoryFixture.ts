/** Asking a test directory as the night would. */
import { at, type ImmutableId, immutableId } from '../../lib/core/ids.ts';
import type { OnPremUser, SourceSummary } from '../../lib/core/model.ts';
import { NightRefused } from '../../lib/errors.ts';
import { createActiveDirectorySource, type ForestConfig } from '../../lib/onprem/activeDirectory.ts';
import type { Clock, OnPremSource } from '../../lib/ports.ts';
import { deletedWith, idsIn, presenceFor, wantedOf } from './asking.ts';
import type { Relay } from './relay.ts';
import type { SambaDirectory } from './samba.ts';
import { baseOf, PASSWORD, READER } from './sambaSeed.ts';

export const NOW = at(Date.parse('2026-01-05T02:00:00Z'));
export const clock: Clock = { now: () => NOW, sleep: async () => undefined };
export const NEVER = new AbortController().signal;

export const idOf = (bytes: Buffer): ImmutableId => plainId(bytes.toString('base64'));
export function plainId(text: string): ImmutableId {
  const id = immutableId(text);
  if (id === undefined) throw new Error('a blank id');
  return id;
}

export const forestOf = (
  { domain, ca }: SambaDirectory,
  relay: Pick<Relay, 'port'>,
  changes: Partial<ForestConfig> = {},
): ForestConfig => ({
  domain,
  domainControllers: [`ldaps://127.0.0.1:${relay.port}`],
  username: `${READER}@${domain}`,
  password: PASSWORD,
  ca,
  sourceAnchor: 'auto',
  ...changes,
});

export const sourceOf = (forests: readonly ForestConfig[], timeoutMs = 60_000) =>
  createActiveDirectorySource({ forests, clock, timeoutMs });

export interface Seen {
  readonly summary: SourceSummary;
  /** Of those asked for. */
  readonly present: ReadonlySet<ImmutableId>;
  readonly tombstones: readonly OnPremUser[];
}

export async function readAll(source: OnPremSource, wanted: readonly ImmutableId[]): Promise<Seen> {
  const live: OnPremUser[] = [];
  const tombstones: OnPremUser[] = [];
  const asked = wantedOf(wanted);
  const pages = source.read(asked, NEVER);
  let page = await pages.next();
  for (; !page.done; page = await pages.next()) {
    for (const user of page.value) {
      if (user.tombstone !== undefined) tombstones.push(user);
      else if (asked.has(user)) live.push(user);
    }
  }
  return { summary: page.value, present: new Set(idsIn(live, wanted)), tombstones };
}

/** Why the night is refused. */
export async function refusalOf(reading: Promise<unknown>): Promise<{ refusal: string; detail: string }> {
  try {
    await reading;
  } catch (error) {
    if (error instanceof NightRefused && error.refusals[0] !== undefined) return error.refusals[0];
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Presence of a user with this id, who lived in `ou` of the domain (`OU=Staff`). */
export const presenceOf = (source: OnPremSource, id: ImmutableId, { domain, ou = 'OU=Staff' }: Home) =>
  presenceFor(source, deletedWith(id, `${ou},${baseOf(domain)}`));

export interface Home {
  readonly domain: string;
  readonly ou?: string;
}
