/** Numbers and times as people read them. Always UTC, always the same, whatever the machine is set to. */
import { DAY_MS, elapsedMs, HOUR_MS, type Timestamp } from '../core/ids.ts';
import { type Html, html } from './html.ts';

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

export const number = (count: number): string => whole.format(count);
export const decimal = (amount: number): string => tenths.format(amount);
export const usersOf = (count: number): string => (count === 1 ? '1 user' : `${number(count)} users`);

/** `5 January 2026` */
export const dateOf = (moment: Timestamp): string => day.format(Date.parse(moment));

/** `2026-01-05 02:11 UTC` */
export const momentOf = (moment: Timestamp): Html =>
  html`<time datetime="${moment}">${moment.slice(0, 16).replace('T', ' ')} UTC</time>`;

/** `45 s`, `3.5 min`, `26 h`, `9.1 days` */
export function lasted(milliseconds: number): string {
  const ms = Math.abs(milliseconds);
  if (ms < 60_000) return `${decimal(ms / 1000)} s`;
  if (ms < 2 * HOUR_MS) return `${decimal(ms / 60_000)} min`;
  return ms < 2 * DAY_MS ? `${decimal(ms / HOUR_MS)} h` : `${decimal(ms / DAY_MS)} days`;
}

export const between = (earlier: Timestamp, later: Timestamp): string => lasted(elapsedMs(earlier, later));
