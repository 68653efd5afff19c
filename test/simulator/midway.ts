/** What people do in a company while a night is under way. */
import type { Company } from './company.ts';
import {
  type Act,
  attempt,
  deletedId,
  leave,
  mailUsers,
  pick,
  restoreOnPremises,
  someone,
} from './events.ts';

/** While a night is under way: often the very people that it is about. */
const MIDWAY: Readonly<Record<string, Act>> = {
  'restored midway': (company) => company.world.entra.restore(deletedId(company)),
  'restored on-premises midway': (company) => restoreOnPremises(company),
  'restored and deleted anew midway': (company) => {
    const id = deletedId(company);
    company.world.entra.restore(id);
    company.world.advance(5_000);
    company.world.entra.softDelete(id);
  },
  'purged by hand midway': (company) =>
    company.world.entra.hardDelete(deletedId(company), 'an administrator'),
  'a mail user leaves midway': leave,
  'sync runs midway': ({ world }) => world.sync.syncNow(),
  'address changed midway': (company) => {
    const user = pick(company, mailUsers(company));
    company.world.onPrem.mailEnable(user, { externalAddress: someone(company).externalAddress });
  },
};

export function moveDuringTheRun(company: Company): void {
  const name = company.chance.pick('midway', Object.keys(MIDWAY));
  const act = MIDWAY[name];
  if (act !== undefined && company.chance.happens(`world: ${name}`, 1)) attempt(company, name, act);
}

/** Between the re-read and the DELETE: what leaves the DELETE nothing to find. */
export function moveInTheGap(company: Company): void {
  if (company.chance.happens('world: restored in the gap', 0.02 * company.weather)) {
    attempt(company, 'restored in the gap', () => company.world.entra.restore(deletedId(company)));
  }
  if (company.chance.happens('world: purged by hand in the gap', 0.01 * company.weather)) {
    attempt(company, 'purged in the gap', () =>
      company.world.entra.hardDelete(deletedId(company), 'an administrator'),
    );
  }
}
