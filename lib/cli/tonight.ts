/** `tonight`: a night in report mode from the desk. Its lines stay here; it takes no lease and sends no telemetry. */
import { writeFile } from 'node:fs/promises';
import { formerUpn } from '../core/addresses.ts';
import { dueAt, removedAt } from '../core/due.ts';
import type { Policy } from '../core/policy.ts';
import type { Standing, State } from '../core/state.ts';
import { KEEP, type KeepReason } from '../core/vocabulary.ts';
import { messageOf } from '../errors.ts';
import { limitsOf } from '../report/limits.ts';
import { storyOf } from '../report/story.ts';
import { number, usersOf } from '../report/units.ts';
import { type DeskNight, nightAtDesk, seenAt } from './deskNight.ts';
import { EXIT, type Exit, missingRole, UsageError } from './exit.ts';
import { type CommonOptions, type Context, signIn } from './session.ts';
import type { Terminal } from './terminal.ts';
import type { ToldUser, TonightResult, WaitingUser } from './tonightResult.ts';

export interface TonightOptions extends CommonOptions {
  /** Where the page is to be written. */
  readonly html?: string;
}

/** @throws UsageError; NightRefused */
export async function tonight(
  context: Context,
  _args: readonly string[],
  options: TonightOptions,
): Promise<Exit> {
  const { terminal, signal } = context;
  const { desk, account } = await signIn(context, options);
  if (desk.ledger === undefined) {
    terminal.note('Without a ledger: nights absent count from now on, and nothing was purged before.');
  }
  const night = await nightAtDesk(desk, { terminal, signal });
  if (options.html !== undefined) await writePage(options.html, night);
  const result = resultOf(night, desk.policy, options.html);
  if (options.json) terminal.json(result);
  else print(terminal, result);
  if (night.report.refusals.some(({ refusal }) => refusal === 'accessDenied')) {
    terminal.note(missingRole(account));
    return EXIT.noAccess;
  }
  return result.plan?.state === 'ready' ? EXIT.fine : EXIT.finding;
}

async function writePage(file: string, { html }: DeskNight): Promise<void> {
  if (html === undefined) throw new UsageError('There is no page: the night did not come to its end.');
  try {
    await writeFile(file, html);
  } catch (error) {
    throw new UsageError(`The page cannot be written to ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function resultOf(
  { report, state, recordedExchange }: DeskNight,
  policy: Policy,
  html?: string,
): TonightResult {
  const { status, detail, refusals } = report;
  const { planned, exchange } = state.tonight ?? {};
  const standings = [...state.evidence.values()];
  const kept = standings.flatMap(({ decided: { reason } }) => reason ?? []);
  const counts: Partial<Record<KeepReason, number>> = {};
  for (const reason of kept) counts[reason] = (counts[reason] ?? 0) + 1;
  const word = exchange ?? recordedExchange?.record;
  return {
    command: 'tonight',
    status,
    detail,
    refusals: [...refusals, ...(planned?.refusals ?? [])].map((one) => ({
      refusal: one.refusal,
      detail: one.detail,
    })),
    from: planned === undefined ? 'ledger' : 'thisDesk',
    ...(planned && {
      plan: {
        state: planned.state,
        fingerprint: planned.fingerprint,
        deletedUsers: planned.counts.deletedUsers,
        purge: planned.counts.purge,
        keep: planned.counts.keep,
      },
    }),
    purge: standings.filter(({ decided }) => decided.verdict === 'purge').map((one) => toldUser(one, state)),
    waiting: standings
      .flatMap((one) => waitingUser(one, state, policy))
      .sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1)),
    keptBy: planned?.counts.keptBy ?? counts,
    limits: state.tonight?.ended === undefined ? [] : [...limitsOf(storyOf(state, true))],
    ...(word && {
      exchange: {
        available: word.available,
        detail: word.detail,
        ...(exchange === undefined && recordedExchange && { recordedAt: recordedExchange.at }),
      },
    }),
    ...(html !== undefined && { html }),
  };
}

function toldUser(standing: Standing, state: State): ToldUser {
  const { id, displayName, mail, deletedDateTime, userPrincipalName } = standing.decided;
  const upn = formerUpn({ id, userPrincipalName });
  return {
    id,
    ...(displayName !== undefined && { displayName }),
    ...(upn !== undefined && { userPrincipalName: upn }),
    ...(mail !== undefined && { mail }),
    ...(deletedDateTime && { deletedDateTime, removedAt: removedAt(deletedDateTime) }),
    asOf: seenAt(state, standing).asOf,
  };
}

function waitingUser(standing: Standing, state: State, policy: Policy): readonly WaitingUser[] {
  const { decided, absentNights } = standing;
  const { reason, detail } = decided;
  const due = dueAt(decided, absentNights, policy, seenAt(state, standing).asOf);
  if (due === undefined || reason === undefined) return [];
  return [{ ...toldUser(standing, state), dueAt: due, reason, detail }];
}

const bold = (text: string) => ({ text, style: 'bold' }) as const;
const nameOf = ({ displayName, mail, userPrincipalName, id }: ToldUser) =>
  `${displayName ?? '(no name)'} <${mail ?? userPrincipalName ?? ''}> ${id}`;

function print(terminal: Terminal, result: TonightResult): void {
  const { plan, from, purge, waiting, keptBy, limits, exchange, html, detail } = result;
  if (plan === undefined) terminal.out({ text: `No plan: ${detail}`, style: 'yellow' });
  else {
    const what = `${usersOf(plan.purge)} would be purged, ${number(plan.keep)} kept, of ${number(plan.deletedUsers)} deleted`;
    terminal.out(
      { text: what, style: plan.state === 'ready' ? 'green' : 'yellow' },
      `  plan ${plan.fingerprint.slice(0, 12)}, ${plan.state}`,
    );
  }
  for (const { refusal, detail: why } of plan === undefined ? [] : result.refusals)
    terminal.out(`  ${refusal}: ${why}`);
  const heading = from === 'thisDesk' ? '' : ', as nights recorded it';
  section(terminal, `Would be purged${heading}`, purge.map(nameOf));
  section(
    terminal,
    `Due later${heading}`,
    waiting.map((one) => `${one.dueAt.slice(0, 10)}  ${nameOf(one)}  ${one.detail}`),
  );
  section(
    terminal,
    `Kept${heading}`,
    Object.entries(keptBy).map(
      ([reason, count]) => `${number(count)}  ${reason}: ${KEEP[reason as KeepReason]}`,
    ),
  );
  section(
    terminal,
    'Limits',
    limits.map(({ what, setting, said }) => `${what} (${setting}): ${said}`),
  );
  if (exchange !== undefined) {
    const when =
      exchange.recordedAt === undefined ? 'just now' : `as recorded ${exchange.recordedAt.slice(0, 16)}`;
    section(terminal, `Exchange Online, ${when}`, [exchange.detail]);
  }
  if (html !== undefined) terminal.out(`Page: ${html}`);
}

function section(terminal: Terminal, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  terminal.out();
  terminal.out(bold(title));
  for (const line of lines) terminal.out(`  ${line}`);
}
