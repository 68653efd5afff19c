import { type Exchange, type Recipient, withoutPrefix } from './exchange.ts';

/** Non-delivery reports, as Exchange Online words them. */
export const NDR = {
  /** The address belongs to a recipient that Exchange holds as soft-deleted. */
  softDeletedRecipient: '550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found',
  /** An address of the tenant's own domains which nobody has. */
  unknownInternalRecipient:
    '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
} as const;

export type MailResult =
  | {
      readonly delivered: true;
      readonly to: string;
      /** `internet`: nobody in the tenant has the address, and it is none of the tenant's own domains. */
      readonly route: 'mailbox' | 'onPremises' | 'externalAddress' | 'internet';
      readonly recipient: string | null;
    }
  | {
      readonly delivered: false;
      readonly to: string;
      readonly ndr: string;
      readonly recipient: string | null;
    };

/** Is `address` in one of the domains, or in a subdomain of one? */
export function isInternal(address: string, domains: readonly string[]): boolean {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  return domains.some((one) => domain === one.toLowerCase() || domain.endsWith(`.${one.toLowerCase()}`));
}

/** Mail that somebody inside the tenant sends. */
export class MailRouting {
  readonly #exchange: Exchange;
  readonly #domains: readonly string[];
  #directory:
    | { version: number; live: Map<string, Recipient>; softDeleted: Map<string, Recipient> }
    | undefined;

  constructor(exchange: Exchange, domains: readonly string[]) {
    this.#exchange = exchange;
    this.#domains = domains;
  }

  /**
   * A live recipient gets the mail. Otherwise an external address that a soft-deleted mail user holds as its
   * external address bounces, although the address itself is perfectly good: that is the defect to be cured.
   */
  send({ to }: { to: string }): MailResult {
    const { live, softDeleted } = this.#lookUp();
    const address = to.toLowerCase();
    const recipient = live.get(address);
    if (recipient !== undefined)
      return { delivered: true, to, route: this.#routeTo(recipient), recipient: recipient.id };
    if (isInternal(to, this.#domains)) {
      return { delivered: false, to, ndr: NDR.unknownInternalRecipient, recipient: null };
    }
    const ghost = softDeleted.get(address);
    if (ghost !== undefined) {
      return { delivered: false, to, ndr: NDR.softDeletedRecipient, recipient: ghost.id };
    }
    return { delivered: true, to, route: 'internet', recipient: null };
  }

  /** Every external address that bounces now because of a soft-deleted mail user. */
  bouncing(): string[] {
    const { live, softDeleted } = this.#lookUp();
    return [...softDeleted.keys()].filter((address) => !live.has(address)).sort();
  }

  #routeTo(recipient: Recipient): 'mailbox' | 'onPremises' | 'externalAddress' {
    if (recipient.externalEmailAddress === null) return 'mailbox';
    return isInternal(recipient.externalEmailAddress, this.#domains) ? 'onPremises' : 'externalAddress';
  }

  #lookUp() {
    const version = this.#exchange.version;
    if (this.#directory?.version === version) return this.#directory;
    const live = new Map<string, Recipient>();
    const softDeleted = new Map<string, Recipient>();
    for (const recipient of this.#exchange.recipients()) {
      const external = recipient.externalEmailAddress?.toLowerCase();
      if (recipient.whenSoftDeleted === null) {
        for (const address of recipient.emailAddresses) {
          live.set(withoutPrefix(address).toLowerCase(), recipient);
        }
        if (external !== undefined) live.set(external, recipient);
      } else if (recipient.recipientTypeDetails === 'MailUser' && external !== undefined) {
        if (!isInternal(external, this.#domains)) softDeleted.set(external, recipient);
      }
    }
    this.#directory = { version, live, softDeleted };
    return this.#directory;
  }
}
