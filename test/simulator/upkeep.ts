/** What keeps a company one of the kind that the tool is made for, from day to day. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../tenant/clock.ts';
import * as joins from '../tenant/members.ts';
import type { Company } from './company.ts';
import { someone } from './events.ts';

/**
 * Users whom somebody restored in Entra ID and nobody on-premises. A few are tolerated; with more of them the sources
 * no longer speak of the same people, every night is refused, and somebody has to put it right.
 */
export function putOrphansRight(company: Company): void {
  const { entra, onPrem } = company.world;
  const orphans = entra
    .liveUsers()
    .filter(({ onPremisesSyncEnabled }) => onPremisesSyncEnabled === true)
    .filter((user) => onPrem.byImmutableId(user.onPremisesImmutableId ?? '') === undefined);
  for (const { id } of orphans.slice(0, -2)) entra.softDelete(id);
}

/** A company that has more leavers than staff is another kind of company. */
export function keepStaffed(company: Company): void {
  const { world } = company;
  const missing = Math.max(40, world.entra.deletedUsers().length + 10) - world.entra.liveUsers().length;
  for (let n = 0; n < missing; n++) joins.mailUser(world, someone(company));
}

/** Milliseconds until about two o'clock at night. */
export const untilTwo = (company: Company) => {
  const now = company.clock.now();
  const next = Math.floor(now / DAY_MS) * DAY_MS + 2 * HOUR_MS + company.chance.int('two', 0, 20) * MINUTE_MS;
  return next > now + HOUR_MS ? next - now : next + DAY_MS - now;
};
