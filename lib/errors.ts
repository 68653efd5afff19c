import type { Refusal } from './core/model.ts';
import type { RefusalName } from './core/names.ts';

/**
 * Something refuses the whole night before the first purge. The message tells an operator what happened, to
 * what, what was not done because of it and what to do next; it never holds a token, a secret or a stack.
 */
export class NightRefused extends Error {
  override readonly name = 'NightRefused';
  /** Never empty. */
  readonly refusals: readonly Refusal[];

  constructor(refusal: RefusalName, detail: string, options?: { cause?: unknown }) {
    super(detail, options);
    this.refusals = [{ refusal, detail }];
  }
}

/** A limit or a guard, or several at once, refuse the whole night. */
export class GuardsTripped extends NightRefused {
  override readonly refusals: readonly Refusal[];

  constructor([first, ...others]: readonly [Refusal, ...Refusal[]]) {
    super(first.refusal, [first, ...others].map(({ detail }) => detail).join(' '));
    this.refusals = [first, ...others];
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
