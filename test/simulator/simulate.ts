/** Lives of companies, one after the other, until so many nights are over or something is wrong. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../tenant/clock.ts';
import { PARTNERS_OU, PEOPLE_OU } from '../tenant/world.ts';
import { checkEnd, dueForPurge } from './checkEnd.ts';
import { type Company, foundCompany, letPass } from './company.ts';
import type { Coverage } from './coverage.ts';
import { keepStaffed, liveOneDay, putOrphansRight, untilTwo } from './events.ts';
import { FAULTS } from './faults.ts';
import { liveOneNight } from './night.ts';
import { inventPolicy } from './policies.ts';
import { tamperAndNotice } from './tamper.ts';

export interface Life {
  /** Of which company. The same seed lives the same life. */
  readonly seed: string;
  readonly coverage: Coverage;
  readonly muted?: ReadonlySet<string>;
  readonly trace?: (line: string) => void;
}

export interface Lived {
  readonly nights: number;
  /** Empty where all is well. */
  readonly violations: readonly string[];
}

/** Some weeks in any weather, then some quiet nights in which everything must come right. */
export async function liveOneLife({ seed, coverage, muted = new Set(), trace }: Life): Promise<Lived> {
  const company = foundCompany({ seed, coverage, muted, ...(trace && { trace }) });
  const stormy = company.chance.int('life', 12, 45);
  for (let day = 0; day < stormy && company.violations.length === 0; day++) await liveOneDayAndNight(company);
  if (company.violations.length === 0) await liveQuietly(company);
  return { nights: company.nights, violations: company.violations };
}

async function liveOneDayAndNight(company: Company): Promise<void> {
  const { chance, world, family } = company;
  company.weather = chance.pick('weather', [0, 0, 1, 1, 1, 4]);
  letPass(company, 5 * MINUTE_MS);
  liveOneDay(company, untilTwo(company));
  if (
    company.weather > 0 &&
    chance.happens('platform: no night for days', FAULTS['platform: no night for days'])
  ) {
    world.advance(chance.int('gap', 2, 8) * DAY_MS);
  }
  if (chance.int('export', 0, 9) > 0) company.exports.deliver();
  if (chance.happens('world: another policy', 0.06)) company.policy = inventPolicy(chance, family, world);
  if (chance.happens('ledger: tampered with', FAULTS['ledger: tampered with']))
    await tamperAndNotice(company);
  letPass(company, 5 * MINUTE_MS);
  let ended = await liveOneNight(company);
  let again = 0;
  while (again < 3 && company.violations.length === 0 && isRunAgain(company, ended)) {
    again += 1;
    letPass(company, chance.int('again', 1, 40) * MINUTE_MS);
    ended = await liveOneNight(company);
  }
}

const isRunAgain = ({ chance, weather }: Company, ended: unknown) =>
  ended === 'crashed'
    ? chance.int('after a crash', 0, 1) === 0
    : chance.happens('platform: run again soon', FAULTS['platform: run again soon'] * weather);

/** No faults, no events, and limits that nobody meets. */
async function liveQuietly(company: Company): Promise<void> {
  const { world, chance, family, policy } = company;
  company.weather = 0;
  world.sync.resume();
  world.sync.setScope([PEOPLE_OU, PARTNERS_OU]);
  keepStaffed(company);
  world.advance(3 * HOUR_MS);
  putOrphansRight(company);
  const { gracePeriodDays, nightsAbsent, protect, onPremises } = policy;
  company.policy = inventPolicy(chance, family, world, {
    mode: 'purge',
    gracePeriodDays,
    nightsAbsent,
    protect,
    onPremises: { ...onPremises, maxShrinkPercent: 100 },
    accidentalDeletionPrevention: {
      maxPurgesPerNight: 100_000,
      maxPercentOfSyncedUsers: 100,
      rollingBudget: { days: 1, maxPurges: 100_000 },
    },
  });
  const due = dueForPurge(company);
  for (let night = 0; night < nightsAbsent + 2 && company.violations.length === 0; night++) {
    world.advance(untilTwo(company) - 30 * MINUTE_MS);
    company.exports.deliver();
    world.advance(30 * MINUTE_MS);
    await liveOneNight(company);
  }
  if (company.violations.length === 0) checkEnd(company, due);
}
