import { HOUR_MS } from './clock.ts';
import type { EntraUser } from './directory.ts';
import type { Entra } from './entra.ts';
import { FOUNDATION_PLAN } from './entraUser.ts';
import { type OnPremUser, RECIPIENT } from './onPrem.ts';
import { Batches, type Timeline } from './timeline.ts';

export const PROVISIONING_LAG_MS = HOUR_MS;

export interface Holds {
  readonly inPlaceHolds: readonly string[];
  readonly litigationHoldEnabled: boolean;
}

/** A recipient as Exchange Online holds it. Never changed in place. */
export interface Recipient extends Holds {
  /** `ExternalDirectoryObjectId`: the Entra object's id. */
  readonly id: string;
  readonly displayName: string;
  readonly recipientTypeDetails: 'MailUser' | 'GuestMailUser' | 'UserMailbox';
  /** Without `SMTP:`. Null for a mailbox. */
  readonly externalEmailAddress: string | null;
  /** With their prefix; `SMTP:` in capitals is the primary one. */
  readonly emailAddresses: readonly string[];
  readonly primarySmtpAddress: string;
  readonly whenSoftDeleted: string | null;
  /** Kept for its hold alone: the Entra object is gone. */
  readonly isInactive: boolean;
}

export interface ExchangeOptions {
  readonly timeline: Timeline;
  readonly entra: Entra;
  /** What directory sync brought along that Graph does not show: target address and recipient type. */
  readonly sourceOf: (id: string) => OnPremUser | undefined;
  /** From a change in Entra ID until Exchange Online follows. */
  readonly provisioningLagMs: number;
  /** From the end of the Entra object until the recipient is dropped. */
  readonly removalLagMs: number;
}

/** Exchange Online's recipients. They follow Entra ID, some time later. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #recipients = new Map<string, Recipient>();
  readonly #holds = new Map<string, Holds>();
  readonly #hadMailbox = new Set<string>();
  readonly #lingering = new Set<string>();
  readonly #pending: Batches;
  #version = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#pending = new Batches(options.timeline, (id) => this.#provision(id));
    options.entra.watch((id) => {
      const gone = options.entra.grave(id) !== undefined;
      this.#pending.add(
        options.timeline.moment + (gone ? options.removalLagMs : options.provisioningLagMs),
        id,
      );
    });
  }

  /** Grows whenever anything here has changed. */
  get version(): number {
    this.#options.timeline.settle();
    return this.#version;
  }

  recipients(): IterableIterator<Recipient> {
    this.#options.timeline.settle();
    return this.#recipients.values();
  }

  recipient(id: string): Recipient | undefined {
    this.#options.timeline.settle();
    return this.#recipients.get(id);
  }

  /** `Get-MailUser -SoftDeletedMailUser` */
  softDeletedMailUsers(): Recipient[] {
    return [...this.recipients()].filter(
      (recipient) => recipient.whenSoftDeleted !== null && recipient.recipientTypeDetails !== 'UserMailbox',
    );
  }

  /** Did Exchange Online ever have a mailbox for it? */
  hadMailbox(id: string): boolean {
    this.#options.timeline.settle();
    return this.#hadMailbox.has(id);
  }

  isOnHold(id: string): boolean {
    const holds = this.#holds.get(id);
    return holds !== undefined && (holds.litigationHoldEnabled || holds.inPlaceHolds.length > 0);
  }

  placeHold(id: string, { inPlaceHolds = [], litigationHoldEnabled = false }: Partial<Holds>): void {
    this.#options.timeline.settle();
    const holds = { inPlaceHolds, litigationHoldEnabled };
    this.#holds.set(id, holds);
    const recipient = this.#recipients.get(id);
    if (recipient !== undefined) this.#put({ ...recipient, ...holds });
  }

  /** From now on this recipient stays behind when its Entra object goes. */
  keepLingering(id: string): void {
    this.#lingering.add(id);
  }

  /** `Remove-MailUser -PermanentlyDelete`. @throws Error while the Entra object exists, or while on hold */
  removePermanently(id: string): void {
    this.#options.timeline.settle();
    if (this.#options.entra.grave(id) === undefined) throw new Error(`${id} still exists in Entra ID`);
    if (this.isOnHold(id)) throw new Error(`${id} is on hold`);
    this.#lingering.delete(id);
    this.#provision(id);
  }

  #provision(id: string): void {
    const { entra } = this.#options;
    const known = this.#recipients.get(id);
    const live = entra.liveUser(id);
    const deleted = entra.deletedUser(id);
    if (live !== undefined) {
      const recipient = this.#recipientFor(live);
      if (recipient !== undefined) this.#put(recipient);
      else this.#drop(id);
    } else if (known === undefined) {
      return;
    } else if (deleted !== undefined) {
      this.#put({ ...known, whenSoftDeleted: deleted.deletedDateTime });
    } else if (this.isOnHold(id)) {
      this.#put({ ...known, isInactive: true });
    } else if (!this.#lingering.has(id)) {
      this.#drop(id);
    }
  }

  #put(recipient: Recipient): void {
    this.#version++;
    if (recipient.recipientTypeDetails === 'UserMailbox') this.#hadMailbox.add(recipient.id);
    this.#recipients.set(recipient.id, recipient);
  }

  #drop(id: string): void {
    if (this.#recipients.delete(id)) this.#version++;
  }

  #recipientFor(user: EntraUser): Recipient | undefined {
    const type = this.#typeOf(user);
    if (type === undefined) return undefined;
    const primary = user.proxyAddresses.find((address) => address.startsWith('SMTP:'));
    const primarySmtpAddress = primary === undefined ? (user.mail ?? '') : withoutPrefix(primary);
    const target = this.#options.sourceOf(user.id)?.targetAddress;
    const holds = this.#holds.get(user.id) ?? NO_HOLDS;
    return {
      id: user.id,
      displayName: user.displayName,
      recipientTypeDetails: type,
      externalEmailAddress:
        type === 'UserMailbox' ? null : target ? withoutPrefix(target) : primarySmtpAddress,
      emailAddresses: user.proxyAddresses,
      primarySmtpAddress,
      whenSoftDeleted: null,
      isInactive: false,
      inPlaceHolds: holds.inPlaceHolds,
      litigationHoldEnabled: holds.litigationHoldEnabled,
    };
  }

  /** A mailbox elsewhere, on-premises or not yet licensed, is a mail user here. */
  #typeOf(user: EntraUser): Recipient['recipientTypeDetails'] | undefined {
    if (user.userType === 'Guest') return user.mail === null ? undefined : 'GuestMailUser';
    const onPremType = this.#options.sourceOf(user.id)?.msExchRecipientTypeDetails ?? null;
    const hasPlan = user.assignedPlans.some(
      ({ service, capabilityStatus, servicePlanId }) =>
        service === 'exchange' && capabilityStatus === 'Enabled' && servicePlanId !== FOUNDATION_PLAN,
    );
    if (onPremType === RECIPIENT.mailbox) return 'MailUser';
    if (hasPlan) return 'UserMailbox';
    return onPremType === null ? undefined : 'MailUser';
  }
}

export const withoutPrefix = (address: string) => (/^smtp:/i.test(address) ? address.slice(5) : address);
const NO_HOLDS: Holds = { inPlaceHolds: [], litigationHoldEnabled: false };
