import type { RefusalName } from './core/model.ts';

/**
 * Something refuses the whole night before the first purge. The message tells an operator what happened, to
 * what, what was not done because of it and what to do next; it never holds a token, a secret or a stack.
 */
export class NightRefused extends Error {
  override readonly name = 'NightRefused';
  readonly refusal: RefusalName;

  constructor(refusal: RefusalName, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.refusal = refusal;
  }
}

/** The ledger cannot be written (or no longer continues the chain). Nothing more may be purged. */
export class LedgerFailed extends Error {
  override readonly name = 'LedgerFailed';
}

/** What went wrong, in one line that is fit for the log. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s+/g, ' ').trim();
}
