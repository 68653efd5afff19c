/** What must be true in the end, when faults have stopped for some nights: nothing forgotten, nothing unrecorded. */
import { isDeepStrictEqual } from 'node:util';
import type { OutcomeName } from '../../lib/core/vocabulary.ts';
import { type CheckOptions, observe, oughtToBePurged } from '../tenant/checkers.ts';
import { DAY_MS, HOUR_MS } from '../tenant/clock.ts';
import type { EntraUser } from '../tenant/directory.ts';
import { immutableIdOf, RECIPIENT } from '../tenant/onPrem.ts';
import { type Company, TOOL, violate } from './company.ts';
import { delaysOf, isProtected } from './policies.ts';
import { keyOf } from './telemetryPort.ts';
import { generationOf, namesOf, plainName } from './told.ts';

/** The generations that ought to be purged, as the policy stands and the world is. */
export function dueForPurge(company: Company): ReadonlyMap<string, string> {
  const { world, policy, family, highVolume, clock } = company;
  const before = observe(world);
  const options: CheckOptions = {
    by: TOOL,
    graceDays: delaysOf(policy, family).graceDays,
    maxPurges: Number.POSITIVE_INFINITY,
    sourceKnowsOnPrem: family.source !== 'entra',
    mailUserProof: family.exchange !== 'off' ? 'exchange' : family.extension ? 'extension' : 'graph',
    holdsKnown: family.exchange !== 'off',
  };
  const today = new Date(clock.now() - DAY_MS).toISOString().slice(0, 10);
  const due = [...before.deleted.values()].filter((truth) => {
    if (!oughtToBePurged(world, truth, before, options)) return false;
    if (truth.user.onPremisesSyncEnabled === false) return false;
    if (isProtected(truth.user, policy, today) || holdsNameOf(company, truth.user)) return false;
    if (!canBeShown(company, truth.user)) return false;
    if (family.exchange !== 'off' && highVolume.has(truth.id)) return false;
    if (family.source === 'activeDirectory' && becameAnother(company, truth.user)) return false;
    const recipient = world.exchange.recipient(truth.id);
    if (recipient === undefined || recipient.whenSoftDeleted === null)
      return family.exchange !== 'required' && truth.user.provisionedPlans.length === 0;
    return family.exchange === 'off' || recipient.recipientTypeDetails === 'MailUser';
  });
  return new Map(due.map(({ id, tag, user }) => [generationOf(id, user.deletedDateTime), tag]));
}

/**
 * Where no tombstone tells, somebody must be in the place it lived in, and nobody may have seen it on-premises since it
 * was deleted.
 */
function canBeShown({ world, family, seenLive }: Company, user: EntraUser): boolean {
  if (family.source === 'entra' || (family.source === 'activeDirectory' && family.tombstones)) return true;
  if (seenLive.has(generationOf(user.id, user.deletedDateTime))) return false;
  const dn = user.onPremisesDistinguishedName?.toLowerCase() ?? '';
  const place = dn.slice(dn.indexOf(',ou=') + 1);
  return [...world.onPrem.users()].some(({ ou }) => ou.toLowerCase() === place);
}

/** Was it changed on-premises after it was last synced, so that Active Directory knows another kind of recipient? */
function becameAnother({ world }: Company, { onPremisesImmutableId }: EntraUser): boolean {
  const last = [...world.onPrem.deletedUsers()].find((user) => immutableIdOf(user) === onPremisesImmutableId);
  return last !== undefined && last.msExchRecipientTypeDetails !== RECIPIENT.mailUser;
}

/** Does somebody on-premises whom the source knows, in scope or not, hold one of its addresses? */
function holdsNameOf({ world, family }: Company, user: EntraUser): boolean {
  if (family.source === 'entra') return false;
  const names = namesOf(user);
  return [...world.onPrem.users()].some(({ userPrincipalName, mail, proxyAddresses }) =>
    [userPrincipalName, mail ?? '', ...proxyAddresses].some((name) => names.has(plainName(name))),
  );
}

export function checkEnd(company: Company, due: ReadonlyMap<string, string>): void {
  const { world, coverage } = company;
  const still = dueForPurge(company);
  for (const [generation, tag] of due) {
    coverage.hit('check', 'a purge that is due');
    if (still.has(generation)) violate(company, `${generation} (${tag}) ought to have been purged long ago`);
  }
  checkOutcomes(company);
  checkTelemetry(company);
  checkCures(company);
  world.advance(3 * HOUR_MS);
  for (const address of world.mail.bouncing()) {
    const { delivered, ...result } = world.mail.send({ to: address });
    const id = delivered || !('recipient' in result) ? null : result.recipient;
    if (id === null || company.lingering.has(id) || world.exchange.recipient(id)?.isInactive) continue;
    if (world.entra.grave(id)?.how === 'purged')
      violate(company, `mail to ${address} bounces after the purge`);
  }
}

/** Of every intent it is known what came of it, and that is so. */
function checkOutcomes(company: Company): void {
  const { book, world } = company;
  const last = new Map<string, OutcomeName | 'open'>();
  const purged = new Set<string>();
  for (const { record } of book.lines) {
    if (record.kind !== 'announced' && record.kind !== 'withdrawn' && record.kind !== 'settled') continue;
    const key = generationOf(record.id, record.deletedDateTime);
    if (record.kind === 'announced') last.set(key, 'open');
    else if (record.kind === 'withdrawn') {
      if (record.attempt === 1) last.delete(key);
    } else {
      if (last.has(key)) last.set(key, record.outcome);
      if (record.outcome === 'purged') purged.add(key);
    }
  }
  for (const [generation, outcome] of last) {
    company.coverage.hit('check', 'an intent');
    if (outcome === 'open') {
      violate(company, `the intent to purge ${generation} was never settled (${outcome})`);
    }
  }
  const ended = new Map(
    world.truth.hardDeletes.map(({ entry }) => [generationOf(entry.id, entry.deletedDateTime), entry.by]),
  );
  for (const [generation, by] of ended) {
    if (by === TOOL && !purged.has(generation)) {
      violate(company, `${generation} was purged, and the ledger does not say so (${last.get(generation)})`);
    }
  }
  for (const generation of purged) {
    const [id = ''] = generation.split(' ');
    if (!ended.has(generation) && world.entra.grave(id) === undefined) {
      violate(company, `the ledger says that ${generation} was purged, and it was not`);
    }
  }
}

/** Where Exchange Online is asked, somebody has looked what it still holds of whoever was purged. */
function checkCures({ book, policy, violations, nights }: Company): void {
  if (policy.exchange.use === 'off') return;
  const last = book.lines.at(-1)?.night;
  const seen = new Set<string>();
  for (const { record } of book.lines) if (record.kind === 'cureSeen') seen.add(record.id);
  for (const { night, record } of book.lines) {
    if (night === last || record.kind !== 'settled' || record.outcome !== 'purged') continue;
    if (!seen.has(record.id))
      violations.push(`night ${nights}: nobody looked whether ${record.id} was cured`);
  }
}

/** How telemetry went, and the ledger's own lines. */
const NOT_TOLD: ReadonlySet<string> = new Set(['telemetrySent', 'logBegun', 'rolledOver', 'tornLine']);

/** Telemetry has every line, and no line that the ledger has not. */
function checkTelemetry(company: Company): void {
  const { book, arrived } = company;
  const known = new Set<string>();
  for (const line of book.lines) {
    known.add(keyOf(line));
    if (NOT_TOLD.has(line.record.kind)) continue;
    company.coverage.hit('check', 'a line of telemetry');
    const told = arrived.get(keyOf(line));
    if (told === undefined)
      violate(company, `telemetry never had line ${line.seq} of ${line.night} (${line.record.kind})`);
    else if (!isDeepStrictEqual(told, line))
      violate(company, `telemetry has another line ${line.seq} of ${line.night}`);
  }
  for (const [key, { record, seq }] of arrived) {
    const withoutLedger = record.kind === 'nightEnded' && seq === -1;
    // The ledger's own lines pass by when a night is sent again; they are no event.
    if (!known.has(key) && !withoutLedger && !NOT_TOLD.has(record.kind))
      violate(company, `telemetry has ${key}, which the ledger has not`);
  }
}
