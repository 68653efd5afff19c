/** What may become of a user and of its DELETE. */
import type { AnswerName } from '../../lib/core/vocabulary.ts';
import { WAITS } from './paces.ts';

export interface Fate {
  /** Of the service to the DELETE. */
  readonly answer: AnswerName;
  /** `any`: it lands now, late or never, and the explorer tries all three. */
  readonly effect: 'now' | 'late' | 'never' | 'any';
  readonly retryAfterMs?: number;
  /** Only the first DELETE; the next ones are carried out. */
  readonly once?: true;
  /** The whole request is not carried out, whoever else is in it. */
  readonly outer?: true;
  readonly silent?: true;
  /** Reads of it that are not clear, before any DELETE. */
  readonly unread?: 'once' | 'always';
  /** Looks at it are not clear for so long after a DELETE. */
  readonly blindMs?: number;
  /** What people do with it at some moment after the plan is made. */
  readonly moved?: 'restored' | 'held';
  /** Nothing promises that it is purged. */
  readonly hopeless?: true;
}

const OK: Fate = { answer: 'accepted', effect: 'now' };
const NEVER = { effect: 'never', hopeless: true } as const;

const FATES = {
  ok: OK,
  okLate: { ...OK, effect: 'late' },
  acceptedInVain: { answer: 'accepted', ...NEVER },
  denied: { answer: 'denied', ...NEVER },
  rejected: { answer: 'rejected', ...NEVER },
  throttledAndDone: { answer: 'throttled', effect: 'now', retryAfterMs: WAITS.throttled },
  throttled: { answer: 'throttled', effect: 'never', once: true, retryAfterMs: WAITS.throttled },
  failedAndDone: { answer: 'unclear', effect: 'now' },
  failed: { answer: 'unclear', effect: 'never', once: true },
  failedAndLate: { answer: 'unclear', effect: 'late' },
  silent: { answer: 'unclear', effect: 'any', silent: true, hopeless: true },
  outer: { answer: 'unclear', effect: 'never', once: true, outer: true, retryAfterMs: WAITS.outer },
  notFound: { answer: 'notFound', ...NEVER },
  restored: { ...OK, moved: 'restored' },
  held: { ...OK, moved: 'held' },
  unreadOnce: { ...OK, unread: 'once' },
  unreadAlways: { ...OK, unread: 'always', hopeless: true },
  blind: { ...OK, blindMs: WAITS.blind },
} as const satisfies Readonly<Record<string, Fate>>;
export type FateName = keyof typeof FATES;
export const FATE_NAMES = Object.keys(FATES) as readonly FateName[];
export const fateOf = (name: FateName): Fate => FATES[name];
