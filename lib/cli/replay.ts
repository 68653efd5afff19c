/** `replay`: past nights under another policy, from what was recorded. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { formerUpn } from '../core/addresses.ts';
import { apply } from '../core/apply.ts';
import { at, DAY_MS } from '../core/ids.ts';
import type { Policy } from '../core/policy.ts';
import { parsePolicyText } from '../core/policyText.ts';
import { lookedOtherwise, replay as replayOne } from '../core/replay.ts';
import { emptyState, type Standing, type State } from '../core/state.ts';
import { messageOf } from '../errors.ts';
import type { LedgerReader } from '../ports.ts';
import { usersOf } from '../report/units.ts';
import { EXIT, type Exit, UsageError } from './exit.ts';
import { daysIn } from './nights.ts';
import { type CommonOptions, type Context, openLedger } from './session.ts';

const user = z.strictObject({
  id: z.guid(),
  displayName: z.string().optional(),
  userPrincipalName: z.string().optional(),
  deletedDateTime: z.iso.datetime().optional(),
  night: z.string().describe('The first night on which it differs.'),
  at: z.iso.datetime(),
  before: z.string().describe('What was recorded.'),
  after: z.string().describe('What the other policy makes of it.'),
});
type DifferingUser = z.infer<typeof user>;

export const replayResult = z
  .strictObject({
    command: z.literal('replay'),
    nights: z.int().describe('That came to a plan.'),
    newlyPurged: z.array(user),
    newlyKept: z.array(user),
    unknown: z.array(user).describe('The ledger does not record what a rule of the other policy asks for.'),
    lookedOtherwise: z
      .array(z.string())
      .describe(
        'Sections of the policy under which other facts would have been gathered; the recorded ones were used.',
      ),
  })
  .describe('Past nights under another policy.');
type ReplayResult = z.infer<typeof replayResult>;

export interface ReplayOptions extends CommonOptions {
  /** Days to look back: `30` or `30d`. */
  readonly from?: string;
}

/** @throws UsageError; NightRefused */
export async function replay(
  context: Context,
  _args: readonly string[],
  options: ReplayOptions,
): Promise<Exit> {
  const { terminal } = context;
  const policy = await policyIn(options.policy);
  const days = daysIn((options.from ?? '30').replace(/d$/, ''));
  const { policy: _, ...place } = options;
  const result = await replayed(await openLedger(context, place), policy, days);
  if (options.json) terminal.json(result);
  else print(context, result, days);
  const { newlyPurged, newlyKept, unknown } = result;
  return newlyPurged.length + newlyKept.length + unknown.length === 0 ? EXIT.fine : EXIT.finding;
}

/** @throws UsageError */
async function policyIn(file: string | undefined): Promise<Policy> {
  if (file === undefined) throw new UsageError('Under which policy? Give --policy <file>.');
  let parsed: ReturnType<typeof parsePolicyText>;
  try {
    parsed = parsePolicyText(await readFile(file));
  } catch (error) {
    throw new UsageError(`The policy file ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if ('policy' in parsed) return parsed.policy;
  throw new UsageError(`The policy file ${file} is wrong: "policy check ${file}" says where.`);
}

async function replayed(ledger: LedgerReader, policy: Policy, days: number): Promise<ReplayResult> {
  const state = emptyState();
  const lists = { newlyPurged: new Map(), newlyKept: new Map(), unknown: new Map() } satisfies Lists;
  const otherwise = new Set<string>();
  const since = at(Date.now() - days * DAY_MS);
  let nights = 0;
  for await (const line of ledger.kept(since)) {
    apply(state, line);
    if (line.record.kind !== 'planned' || line.at < since) continue;
    nights += 1;
    for (const name of lookedOtherwise(state.tonight?.started.policy ?? {}, policy)) otherwise.add(name);
    compareNight(state, policy, line, lists);
  }
  return {
    command: 'replay',
    nights,
    newlyPurged: [...lists.newlyPurged.values()],
    newlyKept: [...lists.newlyKept.values()],
    unknown: [...lists.unknown.values()],
    lookedOtherwise: [...otherwise],
  };
}

type Lists = Readonly<Record<'newlyPurged' | 'newlyKept' | 'unknown', Map<string, DifferingUser>>>;
type Planned = { readonly night: string; readonly at: ReturnType<typeof at> };

function compareNight(state: State, policy: Policy, line: Planned, lists: Lists): void {
  for (const standing of state.evidence.values()) {
    const { verdict: before } = standing.decided;
    const after = replayOne(standing, policy, line.at);
    if (after.verdict === before) continue;
    const list = lists[LISTS[after.verdict]];
    const { id, deletedDateTime } = standing.decided;
    const key = `${id} ${deletedDateTime ?? ''}`;
    const text = after.verdict === 'keep' ? `keep: ${after.reason} (${after.detail})` : after.verdict;
    if (!list.has(key)) list.set(key, differing(standing, line, text));
  }
}

const LISTS = { purge: 'newlyPurged', keep: 'newlyKept', unknown: 'unknown' } as const;

function differing({ decided }: Standing, { night, at: moment }: Planned, after: string): DifferingUser {
  const { id, displayName, deletedDateTime, verdict, reason, userPrincipalName } = decided;
  const upn = formerUpn({ id, userPrincipalName });
  return {
    id,
    ...(displayName !== undefined && { displayName }),
    ...(upn !== undefined && { userPrincipalName: upn }),
    ...(deletedDateTime && { deletedDateTime }),
    night,
    at: moment,
    before: reason === undefined ? verdict : `${verdict}: ${reason}`,
    after,
  };
}

const TITLES = {
  newlyPurged: 'would be purged that were kept',
  newlyKept: 'would be kept that were to be purged',
  unknown: 'of whom it is not known',
} as const;

function print({ terminal }: Context, result: ReplayResult, days: number): void {
  terminal.out(`${result.nights} nights with a plan in ${days} days.`);
  for (const name of ['newlyPurged', 'newlyKept', 'unknown'] as const) {
    terminal.out({ text: `${usersOf(result[name].length)} ${TITLES[name]}`, style: 'bold' });
    for (const one of result[name]) {
      terminal.out(
        `  ${one.at.slice(0, 10)}  ${one.displayName ?? '(no name)'} <${one.userPrincipalName ?? ''}> ${one.id}: ${one.before} → ${one.after}`,
      );
    }
  }
  if (result.lookedOtherwise.length > 0) {
    terminal.out(
      `The other policy looks at other facts (${result.lookedOtherwise.join(', ')}). The recorded ones were used: "tonight" shows what it would find now.`,
    );
  }
}
