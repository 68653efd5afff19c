/** The abstract tenant: where each user is, and what it answers. It shares nothing with the tool but the answers' types. */
import type { PurgeAnswer, Sighting } from '../../lib/core/answers.ts';
import type { DeletedUser, Key } from '../../lib/core/model.ts';
import { type Fate, type FateName, fateOf } from './fates.ts';
import { WAITS } from './paces.ts';

export interface User {
  readonly key: Key;
  readonly fate: FateName;
  /** As the recycle bin holds it, and as it does once it is held. */
  readonly object: DeletedUser;
  readonly heldObject: DeletedUser;
  place: 'bin' | 'gone' | 'live';
  held: boolean;
  /** DELETEs that reached the service, as far as they matter; and reads of it. */
  deletes: number;
  wasRead: boolean;
  /** Milliseconds since 1970: when a DELETE takes effect that has not yet. */
  landsAt: number | undefined;
  blindUntil: number;
}

export const isRightful = ({ place, held }: User) => place === 'bin' && !held;
export const seenIn = (user: User): DeletedUser => (user.held ? user.heldObject : user.object);

/** The next DELETE goes by the user's fate, or as it should. */
export function nextFate({ fate, deletes }: User): Fate {
  const one = fateOf(fate);
  return one.once && deletes > 0 ? fateOf('ok') : one;
}

/** What was to happen until `now`. */
export function land(users: readonly User[], now: number): void {
  for (const user of users) {
    if (user.landsAt === undefined || user.landsAt > now) continue;
    user.landsAt = undefined;
    if (user.place === 'bin') user.place = 'gone';
  }
}

export type Effect = 'now' | 'late' | 'never';

/** A DELETE reaches the service. */
export function strike(user: User, effect: Effect, now: number, lateMs: number = WAITS.late): void {
  user.deletes = Math.min(user.deletes + 1, 2);
  user.blindUntil = now + (fateOf(user.fate).blindMs ?? 0);
  if (effect === 'never' || user.place !== 'bin') return;
  user.landsAt = effect === 'now' ? now : now + lateMs;
  land([user], now);
}

export function answerTo(user: User, fate: Fate): PurgeAnswer {
  if (user.place !== 'bin' && !fate.silent && !fate.outer) return { answer: 'notFound', detail: '404' };
  const { answer, retryAfterMs } = fate;
  return { answer, detail: answer, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

const UNCLEAR: Sighting = { deleted: 'unclear', live: 'unclear', why: '503' };

export function look(user: User, now: number): Sighting {
  const { unread } = fateOf(user.fate);
  const isUnread = unread === 'always' || (unread === 'once' && !user.wasRead);
  user.wasRead = true;
  if (isUnread || now < user.blindUntil) return UNCLEAR;
  if (user.place === 'live') return { deleted: 'absent', live: 'present' };
  return user.place === 'gone'
    ? { deleted: 'absent', live: 'absent' }
    : { deleted: seenIn(user), live: 'absent' };
}
