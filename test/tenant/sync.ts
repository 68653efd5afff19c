import { MINUTE_MS } from './clock.ts';
import type { Entra } from './entra.ts';
import { syncedAttributes } from './entraUser.ts';
import { immutableIdOf, type OnPremDirectory, type OnPremUser, within } from './onPrem.ts';
import type { Timeline } from './timeline.ts';

const SYNC_CYCLE_MS = 30 * MINUTE_MS;

export interface SyncOptions {
  readonly timeline: Timeline;
  readonly onPrem: OnPremDirectory;
  readonly entra: Entra;
  /** OUs whose users are synced, with all OUs below them. */
  readonly scope: readonly string[];
  readonly domainName: string;
  /** Names the directory extension attributes `extension_<appId>_…`; without it they are not synced. */
  readonly extensionAppId: string | undefined;
}

/**
 * Entra Connect: each cycle takes over what changed on-premises. Who leaves (deleted, or moved out of scope: it
 * does not tell the two apart) is soft-deleted in Entra ID; who comes back within 30 days is found by the
 * immutable id and restored as the same object (hard match).
 */
export class DirectorySync {
  readonly #options: SyncOptions;
  #scope: readonly string[];
  readonly #changed = new Set<string>();
  /** By Entra object id: the on-prem user as it was when last synced. */
  readonly #sources = new Map<string, OnPremUser>();
  #paused = false;

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#scope = options.scope;
    this.#keepCycling(options.timeline.moment);
  }

  get scope(): readonly string[] {
    return this.#scope;
  }

  /** Runs a cycle at once. @throws Error while sync is paused */
  syncNow(): void {
    this.#options.timeline.settle();
    if (this.#paused) throw new Error('directory sync is paused');
    this.#options.timeline.now(() => this.#cycle());
  }

  /** No cycle runs until {@link resume}: what Entra ID says of on-premises grows stale. */
  pause(): void {
    this.#options.timeline.settle();
    this.#paused = true;
  }

  resume(): void {
    this.#options.timeline.settle();
    this.#paused = false;
  }

  /** Another scope filter, in force from the next cycle on, which looks at everybody again. */
  setScope(ous: readonly string[]): void {
    this.#options.timeline.settle();
    this.#scope = ous;
    for (const user of this.#options.onPrem.users()) this.#changed.add(user.key);
  }

  /** To be told of every change on-premises. */
  noteChange(key: string): void {
    this.#changed.add(key);
  }

  inScope(user: OnPremUser): boolean {
    return this.#scope.some((ou) => within(user, ou));
  }

  /** What the Entra object `id` was made of, as of the last cycle that saw it in scope. */
  sourceOf(id: string): OnPremUser | undefined {
    return this.#sources.get(id);
  }

  #keepCycling(from: number): void {
    const due = from + SYNC_CYCLE_MS;
    this.#options.timeline.at(due, () => {
      if (!this.#paused) this.#cycle();
      this.#keepCycling(due);
    });
  }

  #cycle(): void {
    const { onPrem, entra, timeline } = this.#options;
    const arriving: OnPremUser[] = [];
    for (const key of this.#changed) {
      const user = onPrem.find(key);
      if (user !== undefined && this.inScope(user)) arriving.push(user);
      else this.#leave(key);
    }
    this.#changed.clear();
    for (const user of arriving) this.#arrive(user);
    entra.directorySynced(timeline.moment);
  }

  #leave(key: string): void {
    const { entra, onPrem } = this.#options;
    const user = onPrem.known(key);
    const id = user === undefined ? undefined : entra.holderOf(immutableIdOf(user));
    // Where another on-prem user has taken over the immutable id, the Entra object is that one's now.
    if (id === undefined || this.#sources.get(id)?.key !== key) return;
    if (entra.liveUser(id) !== undefined) entra.softDelete(id);
  }

  #arrive(user: OnPremUser): void {
    const { entra, timeline, domainName, extensionAppId } = this.#options;
    const attributes = syncedAttributes(user, timeline.moment, domainName, extensionAppId);
    const holder = entra.holderOf(immutableIdOf(user)) ?? '';
    if (entra.deletedUser(holder) !== undefined) entra.bringBack(holder);
    const known = entra.liveUser(holder);
    const { id } = known === undefined ? entra.createUser(attributes) : entra.update(holder, attributes);
    this.#sources.set(id, user);
  }
}
