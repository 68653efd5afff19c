import { withoutTokens } from './core/json.ts';
import type { Refusal } from './core/model.ts';
import type { RefusalName } from './core/vocabulary.ts';

/**
 * Something refuses the whole night before the first purge. The message tells an operator what happened, to
 * what, what was not done because of it and what to do next; it never holds a token, a secret or a stack.
 */
export class NightRefused extends Error {
  override readonly name = 'NightRefused';
  /** Never empty. */
  readonly refusals: readonly Refusal[];

  constructor(refusal: RefusalName, detail: string, options?: { cause?: unknown }) {
    super(oneLine(detail), options);
    this.refusals = [{ refusal, detail: this.message }];
  }
}

/** A limit or a guard, or several at once, refuse the whole night. */
export class GuardsTripped extends NightRefused {
  override readonly refusals: readonly Refusal[];

  constructor(refusals: readonly [Refusal, ...Refusal[]]) {
    super(refusals[0].refusal, refusals.map(({ detail }) => detail).join(' '));
    this.refusals = refusals.map((one) => ({ ...one, detail: oneLine(one.detail) }));
  }
}

/** The ledger cannot be written (or no longer continues the chain). Nothing more may be purged. */
export class LedgerFailed extends Error {
  override readonly name = 'LedgerFailed';
}

/** The night was asked to end before it had the ledger. */
export class NightStopped extends Error {
  override readonly name = 'NightStopped';
}

/** What went wrong, in one line that is fit for the log. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return oneLine(text);
}

/** The `code` that an error carries (`ENOENT`, `BlobNotFound`, `Z_DATA_ERROR`); empty where it carries none. */
export function codeOf(error: unknown): string {
  const { code } = Object(error) as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Line breaks and other signs that move what stands before or after them, such as a text from right to left. */
const MOVES = /[\s\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu;
const MAX_LENGTH = 4_000;
const END_LENGTH = 800;

/**
 * Messages quote files and answers, and whoever wrote those shall not write the log, nor tell a token that they were
 * shown. Of an endless one the middle is left out: what is to be done stands at its end.
 */
function oneLine(text: string): string {
  const line = withoutTokens(text.replaceAll(MOVES, ' ').trim().toWellFormed());
  return line.length <= MAX_LENGTH
    ? line
    : `${line.slice(0, MAX_LENGTH - END_LENGTH)} … ${line.slice(-END_LENGTH)}`;
}
