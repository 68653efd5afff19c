/** Performs one action: the only caller of ports in a night. It judges nothing. */
import type { Answers, Fresh } from './core/answers.ts';
import { isCandidate } from './core/decide.ts';
import { alsoHeld, type Diff, type Rechecked, startDiff } from './core/evidence/diff.ts';
import { goneRules } from './core/evidence/gone.ts';
import { eitherWanted, indexIds, indexKeys, type Wanted } from './core/evidence/keys.ts';
import type { ImmutableId, ObjectId } from './core/ids.ts';
import { syncFlagOf } from './core/mailUser.ts';
import type { DeletedUser, Organization, SoftDeletedRecipient } from './core/model.ts';
import { whyNotSend } from './core/next.ts';
import { startSample } from './core/overlap.ts';
import type { Pace } from './core/pace.ts';
import type { Policy } from './core/policy.ts';
import { beforeOf, sameDeletion } from './core/standing.ts';
import { type Action, idOf, keysOf, type State } from './core/state.ts';
import { messageOf, NightRefused } from './errors.ts';
import type { OnPremSource, OpenLedger, Ports } from './ports.ts';

export interface Performing {
  readonly ports: Ports;
  readonly ledger: OpenLedger;
  readonly policy: Policy;
  readonly pace: Pace;
  readonly state: State;
  readonly signal: AbortSignal;
}

/** A DELETE that has left is waited for: breaking it off would leave more unknown than known. */
const UNHURRIED = new AbortController().signal;

/**
 * The answers, part by part where each is judged before the next.
 * @throws NightRefused where a read does not come to its end; LedgerFailed
 */
export async function* perform(
  action: Action,
  performing: Performing,
): AsyncGenerator<Answers, void, undefined> {
  switch (action.kind) {
    case 'read':
      return yield* read(performing);
    case 'verify':
    case 'reread':
      return yield await look(action, performing);
    case 'send':
      return yield await send(action, performing);
    case 'withdraw':
      return yield { kind: 'notSent', why: action.why, stop: undefined };
    case 'tell':
      return yield { kind: 'told', delivery: await performing.ports.telemetry.flush() };
    case 'end':
      return yield { kind: 'ended', usage: performing.ports.entra.usage() };
  }
}

async function* read({ ports, policy, state, signal }: Performing): AsyncGenerator<Answers, void, undefined> {
  const { entra, halt } = ports;
  const reason = await halt.reason().catch(messageOf);
  if (reason !== undefined) throw new NightRefused('halted', `${reason} Nobody was purged.`);
  const organization = await entra.organization(signal);
  yield { kind: 'tenant', organization };
  const recipients = yield* readExchange(ports, policy, signal);
  const deleted = await entra.deletedUsers(signal);
  yield { kind: 'deletedUsers', users: deleted.length };
  yield* readSources({ organization, recipients, deleted }, { ports, policy, state, signal });
}

/** @throws NightRefused where the policy requires Exchange and it does not answer */
async function* readExchange({ exchange }: Ports, policy: Policy, signal: AbortSignal) {
  if (exchange === undefined) return undefined;
  try {
    const { byId: recipients, doubts } = await exchange.softDeletedRecipients(signal);
    const detail = ['read to the end', ...doubts.map((doubt) => `without one object: ${doubt}`)].join('; ');
    yield { kind: 'exchange', recipients, detail } as const;
    return recipients;
  } catch (error) {
    if (policy.exchange.use === 'required' || !(error instanceof NightRefused)) throw error;
    yield { kind: 'exchange', recipients: undefined, detail: error.message } as const;
    return undefined;
  }
}

interface ReadSoFar {
  readonly organization: Organization;
  readonly recipients: ReadonlyMap<ObjectId, SoftDeletedRecipient> | undefined;
  readonly deleted: readonly DeletedUser[];
}

async function* readSources(
  known: ReadSoFar,
  { ports, policy, state, signal }: Pick<Performing, 'ports' | 'policy' | 'state' | 'signal'>,
): AsyncGenerator<Answers, void, undefined> {
  const diff = startDiff(known.deleted);
  const sampling = startSample();
  const answers = [];
  for (const source of ports.sources) {
    const answer = await readSource(source, diff, sampling, signal);
    yield answer;
    answers.push(answer);
  }
  const summaries = answers.map(({ summary }) => summary);
  const found = diff.finish(summaries, goneRules(policy));
  const tenant = {
    verifiedDomains: known.organization.verifiedDomains,
    syncFlag: syncFlagOf(known.deleted),
  };
  const candidates = known.deleted.filter((user) => {
    const one = found.get(user.id);
    const before = beforeOf(sameDeletion(state.evidence.get(user.id), user));
    return (
      one !== undefined &&
      isCandidate(
        user,
        one,
        { tenant, recipients: known.recipients },
        { policy, now: ports.clock.now(), before },
      )
    );
  });
  const held = await ports.entra.holders(candidates, signal);
  yield {
    kind: 'everybody',
    ...known,
    found: new Map([...found].map(([id, one]) => [id, alsoHeld(one, held.get(id))])),
    syncedUsers: summaries.find(({ kind }) => kind === 'entra')?.total ?? 0,
    roles: policy.mode === 'purge' ? await ports.entra.roles(signal) : undefined,
  };
}

async function readSource(
  source: OnPremSource,
  diff: Diff,
  sampling: ReturnType<typeof startSample>,
  signal: AbortSignal,
) {
  const sample = source.kind === 'entra' ? [] : sampling.finish();
  const sampled = indexIds(sample);
  const found = new Set<ImmutableId>();
  const pages = source.read(eitherWanted(diff.wanted, sampled.wanted), signal);
  let page = await pages.next();
  for (; !page.done; page = await pages.next()) {
    diff.see(source.kind, page.value);
    if (source.kind === 'entra') sampling.note(page.value);
    for (const user of page.value) {
      if (user.tombstone === undefined) for (const id of sampled.owners(user)) found.add(id);
    }
  }
  return { kind: 'source', summary: page.value, sample, found } as const;
}

/** Where the objects are now; before a DELETE also everything else that decides. */
async function look(action: Action, performing: Performing): Promise<Answers> {
  const { clock, entra } = performing.ports;
  const ids = keysOf(action).map(idOf);
  try {
    // First, since it can take long: all the rest is read together, so that nothing is older than one round trip.
    const recipients = action.kind === 'reread' ? await recipientsAgain(performing) : undefined;
    const askedAt = clock.now();
    const [sightings, fresh] = await Promise.all([
      entra.sightings(ids, performing.signal),
      action.kind === 'reread' ? freshFacts(action, recipients, performing) : undefined,
    ]);
    return { kind: 'sightings', askedAt, sightings, fresh };
  } catch (error) {
    if (action.kind !== 'reread' || !(error instanceof NightRefused)) throw error;
    return {
      kind: 'sightings',
      askedAt: clock.now(),
      sightings: new Map(),
      fresh: undefined,
      why: error.message,
    };
  }
}

/** What Exchange says now, if it answered tonight. @throws NightRefused */
async function recipientsAgain({ ports, state, signal }: Performing) {
  const before = state.tonight?.notes.known?.recipients;
  return before === undefined ? undefined : (await ports.exchange?.softDeletedRecipients(signal))?.byId;
}

/**
 * Asked by the names and keys that the plan knows: a user who has others by now is kept.
 * @throws NightRefused
 */
async function freshFacts(
  action: Action,
  recipients: Fresh['recipients'],
  { ports: { entra, sources }, state, signal }: Performing,
): Promise<Fresh> {
  const planned = state.tonight?.notes.known?.planned;
  const users = keysOf(action).flatMap((key) => planned?.get(key)?.user ?? []);
  const { wanted } = indexKeys(users);
  const [organization, held, ...rechecked] = await Promise.all([
    entra.organization(signal),
    entra.holders(users, signal),
    ...sources.map((source) => recheck(source, wanted, signal)),
  ]);
  return { organization, recipients, rechecked, held };
}

/** A source that does not answer makes presence unknown, and nothing else. */
async function recheck(source: OnPremSource, wanted: Wanted, signal: AbortSignal): Promise<Rechecked> {
  const { kind } = source;
  try {
    return { kind, answer: await source.recheck(wanted, signal) };
  } catch (error) {
    return { kind, failure: messageOf(error) };
  }
}

/** Directly before the wire halt, lease and all that `next` asked are asked once more. @throws LedgerFailed */
async function send(action: Action, { ports, ledger, pace, state, signal }: Performing): Promise<Answers> {
  const { clock, entra, halt } = ports;
  const notSent = (why: string, stop?: 'stopped' | 'failed'): Answers => ({ kind: 'notSent', why, stop });
  try {
    const reason = await halt.reason();
    if (reason !== undefined) return notSent(reason, 'stopped');
  } catch (error) {
    return notSent(messageOf(error), 'failed');
  }
  await ledger.stillOurs();
  if (signal.aborted) return notSent('the night was asked to end');
  const now = clock.now();
  const open = keysOf(action).map((key) => state.open.get(key));
  const why = whyNotSend(state, open, pace, now);
  if (why !== undefined) return notSent(why);
  return { kind: 'purge', answers: await entra.purge(keysOf(action).map(idOf), UNHURRIED) };
}
