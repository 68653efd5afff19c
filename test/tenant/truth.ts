import type { EntraUser } from './directory.ts';
import type { AuditEntry, Entra } from './entra.ts';
import type { Exchange } from './exchange.ts';
import { type OnPremDirectory, RECIPIENT } from './onPrem.ts';
import type { DirectorySync } from './sync.ts';

/** What is so, whatever anybody can find out about it. */
export interface Truth {
  readonly id: string;
  /** What the seed meant it to be. */
  readonly tag: string;
  readonly state: 'live' | 'deleted' | 'purged' | 'expired';
  /** As it is, or as it was last. */
  readonly user: EntraUser;
  /** The on-prem user with its immutable id; `never` where directory sync did not make it. */
  readonly onPremises: 'present' | 'gone' | 'never';
  readonly inScope: boolean;
  /** On-premises it is, or was when it went, a mail user. */
  readonly mailUser: boolean;
  /** It has, or once had, a mailbox somewhere. */
  readonly mailbox: boolean;
  readonly licensed: boolean;
  readonly onHold: boolean;
  readonly privileged: boolean;
}

export class TruthTeller {
  readonly #entra: Entra;
  readonly #onPrem: OnPremDirectory;
  readonly #sync: DirectorySync;
  readonly #exchange: Exchange;
  readonly #tags = new Map<string, string>();
  /** Every permanent deletion, with the truth as it was just before. */
  readonly hardDeletes: { readonly entry: AuditEntry; readonly truth: Truth }[] = [];

  constructor(entra: Entra, onPrem: OnPremDirectory, sync: DirectorySync, exchange: Exchange) {
    this.#entra = entra;
    this.#onPrem = onPrem;
    this.#sync = sync;
    this.#exchange = exchange;
    entra.witness((entry) => {
      const truth = this.of(entry.id);
      if (truth !== undefined) this.hardDeletes.push({ entry, truth });
    });
  }

  /** Of any Entra object that ever was. */
  of(id: string): Truth | undefined {
    const [live, deleted, grave] = [
      this.#entra.liveUser(id),
      this.#entra.deletedUser(id),
      this.#entra.grave(id),
    ];
    const user = live ?? deleted ?? grave?.user;
    if (user === undefined) return undefined;
    const source = this.#sync.sourceOf(id);
    const present = source && this.#onPrem.byImmutableId(user.onPremisesImmutableId ?? '');
    const type = source?.msExchRecipientTypeDetails;
    return {
      id,
      tag: this.#tags.get(id) ?? this.#tags.get(source?.key ?? '') ?? 'untagged',
      state: live ? 'live' : deleted ? 'deleted' : (grave?.how ?? 'purged'),
      user,
      onPremises: source === undefined ? 'never' : present === undefined ? 'gone' : 'present',
      inScope: present !== undefined && this.#sync.inScope(present),
      mailUser: type === RECIPIENT.mailUser,
      mailbox:
        type === RECIPIENT.mailbox || type === RECIPIENT.remoteMailbox || this.#exchange.hadMailbox(id),
      licensed: user.assignedLicenses.length > 0,
      onHold: this.#exchange.isOnHold(id),
      privileged: this.#entra.isPrivileged(id),
    };
  }

  /** The truth about everybody in the recycle bin. */
  deleted(): Truth[] {
    return this.#entra.deletedUsers().flatMap((user) => this.of(user.id) ?? []);
  }

  /** How many of each tag are in the recycle bin. */
  countDeleted(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { tag } of this.deleted()) counts[tag] = (counts[tag] ?? 0) + 1;
    return counts;
  }

  /** Names what an object is meant to be, by its Entra id or its on-prem key. */
  tag(idOrKey: string, tag: string): void {
    this.#tags.set(idOrKey, tag);
  }
}
