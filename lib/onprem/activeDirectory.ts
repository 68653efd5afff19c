/**
 * The on-prem user set from Active Directory itself. Who is found in any domain is present, whatever became of
 * the others; absent needs every domain to have answered to the end.
 */
import type { ImmutableId } from '../core/ids.ts';
import type { OnPremUser, Presence, SourceSummary, Tombstone } from '../core/model.ts';
import { messageOf } from '../errors.ts';
import type { Clock, OnPremSource } from '../ports.ts';
import type { Census, Witness } from './census.ts';
import { checkConfiguration, type Failure, refused } from './directoryRefusals.ts';
import { find, findByGuid, hearWitnesses, sweep, sweepDeleted } from './directoryUsers.ts';
import { type DomainController, type ForestConfig, openDomainController } from './domainController.ts';
import { directoryFailed } from './ldapErrors.ts';
import { canHaveMade, matcherFor, type SourceAnchor } from './sourceAnchor.ts';

export type { ForestConfig } from './domainController.ts';

export interface ActiveDirectoryOptions {
  /** Every domain of every forest with synced users. */
  readonly forests: readonly ForestConfig[];
  readonly clock: Clock;
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

  async function* read(wanted: readonly ImmutableId[], signal: AbortSignal) {
    const asOf = clock.now();
    const notes = startNotes(wanted);
    let total = 0;
    let slices: SourceSummary['slices'] = {};
    for (const forest of forests) {
      const pages = inTurn(options, forest, signal, (dc) => readDomain(dc, wanted, notes));
      let page = await pages.next();
      for (; !page.done; page = await pages.next()) {
        notes.take(page.value);
        yield page.value;
      }
      readings.set(forest, { witnesses: page.value.witnesses, tombstones: notes.tombstones });
      total += page.value.total;
      slices = { ...slices, ...page.value.slices };
    }
    return { kind: 'activeDirectory' as const, total, slices, asOf };
  }

  async function ask(forest: ForestConfig, ids: readonly ImmutableId[], signal: AbortSignal) {
    const { domain } = forest;
    const notes = startNotes(ids);
    const reading = readings.get(forest);
    if (reading === undefined) return { domain, notes, failure: `${domain} was not read before` };
    try {
      const pages = inTurn(options, forest, signal, async function* (dc) {
        await hearWitnesses(dc, reading.witnesses);
        yield* find(dc, ids, matcherFor(ids));
        return dc.anchor;
      });
      let page = await pages.next();
      for (; !page.done; page = await pages.next()) notes.take(page.value);
      return { domain, notes, anchor: page.value, tombstones: reading.tombstones };
    } catch (error) {
      return { domain, notes, failure: messageOf(error) };
    }
  }

  return {
    kind: 'activeDirectory',
    read,
    async recheck(wanted, signal) {
      const answers: Answer[] = [];
      for (const forest of forests) answers.push(await ask(forest, wanted, signal));
      return new Map(wanted.map((id) => [id, presenceOf(id, answers)]));
    },
  };
}

/** Runs `job` on the first domain controller that carries it to its end. @throws NightRefused */
async function* inTurn<T>(
  { forests, timeoutMs = 60_000 }: ActiveDirectoryOptions,
  forest: ForestConfig,
  signal: AbortSignal,
  job: (dc: DomainController) => AsyncGenerator<Users, T, undefined>,
): AsyncGenerator<Users, T, undefined> {
  const known = new Set(forests.map(({ domain }) => domain.toLowerCase()));
  const failures: Failure[] = [];
  for (const url of forest.domainControllers) {
    let dc: DomainController | undefined;
    try {
      dc = await openDomainController(forest, url, known, timeoutMs, signal);
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

async function* readDomain(
  dc: DomainController,
  wanted: readonly ImmutableId[],
  { present }: Notes,
): AsyncGenerator<Users, Census, undefined> {
  const matches = matcherFor(wanted);
  const census = yield* sweep(dc, matches);
  await hearWitnesses(dc, census.witnesses);
  const missing = wanted.filter((id) => !present.has(id));
  yield* findByGuid(dc, missing, matches);
  yield* sweepDeleted(dc, matches);
  return census;
}

/** What is remembered of a domain that was read to its end, for when it is asked again. */
interface Reading {
  readonly witnesses: readonly Witness[];
  readonly tombstones: ReadonlyMap<ImmutableId, Tombstone>;
}

/** Who of those asked for was seen; grows with them and not with the directory. */
interface Notes {
  readonly present: ReadonlySet<ImmutableId>;
  readonly tombstones: ReadonlyMap<ImmutableId, Tombstone>;
  take(users: Users): void;
}

function startNotes(asked: readonly ImmutableId[]): Notes {
  const wanted = new Set(asked);
  const present = new Set<ImmutableId>();
  const tombstones = new Map<ImmutableId, Tombstone>();
  const take = (users: Users) => {
    for (const { immutableId, tombstone } of users) {
      if (immutableId === undefined || !wanted.has(immutableId)) continue;
      if (tombstone === undefined) present.add(immutableId);
      else tombstones.set(immutableId, tombstone);
    }
  };
  return { present, tombstones, take };
}

/** What one domain says when it is asked again. */
interface Answer {
  readonly domain: string;
  readonly notes: Notes;
  /** Why it did not answer to the end. */
  readonly failure?: string;
  readonly anchor?: SourceAnchor;
  readonly tombstones?: Reading['tombstones'];
}

function presenceOf(id: ImmutableId, answers: readonly Answer[]): Presence {
  const holder = answers.find(({ notes }) => notes.present.has(id));
  if (holder !== undefined) return { state: 'present', origin: `${holder.domain} has it` };
  const failure = answers.find((answer) => answer.failure !== undefined)?.failure;
  if (failure !== undefined) return { state: 'unknown', origin: failure };
  if (!answers.some(({ anchor }) => anchor !== undefined && canHaveMade(id, anchor))) {
    return { state: 'unknown', origin: 'no domain makes such an immutable id of its source anchor' };
  }
  const tombstone = answers.map(({ tombstones }) => tombstones?.get(id)).find((one) => one !== undefined);
  const domains = answers.map(({ domain }) => domain).join(' nor ');
  const deleted =
    tombstone === undefined
      ? 'no tombstone of it was to be seen'
      : `a tombstone says deleted ${tombstone.deletedSince ?? 'at a time unknown'}`;
  return { state: 'absent', origin: `not in ${domains}; ${deleted}` };
}
