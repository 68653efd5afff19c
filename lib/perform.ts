/** Performs one action: the only caller of ports in a night. It judges nothing. */
import type { Answers } from './core/answers.ts';
import type { ImmutableId, ObjectId } from './core/ids.ts';
import type { DeletedUser, Organization, Presence, SoftDeletedRecipient } from './core/model.ts';
import { whyNotSend } from './core/next.ts';
import { startSample } from './core/overlap.ts';
import type { Pace } from './core/pace.ts';
import type { Policy } from './core/policy.ts';
import { type Diff, startDiff } from './core/presence.ts';
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

async function* read({ ports, policy, signal }: Performing): AsyncGenerator<Answers, void, undefined> {
  const { entra, halt } = ports;
  const reason = await halt.reason().catch(messageOf);
  if (reason !== undefined) throw new NightRefused('halted', `${reason} Nobody was purged.`);
  const organization = await entra.organization(signal);
  yield { kind: 'tenant', organization };
  const recipients = yield* readExchange(ports, policy, signal);
  const deleted = await entra.deletedUsers(signal);
  yield { kind: 'deletedUsers', users: deleted.length };
  yield* readSources({ organization, recipients, deleted }, { ports, policy, signal });
}

/** @throws NightRefused where the policy requires Exchange and it does not answer */
async function* readExchange({ exchange }: Ports, policy: Policy, signal: AbortSignal) {
  if (exchange === undefined) return undefined;
  try {
    const recipients = await exchange.softDeletedRecipients(signal);
    yield { kind: 'exchange', recipients, detail: 'read to the end' } as const;
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
  { ports, policy, signal }: Pick<Performing, 'ports' | 'policy' | 'signal'>,
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
  yield {
    kind: 'everybody',
    ...known,
    found: diff.finish(summaries),
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
  const sampled = new Set(sample);
  const found = new Set<ImmutableId>();
  const pages = source.read([...diff.wanted, ...sample], signal);
  let page = await pages.next();
  for (; !page.done; page = await pages.next()) {
    diff.see(source.kind, page.value);
    if (source.kind === 'entra') sampling.note(page.value);
    for (const { immutableId, tombstone } of page.value) {
      if (immutableId !== undefined && tombstone === undefined && sampled.has(immutableId))
        found.add(immutableId);
    }
  }
  return { kind: 'source', summary: page.value, sample, found } as const;
}

/** Where the objects are now; before a DELETE also whether any source has them again. */
async function look(action: Action, { ports, state, signal }: Performing): Promise<Answers> {
  const { clock, entra, sources } = ports;
  const ids = keysOf(action).map(idOf);
  const askedAt = clock.now();
  const sightings = await entra.sightings(ids, signal);
  const presences = new Map<ImmutableId, readonly Presence[]>();
  if (action.kind === 'reread') {
    const planned = state.tonight?.notes.known?.planned;
    const wanted = keysOf(action).flatMap((key) => planned?.get(key)?.user.immutableId ?? []);
    const answers = await Promise.all(sources.map((source) => source.recheck(wanted, signal)));
    for (const id of wanted) {
      presences.set(
        id,
        answers.map((answer) => answer.get(id) ?? { state: 'unknown', origin: 'no answer for this user' }),
      );
    }
  }
  return { kind: 'sightings', askedAt, sightings, presences };
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
