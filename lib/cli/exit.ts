/** How a command ends: its exit code, and what an error says to whoever is at the desk. */
import { messageOf, NightRefused } from '../errors.ts';
import type { Account } from '../ports.ts';
import type { Terminal } from './terminal.ts';

/** `finding`: something that a person should look at. */
export const EXIT = { fine: 0, finding: 1, usage: 2, noAccess: 3 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** What was asked cannot be done as it was asked. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const isAccessDenied = (error: unknown): boolean =>
  error instanceof NightRefused && error.refusals.some(({ refusal }) => refusal === 'accessDenied');

/** Says what went wrong, and with what code to end. */
export function failed(terminal: Terminal, error: unknown, account: Account | undefined): Exit {
  terminal.note({ text: messageOf(error), style: 'red' });
  if (isAccessDenied(error)) {
    terminal.note(missingRole(account));
    return EXIT.noAccess;
  }
  const isUsage =
    error instanceof UsageError ||
    (error instanceof NightRefused &&
      error.refusals.some(
        ({ refusal }) => refusal === 'configurationInvalid' || refusal === 'policyInvalid',
      ));
  return isUsage ? EXIT.usage : EXIT.finding;
}

/** A person reads by a role in Entra ID, an app by a permission. */
export function missingRole(account: Account | undefined): string {
  if (account === undefined) {
    return 'Missing: a sign-in. Run "az login --tenant <tenant id>", or set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET of an app registration. For the ledger also the role "Storage Blob Data Reader" on its container.';
  }
  return account.kind === 'person'
    ? `Missing role of ${account.name}: "Global Reader" in Entra ID (for users and the recycle bin), and "Storage Blob Data Reader" on the ledger's container.`
    : `Missing role of the app ${account.name ?? '(unnamed)'}: the application permission User.Read.All of Microsoft Graph, with admin consent, and "Storage Blob Data Reader" on the ledger's container.`;
}
