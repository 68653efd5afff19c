/** What Graph shows of the directory: the same, but for purges that have not arrived everywhere yet. */
import type { EntraDirectory, EntraUser } from './directory.ts';

export interface View {
  liveUsers(): readonly EntraUser[];
  deletedUsers(): readonly EntraUser[];
  liveUser(id: string): EntraUser | undefined;
  deletedUser(id: string): EntraUser | undefined;
  /** The user in the recycle bin itself, whatever reads still show. */
  purgeable(id: string): EntraUser | undefined;
  /** Purges now; reads show the user for `readLag` more milliseconds. */
  purge(user: EntraUser, by: string): void;
  /** Purges in `delay` milliseconds of the tenant's clock, unless the user was restored by then. */
  purgeLater(user: EntraUser, by: string, delay: number): void;
  /** Carries out what is due. Every read does so first; a test that asks the world itself does so by hand. */
  settle(): void;
}

export function createView(directory: EntraDirectory, readLag: number): View {
  const { clock } = directory;
  const lingering = new Map<string, { readonly user: EntraUser; readonly until: number }>();
  const pending: { readonly user: EntraUser; readonly by: string; readonly at: number }[] = [];

  function purge(user: EntraUser, by: string, at = clock.now()): void {
    directory.hardDelete(user.id, by);
    const until = at + readLag;
    if (until > clock.now()) lingering.set(user.id, { user: structuredClone(user), until });
  }

  function settle(): void {
    for (const [id, { until }] of lingering) if (until <= clock.now()) lingering.delete(id);
    for (const due of pending.filter(({ at }) => at <= clock.now())) {
      pending.splice(pending.indexOf(due), 1);
      const now = directory.deletedUser(due.user.id);
      if (now !== undefined && now.deletedDateTime === due.user.deletedDateTime) purge(now, due.by, due.at);
    }
  }

  function purgeable(id: string): EntraUser | undefined {
    settle();
    return directory.deletedUser(id) ?? directory.deletedUser(id.toLowerCase());
  }

  return {
    purge,
    settle,
    purgeLater(user, by, delay) {
      pending.push({ user: structuredClone(user), by, at: clock.now() + delay });
    },
    purgeable,
    liveUsers: () => directory.liveUsers(),
    liveUser: (id) => directory.liveUser(id) ?? directory.liveUser(id.toLowerCase()),
    deletedUsers() {
      settle();
      return [...directory.deletedUsers(), ...[...lingering.values()].map(({ user }) => user)];
    },
    deletedUser(id) {
      return purgeable(id) ?? lingering.get(id.toLowerCase())?.user;
    },
  };
}
