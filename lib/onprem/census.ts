/** Counts users as they stream past, so that a night can see what went missing since earlier nights. */
import type { Entry } from 'ldapts';
import type { ImmutableId } from '../core/ids.ts';
import type { DomainController } from './domainController.ts';
import { containersOf, text, texts } from './ldapEntry.ts';
import { anchorOf } from './sourceAnchor.ts';

/** A user who was there when the domain was read, and who is asked for again with those who seem gone. */
export interface Witness {
  readonly id: ImmutableId;
  /** The attribute that gave the id: the account must still be able to read it. */
  readonly attribute: string;
}

export interface Census {
  readonly total: number;
  /** Users whose id comes from the first attribute that Entra Connect would take it from. */
  readonly anchored: number;
  /**
   * Users of the domain, of each container with all below it (rights are inherited, and so is their loss), and
   * of the domain with each of the attributes that matter: whose loss means lost rights, too.
   */
  readonly slices: Readonly<Record<string, number>>;
  readonly witnesses: readonly Witness[];
}

/** One for each container, for the first hundred: enough to see most losses, few enough for one search. */
const MAX_WITNESSES = 100;

export class Counter {
  readonly #dc: DomainController;
  readonly #domain: string;
  readonly #slices = new Map<string, number>();
  readonly #witnesses = new Map<string, Witness>();
  #total = 0;
  #anchored = 0;

  constructor(dc: DomainController) {
    this.#dc = dc;
    this.#domain = dc.forest.domain.toLowerCase();
  }

  add(entry: Entry): void {
    this.#total += 1;
    const containers = containersOf(entry.dn, this.#dc.base);
    for (const container of containers) this.#count(container);
    if (text(entry, 'userPrincipalName') !== undefined) this.#count(`${this.#domain} with userPrincipalName`);
    if (texts(entry, 'proxyAddresses').length > 0) this.#count(`${this.#domain} with proxyAddresses`);
    const anchor = anchorOf(entry, this.#dc.anchor);
    if (anchor === undefined) return;
    if (anchor.from === this.#dc.anchor.configured[0]) this.#anchored += 1;
    this.#count(`${this.#domain} with ${anchor.from.name}`);
    const container = containers[0] ?? '';
    if (this.#witnesses.size < MAX_WITNESSES && !this.#witnesses.has(container)) {
      this.#witnesses.set(container, { id: anchor.id, attribute: anchor.from.name });
    }
  }

  result(): Census {
    return {
      total: this.#total,
      anchored: this.#anchored,
      slices: { [this.#domain]: this.#total, ...Object.fromEntries(this.#slices) },
      witnesses: [...this.#witnesses.values()],
    };
  }

  #count(slice: string): void {
    this.#slices.set(slice, (this.#slices.get(slice) ?? 0) + 1);
  }
}
