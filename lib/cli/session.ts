/** A desk, signed in. Account and tenant are the first thing that is said. */
import { composeDesk, type Desk, deskAccount, deskLedger } from '../composeDesk.ts';
import { type DeskConfig, type Environment, readDeskConfig } from '../config.ts';
import type { Account, LedgerReader } from '../ports.ts';
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
  greet(context, account);
  return { desk, account };
}

/** The ledger alone. In a folder it needs no sign-in. @throws NightRefused; UsageError */
export async function openLedger(context: Context, options: CommonOptions): Promise<LedgerReader> {
  const config = configOf(context.environment, options);
  const ledger = deskLedger(config);
  if (ledger === undefined || config.ledger === undefined) {
    throw new UsageError(
      'Where is the ledger? Give --ledger <URL of the container, or a folder>, or set LEDGER_CONTAINER_URL.',
    );
  }
  if ('containerUrl' in config.ledger) greet(context, await deskAccount(config, context.signal));
  context.terminal.note(`The ledger in ${ledger.location}.`);
  return ledger;
}

function greet({ terminal, onAccount }: Context, account: Account): void {
  onAccount(account);
  terminal.note(
    `Signed in as ${account.name ?? 'an account without a name'}, tenant ${account.tenantId ?? 'unknown'}.`,
  );
}

/** @throws NightRefused `configurationInvalid`; UsageError */
function configOf(environment: Environment, { policy, ledger }: CommonOptions): DeskConfig {
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
