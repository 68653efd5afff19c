/**
 * The on-prem user set from Active Directory itself. Who is found in any domain is present, whatever became of
 * the others; absent needs every domain to have answered to the end.
 */
import type { Wanted } from '../core/evidence/keys.ts';
import type { ImmutableId } from '../core/ids.ts';
import type { Coverage, DomainCoverage, OnPremUser, Recheck } from '../core/model.ts';
import { messageOf } from '../errors.ts';
import type { Clock, OnPremSource } from '../ports.ts';
import type { Census, Witness } from './census.ts';
import { checkConfiguration, type Failure, refused } from './directoryRefusals.ts';
import { find, findByGuid, hearWitnesses, sweep, sweepDeleted } from './directoryUsers.ts';
import { type DomainController, type ForestConfig, openDomainController } from './domainController.ts';
import { directoryFailed } from './ldapErrors.ts';
import { canHaveMade } from './sourceAnchor.ts';

export type { ForestConfig } from './domainController.ts';

export interface ActiveDirectoryOptions {
  /** Every domain of every forest with synced users. */
  readonly forests: readonly ForestConfig[];
  readonly clock: Clock;
  /** Attributes that the policy's `gone` rules name. */
  readonly goneAttributes?: readonly string[];
  /** For each single step with a domain controller: connecting, one search, one page. Default 60 s. */
  readonly timeoutMs?: number;
}

type Users = readonly OnPremUser[];

/**
 * Pages are yielded as they come. Where a domain controller fails midway the next one starts over, so that a
 * user may come twice; where all fail, what was yielded still proves presence, and nobody's absence. What was
 * not read before cannot be rechecked: there would be no witnesses.
 * @throws NightRefused `configurationInvalid`
 */
export function createActiveDirectorySource(options: ActiveDirectoryOptions): OnPremSource {
  const { forests, clock } = options;
  checkConfiguration(forests);
  const readings = new Map<ForestConfig, Reading>();

  async function* read(wanted: Wanted, signal: AbortSignal) {
    const asOf = clock.now();
    let total = 0;
    const slices: Record<string, number> = {};
    for (const forest of forests) {
      const deleted: OnPremUser[] = [];
      const pages = inTurn(options, forest, signal, (dc) => readDomain(dc, wanted));
      let page = await pages.next();
      for (; !page.done; page = await pages.next()) {
        deleted.push(...page.value.filter(({ tombstone }) => tombstone !== undefined));
        yield page.value;
      }
      const { census, coverage } = page.value;
      readings.set(forest, { witnesses: census.witnesses, deleted, coverage });
      total += census.total;
      slices[forest.domain.toLowerCase()] = census.total;
    }
    return { kind: 'activeDirectory' as const, total, slices, asOf, coverage: coverageOf(readings) };
  }

  /** Who is live now; and who was deleted when the domain was read. */
  async function ask(forest: ForestConfig, wanted: Wanted, signal: AbortSignal): Promise<Users> {
    const reading = readings.get(forest);
    if (reading === undefined) throw new Error(`${forest.domain} was not read before`);
    const pages = inTurn(options, forest, signal, async function* (dc) {
      await hearWitnesses(dc, reading.witnesses);
      yield* find(dc, wanted);
    });
    const users: OnPremUser[] = reading.deleted.filter(wanted.has);
    for await (const page of pages) users.push(...page);
    return users;
  }

  return {
    kind: 'activeDirectory',
    read,
    async recheck(wanted, signal): Promise<Recheck> {
      const users: OnPremUser[] = [];
      const failures: string[] = [];
      for (const forest of forests) {
        try {
          users.push(...(await ask(forest, wanted, signal)));
        } catch (error) {
          failures.push(messageOf(error));
        }
      }
      const unread = new Map<ImmutableId, string>();
      if (failures.length > 0) for (const id of wanted.ids) unread.set(id, failures.join('; '));
      return { users, coverage: coverageOf(readings), unread };
    },
  };
}

const coverageOf = (readings: ReadonlyMap<ForestConfig, Reading>): Coverage =>
  Object.fromEntries([...readings].map(([{ domain }, { coverage }]) => [domain.toLowerCase(), coverage]));

/** Runs `job` on the first domain controller that carries it to its end. @throws NightRefused */
async function* inTurn<T>(
  { forests, timeoutMs = 60_000, goneAttributes = [] }: ActiveDirectoryOptions,
  forest: ForestConfig,
  signal: AbortSignal,
  job: (dc: DomainController) => AsyncGenerator<Users, T, undefined>,
): AsyncGenerator<Users, T, undefined> {
  const known = new Set(forests.map(({ domain }) => domain.toLowerCase()));
  const failures: Failure[] = [];
  for (const url of forest.domainControllers) {
    let dc: DomainController | undefined;
    try {
      dc = await openDomainController(forest, url, { known, timeoutMs, goneAttributes }, signal);
      return yield* job(dc);
    } catch (error) {
      const failure = directoryFailed(error);
      failures.push({ url, failure });
      if (failure.next === 'final') break;
    } finally {
      await dc?.connection.close();
    }
  }
  throw refused(forest, failures);
}

/** Deleted objects first: who is brought back in between is then seen as live. */
async function* readDomain(
  dc: DomainController,
  wanted: Wanted,
): AsyncGenerator<Users, { readonly census: Census; readonly coverage: DomainCoverage }, undefined> {
  const tombstones = yield* sweepDeleted(dc, wanted);
  const missing = new Set(wanted.ids);
  const users = sweep(dc, wanted);
  let page = await users.next();
  for (; !page.done; page = await users.next()) {
    for (const { immutableIds } of page.value) for (const id of immutableIds) missing.delete(id);
    yield page.value;
  }
  const census = page.value;
  await hearWitnesses(dc, census.witnesses);
  yield* findByGuid(dc, [...missing], wanted);
  const { containers } = census;
  return { census, coverage: { tombstones, containers, canHaveMade: (id) => canHaveMade(id, dc.anchor) } };
}

/** What is remembered of a domain that was read to its end, for when it is asked again. */
interface Reading {
  readonly witnesses: readonly Witness[];
  readonly deleted: Users;
  readonly coverage: DomainCoverage;
}
