/** What one night was told and what it did with it, as its ports saw it. The checkers judge by this and the truth. */
import type { NightId, ObjectId } from '../../lib/core/ids.ts';
import type { DeletedUser, SoftDeletedRecipient } from '../../lib/core/model.ts';
import type { Policy } from '../../lib/core/policy.ts';
import type { SourceKind } from '../../lib/core/vocabulary.ts';
import type { EntraUser } from '../tenant/directory.ts';
import { unmangled } from '../tenant/entraUser.ts';

export interface SourceTold {
  readonly ids: Set<string>;
  /** Addresses and UPNs in lower case. */
  readonly names: Set<string>;
  readonly total: number;
  readonly slices: Readonly<Record<string, number>>;
  readonly parts: Readonly<Record<string, string>> | undefined;
  /** It does not speak of the people that Entra ID speaks of. */
  readonly disagrees: boolean;
}

/** A DELETE on its way to the tenant. */
export interface Send {
  readonly id: string;
  /** Of the deletion that the recycle bin holds at that moment, if it holds one. */
  readonly deletedDateTime: string | undefined;
  readonly at: number;
}

export interface Told {
  readonly night: NightId;
  readonly policy: Policy;
  readonly number: number;
  /** Reads without which nobody may be purged and that did not come to their end. */
  readonly failedReads: string[];
  /** Its storage threw: what the ledger then says of the end may differ from what the night says. */
  ledgerFailed: boolean;
  deleted: ReadonlyMap<string, DeletedUser>;
  readonly sources: Map<SourceKind, SourceTold>;
  word: ReadonlyMap<ObjectId, SoftDeletedRecipient> | undefined;
  /** By id: the deletion that the last look since the last DELETE showed, if it showed one. */
  readonly looks: Map<string, string | undefined>;
  /** Ids of whom no live user had a name or address when asked for again, since the last DELETE. */
  readonly unheld: Set<string>;
  /** Source and immutable id: who was absent when asked for again, since the last DELETE. */
  readonly rechecks: Set<string>;
  /** Ids with a verdict of tonight. */
  readonly verdicts: Set<string>;
  /** By generation: who could not be purged, or not be read, before it took the ledger. */
  stubborn: ReadonlyMap<string, number>;
  /** Generations that were sent a DELETE or could not be read, in order; the stubborn left out. */
  readonly tried: string[];
  /** By generation: the purges that the ledger says were decided tonight. */
  readonly decided: Set<string>;
  /** By generation: when each intent of tonight came to stand in the ledger. */
  readonly intents: Map<string, readonly number[]>;
  /** By generation: how the ledger says that it ended tonight. */
  readonly settled: Map<string, string[]>;
  readonly sends: Send[];
  /** Of each step: how many were sent a DELETE. */
  readonly steps: number[];
  /** Nobody halted it when that was asked, since the last DELETE. */
  isFree: boolean;
  /** It had been asked to end when it began the step. */
  isToEnd: boolean;
  /** Its token does not carry the permission to purge. */
  lacksRole: boolean;
  /** Throttled: no DELETE before this moment. */
  notBefore: number;
}

export function nothingTold(night: NightId, policy: Policy, number: number): Told {
  return {
    night,
    policy,
    number,
    failedReads: [],
    unheld: new Set(),
    ledgerFailed: false,
    deleted: new Map(),
    sources: new Map(),
    word: undefined,
    looks: new Map(),
    rechecks: new Set(),
    verdicts: new Set(),
    stubborn: new Map(),
    tried: [],
    decided: new Set(),
    intents: new Map(),
    settled: new Map(),
    sends: [],
    steps: [],
    isFree: false,
    isToEnd: false,
    lacksRole: false,
    notBefore: 0,
  };
}

/** Which deletion of which object, as text. Moments are compared as moments: Graph writes fewer digits. */
export const generationOf = (id: string, deletedDateTime: string | null | undefined) =>
  `${id} ${Date.parse(deletedDateTime ?? '')}`;

/** An address as names are compared: without its prefix, in lower case. */
export const plainName = (name: string) => name.toLowerCase().replace(/^smtp:/, '');

/** Every address that a deleted user is known by, and its UPN before the deletion. */
export function namesOf(user: EntraUser): ReadonlySet<string> {
  const names = [user.mail ?? '', unmangled(user), ...user.proxyAddresses];
  return new Set(names.map(plainName).filter((name) => name !== ''));
}

/** It is read again for every step: what failed for an earlier one does not count any more. */
export function beginRead({ failedReads }: Told, ...whats: readonly string[]): void {
  for (const what of whats) {
    const at = failedReads.indexOf(what);
    if (at >= 0) failedReads.splice(at, 1);
  }
}

export function noteHolders(
  { unheld }: Told,
  answers: ReadonlyMap<string, { readonly value: string }>,
): void {
  for (const [id, { value }] of answers) {
    if (value === 'no') unheld.add(id);
    else unheld.delete(id);
  }
}
