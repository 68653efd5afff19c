import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** `msExchRecipientTypeDetails`: what Exchange made of a user (the Exchange schema's numbers). */
export const RECIPIENT = { mailbox: 1, mailUser: 128, remoteMailbox: 2_147_483_648 } as const;

/** A user as Active Directory holds it. Never changed in place: a change makes a new one with the same key. */
export interface OnPremUser {
  /** `objectGUID`: base64 of its 16 raw bytes. See {@link rawGuid}. */
  readonly key: string;
  /** `mS-DS-ConsistencyGuid`, base64; where it is set it is the immutable id. */
  readonly consistencyGuid: string | null;
  readonly samAccountName: string;
  readonly relativeId: number;
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly ou: string;
  readonly mailNickname: string | null;
  readonly mail: string | null;
  readonly proxyAddresses: string[];
  readonly targetAddress: string | null;
  readonly msExchRecipientTypeDetails: number | null;
  readonly extensionAttributes: Readonly<Record<string, string>>;
  /** When it went to Active Directory's own recycle bin, in ms since 1970. */
  readonly deletedAt: number | null;
}

export type OnPremRef = Pick<OnPremUser, 'key'>;

export interface NewOnPremUser {
  displayName: string;
  userPrincipalName: string;
  ou: string;
  samAccountName?: string;
  consistencyGuid?: string;
  extensionAttributes?: Record<string, string>;
}

export interface MailEnabling {
  /** Where mail goes. Becomes `targetAddress`, and the primary address unless `primary` says otherwise. */
  externalAddress: string;
  primary?: string;
  /** Further addresses, without `smtp:`. */
  aliases?: readonly string[];
}

export const immutableIdOf = (user: OnPremUser) => user.consistencyGuid ?? user.key;
/** `objectSid`, of the company's one domain. */
export const sidOf = ({ relativeId }: OnPremUser) => `S-1-5-21-1004336348-1177238915-682003330-${relativeId}`;
export const rawGuid = (user: OnPremUser) => Buffer.from(user.key, 'base64');
export const distinguishedName = (user: OnPremUser) =>
  `CN=${user.displayName.replaceAll(/[,+"\\<>;=]/g, (character) => `\\${character}`)},${user.ou}`;

/** Is the OU `ou`, or one below it? */
export const within = (user: OnPremUser, ou: string) => {
  const [own, other] = [user.ou.toLowerCase(), ou.toLowerCase()];
  return own === other || own.endsWith(`,${other}`);
};

/** Active Directory with Exchange's attributes. Names that are taken are refused, as a forest does. */
export class OnPremDirectory {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #changed: (key: string) => void;
  readonly #users = new Map<string, OnPremUser>();
  readonly #deleted = new Map<string, OnPremUser>();
  readonly #byName = new Map<string, string>();
  /** Only of those whose immutable id is not their objectGUID. */
  readonly #byConsistencyGuid = new Map<string, string>();
  #relativeId = 1100;

  constructor(timeline: Timeline, random: Random, changed: (key: string) => void) {
    this.#timeline = timeline;
    this.#random = random;
    this.#changed = changed;
  }

  /** @throws Error if the userPrincipalName is taken */
  create(entry: NewOnPremUser): OnPremUser {
    this.#timeline.settle();
    const relativeId = this.#relativeId++;
    return this.#put({
      key: this.#random.guidBase64(),
      consistencyGuid: entry.consistencyGuid ?? null,
      samAccountName: entry.samAccountName ?? `u${relativeId}`,
      relativeId,
      displayName: entry.displayName,
      userPrincipalName: entry.userPrincipalName,
      ou: entry.ou,
      mailNickname: null,
      mail: null,
      proxyAddresses: NONE,
      targetAddress: null,
      msExchRecipientTypeDetails: null,
      extensionAttributes: entry.extensionAttributes ?? NOTHING,
      deletedAt: null,
    });
  }

  /** `Enable-MailUser`: mail for this user goes to an address outside. Also turns a mailbox user into one. */
  mailEnable(ref: OnPremRef, { externalAddress, primary = externalAddress, aliases = [] }: MailEnabling) {
    return this.#withMail(ref, RECIPIENT.mailUser, primary, aliases, `SMTP:${externalAddress}`);
  }

  /** `Enable-Mailbox`: a mailbox on an Exchange server on-premises. */
  enableMailbox(ref: OnPremRef, primary: string, aliases: readonly string[] = []): OnPremUser {
    return this.#withMail(ref, RECIPIENT.mailbox, primary, aliases, null);
  }

  /** `Enable-RemoteMailbox`: a mailbox in Exchange Online, once the user has a licence there. */
  enableRemoteMailbox(ref: OnPremRef, primary: string, routingAddress: string): OnPremUser {
    return this.#withMail(ref, RECIPIENT.remoteMailbox, primary, [routingAddress], `SMTP:${routingAddress}`);
  }

  move(ref: OnPremRef, ou: string): OnPremUser {
    return this.change(ref, { ou });
  }

  rename(ref: OnPremRef, names: Partial<Pick<OnPremUser, 'displayName' | 'userPrincipalName'>>): OnPremUser {
    return this.change(ref, names);
  }

  /** Any other change of attributes. @throws Error if there is no such user */
  change(ref: OnPremRef, changes: Partial<Omit<OnPremUser, 'key' | 'consistencyGuid' | 'deletedAt'>>) {
    this.#timeline.settle();
    return this.#put({ ...this.get(ref), ...changes });
  }

  /** Moves the user to Active Directory's recycle bin, where it keeps every attribute. */
  delete(ref: OnPremRef): OnPremUser {
    this.#timeline.settle();
    const user = this.get(ref);
    const deleted = { ...user, deletedAt: this.#timeline.moment };
    this.#users.delete(user.key);
    this.#byName.delete(user.userPrincipalName.toLowerCase());
    if (user.consistencyGuid !== null) this.#byConsistencyGuid.delete(user.consistencyGuid);
    this.#deleted.set(user.key, deleted);
    this.#changed(user.key);
    return deleted;
  }

  /** Brings the user back from the recycle bin, with the same objectGUID. */
  restore(ref: OnPremRef): OnPremUser {
    this.#timeline.settle();
    const deleted = this.#deleted.get(ref.key);
    if (deleted === undefined) throw new Error(`${ref.key} is not in the on-prem recycle bin`);
    const user = this.#put({ ...deleted, deletedAt: null });
    this.#deleted.delete(ref.key);
    return user;
  }

  /** @throws Error if there is no such user, or only in the recycle bin */
  get(ref: OnPremRef): OnPremUser {
    const user = this.#users.get(ref.key);
    if (user === undefined) throw new Error(`there is no on-prem user ${ref.key}`);
    return user;
  }

  find(key: string): OnPremUser | undefined {
    return this.#users.get(key);
  }

  /** Live, or in the recycle bin. */
  known(key: string): OnPremUser | undefined {
    return this.#users.get(key) ?? this.#deleted.get(key);
  }

  byImmutableId(immutableId: string): OnPremUser | undefined {
    const user = this.#users.get(this.#byConsistencyGuid.get(immutableId) ?? immutableId);
    return user !== undefined && immutableIdOf(user) === immutableId ? user : undefined;
  }

  byUserPrincipalName(name: string): OnPremUser | undefined {
    return this.#users.get(this.#byName.get(name.toLowerCase()) ?? '');
  }

  users(): IterableIterator<OnPremUser> {
    return this.#users.values();
  }

  /** Active Directory's own recycle bin. */
  deletedUsers(): IterableIterator<OnPremUser> {
    return this.#deleted.values();
  }

  #withMail(
    ref: OnPremRef,
    recipientType: number,
    primary: string,
    aliases: readonly string[],
    targetAddress: string | null,
  ): OnPremUser {
    return this.change(ref, {
      mailNickname: this.get(ref).samAccountName,
      mail: primary,
      proxyAddresses: [
        ...aliases.filter((alias) => alias !== primary).map((alias) => `smtp:${alias}`),
        `SMTP:${primary}`,
      ],
      targetAddress,
      msExchRecipientTypeDetails: recipientType,
    });
  }

  #put(user: OnPremUser): OnPremUser {
    const formerName = this.#users.get(user.key)?.userPrincipalName;
    if (user.userPrincipalName !== formerName) this.#rename(user, formerName);
    if (user.consistencyGuid !== null) this.#byConsistencyGuid.set(user.consistencyGuid, user.key);
    this.#users.set(user.key, user);
    this.#changed(user.key);
    return user;
  }

  #rename(user: OnPremUser, formerName: string | undefined): void {
    const name = user.userPrincipalName.toLowerCase();
    const holder = this.#byName.get(name);
    if (holder !== undefined && holder !== user.key) {
      throw new Error(`the userPrincipalName ${user.userPrincipalName} is taken on-premises`);
    }
    if (formerName !== undefined) this.#byName.delete(formerName.toLowerCase());
    this.#byName.set(name, user.key);
  }
}

const NONE: string[] = [];
Object.freeze(NONE);
const NOTHING: Readonly<Record<string, string>> = Object.freeze({});
