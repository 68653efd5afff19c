/** Counts users as they stream past, and notes which places they were seen in. */
import type { Entry } from 'ldapts';
import { canonical, parentOf, parseDn } from '../core/distinguishedName.ts';
import type { ImmutableId } from '../core/ids.ts';
import type { DomainController } from './domainController.ts';
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
  /** In which there are users, in canonical form. */
  readonly containers: ReadonlySet<string>;
  readonly witnesses: readonly Witness[];
}

/** One for each container, for the first hundred: enough to see most losses, few enough for one search. */
const MAX_WITNESSES = 100;

export class Counter {
  readonly #dc: DomainController;
  readonly #containers = new Set<string>();
  readonly #witnesses = new Map<string, Witness>();
  #total = 0;
  #anchored = 0;

  constructor(dc: DomainController) {
    this.#dc = dc;
  }

  add(entry: Entry): void {
    this.#total += 1;
    const dn = parseDn(entry.dn);
    const parent = dn && parentOf(dn);
    const container = parent === undefined ? '' : canonical(parent);
    this.#containers.add(container);
    const anchor = anchorOf(entry, this.#dc.anchor);
    if (anchor === undefined) return;
    if (anchor.from === this.#dc.anchor.configured[0]) this.#anchored += 1;
    if (this.#witnesses.size < MAX_WITNESSES && !this.#witnesses.has(container)) {
      this.#witnesses.set(container, { id: anchor.id, attribute: anchor.from.name });
    }
  }

  result(): Census {
    return {
      total: this.#total,
      anchored: this.#anchored,
      containers: this.#containers,
      witnesses: [...this.#witnesses.values()],
    };
  }
}
