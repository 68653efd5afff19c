/** A desk, signed in. Account and tenant are the first thing that is said. */
import { composeDesk, type Desk } from '../composeDesk.ts';
import { type DeskConfig, type Environment, readDeskConfig } from '../config.ts';
import type { Account } from '../ports.ts';
import { UsageError } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** Options of every command. */
export interface CommonOptions {
  readonly json?: boolean;
  /** In place of POLICY_FILE. */
  readonly policy?: string;
  /** In place of LEDGER_CONTAINER_URL and LEDGER_DIRECTORY. */
  readonly ledger?: string;
}

/** What a command gets beside its arguments. */
export interface Context {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Hears who is signed in, for what may go wrong later. */
  onAccount(account: Account): void;
}

export interface Session {
  readonly desk: Desk;
  readonly account: Account;
}

/** @throws NightRefused `policyInvalid` | `configurationInvalid` | `accessDenied`; UsageError */
export async function signIn(context: Context, options: CommonOptions): Promise<Session> {
  const desk = composeDesk(configOf(context.environment, options));
  const account = await desk.entra.account(context.signal);
  context.onAccount(account);
  context.terminal.note(
    `Signed in as ${account.name ?? 'an account without a name'}, tenant ${account.tenantId ?? 'unknown'}.`,
  );
  return { desk, account };
}

/** @throws NightRefused `configurationInvalid`; UsageError */
export function configOf(environment: Environment, { policy, ledger }: CommonOptions): DeskConfig {
  if (policy === '' || ledger === '') throw new UsageError('--policy and --ledger need a value.');
  const isUrl = ledger !== undefined && /^[a-z]+:\/\//i.test(ledger);
  return readDeskConfig({
    ...environment,
    ...(policy !== undefined && { POLICY_FILE: policy }),
    ...(ledger !== undefined && {
      LEDGER_CONTAINER_URL: isUrl ? ledger : undefined,
      LEDGER_DIRECTORY: isUrl ? undefined : ledger,
    }),
  });
}
