import { DAY_MS, graphTime } from './clock.ts';
import type { EntraDirectory, EntraUser, OrganizationObject, TenantClock } from './directory.ts';
import {
  entraUser,
  guestUser,
  licensed,
  mangled,
  type NewUser,
  type ServiceName,
  unlicensed,
  unmangled,
} from './entraUser.ts';
import type { Random } from './random.ts';
import { Batches, type Timeline } from './timeline.ts';

/** How long Entra ID keeps a deleted user. */
export const RECYCLE_BIN_MS = 30 * DAY_MS;

/** A line of the tenant's own audit log ("Hard Delete user"). */
export interface AuditEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly id: string;
  readonly by: string;
  /** Null where a live user was permanently deleted without passing through the recycle bin. */
  readonly deletedDateTime: string | null;
}

/** An object that no longer exists, as it was last. */
export interface Grave {
  readonly user: EntraUser;
  readonly how: 'purged' | 'expired';
}

export interface EntraOptions {
  readonly clock: TenantClock;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly organization: Omit<OrganizationObject, 'onPremisesLastSyncDateTime'>;
}

/** Entra ID. A user handed out is never changed afterwards: a change makes a new one with the same id. */
export class Entra implements EntraDirectory {
  readonly clock: TenantClock;
  readonly audit: AuditEntry[] = [];
  readonly #timeline: Timeline;
  readonly #random: Random;
  #organization: EntraOptions['organization'];
  readonly #live = new Map<string, EntraUser>();
  readonly #deleted = new Map<string, EntraUser>();
  readonly #graves = new Map<string, Grave>();
  readonly #holders = new Map<string, string>();
  readonly #privileged = new Set<string>();
  readonly #expiry: Batches;
  readonly #watchers: ((id: string) => void)[] = [];
  readonly #witnesses: ((entry: AuditEntry) => void)[] = [];
  #liveList: readonly EntraUser[] | undefined;
  #deletedList: readonly EntraUser[] | undefined;
  #lastSync: number | undefined;

  constructor(options: EntraOptions) {
    this.clock = options.clock;
    this.#timeline = options.timeline;
    this.#random = options.random;
    this.#organization = options.organization;
    this.#expiry = new Batches(options.timeline, (id) => this.#expire(id));
  }

  organization(): OrganizationObject {
    this.#timeline.settle();
    const lastSync = this.#lastSync === undefined ? null : graphTime(this.#lastSync);
    return { ...this.#organization, onPremisesLastSyncDateTime: lastSync };
  }

  /** A company sells a part of itself, or gets it back. */
  verify(names: readonly string[]): void {
    const [kept] = this.#organization.verifiedDomains;
    if (kept === undefined) throw new Error('there is no domain');
    const verifiedDomains = names.map(
      (name) =>
        this.#organization.verifiedDomains.find((one) => one.name === name) ?? {
          ...kept,
          name,
          isDefault: false,
          isInitial: false,
        },
    );
    this.#organization = { ...this.#organization, verifiedDomains };
  }

  get verifiedDomains(): readonly string[] {
    return this.#organization.verifiedDomains.map((domain) => domain.name);
  }

  liveUsers(): readonly EntraUser[] {
    this.#timeline.settle();
    this.#liveList ??= [...this.#live.values()];
    return this.#liveList;
  }

  deletedUsers(): readonly EntraUser[] {
    this.#timeline.settle();
    this.#deletedList ??= [...this.#deleted.values()];
    return this.#deletedList;
  }

  liveUser(id: string): EntraUser | undefined {
    this.#timeline.settle();
    return this.#live.get(id);
  }

  deletedUser(id: string): EntraUser | undefined {
    this.#timeline.settle();
    return this.#deleted.get(id);
  }

  /** What is left of an object that is neither live nor in the recycle bin. */
  grave(id: string): Grave | undefined {
    this.#timeline.settle();
    return this.#graves.get(id);
  }

  /** The object that last held this immutable id; it may be gone. */
  holderOf(immutableId: string): string | undefined {
    return this.#holders.get(immutableId);
  }

  isPrivileged(id: string): boolean {
    return this.#privileged.has(id);
  }

  setPrivileged(id: string): void {
    this.#privileged.add(id);
  }

  /** From another organization. */
  createGuest(displayName: string, address: string): EntraUser {
    const initial = this.#organization.verifiedDomains.find((domain) => domain.isInitial);
    return this.createUser(guestUser(displayName, address, initial?.name ?? ''));
  }

  assignLicense(id: string, service: ServiceName): void {
    const user = this.#mustBe(this.liveUser(id), id, 'a live user');
    this.update(id, licensed(user, service, this.#timeline.moment));
  }

  removeLicenses(id: string): void {
    this.update(id, unlicensed(this.#mustBe(this.liveUser(id), id, 'a live user')));
  }

  softDelete(id: string): void {
    const user = this.#mustBe(this.liveUser(id), id, 'a live user');
    const now = this.#timeline.moment;
    this.#takeFromLive(id);
    this.#deleted.set(id, {
      ...user,
      userPrincipalName: mangled(user),
      deletedDateTime: graphTime(now),
    });
    this.#expiry.add(Math.floor(now / 1000) * 1000 + RECYCLE_BIN_MS, id);
    this.#changed(id);
  }

  /** As an administrator does. @throws Error if the former userPrincipalName is taken by a live user */
  restore(id: string): void {
    const userPrincipalName = unmangled(this.#mustBe(this.deletedUser(id), id, 'a deleted user'));
    for (const other of this.#live.values()) {
      if (other.userPrincipalName.toLowerCase() === userPrincipalName.toLowerCase()) {
        throw new Error(`${id} cannot be restored: ${userPrincipalName} is taken by ${other.id}`);
      }
    }
    this.bringBack(id);
  }

  /** As directory sync does, which then writes the names anew. */
  bringBack(id: string): void {
    const user = this.#mustBe(this.deletedUser(id), id, 'a deleted user');
    this.#deleted.delete(id);
    this.#putLive({ ...user, userPrincipalName: unmangled(user), deletedDateTime: null });
    this.#changed(id);
  }

  hardDelete(id: string, by: string): void {
    const user = this.#mustBe(this.deletedUser(id) ?? this.#live.get(id), id, 'a user');
    const entry = { at: this.#timeline.moment, id, by, deletedDateTime: user.deletedDateTime };
    for (const witness of this.#witnesses) witness(entry);
    this.audit.push(entry);
    this.#bury(user, 'purged');
  }

  /** A user as an administrator makes one; directory sync does too, with more properties. */
  createUser(given: NewUser): EntraUser {
    this.#timeline.settle();
    const user = entraUser(this.#random.guid(), this.#timeline.moment, given);
    this.#putLive(user);
    this.#changed(user.id);
    this.#hold(user);
    return user;
  }

  /** Of a live user. */
  update(id: string, changes: Partial<EntraUser>): EntraUser {
    const user: EntraUser = Object.assign({ ...this.#mustBe(this.liveUser(id), id, 'a live user') }, changes);
    this.#putLive(user);
    this.#changed(id);
    this.#hold(user);
    return user;
  }

  directorySynced(at: number): void {
    this.#lastSync = at;
  }

  /** Is told of every object that was created, changed, deleted, restored or has gone. */
  watch(watcher: (id: string) => void): void {
    this.#watchers.push(watcher);
  }

  /** Is called just before an object is permanently deleted. */
  witness(witness: (entry: AuditEntry) => void): void {
    this.#witnesses.push(witness);
  }

  #expire(id: string): void {
    const user = this.#deleted.get(id);
    const deletedAt = Date.parse(user?.deletedDateTime ?? '');
    // Restored since, or deleted anew: then this was the appointment of an earlier deletion.
    if (user === undefined || deletedAt + RECYCLE_BIN_MS > this.#timeline.moment) return;
    this.#bury(user, 'expired');
  }

  #bury(user: EntraUser, how: Grave['how']): void {
    this.#takeFromLive(user.id);
    this.#deleted.delete(user.id);
    this.#graves.set(user.id, { user, how });
    this.#changed(user.id);
  }

  /** The list of the living is long: it is made anew only when it has changed, not for every purge. */
  #putLive(user: EntraUser): void {
    this.#live.set(user.id, user);
    this.#liveList = undefined;
  }

  #takeFromLive(id: string): void {
    if (this.#live.delete(id)) this.#liveList = undefined;
  }

  #hold(user: EntraUser): void {
    if (user.onPremisesImmutableId !== null) this.#holders.set(user.onPremisesImmutableId, user.id);
  }

  #changed(id: string): void {
    this.#deletedList = undefined;
    for (const watcher of this.#watchers) watcher(id);
  }

  #mustBe(user: EntraUser | undefined, id: string, what: string): EntraUser {
    if (user === undefined) throw new Error(`${id} is not ${what}`);
    return user;
  }
}
